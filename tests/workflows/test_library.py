"""What the reporting library sends from scoring code (CLIENTS.md 3)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.workflows import aggregates, rows
from tests.workflows.commands import (
    BATCHES,
    Deployed,
    accuracy_of,
    batch_of,
    churn_service,
    create_batch,
    delay_service,
    drift_of,
    inputs,
    pairs,
    predictions_of,
    recently,
    request,
    send_inputs,
    send_requests,
    sent_time,
    service_of,
)
from tests.workflows.figures import (
    binary_accuracy,
    churn_psi,
    distribution,
    level_psi,
    near,
    number_psi,
    regression_accuracy,
    service,
)
from tests.workflows.wire import Wire

ROWS_A_CALL = 102  # a message of 1 MiB, at 10 KiB a row
UNKNOWN = "65a0000000000000000000ff"
SEGMENTS = {"segmentAnalysis": {"enabled": True, "attributes": ["region"]}}


@pytest.fixture(scope="module")
def churn(cli: Wire) -> Deployed:
    return churn_service(cli, {**BATCHES, **SEGMENTS})


@pytest.fixture(scope="module")
def delay(cli: Wire) -> Deployed:
    return delay_service(cli)


def messages(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The rows of one call after the other."""
    for start in range(0, len(frame), ROWS_A_CALL):
        yield frame.iloc[start : start + ROWS_A_CALL]


def report_rows(library: Wire, churn: Deployed, frame: pd.DataFrame, batch_id: str | None, **more: Any) -> None:
    for block in messages(frame):
        element = inputs(
            churn, block, pairs(block), at=recently(minutes=9), batch_id=batch_id, names=rows.CHURN_FEATURES
        )
        send_inputs(library, churn, element, **more)


def report_actuals(library: Wire, deployed: Deployed, frame: pd.DataFrame, column: str = "outcome") -> None:
    for block in messages(frame):
        data = [
            {"associationId": key, "actualValue": value, "timestamp": sent_time(recently(minutes=1))}
            for key, value in zip(block["key"], rows.values(block[column]), strict=True)
        ]
        library.finished(library.report(deployed.path("actuals", "fromJSON"), {"data": data}))


