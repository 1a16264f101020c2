"""Monitoring jobs of the SDK, uploaded whole and in parts (CLIENTS.md 4.2)."""

import io
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from tests.workflows import rows
from tests.workflows.commands import Deployed, batch_of, churn_service, drift_of
from tests.workflows.figures import churn_psi
from tests.workflows.wire import Wire

LOCAL = {"type": "localFile"}
COLUMNS = {
    "predictionsColumns": [{"className": name, "columnName": name} for name in ("Yes", "No")],
    "associationIdColumn": "key",
}
STATES = {"INITIALIZING", "RUNNING", "COMPLETED", "ABORTED", "FAILED"}
CSV = {"headers": {"Content-Type": "text/csv"}}


@pytest.fixture(scope="module")
def service(cli: Wire) -> Deployed:
    return churn_service(cli)


def start(sdk: Wire, service: Deployed, **more: Any) -> tuple[str, str]:
    """Id of a new job, from the last part but one of ``Location``, and where its rows go."""
    body = {
        "deploymentId": service.id,
        "intakeSettings": LOCAL,
        "outputSettings": LOCAL,
        "monitoringColumns": COLUMNS,
        **more,
    }
    answer = sdk.post("batchMonitoring/", body)
    job_id = answer.headers["Location"].split("/")[-2]
    assert job_id == answer.json()["id"]
    return job_id, answer.json()["links"]["csvUpload"]


def status(sdk: Wire, job_id: str) -> dict[str, Any]:
    """The job, with all that the SDK cannot do without."""
    job = dict(sdk.read(f"batchJobs/{job_id}/"))
    check_status(job)
    return job


def check_status(job: dict[str, Any]) -> None:
    assert job["status"] in STATES
    assert job["statusDetails"].strip()
    assert isinstance(job["percentageCompleted"], (int, float))
    assert type(job["elapsedTimeSec"]) is int
    assert type(job["jobSpec"]["numConcurrent"]) is int
    assert isinstance(job["jobSpec"]["deploymentId"], str)
    assert job["jobSpec"].get("outputSettings", LOCAL)["type"] == "localFile"
    assert job["links"]["self"]
    # The key's presence means that the rows can be had.
    assert ("download" in job["links"]) == (job["status"] == "COMPLETED")


def downloaded(sdk: Wire, job_id: str) -> pd.DataFrame:
    """Waits until there is something to download, and reads the job once more."""

    def ready(job: dict[str, Any]) -> bool:
        check_status(job)
        assert job["status"] not in {"ABORTED", "FAILED"}, job["statusDetails"]
        return "download" in job["links"]

    job = sdk.read_until(f"batchJobs/{job_id}/", ready)
    content = sdk.file(job["links"]["download"])
    assert status(sdk, job_id)["status"] == "COMPLETED"
    return pd.read_csv(io.BytesIO(content))


def expect_figures(sdk: Wire, service: Deployed, job_id: str, frame: pd.DataFrame) -> None:
    """The rows came back and count in the job's one batch."""
    table = downloaded(sdk, job_id)
    pd.testing.assert_frame_equal(table[frame.columns], frame, check_dtype=False)
    batches = [
        item for item in sdk.pages(service.path("monitoringBatches")) if item.get("batchPredictionJobId") == job_id
    ]
    (batch,) = batches
    assert batch_of(sdk, service, batch["id"])["predictionsCount"] == len(frame)
    assert drift_of(sdk, service, batchId=batch["id"]) == churn_psi(service.training, frame)


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    for begin in range(0, len(content), size):
        yield content[begin : begin + size]


def test_rows_are_uploaded_whole_and_downloaded(sdk: Wire, service: Deployed) -> None:
    frame = rows.churn(171, 220, 0.3)
    job_id, link = start(sdk, service)
    assert status(sdk, job_id)["status"] == "INITIALIZING"
    # A file of unknown length comes in chunks.
    sdk.done("PUT", link, content=pieces(rows.csv(frame), 5_000), **CSV)
    expect_figures(sdk, service, job_id, frame)


def test_rows_are_uploaded_in_parts_from_zero_on(sdk: Wire, service: Deployed) -> None:
    frame = rows.churn(172, 310, -0.2)
    job_id, link = start(sdk, service)
    for number, part in enumerate(pieces(rows.csv(frame), 7_777)):
        sdk.done("PUT", f"{link}part/{number}/", content=part, **CSV)
    assert status(sdk, job_id)["status"] == "INITIALIZING"
    sdk.done("POST", f"{link}finalizeMultipart/")
    expect_figures(sdk, service, job_id, frame)


def test_the_other_way_to_wait_ends_by_the_rule_of_all_work(sdk: Wire, service: Deployed) -> None:
    job_id, link = start(sdk, service)
    sdk.done("PUT", link, content=rows.csv(rows.churn(173, 50)), **CSV)
    ended = sdk.followed(f"batchJobs/{job_id}/")
    assert (ended.status_code, ended.json()["status"]) == (200, "COMPLETED")


def test_a_wait_that_is_given_up_cancels_the_job(sdk: Wire, service: Deployed) -> None:
    job_id, _ = start(sdk, service)
    sdk.done("DELETE", f"batchJobs/{job_id}/")
    ended = sdk.followed(f"batchJobs/{job_id}/")
    assert (ended.status_code, ended.json()["status"]) == (200, "ABORTED")
    assert "download" not in status(sdk, job_id)["links"]


def test_a_job_that_fails_says_why_and_has_nothing_to_download(sdk: Wire, service: Deployed) -> None:
    job_id, link = start(sdk, service)
    sdk.done("PUT", link, content=rows.csv(rows.churn(174, 30).drop(columns="Yes")), **CSV)
    job = sdk.read_until(f"batchJobs/{job_id}/", lambda job: job["status"] in {"FAILED", "COMPLETED", "ABORTED"})
    check_status(job)
    assert job["status"] == "FAILED"
    assert "Yes" in job["statusDetails"]
