"""Batches of the command line program, and the phrases that it looks for in a 404 (CLIENTS.md 2.5 and 1.4)."""

import pytest
from tests.workflows import rows
from tests.workflows.commands import (
    Deployed,
    batch_of,
    churn_service,
    create_batch,
    predictions_of,
    recently,
    report_churn,
)
from tests.workflows.figures import distribution, near
from tests.workflows.wire import Wire

UNKNOWN = "65a0000000000000000000ff"


@pytest.fixture(scope="module")
def service(cli: Wire) -> Deployed:
    return churn_service(cli)


def test_an_empty_batch_has_all_that_its_readers_need(cli: Wire, service: Deployed) -> None:
    batch_id = create_batch(cli, service, "2026-11-23", description="the first night")
    found = batch_of(cli, service, batch_id)
    assert (found["id"], found["name"]) == (batch_id, "2026-11-23")
    assert found["predictionsCount"] == 0
    # Both have to be there; a batch without rows tells when it was made.
    assert found["earliestPredictionTimestamp"] == found["latestPredictionTimestamp"] == found["createdAt"]


def test_a_limited_list_still_ends_with_all_batches(cli: Wire) -> None:
    service = churn_service(cli)
    made = [create_batch(cli, service, f"{'night' if i % 2 else 'day'} {i}") for i in range(7)]
    for limit in (None, 3, 1):
        listed = [item["id"] for item in cli.pages(service.path("monitoringBatches"), limit=limit)]
        assert sorted(listed) == sorted(made)
    found = cli.pages(service.path("monitoringBatches"), search="night", limit=2)
    assert sorted(item["id"] for item in found) == sorted(made[1::2])


def test_both_reads_of_a_batch_tell_its_rows(cli: Wire, service: Deployed) -> None:
    frame, at = rows.churn(41, 260, 0.3), recently(hours=5)
    batch_id = create_batch(cli, service)
    report_churn(cli, service, frame, batch_id, at=at)
    found = batch_of(cli, service, batch_id)
    assert found["predictionsCount"] == len(frame)
    told = predictions_of(cli, service, batch_id)
    assert (told["batch"]["id"], told["rowCount"]) == (batch_id, len(frame))
    assert told["classDistribution"] == distribution(frame["label"], service.classes)
    means = {one["className"]: one["value"] for one in told["meanProbabilities"]}
    assert means == {name: near(frame[name].mean()) for name in service.classes}


def test_an_unknown_batch_is_told_in_the_exact_words(cli: Wire, service: Deployed) -> None:
    for path, params in (
        (service.path("monitoringBatches", UNKNOWN), {}),
        (service.path("predictionsOverBatch"), {"batchId": UNKNOWN}),
        (service.path("batchServiceStats"), {"batchId": UNKNOWN}),
    ):
        status, message = cli.refused("GET", path, params=params)
        assert (status, "Monitoring batch not found" in message) == (404, True)


def test_an_unknown_metric_is_told_in_the_exact_words(cli: Wire, service: Deployed) -> None:
    params = {"modelId": service.model_id}
    status, message = cli.refused("GET", service.path("customMetrics", UNKNOWN, "summary"), params=params)
    assert (status, "Custom metric not found" in message) == (404, True)


@pytest.mark.parametrize("kind", ["deployments", "datasets", "modelPackages", "predictionEnvironments", "batchJobs"])
def test_what_else_is_unknown_is_not_taken_for_a_batch_a_metric_or_a_model(cli: Wire, kind: str) -> None:
    status, message = cli.refused("GET", f"{kind}/{UNKNOWN}/")
    assert status == 404
    assert "Monitoring batch not found" not in message
    assert "Custom metric not found" not in message
    assert kind == "modelPackages" or "Model" not in message


def test_a_model_that_a_deployment_never_had_is_named_with_its_id(cli: Wire, service: Deployed) -> None:
    body = {"name": "margin", "units": "EUR", "type": "sum", "isModelSpecific": True}
    metric_id = cli.post(service.path("customMetrics"), body).json()["id"]
    for path in (service.path("predictionsOverTime"), service.path("customMetrics", metric_id, "summary")):
        status, message = cli.refused("GET", path, params={"modelId": UNKNOWN})
        assert status == 404
        assert all(word in message for word in ("Model", "not found", UNKNOWN))


def test_a_model_that_a_deployment_never_had_has_no_drift_and_no_requests(cli: Wire, service: Deployed) -> None:
    found = cli.read(service.path("targetDrift"), modelId=UNKNOWN)
    assert (found["driftScore"], found["sampleSize"], found["baselineSampleSize"]) == (None, None, None)
    assert cli.read(service.path("serviceStats"), modelId=UNKNOWN)["metrics"]["totalRequests"] == 0
