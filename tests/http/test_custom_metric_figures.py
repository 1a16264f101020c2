"""What custom metrics come to, against sums over the values that were sent."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.http.operations import BATCH, UNKNOWN
from tests.material import Ready, binary_block, binary_rows, new_batch, new_metric, send_rows
from tests.serving import Served, User

from assay.records.deployments import DeployedModel

START = datetime(2026, 3, 30, tzinfo=UTC)  # a Monday
SHOPS = ("north", "south")
OLD_MODEL = "65a0000000000000000000aa"


def near(value: float | None) -> Any:
    return value if value is None else pytest.approx(value, rel=1e-12, abs=1e-12)


def text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def send(user: User, ready: Ready, metric: str, values: list[dict[str, Any]], **more: Any) -> None:
    answer = user.post(ready.path("customMetrics", metric, "fromJSON"), {"buckets": values, **more})
    assert answer.status_code == 202, answer.text


def some_values(batches: list[str], days: int = 40, rows: int = 300) -> list[dict[str, Any]]:
    """Values at random moments, some of them in batches and in segments; each moment once."""
    rng = np.random.default_rng(0)
    minutes = rng.choice(days * 24 * 60, rows, replace=False)
    return [
        {
            "value": float(rng.normal(10, 5)),
            "sampleSize": int(rng.integers(0, 50)),
            "timestamp": text(START + timedelta(minutes=int(minute))),
            "batch": [None, *batches][rng.integers(len(batches) + 1)],
            "segments": [{"name": "shop", "value": SHOPS[rng.integers(2)]}] if rng.random() < 0.7 else None,
        }
        for minute in minutes
    ]


def put_together(kind: str, values: list[dict[str, Any]]) -> tuple[float | None, int]:
    """Value and sample size by definition."""
    size = sum(v["sampleSize"] for v in values)
    if not values:
        return None, 0
    if kind == "sum":
        return math.fsum(v["value"] for v in values), size
    if kind == "gauge":
        last = max(values, key=lambda v: v["timestamp"])
        return last["value"], last["sampleSize"]
    weights = [v["sampleSize"] for v in values]
    return (float(np.average([v["value"] for v in values], weights=weights)) if size else None), size


def inside(values: list[dict[str, Any]], start: str, end: str) -> list[dict[str, Any]]:
    moments = [datetime.fromisoformat(v["timestamp"]) for v in values]
    low, high = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return [v for v, moment in zip(values, moments, strict=True) if low <= moment < high]


KINDS = pytest.mark.parametrize("kind", ["sum", "average", "gauge"])


@pytest.fixture
def batches(owner: User, binary: Ready) -> list[str]:
    return [new_batch(owner, binary, batchName=f"run {n}") for n in range(4)]


# ------------------------------------------------------------------ over time


@KINDS
def test_a_summary_holds_the_values_of_its_span(owner: User, binary: Ready, batches: list[str], kind: str) -> None:
    metric = new_metric(owner, binary, type=kind, baselineValues=[{"value": -8}])
    values = some_values(batches)
    send(owner, binary, metric, values)
    span = {"start": "2026-04-02T06:00:00Z", "end": "2026-04-20T00:00:00Z"}
    found = owner.read(binary.path("customMetrics", metric, "summary"), **span)
    value, size = put_together(kind, inside(values, **span))
    assert value is not None
    assert found == {
        "period": span,
        "metric": {
            "id": metric,
            "name": "a metric",
            "value": near(value),
            "sampleCount": size,
            "baselineValue": -8,
            # A rise is positive, whatever the sign of what it is compared with.
            "percentChange": near(100 * (value + 8) / 8),
        },
    }


def test_the_span_is_the_last_seven_days_to_the_next_full_hour_unless_told(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary, type="sum")
    now = datetime.now(UTC)
    ages = [timedelta(), timedelta(days=6), timedelta(days=8)]
    send(owner, binary, metric, [{"value": 10**i, "timestamp": text(now - age)} for i, age in enumerate(ages)])
    found = owner.read(binary.path("customMetrics", metric, "summary"))
    assert found["metric"]["value"] == 11
    start, end = (datetime.fromisoformat(found["period"][name]) for name in ("start", "end"))
    assert end - start == timedelta(days=7)
    assert (end.minute, end.second, end.microsecond) == (0, 0, 0)
    assert now < end <= datetime.now(UTC) + timedelta(hours=1)


def test_a_span_holds_its_first_moment_and_not_its_last(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary, type="sum")
    moments = ["2026-04-01T00:00:00Z", "2026-04-01T00:59:59.999999Z", "2026-04-01T01:00:00Z"]
    send(owner, binary, metric, [{"value": 10**i, "timestamp": at} for i, at in enumerate(moments)])
    path = binary.path("customMetrics", metric, "summary")
    span = {"start": moments[0], "end": moments[2]}
    assert owner.read(path, **span)["metric"]["value"] == 11
    assert owner.read(path.replace("summary", "batchSummary"), **span)["metric"]["value"] is None


@KINDS
@pytest.mark.parametrize(
    ("size", "edges"),
    [
        ("PT1H", [START + timedelta(hours=h) for h in range(30, 60)]),
        ("P1D", [START + timedelta(hours=6), *(START + timedelta(days=d) for d in range(1, 12))]),
        (
            "P7D",
            [START + timedelta(days=2, hours=7, minutes=30)]
            + [START + timedelta(days=d) for d in (7, 14, 21, 28, 35)]
            + [START + timedelta(days=38)],
        ),
        (
            "P1M",
            [START, datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC), START + timedelta(days=40)],
        ),
    ],
)
def test_a_series_has_every_bucket_of_its_span_with_values_or_without(
    owner: User, binary: Ready, batches: list[str], kind: str, size: str, edges: list[datetime]
) -> None:
    metric = new_metric(owner, binary, type=kind)
    values = some_values(batches)
    send(owner, binary, metric, values)
    span = {"start": text(edges[0]), "end": text(edges[-1])}
    path = binary.path("customMetrics", metric, "valuesOverTime")
    found = owner.read(path, **span, bucketSize=size)
    assert found["summary"] == span
    expected = []
    for start, end in pairwise(edges):
        value, sample = put_together(kind, inside(values, text(start), text(end)))
        period = {"start": text(start), "end": text(end)}
        expected.append({"period": period, "value": near(value), "sampleSize": sample})
    assert found["buckets"] == expected
    assert found["metric"] == owner.read(binary.path("customMetrics", metric))
    assert found.keys() == {"buckets", "summary", "metric"}


def test_a_series_is_by_day_unless_told(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary)
    found = owner.read(binary.path("customMetrics", metric, "valuesOverTime"), start="2026-04-01", end="2026-04-04")
    assert [b["period"]["start"] for b in found["buckets"]] == [f"2026-04-0{d}T00:00:00Z" for d in (1, 2, 3)]
    assert [(b["value"], b["sampleSize"]) for b in found["buckets"]] == [(None, 0)] * 3


# ------------------------------------------------------------------ by batch


@KINDS
def test_each_batch_has_its_own_value(owner: User, binary: Ready, batches: list[str], kind: str) -> None:
    metric = new_metric(owner, binary, type=kind)
    values = some_values(batches[:3])
    send(owner, binary, metric, values)
    path = binary.path("customMetrics", metric, "valuesOverBatch")
    # Every order of asking is the order of the answer; the third of these has no values.
    asked = [batches[2], batches[0], batches[3]]
    found = owner.read(path, batchId=asked)
    assert [b["batch"]["id"] for b in found["buckets"]] == asked
    for bucket in found["buckets"]:
        value, size = put_together(kind, [v for v in values if v["batch"] == bucket["batch"]["id"]])
        assert (bucket["value"], bucket["sampleSize"]) == (near(value), size)
    assert (found["buckets"][2]["value"], found["buckets"][2]["sampleSize"]) == (None, 0)
    assert [b["batch"]["id"] for b in owner.read(path)["buckets"]] == batches


@KINDS
def test_batches_together_are_put_together_value_by_value(
    owner: User, binary: Ready, batches: list[str], kind: str
) -> None:
    metric = new_metric(owner, binary, type=kind, baselineValues=[{"value": 5}])
    values = some_values(batches)
    send(owner, binary, metric, values)
    path = binary.path("customMetrics", metric, "batchSummary")
    for asked in (batches[:1], batches[1:3], None):
        wanted = batches if asked is None else asked
        value, size = put_together(kind, [v for v in values if v["batch"] in wanted])
        assert value is not None
        found = owner.read(path) if asked is None else owner.read(path, batchId=asked)
        assert found == {
            "metric": {
                "id": metric,
                "name": "a metric",
                "value": near(value),
                "sampleCount": size,
                "baselineValue": 5,
                "percentChange": near(100 * (value - 5) / 5),
            }
        }


def test_a_batch_is_named_with_its_last_prediction_once_it_has_one(owner: User, binary: Ready) -> None:
    metric, empty, filled = new_metric(owner, binary), new_batch(owner, binary), new_batch(owner, binary)
    send_rows(owner, binary, binary_block(binary, binary_rows(5, 3), filled, timestamp="2026-04-01T12:00:00Z"))
    path = binary.path("customMetrics", metric, "valuesOverBatch")
    found = [b["batch"] for b in owner.read(path, batchId=[empty, filled])["buckets"]]
    assert found[0].keys() == {"id", "name", "createdAt"}
    assert found[1]["lastPredictionTimestamp"] == "2026-04-01T12:00:00Z"
    assert found[1]["createdAt"] == owner.read(binary.path("monitoringBatches", filled))["createdAt"]


def test_a_gauge_of_a_batch_keeps_what_was_sent_last_where_no_times_are_sent(owner: User, binary: Ready) -> None:
    metric, batch = new_metric(owner, binary, type="gauge"), new_batch(owner, binary)
    send(owner, binary, metric, [{"value": 1, "batch": batch}, {"value": 2, "batch": batch, "sampleSize": 9}])
    path = binary.path("customMetrics", metric, "batchSummary")
    found = owner.read(path, batchId=batch)["metric"]
    assert (found["value"], found["sampleCount"]) == (2, 9)
    send(owner, binary, metric, [{"value": 3, "batch": batch}])
    assert owner.read(path, batchId=batch)["metric"]["value"] == 3


def test_values_of_a_batch_are_in_views_over_time_and_can_be_chosen_there(
    owner: User, binary: Ready, batches: list[str]
) -> None:
    metric = new_metric(owner, binary, type="sum")
    places = [None, batches[0], batches[1]]
    send(owner, binary, metric, [{"value": 10**i, "batch": batch} for i, batch in enumerate(places)])
    path = binary.path("customMetrics", metric, "summary")
    assert owner.read(path)["metric"]["value"] == 111
    assert owner.read(path, batchId=batches[0])["metric"]["value"] == 10
    assert owner.read(path, batchId=batches[:2])["metric"]["value"] == 110
    assert owner.read(binary.path("customMetrics", metric, "batchSummary"))["metric"]["value"] == 110


def test_the_values_of_a_deleted_batch_leave_every_figure_at_once(
    owner: User, binary: Ready, batches: list[str]
) -> None:
    metric = new_metric(owner, binary, type="sum")
    send(owner, binary, metric, [{"value": 1, "batch": batches[0]}, {"value": 10, "batch": batches[1]}])
    assert owner.delete(binary.path("monitoringBatches", batches[0])).status_code < 300
    for name in ("summary", "batchSummary"):
        assert owner.read(binary.path("customMetrics", metric, name))["metric"]["value"] == 10
    series = owner.read(binary.path("customMetrics", metric, "valuesOverBatch"))
    assert [b["batch"]["id"] for b in series["buckets"]] == batches[1:]
    refusal = owner.get(binary.path("customMetrics", metric, "batchSummary"), batchId=batches[0])
    assert (refusal.status_code, refusal.json()["message"]) == (404, f"{BATCH}: {batches[0]}.")


@pytest.mark.parametrize("name", ["summary", "batchSummary", "valuesOverBatch"])
def test_an_unknown_batch_is_told_by_every_view(owner: User, binary: Ready, name: str) -> None:
    answer = owner.get(binary.path("customMetrics", new_metric(owner, binary), name), batchId=UNKNOWN)
    assert (answer.status_code, answer.json()["message"]) == (404, f"{BATCH}: {UNKNOWN}.")


# ------------------------------------------------------------------ categories


def test_categories_are_counted_by_sample_size(owner: User, binary: Ready, batches: list[str]) -> None:
    categories = [
        {"value": "delivered", "directionality": "higherIsBetter", "baselineCount": 10},
        {"value": "late", "directionality": "lowerIsBetter", "baselineCount": 0},
        {"value": "lost", "directionality": "lowerIsBetter"},
    ]
    metric = new_metric(owner, binary, type="categorical", categories=categories)
    rows = [
        ("delivered", 12, "2026-04-01T10:20:00Z", batches[0]),
        ("delivered", 3, "2026-04-02T10:20:00Z", batches[1]),
        ("late", 2, "2026-04-01T10:40:00Z", batches[0]),
        ("vanished", 5, "2026-04-01T11:00:00Z", batches[0]),
        ("stolen", 1, "2026-04-03T00:00:00Z", None),
    ]
    names = ("value", "sampleSize", "timestamp", "batch")
    send(owner, binary, metric, [dict(zip(names, row, strict=True)) for row in rows])
    path = binary.path("customMetrics", metric)
    whole = owner.read(path + "summary/", start="2026-04-01", end="2026-04-04")["metric"]
    assert whole == {
        "id": metric,
        "name": "a metric",
        "value": None,
        "sampleCount": 23,
        "baselineValue": None,
        "percentChange": None,
        "unknownCategoriesCount": 6,
        "categories": [
            {"categoryName": "delivered", "value": 15, "baselineValue": 10, "percentChange": 50.0},
            {"categoryName": "late", "value": 2, "baselineValue": 0, "percentChange": None},
            {"categoryName": "lost", "value": 0, "baselineValue": None, "percentChange": None},
        ],
    }
    series = owner.read(path + "valuesOverTime/", start="2026-04-01", end="2026-04-03")["buckets"]
    counts = [({c["categoryName"]: c["count"] for c in b["categories"]}, b["unknownCategoriesCount"]) for b in series]
    assert counts == [({"delivered": 12, "late": 2, "lost": 0}, 5), ({"delivered": 3, "late": 0, "lost": 0}, 0)]
    by_batch = owner.read(path + "valuesOverBatch/", batchId=batches[:3])["buckets"]
    assert [b["sampleSize"] for b in by_batch] == [19, 3, 0]
    assert [b["categories"][0]["count"] for b in by_batch] == [12, 3, 0]


# ------------------------------------------------------------------ models and segments


def test_a_model_specific_metric_shows_one_model_at_a_time(served: Served, owner: User, binary: Ready) -> None:
    with served.store.transaction() as tx:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        tx.deployments.add_model(DeployedModel(binary.id, OLD_MODEL, binary.package_id, None, since, since))
    specific = new_metric(owner, binary, type="sum", name="specific", isModelSpecific=True)
    common = new_metric(owner, binary, type="sum", name="common")
    for metric in (specific, common):
        send(owner, binary, metric, [{"value": 1}], modelId=OLD_MODEL)
        send(owner, binary, metric, [{"value": 10}], modelId=binary.model_id)

    def read(metric: str, **params: Any) -> Any:
        return owner.read(binary.path("customMetrics", metric, "summary"), **params)["metric"]["value"]

    # The current model unless told; a metric of the deployment knows no models.
    assert [read(specific), read(specific, modelId=OLD_MODEL), read(specific, modelId=binary.model_id)] == [10, 1, 10]
    assert [read(common), read(common, modelId=OLD_MODEL), read(common, modelId=binary.model_id)] == [11, 11, 11]


def test_the_two_ways_to_name_a_model_must_agree(served: Served, owner: User, binary: Ready, regression: Ready) -> None:
    metric = new_metric(owner, binary, isModelSpecific=True)
    with served.store.transaction() as tx:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        tx.deployments.add_model(DeployedModel(binary.id, OLD_MODEL, regression.package_id, None, since, since))
    path = binary.path("customMetrics", metric, "summary")
    assert owner.get(path, modelId=OLD_MODEL, modelPackageId=regression.package_id).status_code == 200
    refusal = owner.get(path, modelId=OLD_MODEL, modelPackageId=binary.package_id)
    assert refusal.status_code == 422
    assert "is not the package of model" in refusal.json()["message"]


@KINDS
@pytest.mark.parametrize("name", ["summary", "batchSummary", "valuesOverBatch", "valuesOverTime"])
def test_a_segment_narrows_every_view(owner: User, binary: Ready, batches: list[str], kind: str, name: str) -> None:
    metric = new_metric(owner, binary, type=kind)
    values = some_values(batches[:1], days=2, rows=60)
    send(owner, binary, metric, values)
    path = binary.path("customMetrics", metric, name)
    batch = {"batchId": batches[0]} if "atch" in name else {}
    span = {} if name == "valuesOverBatch" else {"start": "2026-03-30", "end": "2026-04-01"}
    bucket = {"bucketSize": "P1M"} if name == "valuesOverTime" else {}
    span = {**span, "end": "2026-04-01"} if span else {}
    for asked in ({"segmentValue": "north"}, {"segmentValue": "nowhere"}, {}):
        query = {"segmentAttribute": "shop", **asked}
        found = owner.read(path, **query, **batch, **span, **bucket)
        figure = found["buckets"][0] if "buckets" in found else found["metric"]
        wanted = asked.get("segmentValue")
        mine = [
            v
            for v in values
            if v["segments"] and wanted in (None, v["segments"][0]["value"]) and (not batch or v["batch"] == batches[0])
        ]
        value, size = put_together(kind, mine)
        assert (figure["value"], figure.get("sampleSize", figure.get("sampleCount"))) == (near(value), size)
        if "buckets" in found:
            assert {k: found[k] for k in ("segmentAttribute", "segmentValue") if k in found} == query


# ------------------------------------------------------------------ all metrics at once


def test_all_metrics_are_read_at_once_as_each_alone(owner: User, binary: Ready, batches: list[str]) -> None:
    assert owner.read(binary.path("customMetricsBatchSummary")) == {"metrics": []}
    metrics = [new_metric(owner, binary, type=kind, name=kind) for kind in ("sum", "average", "gauge")]
    for metric in metrics[:2]:
        send(owner, binary, metric, some_values(batches))
    span = {"start": "2026-04-02T00:00:00Z", "end": "2026-04-20T00:00:00Z"}
    query = {"segmentAttribute": "shop", "segmentValue": "north", "batchId": batches[:2], **span}
    over_time = owner.read(binary.path("customMetricsSummary"), **query)
    over_batches = owner.read(binary.path("customMetricsBatchSummary"), **query)
    alone = [owner.read(binary.path("customMetrics", m, "summary"), **query) for m in metrics]
    assert over_time == {"metrics": [one["metric"] for one in alone], "period": span}
    assert over_batches == {"metrics": over_time["metrics"]}
    assert [m["id"] for m in over_time["metrics"]] == metrics
    assert [m["value"] is None for m in over_time["metrics"]] == [False, False, True]


# ------------------------------------------------------------------ refusals and edges


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        ("summary", {"start": "2026-04-02", "end": "2026-04-02"}, "start: found"),
        ("batchSummary", {"start": "2026-04-03", "end": "2026-04-02"}, "start: found"),
        ("summary", {"end": "soon"}, "end: found 'soon'"),
        ("valuesOverTime", {"bucketSize": "PT5M"}, "bucketSize"),
        ("valuesOverTime", {"bucketSize": "day"}, "bucketSize"),
        ("valuesOverTime", {"start": "1990-01-01", "bucketSize": "PT1H"}, "more than 10,000 buckets"),
        ("summary", {"segmentValue": "north"}, "expected 'segmentAttribute' beside it"),
        ("valuesOverBatch", {"segmentValue": "north"}, "expected 'segmentAttribute' beside it"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_words(
    owner: User, binary: Ready, name: str, query: dict[str, str], words: str
) -> None:
    answer = owner.get(binary.path("customMetrics", new_metric(owner, binary), name), **query)
    assert answer.status_code == 422
    assert words in answer.json()["message"]


@pytest.mark.parametrize("kind", ["sum", "average"])
def test_a_sum_beyond_all_numbers_is_unknown(owner: User, binary: Ready, kind: str) -> None:
    metric = new_metric(owner, binary, type=kind, baselineValues=[{"value": 1}])
    send(owner, binary, metric, [{"value": 1.7e308, "sampleSize": 2}] * 2)
    found = owner.read(binary.path("customMetrics", metric, "summary"))["metric"]
    assert (found["value"], found["percentChange"], found["sampleCount"]) == (None, None, 4)


def test_a_change_of_type_shows_in_every_figure_at_once(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary, type="sum")
    send(owner, binary, metric, [{"value": 1, "sampleSize": 3}, {"value": 5}])
    found = []
    for kind in ("sum", "average", "gauge"):
        assert owner.patch(binary.path("customMetrics", metric), {"type": kind}).status_code == 200
        found.append(owner.read(binary.path("customMetrics", metric, "summary"))["metric"]["value"])
    assert found == [6, 2, 5]
