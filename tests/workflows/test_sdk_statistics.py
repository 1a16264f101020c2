"""Actuals, service figures, drift and accuracy in the SDK (CLIENTS.md 4.2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from tests.workflows import rows
from tests.workflows.commands import (
    Deployed,
    churn_service,
    create_batch,
    inputs,
    pairs,
    request,
    send_inputs,
    send_requests,
)
from tests.workflows.figures import binary_accuracy, churn_psi, distribution, near, number_psi, service
from tests.workflows.wire import Wire

DAYS = 3
TIMES = [15.0, 1200.5, 80.0, 7.25, 3000.0, 410.0]


def midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


FIRST = midnight() - timedelta(days=DAYS)


@pytest.fixture(scope="module")
def frames() -> list[pd.DataFrame]:
    """Rows of three days, one batch each."""
    return [rows.churn(141 + day, 100 + 60 * day, day / 4) for day in range(DAYS)]


@pytest.fixture(scope="module")
def watched(cli: Wire, sdk: Wire, frames: list[pd.DataFrame]) -> Deployed:
    """A deployment with three days of rows, two requests a day, and actuals that the SDK submitted."""
    churn = churn_service(cli)
    for day, frame in enumerate(frames):
        at = FIRST + timedelta(days=day, hours=10)
        batch_id = create_batch(cli, churn, f"day {day}")
        send_inputs(cli, churn, inputs(churn, frame, pairs(frame), at=at, batch_id=batch_id))
        for milliseconds in TIMES[2 * day : 2 * day + 2]:
            record = request(churn, len(frame) // 2, at=at, batch_id=batch_id, milliseconds=milliseconds)
            send_requests(cli, churn, record)
    submit_actuals(sdk, churn, pd.concat(frames))
    return churn


def submit_actuals(sdk: Wire, deployed: Deployed, frame: pd.DataFrame, batch_size: int = 150) -> None:
    """Outcomes in parts of ``batch_size``, each waited for."""
    now = datetime.now(UTC).isoformat()
    data = [
        {"associationId": key, "actualValue": value, "wasActedOn": False, "timestamp": now}
        for key, value in zip(frame["key"], frame["outcome"], strict=True)
    ]
    for start in range(0, len(data), batch_size):
        answer = sdk.report(deployed.path("actuals", "fromJSON"), {"data": data[start : start + batch_size]})
        sdk.finished(answer)


def span(first: int, last: int) -> dict[str, str]:
    """Whole days, from the first to the end of the last, as the SDK writes times."""
    start, end = (FIRST + timedelta(days=day) for day in (first, last + 1))
    return {"start": start.isoformat(timespec="microseconds"), "end": end.isoformat(timespec="microseconds")}


def filled(buckets: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Buckets that hold something; each says of which span it is."""
    for bucket in buckets:
        assert {"start", "end"} <= bucket["period"].keys()
    return [bucket for bucket in buckets if bucket[name]]


