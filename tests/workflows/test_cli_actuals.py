"""Actuals that the command line program reports, and the accuracy that they give (CLIENTS.md 2.7)."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.workflows import rows
from tests.workflows.commands import (
    Deployed,
    accuracy_of,
    churn_service,
    create_batch,
    delay_service,
    deployed,
    flags_service,
    kind_service,
    pairs,
    recently,
    report_actuals,
    report_churn,
    report_predictions,
    sent_time,
)
from tests.workflows.figures import binary_accuracy, class_accuracy, distribution, regression_accuracy
from tests.workflows.wire import Wire


@pytest.fixture(scope="module")
def churn(cli: Wire) -> Deployed:
    return churn_service(cli)


def expect(cli: Wire, deployed: Deployed, expected: dict[str, Any], **params: Any) -> None:
    found = accuracy_of(cli, deployed, **params)
    assert {name: found[name] for name in expected} == expected


def of_churn(frame: pd.DataFrame) -> dict[str, Any]:
    return binary_accuracy(frame["outcome"] == "Yes", frame["Yes"])


def test_batches_asked_for_together_are_pooled_row_by_row(cli: Wire, churn: Deployed) -> None:
    parts = [rows.churn(81 + i, 80 + 70 * i, i / 3) for i in range(3)]
    batches = [create_batch(cli, churn) for _ in parts]
    for batch_id, part in zip(batches, parts, strict=True):
        report_churn(cli, churn, part, batch_id)
    # In one file, in another order than the predictions.
    report_actuals(cli, churn, pd.concat(parts).sample(frac=1.0, random_state=0))
    for batch_id, part in zip(batches, parts, strict=True):
        expect(cli, churn, of_churn(part), batchId=batch_id)
    for chosen in ([0, 2], [0, 1, 2]):
        pooled = pd.concat([parts[i] for i in chosen])
        expect(cli, churn, of_churn(pooled), batchId=[batches[i] for i in chosen])
    series = cli.read(churn.path("accuracyOverBatch"), metric="AUC", batchId=batches)
    assert [bucket["value"] for bucket in series["buckets"]] == [of_churn(part)["AUC"] for part in parts]
    assert [bucket["sampleSize"] for bucket in series["buckets"]] == [len(part) for part in parts]


def test_actuals_without_some_rows_set_predictions_against_those_that_have_them(cli: Wire, churn: Deployed) -> None:
    frame, batch_id = rows.churn(85, 120), create_batch(cli, churn)
    report_churn(cli, churn, frame, batch_id)
    known = frame.iloc[::3]
    strangers = known.assign(key="nobody-" + known["key"])
    report_actuals(cli, churn, pd.concat([known, strangers]))
    found = cli.read(churn.path("predictionsVsActualsOverBatch"), batchId=batch_id)
    assert found["summary"] == {"rowCountTotal": 120, "rowCountWithActual": 40}
    (bucket,) = found["buckets"]
    assert bucket["predictedClassDistribution"] == distribution(known["label"], churn.classes)
    assert bucket["actualClassDistribution"] == distribution(known["outcome"], churn.classes)
    expect(cli, churn, of_churn(known), batchId=batch_id)


def test_a_later_outcome_takes_the_place_of_an_earlier_one(cli: Wire, churn: Deployed) -> None:
    frame, batch_id = rows.churn(86, 140), create_batch(cli, churn)
    report_churn(cli, churn, frame, batch_id)
    report_actuals(cli, churn, frame)
    corrected = frame.iloc[:50].assign(outcome=np.where(frame["outcome"].iloc[:50] == "Yes", "No", "Yes"))
    report_actuals(cli, churn, corrected)
    expect(cli, churn, of_churn(pd.concat([corrected, frame.iloc[50:]])), batchId=batch_id)


def test_outcomes_may_come_before_their_predictions(cli: Wire, churn: Deployed) -> None:
    frame, batch_id = rows.churn(87, 110), create_batch(cli, churn)
    report_actuals(cli, churn, frame, timestamp=sent_time(recently(hours=1)), wasActedOn=True)
    report_churn(cli, churn, frame, batch_id)
    cli.read_until(
        churn.path("predictionsVsActualsOverBatch"),
        lambda found: found["summary"]["rowCountWithActual"] == 110,
        batchId=batch_id,
    )
    expect(cli, churn, of_churn(frame), batchId=batch_id)


def test_the_count_of_actuals_is_that_of_rows_that_have_one(cli: Wire) -> None:
    churn = churn_service(cli)
    frame = rows.churn(88, 100)
    report_churn(cli, churn, frame)
    report_actuals(cli, churn, frame.iloc[:60])
    end = f"{recently() + timedelta(days=2):%Y-%m-%d}"
    found = cli.read(churn.path("predictionsVsActualsOverTime"), end=end)
    assert found["summary"] == {"rowCountTotal": 100, "rowCountWithActual": 60}


def test_a_regression_is_held_against_its_numbers(cli: Wire) -> None:
    delay = delay_service(cli)
    frame, batch_id = rows.delay(89, 220), create_batch(cli, delay)
    report_predictions(cli, delay, frame, frame["predicted"].tolist(), batch_id=batch_id)
    report_actuals(cli, delay, frame, "minutes")
    expect(cli, delay, regression_accuracy(frame["minutes"], frame["predicted"]), batchId=batch_id)
    found = cli.read(delay.path("accuracy"), batchId=batch_id)["data"]
    (rmse,) = [item for item in found if item["metricName"] == "RMSE"]
    holdout = regression_accuracy(delay.holdout["minutes"], delay.holdout["predicted"])
    assert (rmse["sampleSize"], rmse["baselineValue"]) == (220, holdout["RMSE"])


def test_three_classes_are_held_against_their_outcomes(cli: Wire) -> None:
    service = kind_service(cli)
    frame, batch_id = rows.kind(90, 200), create_batch(cli, service)
    report_predictions(cli, service, frame, pairs(frame, rows.KINDS), batch_id=batch_id)
    report_actuals(cli, service, frame)
    expect(cli, service, class_accuracy(frame["outcome"], frame[list(rows.KINDS)]), batchId=batch_id)


def test_a_label_is_the_same_as_a_number_as_a_fraction_and_as_text(cli: Wire) -> None:
    service = flags_service(cli)
    frame, batch_id = rows.flags(91, 150), create_batch(cli, service)
    scores = [[score, 1.0 - score] for score in frame["score"]]
    report_predictions(cli, service, frame, scores, batch_id=batch_id)
    outcome = frame["outcome"]
    for part, read_as in ((slice(0, 50), int), (slice(50, 100), float), (slice(100, 150), str)):
        written = [read_as(value) for value in outcome[part]]
        report_actuals(cli, service, frame[part].assign(outcome=pd.Series(written, frame.index[part], dtype=object)))
    expect(cli, service, binary_accuracy(outcome == 1, frame["score"]), batchId=batch_id)


def test_a_label_may_come_as_a_boolean(cli: Wire) -> None:
    target = {"name": "left", "type": "Binary", "classNames": ["True", "False"], "predictionProbabilitiesColumn": "p"}

    def table(seed: int, count: int) -> pd.DataFrame:
        frame = rows.flags(seed, count).rename(columns={"score": "p"})
        return frame.assign(left=frame["outcome"] == 1).drop(columns="outcome")

    training, holdout = table(92, 200)[["weight", "left"]], table(93, 150)[["weight", "left", "p"]]
    service = deployed(cli, target, training, holdout)
    frame, batch_id = table(94, 130), create_batch(cli, service)
    report_predictions(cli, service, frame, [[p, 1.0 - p] for p in frame["p"]], batch_id=batch_id)
    report_actuals(cli, service, frame, "left")
    expect(cli, service, binary_accuracy(frame["left"], frame["p"]), batchId=batch_id)
    found = cli.read(service.path("accuracy"), batchId=batch_id, metric="AUC")["data"]
    assert found[0]["baselineValue"] == binary_accuracy(holdout["left"], holdout["p"])["AUC"]


def test_an_outcome_that_is_no_class_is_refused_and_the_program_would_not_say_so(cli: Wire, churn: Deployed) -> None:
    body = {"data": [{"associationId": "x", "actualValue": "Perhaps"}]}
    status, message = cli.refused("POST", churn.path("actuals", "fromJSON"), json=body)
    assert status == 422
    assert "Perhaps" in message
