"""Monitoring jobs as tests make and follow them."""

import io
from typing import Any

import polars as pl
from tests.material import Ready, binary_rows, file_of
from tests.serving import Served, User

JOBS = "batchJobs/"
COLUMNS = {"predictionsColumns": "score", "associationIdColumn": "id"}


def new_job(user: User, ready: Ready, **fields: Any) -> dict[str, Any]:
    """Make a job; its body."""
    answer = user.post("batchMonitoring/", {"deploymentId": ready.id, **fields})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def job_path(job: dict[str, Any], *parts: str) -> str:
    """A path below a job."""
    return "/".join(["batchJobs", str(job["id"]), *parts]) + "/"


def read_job(user: User, job: dict[str, Any]) -> dict[str, Any]:
    """The job as it stands."""
    return dict(user.read(job_path(job)))


def run_job(server: Served, ready: Ready, content: bytes | None = None, **fields: Any) -> dict[str, Any]:
    """Make a job, give it its rows if there are some to give, and run what is queued; the job as it ended."""
    user = server.owner
    job = new_job(user, ready, **fields)
    if content is not None:
        answer = user.put(job_path(job, "csvUpload"), content)
        assert answer.status_code == 202, answer.text
    server.work()
    return read_job(user, job)


def result_of(user: User, job: dict[str, Any]) -> pl.DataFrame:
    """The rows that a job gives back, all of them as text."""
    answer = user.get(job["links"]["download"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/csv")
    return pl.read_csv(io.BytesIO(answer.content), infer_schema=False)


def batch_of(user: User, ready: Ready, job: dict[str, Any]) -> dict[str, Any]:
    """The batch that a job made."""
    return dict(user.read(ready.path("monitoringBatches", job["monitoringBatchId"])))


def batches_of(user: User, ready: Ready) -> list[dict[str, Any]]:
    """All batches of a deployment."""
    return list(user.read(ready.path("monitoringBatches"))["data"])


def feature_drift(user: User, ready: Ready, batch_id: str) -> list[dict[str, Any]]:
    """Drift of every feature of a batch."""
    return list(user.read(ready.path("featureDrift"), batchId=batch_id)["data"])


def rows_csv(seed: int = 21, rows: int = 120) -> bytes:
    """Rows of the binary model, as CSV."""
    return file_of(binary_rows(seed, rows))
