"""How figures must come out, line by line (CLIENTS.md 5), whoever reported."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.workflows import aggregates, rows
from tests.workflows.commands import (
    BATCHES,
    CHURN,
    Deployed,
    accuracy_of,
    batch_of,
    churn_service,
    create_batch,
    create_model,
    deploy_model,
    drift_of,
    inputs,
    pairs,
    predictions_of,
    recently,
    report_actuals,
    report_churn,
    request,
    send_inputs,
    send_requests,
    sent_time,
    service_of,
    upload_dataset,
)
from tests.workflows.figures import binary_accuracy, churn_psi, distribution, near, number_psi, service
from tests.workflows.wire import Wire


@pytest.fixture(scope="module")
def churn(cli: Wire) -> Deployed:
    return churn_service(cli)


def send_aggregates(cli: Wire, churn: Deployed, frame: pd.DataFrame, **more: Any) -> None:
    element = {"modelId": churn.model_id, "classNames": list(churn.classes), **aggregates.churn_group(frame), **more}
    cli.report(churn.path("predictionStats", "fromJSON"), {"data": [element]})


def run_job(cli: Wire, churn: Deployed, frame: pd.DataFrame) -> str:
    """A monitoring job with these rows; the id of its batch."""
    names = [{"className": name, "columnName": name} for name in churn.classes]
    columns = {"predictionsColumns": names, "associationIdColumn": "key"}
    job = cli.post("batchMonitoring/", {"deploymentId": churn.id, "monitoringColumns": columns}).json()
    cli.done("PUT", job["links"]["csvUpload"], content=rows.csv(frame), headers={"Content-Type": "text/csv"})
    cli.read_until(f"batchJobs/{job['id']}/", lambda found: found["status"] == "COMPLETED")
    batches = cli.pages(churn.path("monitoringBatches"))
    (batch_id,) = [batch["id"] for batch in batches if batch.get("batchPredictionJobId") == job["id"]]
    return str(batch_id)


# ------------------------------------------------------------------ counts and times


def test_predictions_are_rows_and_aggregates_and_rows_of_jobs_each_once(cli: Wire) -> None:
    churn = churn_service(cli)
    batch_id, at = create_batch(cli, churn), recently(hours=2)
    told, untracked, summed = rows.churn(181, 110), rows.churn(182, 60), rows.churn(183, 90)
    send_inputs(cli, churn, inputs(churn, told, pairs(told), at=at, batch_id=batch_id))
    element = inputs(churn, untracked, pairs(untracked), at=at, batch_id=batch_id)
    send_inputs(cli, churn, element, skipDriftTracking=True)
    send_aggregates(cli, churn, summed, batchId=batch_id, timestamp=sent_time(at))
    # Whatever the service figures say.
    send_requests(cli, churn, request(churn, 5_000, at=at, batch_id=batch_id))
    assert batch_of(cli, churn, batch_id)["predictionsCount"] == 110 + 90
    of_job = run_job(cli, churn, rows.churn(184, 70))
    assert batch_of(cli, churn, of_job)["predictionsCount"] == 70
    assert cli.read(churn.path("targetDrift"))["sampleSize"] == 110 + 90 + 70


def test_first_and_last_time_are_those_that_were_reported(cli: Wire, churn: Deployed) -> None:
    batch_id, frame = create_batch(cli, churn), rows.churn(185, 20)
    first, middle, last = recently(days=40), recently(days=3), recently(hours=1)
    send_inputs(cli, churn, inputs(churn, frame, pairs(frame), at=middle, batch_id=batch_id, keys=False))
    send_aggregates(cli, churn, frame, batchId=batch_id, timestamp=sent_time(first))
    send_inputs(cli, churn, inputs(churn, frame, pairs(frame), at=last, batch_id=batch_id, keys=False))
    found = batch_of(cli, churn, batch_id)
    assert pd.Timestamp(found["earliestPredictionTimestamp"]) == first
    assert pd.Timestamp(found["latestPredictionTimestamp"]) == last


def test_rows_without_a_time_are_of_the_time_they_came(cli: Wire, churn: Deployed) -> None:
    batch_id, frame = create_batch(cli, churn), rows.churn(186, 20)
    element = inputs(churn, frame, pairs(frame), at=recently(), batch_id=batch_id, keys=False)
    before = pd.Timestamp.now("UTC")
    send_inputs(cli, churn, {name: value for name, value in element.items() if name != "timestamp"})
    after = pd.Timestamp.now("UTC")
    found = batch_of(cli, churn, batch_id)
    for name in ("earliestPredictionTimestamp", "latestPredictionTimestamp"):
        assert before <= pd.Timestamp(found[name]) <= after


# ------------------------------------------------------------------ service health


def test_service_health_comes_from_reported_requests_alone(cli: Wire, churn: Deployed) -> None:
    batches = [create_batch(cli, churn) for _ in range(2)]
    report_churn(cli, churn, rows.churn(187, 40), batches[0], milliseconds=250, keys=False)
    rng, at = np.random.default_rng(0), recently(hours=1)
    # 1000 itself is not slow.
    times = [*rng.gamma(2.0, 400.0, 60).round(3).tolist(), 1000.0, 1000.001]
    counts = rng.integers(0, 500, len(times)).tolist()
    records = [
        request(
            churn,
            count,
            at=at,
            batch_id=batches[1],
            milliseconds=milliseconds,
            user_error=place % 10 == 0,
            system_error=place % 31 == 1,
        )
        for place, (milliseconds, count) in enumerate(zip(times, counts, strict=True))
    ]
    send_requests(cli, churn, *records[:30])
    send_requests(cli, churn, *records[30:])
    expected = service(times, counts, user=7, system=2)
    found = service_of(cli, churn, batchId=batches[1])
    assert {name: found[name] for name in expected} == expected
    both = service([250.0, *times], [40, *counts], user=7, system=2)
    found = service_of(cli, churn, batchId=batches)
    assert {name: found[name] for name in both} == both
    found = service_of(cli, churn, batchId=batches[1], executionTimeQuantile=0.95, slowRequestsThreshold=500)
    assert found["executionTime"] == near(float(np.quantile(times, 0.95)))
    assert found["slowRequests"] == sum(milliseconds > 500 for milliseconds in times)


# ------------------------------------------------------------------ accuracy and classes


def test_accuracy_is_pooled_and_not_averaged(cli: Wire, churn: Deployed) -> None:
    small, large = rows.churn(188, 40, 1.0), rows.churn(189, 300, -1.0)
    batches = [create_batch(cli, churn) for _ in range(2)]
    for batch_id, frame in zip(batches, (small, large), strict=True):
        report_churn(cli, churn, frame, batch_id)
    both = pd.concat([small, large])
    report_actuals(cli, churn, both)
    expected = binary_accuracy(both["outcome"] == "Yes", both["Yes"])
    found = accuracy_of(cli, churn, batchId=batches)
    assert {name: found[name] for name in expected} == expected
    apart = [accuracy_of(cli, churn, batchId=batch_id)["AUC"] for batch_id in batches]
    assert found["AUC"] != pytest.approx(float(np.mean(apart)), rel=1e-3)


@pytest.mark.parametrize("threshold", [None, 0.3])
def test_the_first_class_is_predicted_at_the_threshold_or_above(cli: Wire, threshold: float | None) -> None:
    config = {"name": f"threshold {threshold}", "target": {**CHURN, "predictionThreshold": threshold}}
    deployment_id = deploy_model(cli, create_model(cli, config), "threshold", BATCHES)
    model_id = cli.read(f"deployments/{deployment_id}/")["model"]["id"]
    nothing = pd.DataFrame()
    churn = Deployed(deployment_id, model_id, "", nothing, nothing, ("Yes", "No"))
    limit = 0.5 if threshold is None else threshold
    frame = rows.churn(190, 200)
    frame.loc[:9, "Yes"] = limit
    frame["No"] = 1.0 - frame["Yes"]
    batch_id = create_batch(cli, churn)
    report_churn(cli, churn, frame, batch_id)
    report_actuals(cli, churn, frame)
    predicted = np.where(frame["Yes"] >= limit, "Yes", "No")
    assert predictions_of(cli, churn, batch_id)["classDistribution"] == distribution(predicted, churn.classes)
    expected = binary_accuracy(frame["outcome"] == "Yes", frame["Yes"], limit)
    found = accuracy_of(cli, churn, batchId=batch_id)
    assert {name: found[name] for name in expected} == expected


# ------------------------------------------------------------------ custom metrics


@pytest.mark.parametrize(
    ("kind", "together"), [("sum", 19.0), ("average", (2 * 1 + 5 * 3 + 12 * 6) / 10), ("gauge", 5.0)]
)
def test_custom_metrics_over_batches(cli: Wire, churn: Deployed, kind: str, together: float) -> None:
    body = {"name": f"over batches {kind}", "units": "EUR", "type": kind, "isModelSpecific": False}
    path = churn.path("customMetrics", cli.post(churn.path("customMetrics"), body).json()["id"])
    one, other = (create_batch(cli, churn) for _ in range(2))
    values = [(2.0, 1, one, 3), (5.0, 3, other, 1), (12.0, 6, one, 2)]
    buckets = [
        {"value": value, "sampleSize": size, "batch": batch_id, "timestamp": recently(hours=hours).isoformat()}
        for value, size, batch_id, hours in values
    ]
    cli.report(f"{path}fromJSON/", {"buckets": buckets})
    found = cli.read(f"{path}batchSummary/", batchId=[one, other])["metric"]
    assert (found["value"], found["sampleCount"]) == (near(together), 3 if kind == "gauge" else 10)


# ------------------------------------------------------------------ drift


def test_cells_are_frozen_by_the_baseline_whatever_comes_later(cli: Wire, churn: Deployed) -> None:
    first, batch_id = rows.churn(191, 150, 0.6), create_batch(cli, churn)
    report_churn(cli, churn, first, batch_id, keys=False)
    before = drift_of(cli, churn, batchId=batch_id)
    report_churn(cli, churn, rows.churn(192, 900, 3.0), create_batch(cli, churn), keys=False)
    assert drift_of(cli, churn, batchId=batch_id) == before == churn_psi(churn.training, first)


def test_without_rows_on_one_side_there_is_no_score(cli: Wire, churn: Deployed) -> None:
    empty = create_batch(cli, churn)
    found = cli.pages(churn.path("featureDrift"), batchId=empty)
    assert {item["name"] for item in found} == set(rows.CHURN_FEATURES)
    assert {(item["driftScore"], item["sampleSize"]) for item in found} == {(None, 0)}
    assert {item["baselineSampleSize"] for item in found} == {len(churn.training)}
    target = cli.read(churn.path("targetDrift"), batchId=empty)
    assert (target["driftScore"], target["sampleSize"]) == (None, 0)


def test_without_a_holdout_predictions_have_nothing_to_be_compared_with(cli: Wire) -> None:
    training = rows.churn(193, 200)[[*rows.CHURN_FEATURES, "outcome"]]
    data = {"trainingDataCatalogId": upload_dataset(cli, "training.csv", rows.csv(training))}
    package_id = create_model(cli, {"name": "no holdout", "target": CHURN}, datasets=data)
    deployment_id = deploy_model(cli, package_id, "no holdout", BATCHES)
    model_id = cli.read(f"deployments/{deployment_id}/")["model"]["id"]
    churn = Deployed(deployment_id, model_id, package_id, training, training, ("Yes", "No"))
    frame, batch_id = rows.churn(194, 80), create_batch(cli, churn)
    report_churn(cli, churn, frame, batch_id)
    target = cli.read(churn.path("targetDrift"), batchId=batch_id)
    assert (target["driftScore"], target["sampleSize"]) == (None, 80)
    assert drift_of(cli, churn, batchId=batch_id) == churn_psi(training, frame)


def test_the_targets_drift_is_that_of_the_predictions(cli: Wire, churn: Deployed) -> None:
    frame, batch_id = rows.churn(195, 130, 0.5), create_batch(cli, churn)
    report_churn(cli, churn, frame, batch_id)
    expected = near(number_psi(churn.holdout["Yes"], frame["Yes"]))
    assert cli.read(churn.path("targetDrift"), batchId=batch_id)["driftScore"] == expected
    # Outcomes change nothing of it.
    report_actuals(cli, churn, frame)
    assert cli.read(churn.path("targetDrift"), batchId=batch_id)["driftScore"] == expected
