"""A server that is killed between the effect of a call and its answer: the client's retry counts nothing twice."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.material import Prepared, binary_rows
from tests.serving import copied

from assay.client import (
    Client,
    CustomMetric,
    MetricValue,
    NewMetric,
    Patience,
    PredictionRequest,
    PredictionRows,
)

ROOT = Path(__file__).parents[2]
ROWS = 25


class Dying:
    """A server that is started again, on its port, whenever it has died."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.deaths = 0
        self._is_over = False
        self._process, self.url = self._start(0)
        self._nurse = threading.Thread(target=self._keep_up, daemon=True)
        self._nurse.start()

    def arm(self, moment: str) -> None:
        (self.folder / "armed").write_text(moment)

    def close(self) -> None:
        self._is_over = True
        while self._nurse.is_alive():
            # It may have started another one in the meantime.
            self._process.kill()
            self._nurse.join(0.1)

    def _start(self, port: int) -> tuple["subprocess.Popen[str]", str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.dying", str(self.folder), str(port)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    def _keep_up(self) -> None:
        while True:
            self._process.communicate()
            if self._is_over:
                return
            self.deaths += 1
            self._process, _ = self._start(int(self.url.rpartition(":")[2]))


@pytest.fixture
def dying(prepared: Prepared, tmp_path: Path) -> Iterator[Dying]:
    server = Dying(copied(prepared.folder, tmp_path / "store"))
    yield server
    server.close()


@contextmanager
def client_of(server: Dying, prepared: Prepared) -> Iterator[Client]:
    # The server is away for as long as a process takes to start.
    patience = Patience(tries=2_400, retry_pause=0.0)
    with Client(server.url, prepared.tokens["owner"], patience=patience) as client:
        client._transport._sleep = lambda _: threading.Event().wait(0.25)  # type: ignore[assignment,return-value]
        yield client


def sent_rows(client: Client, prepared: Prepared, batch: str) -> None:
    frame = binary_rows(31, ROWS)
    scores = frame["score"].to_list()
    rows = PredictionRows(
        prepared.binary.model_id,
        {name: frame[name].to_list() for name in ("age", "income", "region")},
        [[s, 1.0 - s] for s in scores],
        frame["id"].to_list(),
        prepared.binary.classes,
    )
    assert client.predictions.push(prepared.binary.id, rows, batch_id=batch).repeated_association_ids == 0


def sent_requests(client: Client, prepared: Prepared, batch: str) -> None:
    client.service.push(prepared.binary.id, [PredictionRequest(prepared.binary.model_id, 1, batch_id=batch)] * ROWS)


def made_batch(client: Client, prepared: Prepared, batch: str) -> None:
    client.batches.create(prepared.binary.id, "made while the server died")


def rows_of(client: Client, prepared: Prepared, batch: str) -> int:
    return client.batches.get(prepared.binary.id, batch).predictions_count


def requests_of(client: Client, prepared: Prepared, batch: str) -> float | None:
    found = client.batches.service_stats(client.batches.get(prepared.binary.id, batch))
    return found.raw["metrics"]["totalRequests"]  # type: ignore[no-any-return]


def batches_of(client: Client, prepared: Prepared, batch: str) -> int:
    return len(list(client.batches.list(prepared.binary.id, search="made while the server died")))


CALLS: list[tuple[Callable[..., None], Callable[..., float | None], int]] = [
    (sent_rows, rows_of, ROWS),
    (sent_requests, requests_of, ROWS),
    (made_batch, batches_of, 1),
]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_call_whose_server_dies_around_its_commit_counts_once(dying: Dying, prepared: Prepared, moment: str) -> None:
    with client_of(dying, prepared) as client:
        batch = client.batches.create(prepared.binary.id, "b").id
        for number, (call, found, expected) in enumerate(CALLS):
            dying.arm(moment)
            call(client, prepared, batch)
            assert dying.deaths == number + 1
            assert found(client, prepared, batch) == expected


@pytest.mark.parametrize("moment", ["before", "after"])
def test_values_of_a_metric_whose_server_dies_count_once(dying: Dying, prepared: Prepared, moment: str) -> None:
    with client_of(dying, prepared) as client:
        new = NewMetric("net margin", units="EUR", type="sum")
        metric: CustomMetric = client.custom_metrics.create(prepared.binary.id, new)
        dying.arm(moment)
        client.custom_metrics.submit(metric, [MetricValue(2.5), MetricValue(4.0)])
        assert dying.deaths == 1
        points = client.custom_metrics.over_time(metric, bucket_size="P1D").points
        assert sum(point.value or 0.0 for point in points) == 6.5
