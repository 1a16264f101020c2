"""Four processes for calls and two for jobs, over one database and one bucket, are one server that counts exactly."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
import numpy as np
import polars as pl
import pytest
from tests.backends.processes import ENOUGH, WORKING, addresses, started
from tests.http import reference
from tests.http.reference import as_floats
from tests.material import CLASSES, Prepared, Ready, binary_block, binary_rows, file_of

pytestmark = pytest.mark.parametrize("backend", ["production"], indirect=True)

UPLOADS, REPEATED, LARGE = 200, 40, 2
SMALL_ROWS, LARGE_ROWS = 30, 700
# As many bytes in a column that no model knows make a file so large that a job counts it.
PADDING = "x" * 12_000


@dataclass(frozen=True)
class Cluster:
    """Several processes, called in turn."""

    clients: "itertools.cycle[httpx2.Client]"
    lock: threading.Lock

    def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """One call to the next process."""
        with self.lock:
            client = next(self.clients)
        return client.request(method, path, **more)

    def read(self, path: str, **params: Any) -> Any:
        """The JSON of a read that must succeed."""
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def cluster(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    logs = tmp_path_factory.mktemp("logs")
    with ExitStack() as stack:
        place = stack.enter_context(prepared.copy(logs / "none"))
        start = lambda name, *arguments: stack.enter_context(started(logs / name, *arguments, place=place))  # noqa: E731
        workers = [start(f"worker-{n}", "worker", "--threads", "2") for n in range(2)]
        servers = [start(f"serve-{n}", "serve", "--workers", "0", "--port", "0") for n in range(4)]
        for worker in workers:
            worker.said(WORKING)
        headers = {"Authorization": f"Bearer {prepared.tokens['owner']}"}
        clients = [
            stack.enter_context(httpx2.Client(base_url=f"{url}/api/v2/", headers=headers, timeout=ENOUGH))
            for url in addresses(servers)
        ]
        yield Cluster(itertools.cycle(clients), threading.Lock())
        assert [process.ended() for process in workers] == [0, 0]


def sent_at_once(acts: list[Callable[[], httpx2.Response]]) -> list[httpx2.Response]:
    with ThreadPoolExecutor(24) as pool:
        return list(pool.map(lambda act: act(), acts))


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 2 * ENOUGH
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)


def files() -> list[tuple[str, pl.DataFrame, bytes]]:
    """Key, rows and bytes of each different upload."""
    made = []
    for number in range(UPLOADS - REPEATED):
        is_large = number < LARGE
        rows = binary_rows(1_000 + number, LARGE_ROWS if is_large else SMALL_ROWS, shift=0.4)
        sent = rows.drop("target")
        if is_large:
            sent = sent.with_columns(pl.lit(PADDING).alias("padding"))
        made.append((f"upload-{number}", rows, file_of(sent, "csv")))
    return made


def test_parallel_uploads_into_one_batch_count_exactly(cluster: Cluster, binary: Ready) -> None:
    made = files()
    assert len(made[0][2]) > 8 * 2**20 > len(made[-1][2])
    answer = cluster.call("POST", binary.path("monitoringBatches"), json={"batchName": "one"})
    batch = answer.json()["id"]
    by_json = binary_rows(5_000, 400, shift=0.4)
    everything = pl.concat([*(rows for _, rows, _ in made), by_json])

    def put(key: str, content: bytes) -> httpx2.Response:
        path = binary.path("monitoringBatches", batch, "uploads", key)
        return cluster.call("PUT", path, content=content, headers={"Content-Type": "text/csv"})

    def post(rows: pl.DataFrame) -> httpx2.Response:
        block = binary_block(binary, rows, batch)
        return cluster.call("POST", binary.path("predictionInputs", "fromJSON"), json={"data": [block]})

    def tell(rows: pl.DataFrame) -> httpx2.Response:
        data = [{"associationId": i, "actualValue": v} for i, v in rows.select("id", "target").iter_rows()]
        return cluster.call("POST", binary.path("actuals", "fromJSON"), json={"data": data})

    acts: list[Callable[[], httpx2.Response]] = [lambda k=key, c=content: put(k, c) for key, _, content in made]  # type: ignore[misc]
    acts += acts[:REPEATED]
    acts += [lambda r=by_json[n : n + 40]: post(r) for n in range(0, 400, 40)]  # type: ignore[misc]
    # Outcomes come before, beside and after their predictions.
    known = everything.sample(fraction=0.8, seed=1)
    acts += [lambda r=known[n : n + 300]: tell(r) for n in range(0, known.height, 300)]  # type: ignore[misc]
    np.random.default_rng(7).shuffle(acts)  # type: ignore[arg-type]
    answers = sent_at_once(acts)
    assert [a.text for a in answers if a.status_code != 202] == []

    def is_done(location: str) -> bool:
        status = cluster.call("GET", location)
        assert status.json().get("status") not in {"ERROR", "ABORTED"}, status.text
        return status.status_code == 303

    # Rows by JSON count when they are answered; all else has a status.
    for answer in (a for a in answers if "Location" in a.headers):
        until(lambda a=answer: is_done(a.headers["Location"]))  # type: ignore[misc]

    total = everything.height
    found = cluster.read(binary.path("monitoringBatches", batch))
    assert found["predictionsCount"] == total
    uploads = cluster.read(binary.path("monitoringBatches", batch, "uploads"), limit=1_000)
    keyed = {u["uploadKey"]: u["rows"] for u in uploads["data"] if u["uploadKey"]}
    assert keyed == {key: rows.height for key, rows, _ in made}
    require_drift(cluster, binary, batch, everything)
    require_accuracy(cluster, binary, batch, known)


def require_drift(cluster: Cluster, ready: Ready, batch: str, rows: pl.DataFrame) -> None:
    cells = {
        name: reference.numeric_cells(as_floats(ready.training[name].to_list()), as_floats(rows[name].to_list()))
        for name in ("age", "income")
    }
    cells["region"] = reference.level_cells(ready.training["region"].to_list(), rows["region"].to_list())
    found = {f["name"]: f for f in cluster.read(ready.path("featureDrift"), batchId=batch, metric="psi")["data"]}
    for name, pair in cells.items():
        assert found[name]["sampleSize"] == rows.height
        # From whole numbers on both sides: the same sum but for its last digits.
        assert found[name]["driftScore"] == pytest.approx(reference.distances(*pair)["psi"], rel=1e-12)


def require_accuracy(cluster: Cluster, ready: Ready, batch: str, known: pl.DataFrame) -> None:
    score, actual = known["score"].to_numpy(), (known["target"] == CLASSES[0]).to_numpy()
    expected = reference.binary_accuracy(actual, score)
    found = {m["metricName"]: m for m in cluster.read(ready.path("accuracy"), batchId=batch)["data"]}
    for name in ("Accuracy", "LogLoss", "TPR", "Brier"):
        assert (found[name]["sampleSize"], found[name]["value"]) == (
            known.height,
            pytest.approx(expected[name], rel=1e-9),
        )