def few_values(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of so few different numbers that the aggregates of each are exact."""
    yes = frame["Yes"].mul(8).round().clip(1, 7).div(8)
    return frame.assign(
        age=frame["age"].div(10).round().clip(0, 8).mul(10),
        income=frame["income"].clip(upper=45).div(5).round().mul(5),
        Yes=yes,
        No=1.0 - yes,
        label=np.where(yes >= 0.5, "Yes", "No"),
    )


def report_aggregates(library: Wire, deployed: Deployed, group: dict[str, Any], batch_id: str | None = None) -> None:
    element = {"timestamp": sent_time(recently(minutes=8)), "modelId": deployed.model_id, **group}
    if deployed.classes:
        element["classNames"] = list(deployed.classes)
    if batch_id is not None:
        element["batchId"] = batch_id
    library.report(deployed.path("predictionStats", "fromJSON"), {"data": [element]})


# ------------------------------------------------------------------ rows, service figures, actuals


def test_rows_come_by_a_hundred_and_two_and_need_no_service_figures(library: Wire, churn: Deployed) -> None:
    frame, batch_id = rows.churn(111, 300, 0.2), create_batch(library, churn)
    report_rows(library, churn, frame, batch_id)
    assert batch_of(library, churn, batch_id)["predictionsCount"] == 300
    assert drift_of(library, churn, batchId=batch_id) == churn_psi(churn.training, frame)
    found = service_of(library, churn, batchId=batch_id)
    assert (found["totalRequests"], found["totalPredictions"], found["executionTime"]) == (0, 0, None)


def test_service_figures_need_no_rows(library: Wire, churn: Deployed) -> None:
    batch_id, times = create_batch(library, churn), [12.5, 1700.0, 90.0, 1000.0, 2400.25]
    for place, milliseconds in enumerate(times):
        at = recently(minutes=30 - place)
        record = request(churn, 10 * place, at=at, batch_id=batch_id, milliseconds=milliseconds, user_error=place == 3)
        send_requests(library, churn, record)
    expected = service(times, [0, 10, 20, 30, 40], user=1)
    found = service_of(library, churn, batchId=batch_id)
    assert {name: found[name] for name in expected} == expected
    assert batch_of(library, churn, batch_id)["predictionsCount"] == 0


def test_actuals_come_by_a_hundred_and_two(library: Wire, churn: Deployed) -> None:
    frame, batch_id = rows.churn(112, 250), create_batch(library, churn)
    report_rows(library, churn, frame, batch_id)
    report_actuals(library, churn, frame)
    expected = binary_accuracy(frame["outcome"] == "Yes", frame["Yes"])
    found = accuracy_of(library, churn, batchId=batch_id)
    assert {name: found[name] for name in expected} == expected


def test_a_deployment_that_is_not_there_stops_the_library(library: Wire, churn: Deployed) -> None:
    record = request(churn, 1, at=recently())
    path = f"deployments/{UNKNOWN}/predictionRequests/fromJSON/"
    status, message = library.refused("POST", path, json={"data": [record]})
    assert (status, message.startswith("Deployment not found")) == (404, True)


# ------------------------------------------------------------------ aggregates


def test_aggregates_count_as_their_rows_with_the_same_figures(library: Wire, churn: Deployed) -> None:
    frame, batch_id = few_values(rows.churn(113, 400, 0.3)), create_batch(library, churn)
    for part in (frame.iloc[:150], frame.iloc[150:]):
        report_aggregates(library, churn, aggregates.churn_group(part), batch_id)
    assert batch_of(library, churn, batch_id)["predictionsCount"] == 400
    expected = churn_psi(churn.training, frame)
    found = drift_of(library, churn, batchId=batch_id)
    for name in ("age", "income", "region", "member"):
        assert found[name] == expected[name], name
    target = library.read(churn.path("targetDrift"), batchId=batch_id)
    assert target["driftScore"] == near(number_psi(churn.holdout["Yes"], frame["Yes"]))
    assert target["sampleSize"] == 400
    told = predictions_of(library, churn, batch_id)
    assert told["classDistribution"] == distribution(frame["label"], churn.classes)
    means = {one["className"]: one["value"] for one in told["meanProbabilities"]}
    assert means == {name: near(frame[name].mean()) for name in churn.classes}


def test_ten_centroids_of_many_values_leave_rows_and_means_exact(library: Wire, churn: Deployed) -> None:
    frame, batch_id = rows.churn(114, 500), create_batch(library, churn)
    report_aggregates(library, churn, aggregates.churn_group(frame), batch_id)
    told = predictions_of(library, churn, batch_id)
    assert told["rowCount"] == 500
    assert told["classDistribution"] == distribution(frame["label"], churn.classes)
    means = {one["className"]: one["value"] for one in told["meanProbabilities"]}
    assert means == {name: near(frame[name].mean()) for name in churn.classes}
    for item in library.pages(churn.path("featureDrift"), batchId=batch_id):
        assert item["sampleSize"] == 500
    # Numbers can only be estimated; categories that all fit into ten are exact.
    found = drift_of(library, churn, batchId=batch_id)
    assert found["region"] == near(level_psi(churn.training["region"], frame["region"]))
    assert 0.0 <= found["age"] < 0.25


def test_aggregates_of_a_segment_are_its_figures(library: Wire, churn: Deployed) -> None:
    frame, batch_id = few_values(rows.churn(115, 320)), create_batch(library, churn)
    parts = dict(list(frame.groupby("region")))
    data = [{"value": value, **aggregates.churn_group(part)} for value, part in parts.items()]
    report_aggregates(
        library, churn, {**aggregates.churn_group(frame), "segments": [{"name": "region", "data": data}]}, batch_id
    )
    assert batch_of(library, churn, batch_id)["predictionsCount"] == 320
    for value, part in parts.items():
        asked = {"batchId": batch_id, "segmentAttribute": "region", "segmentValue": value}
        found = drift_of(library, churn, **asked)
        assert found["age"] == near(number_psi(churn.training["age"], part["age"]))
        target = library.read(churn.path("targetDrift"), **asked)
        assert (target["sampleSize"], target["segmentValue"]) == (len(part), value)


def test_aggregates_of_a_regression_hold_one_prediction_and_need_no_time(library: Wire, delay: Deployed) -> None:
    frame, batch_id = rows.delay(116, 180), create_batch(library, delay)
    made = batch_of(library, delay, batch_id)["createdAt"]
    group = {
        "features": aggregates.features(frame, ("distance",), ("carrier",)),
        "predictions": aggregates.numbers(frame["predicted"]),
        "timestamp": None,
    }
    report_aggregates(library, delay, group, batch_id)
    found = batch_of(library, delay, batch_id)
    assert found["predictionsCount"] == 180
    # Without a time of their own they are of the time they came.
    arrived = pd.Timestamp(found["earliestPredictionTimestamp"])
    assert pd.Timestamp(made) <= arrived <= pd.Timestamp(recently()) + timedelta(seconds=1)
    assert predictions_of(library, delay, batch_id)["meanPredictedValue"] == near(frame["predicted"].mean())


def test_aggregates_of_nothing_but_gaps_leave_out_what_has_no_value(library: Wire, churn: Deployed) -> None:
    frame, batch_id = few_values(rows.churn(119, 140)).assign(age=np.nan), create_batch(library, churn)
    report_aggregates(library, churn, aggregates.churn_group(frame), batch_id)
    found = drift_of(library, churn, batchId=batch_id)
    assert found["age"] == near(number_psi(churn.training["age"], frame["age"]))


def test_aggregates_of_features_alone_are_of_the_rows_with_and_without_a_value(library: Wire, churn: Deployed) -> None:
    frame, batch_id = few_values(rows.churn(120, 130)), create_batch(library, churn)
    report_aggregates(library, churn, {"features": aggregates.churn_group(frame)["features"]}, batch_id)
    assert batch_of(library, churn, batch_id)["predictionsCount"] == 130
    found = drift_of(library, churn, batchId=batch_id)
    assert found["income"] == near(number_psi(churn.training["income"], frame["income"]))


def test_raw_rows_kept_beside_aggregates_are_for_accuracy_and_count_no_second_time(
    library: Wire, churn: Deployed
) -> None:
    frame, batch_id = few_values(rows.churn(117, 360, 0.2)), create_batch(library, churn)
    kept = frame.sample(90, random_state=0)
    report_rows(library, churn, kept, batch_id, skipDriftTracking=True)
    report_aggregates(library, churn, aggregates.churn_group(frame), batch_id)
    report_actuals(library, churn, kept)
    assert batch_of(library, churn, batch_id)["predictionsCount"] == 360
    expected = churn_psi(churn.training, frame)
    assert drift_of(library, churn, batchId=batch_id)["age"] == expected["age"]
    told = predictions_of(library, churn, batch_id)
    assert told["classDistribution"] == distribution(frame["label"], churn.classes)
    accuracy = binary_accuracy(kept["outcome"] == "Yes", kept["Yes"])
    found = accuracy_of(library, churn, batchId=batch_id)
    assert {name: found[name] for name in accuracy} == accuracy


def test_raw_rows_of_a_regression_beside_its_aggregates(library: Wire, delay: Deployed) -> None:
    frame, batch_id = rows.delay(118, 150), create_batch(library, delay)
    group = {
        "features": aggregates.features(frame, ("distance",), ("carrier",)),
        "predictions": aggregates.numbers(frame["predicted"]),
    }
    report_aggregates(library, delay, group, batch_id)
    kept = frame.iloc[:80]
    element = inputs(
        delay,
        kept,
        kept["predicted"].tolist(),
        at=recently(minutes=8),
        batch_id=batch_id,
        names=rows.DELAY_FEATURES,
    )
    send_inputs(library, delay, element, skipDriftTracking=True)
    report_actuals(library, delay, kept, "minutes")
    assert batch_of(library, delay, batch_id)["predictionsCount"] == 150
    expected = regression_accuracy(kept["minutes"], kept["predicted"])
    found = accuracy_of(library, delay, batchId=batch_id)
    assert {name: found[name] for name in expected} == expected


# ------------------------------------------------------------------ metrics, events


@pytest.mark.parametrize("of_model", [True, False])
def test_a_metric_of_the_model_or_of_the_deployment_takes_one_value_a_call(
    library: Wire, churn: Deployed, of_model: bool
) -> None:
    body = {"name": f"margin {of_model}", "units": "EUR", "type": "average", "isModelSpecific": of_model}
    metric_id = library.post(churn.path("customMetrics"), body).json()["id"]
    values = [3.0, 4.5, -1.25]
    for value in values:
        buckets = [{"timestamp": sent_time(recently(minutes=3)), "value": value}]
        sent = {"modelId": churn.model_id, "buckets": buckets}
        library.report(churn.path("customMetrics", metric_id, "fromJSON"), sent)
    found = library.read(churn.path("customMetrics", metric_id, "summary"))["metric"]
    assert (found["value"], found["sampleCount"]) == (near(float(np.mean(values))), 3)


def test_events_are_taken_and_told_again(library: Wire, churn: Deployed) -> None:
    told = [
        ("model_deployments.model_replacement", {"data": {"newModelId": churn.model_id, "reason": "ACCURACY"}}),
        ("prediction_request.failed", {"predictionRequestData": {"error_code": 3, "response_body": "no"}}),
        ("mlops.spooler.channel_failed", {"spoolerChannelData": {"name": "disk"}, "message": "full"}),
    ]
    for kind, more in told:
        body = {"eventType": kind, "timestamp": sent_time(recently()), "deploymentId": churn.id, **more}
        library.report("remoteEvents/", body)
    found = {item["eventType"]: item for item in library.pages("remoteEvents/", deploymentId=churn.id)}
    assert found.keys() == {kind for kind, _ in told}
    for kind, more in told:
        assert {key: found[kind][key] for key in more} == more
