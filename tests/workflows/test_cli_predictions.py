"""Predictions that the command line program reports, and what it reads of them (CLIENTS.md 2.6)."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from tests.workflows import rows
from tests.workflows.commands import (
    Deployed,
    accuracy_of,
    batch_of,
    churn_service,
    create_batch,
    delay_service,
    drift_of,
    inputs,
    kind_service,
    one_hot,
    pairs,
    predictions_of,
    recently,
    report_actuals,
    report_churn,
    report_predictions,
    send_inputs,
    sent_time,
    service_of,
    upload_dataset,
)
from tests.workflows.figures import (
    churn_psi,
    distribution,
    level_psi,
    near,
    number_psi,
    regression_accuracy,
    service,
)
from tests.workflows.wire import Wire

UNKNOWN = "65a0000000000000000000ff"


@pytest.fixture(scope="module")
def churn(cli: Wire) -> Deployed:
    return churn_service(cli)


@pytest.fixture(scope="module")
def delay(cli: Wire) -> Deployed:
    return delay_service(cli)


def test_a_report_counts_its_rows_once_with_all_of_their_figures(cli: Wire, churn: Deployed) -> None:
    frame, at, batch_id = rows.churn(51, 300, 0.4), recently(hours=3), create_batch(cli, churn)
    report_churn(cli, churn, frame, batch_id, at=at, milliseconds=37)
    found = batch_of(cli, churn, batch_id)
    # Two calls described these rows; service figures add none.
    assert found["predictionsCount"] == 300
    for name in ("earliestPredictionTimestamp", "latestPredictionTimestamp"):
        assert pd.Timestamp(found[name]) == at
    expected = service([37], [300])
    stats = service_of(cli, churn, batchId=batch_id)
    assert {name: stats[name] for name in expected} == expected
    # The file's columns of probabilities, labels and keys came among the features; the training data has none of them.
    assert drift_of(cli, churn, batchId=batch_id) == churn_psi(churn.training, frame)
    target = cli.read(churn.path("targetDrift"), batchId=batch_id)
    assert target["driftScore"] == near(number_psi(churn.holdout["Yes"], frame["Yes"]))
    assert (target["sampleSize"], target["baselineSampleSize"]) == (300, len(churn.holdout))


def test_a_large_report_comes_in_calls_of_ten_thousand_rows_at_once_and_in_any_order(
    cli: Wire, delay: Deployed
) -> None:
    frame, at, batch_id = rows.delay(52, 23_456, 0.5), recently(hours=30), create_batch(cli, delay)
    report_predictions(cli, delay, frame, frame["predicted"].tolist(), batch_id=batch_id, at=at)
    assert batch_of(cli, delay, batch_id)["predictionsCount"] == 23_456
    stats = service_of(cli, delay, batchId=batch_id)
    assert (stats["totalRequests"], stats["totalPredictions"]) == (3, 23_456)
    assert drift_of(cli, delay, batchId=batch_id) == {
        "distance": near(number_psi(delay.training["distance"], frame["distance"])),
        "carrier": near(level_psi(delay.training["carrier"], frame["carrier"])),
    }
    found = predictions_of(cli, delay, batch_id)
    assert (found["rowCount"], found["meanPredictedValue"]) == (23_456, near(frame["predicted"].mean()))
    report_actuals(cli, delay, frame, "minutes")
    expected = regression_accuracy(frame["minutes"], frame["predicted"])
    accuracy = accuracy_of(cli, delay, batchId=batch_id)
    assert {name: accuracy[name] for name in expected} == expected


def test_a_batch_reaches_from_its_first_time_to_its_last(cli: Wire, churn: Deployed) -> None:
    batch_id, times = create_batch(cli, churn), [recently(hours=h) for h in (20, 44, 2)]
    parts = [rows.churn(60 + i, 40) for i in range(3)]
    elements = [
        inputs(churn, part, pairs(part), at=at, batch_id=batch_id) for part, at in zip(parts, times, strict=True)
    ]
    send_inputs(cli, churn, *elements)
    found = batch_of(cli, churn, batch_id)
    assert found["predictionsCount"] == 120
    assert pd.Timestamp(found["earliestPredictionTimestamp"]) == min(times)
    assert pd.Timestamp(found["latestPredictionTimestamp"]) == max(times)


def test_probabilities_may_come_in_another_order_of_the_classes(cli: Wire, churn: Deployed) -> None:
    frame, (one, other) = rows.churn(53, 200), (create_batch(cli, churn) for _ in range(2))
    report_churn(cli, churn, frame, one)
    turned = ("No", "Yes")
    report_predictions(cli, churn, frame, pairs(frame, turned), batch_id=other, order=turned, keys=False)
    for batch_id in (one, other):
        found = predictions_of(cli, churn, batch_id)
        assert found["classDistribution"] == distribution(frame["label"], churn.classes)
        target = cli.read(churn.path("targetDrift"), batchId=batch_id)
        assert target["driftScore"] == near(number_psi(churn.holdout["Yes"], frame["Yes"]))


def test_labels_alone_come_as_ones_and_zeros(cli: Wire, churn: Deployed) -> None:
    frame, batch_id = rows.churn(54, 150), create_batch(cli, churn)
    labels = one_hot(frame, "label", ("No", "Yes"))
    report_predictions(cli, churn, frame, labels, batch_id=batch_id, order=("No", "Yes"), keys=False)
    found = predictions_of(cli, churn, batch_id)
    assert found["classDistribution"] == distribution(frame["label"], churn.classes)
    share = near((frame["label"] == "Yes").mean())
    assert found["meanProbabilities"][0] == {"className": "Yes", "value": share}


def test_three_classes_are_counted_by_the_likeliest_one(cli: Wire) -> None:
    deployed, frame = kind_service(cli), rows.kind(55, 250)
    batch_id, order = create_batch(cli, deployed), ("large", "small", "medium")
    report_predictions(cli, deployed, frame, pairs(frame, order), batch_id=batch_id, order=order)
    found = predictions_of(cli, deployed, batch_id)
    assert found["classDistribution"] == distribution(frame[list(rows.KINDS)].idxmax(axis=1), rows.KINDS)
    means = {one["className"]: one["value"] for one in found["meanProbabilities"]}
    assert means == {name: near(frame[name].mean()) for name in rows.KINDS}
    assert drift_of(cli, deployed, batchId=batch_id) == {
        "size": near(number_psi(deployed.training["size"], frame["size"])),
        "colour": near(level_psi(deployed.training["colour"], frame["colour"])),
    }


def test_rows_without_a_batch_belong_to_the_deployment_alone(cli: Wire) -> None:
    churn = churn_service(cli)
    outside, inside, batch_id = rows.churn(56, 90), rows.churn(57, 70), create_batch(cli, churn)
    report_churn(cli, churn, outside, keys=False)
    report_churn(cli, churn, inside, batch_id)
    assert batch_of(cli, churn, batch_id)["predictionsCount"] == 70
    assert drift_of(cli, churn, batchId=batch_id) == churn_psi(churn.training, inside)
    assert drift_of(cli, churn) == churn_psi(churn.training, pd.concat([outside, inside]))
    assert cli.read(churn.path("targetDrift"))["sampleSize"] == 160


def test_an_upload_goes_through_a_data_set_and_counts_its_rows_once(cli: Wire, churn: Deployed) -> None:
    frame, batch_id = rows.churn(58, 240, -0.3), create_batch(cli, churn)
    dataset_id = upload_dataset(cli, "scored.csv", rows.csv(frame))
    cli.report(churn.path("predictionInputs", "fromDataset"), {"datasetId": dataset_id})
    assert batch_of(cli, churn, batch_id)["predictionsCount"] == 0
    cli.delete(f"datasets/{dataset_id}/")
    before = cli.read(churn.path("targetDrift"))["sampleSize"]
    for block in (frame.iloc[:150], frame.iloc[150:]):
        send_inputs(cli, churn, inputs(churn, block, pairs(block), at=recently(hours=1), batch_id=batch_id, keys=False))
    assert batch_of(cli, churn, batch_id)["predictionsCount"] == 240
    assert cli.read(churn.path("targetDrift"))["sampleSize"] == before + 240
    assert drift_of(cli, churn, batchId=batch_id) == churn_psi(churn.training, frame)
    # No service figures come this way.
    assert service_of(cli, churn, batchId=batch_id)["totalRequests"] == 0


def test_the_reads_tell_predictions_counts_and_requests(cli: Wire) -> None:
    churn = churn_service(cli)
    frame, at, batch_id = rows.churn(59, 180), recently(hours=2), create_batch(cli, churn)
    report_churn(cli, churn, frame, batch_id, at=at)
    end = f"{recently() + timedelta(days=2):%Y-%m-%d}"
    for model_id in (None, churn.model_id):
        found = cli.read(churn.path("predictionsOverTime"), end=end, modelId=model_id)
        filled = [bucket for bucket in found["buckets"] if bucket["rowCount"]]
        assert sum(bucket["rowCount"] for bucket in filled) == 180
        (bucket,) = filled
        assert pd.Timestamp(bucket["period"]["start"]) <= at < pd.Timestamp(bucket["period"]["end"])
        assert bucket["classDistribution"] == distribution(frame["label"], churn.classes)
        stats = cli.read(churn.path("serviceStats"), modelId=model_id)["metrics"]
        assert (stats["totalRequests"], stats["totalPredictions"]) == (1, 180)
    assert cli.read(churn.path("targetDrift"))["sampleSize"] == 180
    assert cli.read(churn.path("predictionsVsActualsOverTime"), end=end)["summary"] == {
        "rowCountTotal": 180,
        "rowCountWithActual": 0,
    }


def test_a_report_into_a_batch_that_cannot_take_it_leaves_nothing_behind(cli: Wire, churn: Deployed) -> None:
    frame, at, batch_id = rows.churn(70, 30), recently(hours=1), create_batch(cli, churn)
    report_churn(cli, churn, frame, batch_id, keys=False)
    cli.patch(churn.path("monitoringBatches", batch_id), {"isLocked": True})
    locked = inputs(churn, frame, pairs(frame), at=at, batch_id=batch_id, keys=False)
    path = churn.path("predictionInputs", "fromJSON")
    assert cli.refused("POST", path, json={"data": [locked]})[0] == 422
    elsewhere = {**locked, "batchId": UNKNOWN}
    status, message = cli.refused("POST", path, json={"data": [elsewhere]})
    assert (status, "Monitoring batch not found" in message) == (404, True)
    # The program says nothing of a refused report: the figures must tell.
    assert batch_of(cli, churn, batch_id)["predictionsCount"] == 30


def test_what_the_library_spooled_is_sent_on_record_by_record(cli: Wire, churn: Deployed) -> None:
    frame, at, batch_id = rows.churn(71, 60), recently(hours=4), create_batch(cli, churn)
    body = {"name": "spooled", "units": "EUR", "type": "sum", "isModelSpecific": True}
    metric_id = cli.post(churn.path("customMetrics"), body).json()["id"]
    stamp = {"timestamp": sent_time(at), "modelId": churn.model_id}
    kept = {"batchId": batch_id, "classNames": list(churn.classes)}
    scores = [0.25, 0.75]
    sums = {"count": 2, "min": 0.25, "max": 0.75, "sum": 1.0, "sumOfSquares": 0.625}
    told = {**sums, "histogram": {"centroids": scores, "counts": [1, 1]}, "decisionCount": 1}
    records = [
        ("predictionRequests/fromJSON", {**stamp, "batchId": batch_id, "numPredictions": 62, "executionTime": 1500.0}),
        (
            "predictionInputs/fromJSON",
            {
                **stamp,
                **kept,
                "features": rows.features(frame, rows.CHURN_FEATURES),
                "predictions": pairs(frame),
                "associationIds": frame["key"].tolist(),
            },
        ),
        ("predictionStats/fromJSON", {**stamp, **kept, "features": [], "predictions": [told, told]}),
    ]
    calls = [(path, {"data": [record]}) for path, record in records]
    buckets = [{"timestamp": sent_time(at), "value": 2.5}]
    calls.append((f"customMetrics/{metric_id}/fromJSON", {"modelId": churn.model_id, "buckets": buckets}))
    outcomes = [
        {"associationId": key, "actualValue": value} for key, value in zip(frame["key"], frame["outcome"], strict=True)
    ]
    calls.append(("actuals/fromJSON", {"data": outcomes}))
    for place in np.random.default_rng(0).permutation(len(calls)):
        path, body = calls[place]
        answer = cli.report(churn.path(path), body)
        if path.startswith("actuals"):
            cli.finished(answer)
    assert batch_of(cli, churn, batch_id)["predictionsCount"] == 62
    stats = service_of(cli, churn, batchId=batch_id)
    assert (stats["totalPredictions"], stats["executionTime"], stats["slowRequests"]) == (62, 1500.0, 1)
    labels = [*frame["label"], "Yes", "No"]
    assert predictions_of(cli, churn, batch_id)["classDistribution"] == distribution(labels, churn.classes)
    found = cli.read(churn.path("customMetrics", metric_id, "summary"), modelId=churn.model_id)
    assert found["metric"]["value"] == 2.5
    # The outcomes were there before their predictions, whose call announces no work.
    compared = cli.read_until(
        churn.path("predictionsVsActualsOverBatch"),
        lambda found: found["summary"]["rowCountWithActual"] > 0,
        batchId=batch_id,
    )
    assert compared["summary"]["rowCountWithActual"] == 60
