"""A database or a blob store that is away: calls say so and store nothing, jobs wait, and all goes on afterwards."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.faults import GoBetween, go_between
from tests.material import (
    Prepared,
    Ready,
    binary_block,
    binary_rows,
    file_of,
    new_batch,
    send_rows,
    upload,
)
from tests.postgres import PostgresServer
from tests.s3 import Store
from tests.serving import Production, Served, serving

from assay.jobs.worker import Worker
from assay.records.limits import Limits
from assay.storage import s3_blobs

pytestmark = pytest.mark.parametrize("backend", ["production"], indirect=True)

ENOUGH = 60  # seconds
ROWS = binary_rows(61, 40)
FILE = file_of(ROWS.drop("target"))
# Files of these limits are counted by a job.
LATER = Limits(inline_upload_bytes=1)


@pytest.fixture
def place(prepared: Prepared, tmp_path: Any) -> Iterator[Production]:
    with prepared.copy(tmp_path) as made:
        assert isinstance(made, Production)
        yield made


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch, s3: Store) -> Iterator[GoBetween]:
    """The way to the blob store, and time-outs that a test can wait for."""
    monkeypatch.setattr(s3_blobs, "READ_SECONDS", 0.3)
    monkeypatch.setattr(s3_blobs, "ATTEMPTS", 2)
    with go_between("127.0.0.1", s3.port) as found:
        yield found


@pytest.fixture
def through(place: Production, between: GoBetween) -> Production:
    """The same place, with the go-between on the way to its blobs."""
    return replace(place, bucket=replace(place.bucket, endpoint=f"http://127.0.0.1:{between.port}"))


def calls(server: Served, ready: Ready, batch: str) -> dict[str, Callable[[], Any]]:
    """Calls that store something, by what they store."""
    owner = server.owner
    rows = {"data": [binary_block(ready, ROWS, batch)]}
    actuals = {"data": [{"associationId": "61-1", "actualValue": "yes"}]}
    return {
        "rows": lambda: owner.post(ready.path("predictionInputs", "fromJSON"), rows),
        "file": lambda: upload(owner, ready, batch, "k", FILE),
        "dataset": lambda: owner.post("datasets/fromFile/", files={"file": ("a.csv", FILE)}),
        "actuals": lambda: owner.post(ready.path("actuals", "fromJSON"), actuals),
        "batch": lambda: owner.post(ready.path("monitoringBatches"), {"batchName": "another"}),
    }


def require_told(answer: Any, what: str) -> None:
    """The answer is that of something which is away, and says when to come again."""
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["message"].startswith(f"The {what} cannot do this now: ")


@pytest.mark.parametrize("mode", ["hang", "error"])
@pytest.mark.parametrize("what", ["rows", "file", "dataset"])
def test_what_needs_a_blob_store_that_is_away_is_refused_whole(
    place: Production, through: Production, prepared: Prepared, between: GoBetween, mode: str, what: str
) -> None:
    with serving(place, prepared.tokens) as straight, serving(through, prepared.tokens) as server:
        batch = new_batch(server.owner, prepared.binary)
        before = straight.contents()
        between.mode = mode
        call = calls(server, prepared.binary, batch)[what]
        require_told(call(), "blob store")
        assert straight.contents() == before
        between.mode = "pass"
        assert call().status_code == 202
        server.work()
        assert straight.contents() != before


def test_a_file_that_cannot_be_read_is_told_by_the_status(
    place: Production, through: Production, prepared: Prepared, between: GoBetween
) -> None:
    with serving(place, prepared.tokens) as straight, serving(through, prepared.tokens) as server:
        answer = straight.owner.post("datasets/fromFile/", files={"file": ("a.csv", FILE)})
        path = f"{straight.owner.finished(answer)}file/"
        between.mode = "error"
        require_told(server.owner.get(path), "blob store")
        between.mode = "pass"
        assert server.owner.get(path).content == FILE


@pytest.mark.parametrize("what", ["rows", "file", "dataset", "actuals", "batch"])
def test_what_needs_a_database_that_is_away_is_refused_whole(
    place: Production, prepared: Prepared, postgres: PostgresServer, what: str
) -> None:
    with serving(place, prepared.tokens) as server:
        batch = new_batch(server.owner, prepared.binary)
        before = server.contents()
        call = calls(server, prepared.binary, batch)[what]
        with postgres.stopped(place.database):
            if postgres.start is not None:
                require_told(call(), "database")
        assert server.contents() == before
        assert call().status_code in {200, 202}
        assert server.contents() != before


@pytest.mark.parametrize("mode", ["hang", "error"])
def test_a_job_waits_for_a_blob_store_that_is_away_however_long(
    place: Production, through: Production, prepared: Prepared, between: GoBetween, mode: str
) -> None:
    binary = prepared.binary
    with serving(place, prepared.tokens) as straight, serving(through, prepared.tokens, limits=LATER) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        answer = upload(owner, binary, batch, "k", FILE)
        assert answer.status_code == 202
        between.mode = mode
        # More often than a job may fail.
        for hours in range(1, 8):
            assert Worker(later(server, hours).context).run_one()
        status = straight.owner.get(answer.headers["Location"])
        assert (status.status_code, status.json()["status"]) == (200, "INITIALIZED")
        between.mode = "pass"
        later(server, 8).work()
        assert owner.get(answer.headers["Location"]).status_code == 303
        assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == ROWS.height
        kept = [name for name, _ in straight.contents()["blobs"] if name.startswith(("rows/", "incoming/"))]
        assert len(kept) == 1


def later(server: Served, hours: int) -> Served:
    """The same server when every pause is over."""
    clock = server.context.clock
    return replace(server, context=replace(server.context, clock=lambda: clock() + timedelta(hours=hours)))


def test_a_worker_outlives_a_database_that_restarts(
    place: Production, prepared: Prepared, postgres: PostgresServer
) -> None:
    binary = prepared.binary
    with serving(place, prepared.tokens) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        send_rows(owner, binary, binary_block(binary, ROWS, batch))
        outcomes = dict(ROWS.select("id", "target").iter_rows())
        data = [{"associationId": key, "actualValue": value} for key, value in outcomes.items()]
        worker = Worker(server.context)
        worker.start()
        try:
            with postgres.stopped(place.database):
                pass
            answer = owner.post(binary.path("actuals", "fromJSON"), {"data": data})
            assert answer.status_code == 202
            until(lambda: owner.get(answer.headers["Location"]).status_code == 303)
        finally:
            worker.stop()
        found = owner.read(binary.path("accuracy"), batchId=batch, metric="LogLoss")["data"][0]
        assert found["sampleSize"] == ROWS.height


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + ENOUGH
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)
