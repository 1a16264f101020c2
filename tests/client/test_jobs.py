"""``client.jobs``, against replayed answers and against a server that listens."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.client.wire import BATCH, DEPLOYMENT, Reply, Wire, page
from tests.material import Ready, Serve, binary_rows, file_of

from assay.client import Client, JobColumns, NotFound, Patience, Refused, WorkFailed
from assay.server.serving import Server
from assay.server.settings import ServerSettings

JOB = "65d000000000000000000001"
PATH = f"batchJobs/{JOB}/"


def job(status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    return {
        "id": JOB,
        "status": status,
        "statusDetails": "in words",
        "percentageCompleted": 100.0,
        "elapsedTimeSec": 3,
        "links": {"self": f"http://x/api/v2/{PATH}", "download": f"http://x/api/v2/{PATH}download/"},
        "jobSpec": {"deploymentId": DEPLOYMENT, "numConcurrent": 1, "intakeSettings": {"type": "localFile"}},
        "created": "2026-03-01T12:00:00Z",
        "createdBy": {"userId": "u", "username": "ann", "fullName": "ann"},
        "scoredRows": 5,
        "failedRows": 1,
        "skippedRows": 0,
        "monitoringBatchId": BATCH,
        **more,
    }


def made(wire: Wire) -> None:
    answer = Reply(202, job("INITIALIZING"), {"Location": f"{wire.url}/api/v2/{PATH}"})
    wire.on("POST", "batchMonitoring/", answer)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("p\n0.5\n")
    return path


def test_a_file_is_uploaded_and_waited_for(wire: Wire, client: Client, rows: Path) -> None:
    made(wire)
    wire.on("PUT", f"{PATH}csvUpload/", Reply(202, {}))
    wire.on("GET", PATH, Reply(json=job("INITIALIZING")), Reply(json=job("RUNNING")), Reply(json=job()))
    columns = JobColumns({"yes": "p", "no": "q"}, "id", "y", "t", "acted")
    found = client.jobs.run(DEPLOYMENT, rows, columns=columns, batch_prefix="nightly", abortOnError=False)
    assert (found.id, found.status, found.scored_rows, found.failed_rows) == (JOB, "COMPLETED", 5, 1)
    assert (found.batch_id, found.has_result, found.deployment_id) == (BATCH, True, DEPLOYMENT)
    assert wire.calls[0].json == {
        "deploymentId": DEPLOYMENT,
        "monitoringColumns": {
            "predictionsColumns": [{"className": "yes", "columnName": "p"}, {"className": "no", "columnName": "q"}],
            "associationIdColumn": "id",
            "actualsValueColumn": "y",
            "actualsTimestampColumn": "t",
            "actedUponColumn": "acted",
        },
        "monitoringBatchPrefix": "nightly",
        "abortOnError": False,
    }
    (upload,) = wire.asked("PUT")
    assert (upload.body, upload.headers["Content-Type"]) == (b"p\n0.5\n", "text/csv")


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_a_job_that_ends_badly_is_an_error_in_the_jobs_words(
    wire: Wire, client: Client, rows: Path, status: str
) -> None:
    made(wire)
    wire.on("PUT", f"{PATH}csvUpload/", Reply(202, {}))
    wire.on("GET", PATH, Reply(json=job(status)))
    with pytest.raises(WorkFailed, match="in words"):
        client.jobs.run(DEPLOYMENT, rows)


def test_an_intake_needs_no_file(wire: Wire, client: Client, rows: Path) -> None:
    made(wire)
    wire.on("GET", PATH, Reply(json=job("INITIALIZING")))
    intake = {"type": "http", "url": "https://files.example.com/rows.csv"}
    assert client.jobs.run(DEPLOYMENT, intake=intake, wait=False).status == "INITIALIZING"
    assert wire.calls[0].json == {"deploymentId": DEPLOYMENT, "intakeSettings": intake}
    for wrong in ({}, {"path": rows, "intake": intake}):
        with pytest.raises(ValueError, match="either a file or an intake"):
            client.jobs.run(DEPLOYMENT, **wrong)


def test_jobs_are_read_listed_and_cancelled(wire: Wire, client: Client) -> None:
    wire.on("GET", PATH, Reply(json=job()))
    wire.on("GET", "batchJobs/", page(job(), job("FAILED")))
    wire.on("DELETE", PATH, Reply(202, job("ABORTED")))
    assert client.jobs.get(JOB).created_by == "ann"
    assert [one.status for one in client.jobs.list(DEPLOYMENT, status="FAILED")] == ["COMPLETED", "FAILED"]
    assert wire.calls[-1].query == {"deploymentId": [DEPLOYMENT], "allJobs": ["true"], "status": ["FAILED"]}
    assert client.jobs.cancel(client.jobs.get(JOB)).status == "ABORTED"


def test_a_result_is_written_to_a_file_and_a_refusal_leaves_none(wire: Wire, client: Client, tmp_path: Path) -> None:
    wire.on("GET", f"{PATH}download/", Reply(text="p,monitoring_status\n0.5,OK\n"))
    target = client.jobs.download(JOB, tmp_path / "result.csv")
    assert target.read_text() == "p,monitoring_status\n0.5,OK\n"
    wire.on("GET", f"{PATH}download/", Reply(422, {"message": "Job x has no result."}))
    with pytest.raises(Refused, match="has no result"):
        client.jobs.download(JOB, tmp_path / "other.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["result.csv"]


# ---------------------------------------------------------------- a server that listens


@pytest.fixture
def live(serve: Serve) -> Iterator[Client]:
    with serve() as served:
        server = Server(served.context, ServerSettings(port=0, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        with Client(server.url, served.tokens["owner"], patience=Patience(limit=60.0)) as client:
            yield client
        server.stop()
        thread.join()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_job_from_the_file_to_the_result(live: Client, binary: Ready, tmp_path: Path, form: str) -> None:
    rows = binary_rows(61, 300)
    path = tmp_path / f"rows.{form}"
    path.write_bytes(file_of(rows, form))
    done = live.jobs.run(binary.id, path, columns=JobColumns(actual_value="target"), batch_prefix="nightly")
    assert (done.status, done.scored_rows, done.percent) == ("COMPLETED", 300, 100.0)
    batch = live.batches.get(binary.id, str(done.batch_id))
    assert (batch.predictions_count, batch.job_id, batch.job_status) == (300, done.id, "COMPLETED")
    target = live.jobs.download(done, tmp_path / "result.csv")
    assert pl.read_csv(target)["monitoring_status"].to_list() == ["OK"] * 300
    assert [one.id for one in live.jobs.list(binary.id)] == [done.id]
    # The data set that a Parquet file went through is deleted again.
    assert "rows.parquet" not in [one.name for one in live.datasets.list()]
    with pytest.raises(NotFound):
        live.jobs.get(JOB)
