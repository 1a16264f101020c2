"""Monitoring jobs of the command line program (CLIENTS.md 2.9)."""

import json
from typing import Any

import pandas as pd
import pytest
from tests.workflows import rows
from tests.workflows.commands import (
    Deployed,
    accuracy_of,
    batch_of,
    churn_service,
    delay_service,
    drift_of,
    predictions_of,
)
from tests.workflows.figures import binary_accuracy, churn_psi, distribution, near, number_psi
from tests.workflows.wire import Wire

COLUMNS = {
    "predictionsColumns": [{"className": name, "columnName": name} for name in ("No", "Yes")],
    "associationIdColumn": "key",
}
ENDED = {"COMPLETED", "FAILED", "ABORTED"}


@pytest.fixture(scope="module")
def service(cli: Wire) -> Deployed:
    return churn_service(cli)


def create(cli: Wire, service: Deployed, **config: Any) -> dict[str, Any]:
    intake = {"intakeSettings": {"type": "localFile"}, "outputSettings": {"type": "localFile"}}
    return dict(cli.post("batchMonitoring/", {"deploymentId": service.id, **intake, **config}).json())


def upload(cli: Wire, job_id: str, content: bytes) -> None:
    cli.done("PUT", f"batchJobs/{job_id}/csvUpload/", content=content, headers={"Content-Type": "text/csv"})


def ended(cli: Wire, job_id: str) -> dict[str, Any]:
    return dict(cli.read_until(f"batchJobs/{job_id}/", lambda job: job["status"] in ENDED))


def run(cli: Wire, service: Deployed, frame: pd.DataFrame, **config: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A job as it ended, and its batch."""
    job_id = create(cli, service, **config)["id"]
    upload(cli, job_id, rows.csv(frame))
    job = ended(cli, job_id)
    assert job["status"] == "COMPLETED", job["statusDetails"]
    (batch,) = [
        batch for batch in cli.pages(service.path("monitoringBatches")) if batch.get("batchPredictionJobId") == job_id
    ]
    assert batch == batch_of(cli, service, batch["id"])
    return job, batch


def test_a_job_makes_one_batch_of_its_rows(cli: Wire, service: Deployed) -> None:
    frame = rows.churn(101, 280, 0.5)
    _, batch = run(cli, service, frame, monitoringColumns=COLUMNS, monitoringBatchPrefix="nightly")
    assert batch["name"].startswith("nightly")
    assert (batch["batchPredictionJobStatus"], batch["predictionsCount"]) == ("COMPLETED", 280)
    assert drift_of(cli, service, batchId=batch["id"]) == churn_psi(service.training, frame)
    target = cli.read(service.path("targetDrift"), batchId=batch["id"])
    assert target["driftScore"] == near(number_psi(service.holdout["Yes"], frame["Yes"]))
    told = predictions_of(cli, service, batch["id"])
    assert told["classDistribution"] == distribution(frame["label"], service.classes)


def test_a_job_brings_the_outcomes_of_its_rows(cli: Wire, service: Deployed) -> None:
    frame = rows.churn(102, 190)
    columns = {**COLUMNS, "actualsValueColumn": "outcome"}
    _, batch = run(cli, service, frame, monitoringColumns=columns)
    cli.read_until(
        service.path("predictionsVsActualsOverBatch"),
        lambda found: found["summary"]["rowCountWithActual"] == 190,
        batchId=batch["id"],
    )
    expected = binary_accuracy(frame["outcome"] == "Yes", frame["Yes"])
    found = accuracy_of(cli, service, batchId=batch["id"])
    assert {name: found[name] for name in expected} == expected


def test_a_regression_names_one_column(cli: Wire) -> None:
    service, frame = delay_service(cli), rows.delay(103, 160)
    columns = {"predictionsColumns": "predicted", "associationIdColumn": "key"}
    _, batch = run(cli, service, frame, monitoringColumns=columns)
    found = predictions_of(cli, service, batch["id"])
    assert (found["rowCount"], found["meanPredictedValue"]) == (160, near(frame["predicted"].mean()))


def test_a_job_is_cancelled_with_an_answer_that_can_be_read(cli: Wire, service: Deployed) -> None:
    job_id = create(cli, service, monitoringColumns=COLUMNS)["id"]
    assert cli.read(f"batchJobs/{job_id}/")["status"] == "INITIALIZING"
    answer = cli.done("DELETE", f"batchJobs/{job_id}/")
    # A bare 204 breaks the program.
    assert isinstance(json.loads(answer.content), dict)
    assert ended(cli, job_id)["status"] == "ABORTED"


def test_a_file_that_is_none_fails_with_its_reason_and_counts_nothing(cli: Wire, service: Deployed) -> None:
    before = cli.read(service.path("targetDrift"))["sampleSize"]
    job_id = create(cli, service, monitoringColumns=COLUMNS)["id"]
    upload(cli, job_id, b"Yes,No,key\n0.5,0.5,a\n0.5\n")
    job = ended(cli, job_id)
    assert (job["status"], bool(job["statusDetails"].strip())) == ("FAILED", True)
    assert cli.read(service.path("targetDrift"))["sampleSize"] == before