def test_service_figures_of_a_span(sdk: Wire, watched: Deployed, frames: list[pd.DataFrame]) -> None:
    path = watched.path("serviceStats")
    for first, last in ((0, 2), (1, 1), (1, 2)):
        found = sdk.read(path, modelId=watched.model_id, **span(first, last))
        assert pd.Timestamp(found["period"]["start"]) == pd.Timestamp(span(first, last)["start"])
        assert pd.Timestamp(found["period"]["end"]) == pd.Timestamp(span(first, last)["end"])
        halves = [len(frame) // 2 for frame in frames[first : last + 1] for _ in range(2)]
        expected = service(TIMES[2 * first : 2 * last + 2], halves)
        assert {name: found["metrics"][name] for name in expected} == expected
    quantile = sdk.read(path, executionTimeQuantile=0.9, slowRequestsThreshold=400, **span(0, 2))["metrics"]
    assert quantile["executionTime"] == near(float(pd.Series(TIMES).quantile(0.9)))
    assert quantile["slowRequests"] == sum(milliseconds > 400 for milliseconds in TIMES)
    assert "modelId" in sdk.read(path)


@pytest.mark.parametrize("metric", ["totalPredictions", "totalRequests", "executionTime", "slowRequests"])
def test_a_service_figure_day_by_day(sdk: Wire, watched: Deployed, frames: list[pd.DataFrame], metric: str) -> None:
    found = sdk.read(watched.path("serviceStatsOverTime"), metric=metric, bucketSize="P1D", **span(0, 2))
    assert found["metric"] == metric
    assert len(filled(found["buckets"], "period")) == DAYS
    expected = [service(TIMES[2 * day : 2 * day + 2], [len(frames[day]) // 2] * 2)[metric] for day in range(DAYS)]
    assert [bucket["value"] for bucket in found["buckets"]] == expected


def test_target_drift_has_every_key_that_is_read(sdk: Wire, watched: Deployed, frames: list[pd.DataFrame]) -> None:
    needed = {"period", "metric", "modelId", "targetName", "driftScore", "sampleSize", "baselineSampleSize"}
    for params, chosen in (({}, frames), (span(1, 2), frames[1:])):
        found = sdk.read(watched.path("targetDrift"), **params)
        assert found.keys() >= needed | {"segmentValue"}
        both = pd.concat(chosen)
        assert found["driftScore"] == near(number_psi(watched.holdout["Yes"], both["Yes"]))
        assert (found["sampleSize"], found["baselineSampleSize"]) == (len(both), len(watched.holdout))
        assert (found["targetName"], found["modelId"]) == ("outcome", watched.model_id)


def test_feature_drift_is_followed_to_its_end(sdk: Wire, watched: Deployed, frames: list[pd.DataFrame]) -> None:
    for params, chosen in ((span(0, 2), frames), (span(0, 0), frames[:1])):
        page = sdk.read(watched.path("featureDrift"), limit=2, **params)
        assert page.keys() >= {"period", "metric", "modelId", "data", "next"}
        items = sdk.pages(watched.path("featureDrift"), limit=2, **params)
        for item in items:
            assert item.keys() >= {"name", "driftScore", "featureImpact", "sampleSize", "baselineSampleSize"}
            assert item["sampleSize"] == sum(map(len, chosen))
            assert item["baselineSampleSize"] == len(watched.training)
        expected = churn_psi(watched.training, pd.concat(chosen))
        assert {item["name"]: item["driftScore"] for item in items} == expected


def test_predictions_day_by_day(sdk: Wire, watched: Deployed, frames: list[pd.DataFrame]) -> None:
    found = sdk.read(watched.path("predictionsOverTime"), includePercentiles="true", bucketSize="P1D", **span(0, 2))
    (baseline,) = found["baselines"]
    assert baseline["rowCount"] == len(watched.holdout)
    buckets = filled(found["buckets"], "rowCount")
    assert [bucket["rowCount"] for bucket in buckets] == [len(frame) for frame in frames]
    for bucket, frame in zip(buckets, frames, strict=True):
        assert bucket["classDistribution"] == distribution(frame["label"], watched.classes)
        for one in bucket["percentiles"]:
            exact = frame["Yes"].quantile(one["percent"] / 100, interpolation="inverted_cdf")
            # docs/methods/quantiles.md: at most 2^-7 of the value.
            assert one["value"] == pytest.approx(exact, rel=2**-7)


def test_accuracy_of_a_span_and_of_all(sdk: Wire, watched: Deployed, frames: list[pd.DataFrame]) -> None:
    for params, chosen in (({}, frames), (span(0, 1), frames[:2])):
        found = sdk.read(watched.path("accuracy"), **params)
        assert {"start", "end"} <= found["period"].keys()
        both = pd.concat(chosen)
        expected = binary_accuracy(both["outcome"] == "Yes", both["Yes"])
        values = {item["metricName"]: item["value"] for item in found["data"]}
        assert {name: values[name] for name in expected} == expected


@pytest.mark.parametrize("metric", ["AUC", "LogLoss", "Accuracy"])
def test_accuracy_day_by_day(sdk: Wire, watched: Deployed, frames: list[pd.DataFrame], metric: str) -> None:
    found = sdk.read(watched.path("accuracyOverTime"), metric=metric, bucketSize="P1D", **span(0, 2))
    assert found["metric"] == metric
    assert isinstance(found["baselines"], list)
    expected = [binary_accuracy(frame["outcome"] == "Yes", frame["Yes"])[metric] for frame in frames]
    assert [bucket["value"] for bucket in filled(found["buckets"], "sampleSize")] == expected


def test_predictions_against_actuals_day_by_day(sdk: Wire, watched: Deployed, frames: list[pd.DataFrame]) -> None:
    found = sdk.read(watched.path("predictionsVsActualsOverTime"), bucketSize="P1D", **span(0, 2))
    count = sum(map(len, frames))
    assert found["summary"] == {"rowCountTotal": count, "rowCountWithActual": count}
    assert isinstance(found["baselines"], list)
    for bucket, frame in zip(filled(found["buckets"], "rowCountTotal"), frames, strict=True):
        assert bucket["predictedClassDistribution"] == distribution(frame["label"], watched.classes)
        assert bucket["actualClassDistribution"] == distribution(frame["outcome"], watched.classes)
