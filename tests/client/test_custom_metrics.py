from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from tests.client.wire import BATCH, DEPLOYMENT, METRIC, Reply, Wire, accepted, batch, custom_metric, page

from assay.client import (
    Batch,
    Client,
    CustomMetric,
    FileUnusable,
    MetricColumns,
    MetricValue,
    NewMetric,
    Refused,
    WorkFailed,
    custom_metrics,
)

METRICS = f"deployments/{DEPLOYMENT}/customMetrics/"
PATH = f"{METRICS}{METRIC}/"


def _metric(**changes: object) -> CustomMetric:
    return CustomMetric.of(custom_metric(**changes), deployment_id=DEPLOYMENT)


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", METRICS, page(custom_metric(id="65ab00000000000000000009", name="Other"), custom_metric()))
    wire.on("GET", PATH, Reply(json=custom_metric()))
    wire.on("POST", f"{PATH}fromJSON/", accepted(wire, "v"))
    wire.on("GET", "status/v/", Reply(json={"status": "COMPLETED"}))
    return wire


def _sent(wire: Wire) -> list[dict[str, object]]:
    return [one for call in wire.asked("POST") for one in call.json["buckets"]]


# ---------------------------------------------------------------- the metrics


def test_a_new_metric_is_sent_without_what_is_not_set(ready: Wire, client: Client) -> None:
    ready.on("POST", METRICS, Reply(201, {"id": METRIC}))
    made = client.custom_metrics.create(DEPLOYMENT, NewMetric("Net margin", "EUR"))
    assert made == _metric()
    body = {"name": "Net margin", "units": "EUR", "type": "average", "isModelSpecific": False}
    assert ready.asked("POST")[0].json == body


def test_a_new_metric_can_say_everything(ready: Wire, client: Client) -> None:
    ready.on("POST", METRICS, Reply(201, {"id": METRIC}))
    new = NewMetric(
        "States",
        "orders",
        "categorical",
        directionality="lowerIsBetter",
        is_model_specific=True,
        baseline=0.0,
        categories=("late", "lost"),
        description="by carrier",
        columns=MetricColumns("state", timestamp="day"),
    )
    client.custom_metrics.create(DEPLOYMENT, new)
    assert ready.asked("POST")[0].json == {
        "name": "States",
        "units": "orders",
        "type": "categorical",
        "directionality": "lowerIsBetter",
        "isModelSpecific": True,
        "baselineValues": [{"value": 0.0}],
        "categories": [
            {"value": "late", "directionality": "lowerIsBetter"},
            {"value": "lost", "directionality": "lowerIsBetter"},
        ],
        "description": "by carrier",
        "value": {"columnName": "state"},
        "timestamp": {"columnName": "day"},
    }


def test_a_metric_is_read_with_what_it_has(ready: Wire, client: Client) -> None:
    found = client.custom_metrics.get(DEPLOYMENT, METRIC)
    assert (found.name, found.units, found.type, found.baseline) == ("Net margin", "EUR", "average", 12.5)
    assert (found.value_column, found.batch_column, found.created_by) == ("margin", None, "admin")
    assert (_metric(baselineValues=[]).baseline, _metric(baselineValues=None).baseline) == (None, None)


def test_a_metric_is_found_by_id_and_by_exact_name(ready: Wire, client: Client) -> None:
    assert client.custom_metrics.find(DEPLOYMENT, METRIC) == _metric()
    assert client.custom_metrics.find(DEPLOYMENT, "Net margin") == _metric()
    assert client.custom_metrics.find(DEPLOYMENT, "net margin") is None
    assert client.custom_metrics.find(DEPLOYMENT, "f" * 24) is None
    assert [m.name for m in client.custom_metrics.list(DEPLOYMENT)] == ["Other", "Net margin"]


def test_a_metric_is_changed_and_deleted(ready: Wire, client: Client) -> None:
    ready.on("PATCH", PATH, Reply(json=custom_metric(units="USD")))
    ready.on("DELETE", PATH, Reply(204))
    assert client.custom_metrics.update(_metric(), {"units": "USD"}).units == "USD"
    assert ready.asked("PATCH")[0].json == {"units": "USD"}
    client.custom_metrics.delete(_metric())
    assert len(ready.asked("DELETE")) == 1


# ---------------------------------------------------------------- values in


def test_values_go_in_calls_of_ten_thousand(ready: Wire, client: Client) -> None:
    told: list[int] = []
    values = (MetricValue(float(number)) for number in range(25_000))
    report = client.custom_metrics.submit(_metric(), values, progress=told.append)
    assert [len(call.json["buckets"]) for call in ready.asked("POST")] == [10_000, 10_000, 5_000]
    assert (report.rows, report.calls, told) == (25_000, 3, [10_000, 20_000, 25_000])


def test_a_value_carries_what_it_has(ready: Wire, client: Client) -> None:
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    whole = MetricValue(1.5, 7, moment, BATCH, "order", {"region": "north"}, "till 4")
    in_batch = MetricValue(0.0, batch=Batch.of(batch(), deployment_id=DEPLOYMENT))
    client.custom_metrics.submit(_metric(), [whole, in_batch], model_id="m")
    assert _sent(ready) == [
        {
            "value": 1.5,
            "sampleSize": 7,
            "timestamp": "2026-11-23T00:00:00+00:00",
            "batch": BATCH,
            "associationId": "order",
            "segments": [{"name": "region", "value": "north"}],
            "metadata": "till 4",
        },
        {"value": 0.0, "batch": BATCH},
    ]
    assert {k: v for k, v in ready.asked("POST")[0].json.items() if k != "buckets"} == {"modelId": "m"}


def test_values_that_are_none_are_left_out_and_counted(ready: Wire, client: Client) -> None:
    values = [MetricValue(None), MetricValue(float("nan")), MetricValue(0.0), MetricValue("")]
    report = client.custom_metrics.submit(_metric(), values)
    assert (report.rows, report.without_value) == (2, 2)
    assert _sent(ready) == [{"value": 0.0}, {"value": ""}]


def test_a_dry_run_has_no_work_to_wait_for(ready: Wire, client: Client) -> None:
    ready.on("POST", f"{PATH}fromJSON/", Reply(202, {"message": "fine"}))
    assert client.custom_metrics.submit(_metric(), [MetricValue(1.0)], dry_run=True).rows == 1
    assert ready.asked("POST")[0].json["dryRun"] is True
    assert ready.asked("GET") == []


def test_a_refused_call_says_which_values_and_what_stands(
    ready: Wire, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom_metrics, "VALUES_PER_CALL", 2)
    ready.on("POST", f"{PATH}fromJSON/", accepted(ready, "v"), Reply(422, {"message": "Too late."}))
    with pytest.raises(Refused, match=r"^Values 3 to 3 \(the 2 before them were taken\): Too late\.$"):
        client.custom_metrics.submit(_metric(), [MetricValue(1.0)] * 3)


def test_work_that_fails_later_is_an_error_too(ready: Wire, client: Client) -> None:
    ready.on("GET", "status/v/", Reply(json={"status": "ERROR", "message": "Disk full."}))
    with pytest.raises(WorkFailed, match="Disk full"):
        client.custom_metrics.submit(_metric(), [MetricValue(1.0)])


# ---------------------------------------------------------------- files


def _csv(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "values.csv"
    path.write_text(text)
    return path


def test_a_csv_is_read_by_its_columns_and_batches_by_id_or_name(ready: Wire, client: Client, tmp_path: Path) -> None:
    ready.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch()))
    ready.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/{BATCH}/", Reply(json=batch()))
    path = _csv(tmp_path, f"run,margin,n,day\n2013-07,1.5,3,2026-11-23 03:00\n{BATCH},-2,,\n2013-07,,9,\n,7,2.0,\n")
    columns = MetricColumns("margin", "n", "day", "run")
    report = client.custom_metrics.submit_file(_metric(), path, columns)
    assert (report.rows, report.without_value) == (3, 1)
    assert _sent(ready) == [
        {"value": 1.5, "sampleSize": 3, "timestamp": "2026-11-23 03:00", "batch": BATCH},
        {"value": -2.0, "batch": BATCH},
        {"value": 7.0, "sampleSize": 2},
    ]
    # A name is looked up once.
    assert len([c for c in ready.asked("GET") if c.path.endswith("monitoringBatches/")]) == 1


def test_all_rows_of_a_file_may_be_of_one_batch(ready: Wire, client: Client, tmp_path: Path) -> None:
    path = _csv(tmp_path, "v\n1\n2\n")
    one = Batch.of(batch(), deployment_id=DEPLOYMENT)
    client.custom_metrics.submit_file(_metric(), path, MetricColumns("v"), batch=one)
    assert _sent(ready) == [{"value": 1.0, "batch": BATCH}, {"value": 2.0, "batch": BATCH}]
    with pytest.raises(ValueError, match="got both"):
        client.custom_metrics.submit_file(_metric(), path, MetricColumns("v", batch="v"), batch=one)


def test_names_of_categories_stay_text(ready: Wire, client: Client, tmp_path: Path) -> None:
    path = _csv(tmp_path, "state\n01\nlate\n")
    client.custom_metrics.submit_file(_metric(type="categorical"), path, MetricColumns("state"))
    assert _sent(ready) == [{"value": "01"}, {"value": "late"}]


def test_parquet_keeps_its_types(ready: Wire, client: Client, tmp_path: Path) -> None:
    moments = pl.Series(["2026-11-23 05:00", None, None]).str.to_datetime()
    table = pl.DataFrame({"v": [1, None, 3], "n": [2.0, 2.0, None], "at": moments})
    table.write_parquet(tmp_path / "values.parquet")
    columns = MetricColumns("v", "n", "at")
    report = client.custom_metrics.submit_file(_metric(), tmp_path / "values.parquet", columns)
    assert report.without_value == 1
    assert _sent(ready) == [{"value": 1.0, "sampleSize": 2, "timestamp": "2026-11-23T05:00:00+00:00"}, {"value": 3.0}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v,n,run\nx,1,\n", "line 2: found 'x', expected a number"),
        ("v,n,run\ninf,1,\n", "line 2: a value cannot be infinite"),
        ("v,n,run\n1,1,\n1,1.5,\n", "line 3: found '1.5', expected a whole sample size"),
        ("v,n,run\n1,-1,\n", "line 2: found '-1', expected a whole sample size"),
        ("v,n,run\n1,1,lost\n", "names the batch 'lost', which the deployment does not have"),
        ("v,n\n1,1\n", "no column 'run'. It has: v, n"),
    ],
)
def test_a_file_at_fault_is_told_where_and_nothing_sent(
    ready: Wire, client: Client, tmp_path: Path, text: str, words: str
) -> None:
    ready.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page())
    with pytest.raises(FileUnusable, match=words):
        client.custom_metrics.submit_file(_metric(), _csv(tmp_path, text), MetricColumns("v", "n", batch="run"))
    assert ready.asked("POST") == []


# ---------------------------------------------------------------- figures out

SUMMARY = {"id": METRIC, "name": "Net margin", "value": 14.0, "sampleCount": 63, "percentChange": 12.0}


def test_a_summary_over_time_is_read(ready: Wire, client: Client) -> None:
    period = {"start": "2026-11-16T11:00:00Z", "end": "2026-11-23T11:00:00Z"}
    ready.on("GET", f"{PATH}summary/", Reply(json={"period": period, "metric": {**SUMMARY, "baselineValue": 12.5}}))
    found = client.custom_metrics.summary(_metric(), start=datetime(2026, 11, 16, 11, tzinfo=UTC), model_id="m")
    assert (found.value, found.rows, found.baseline, found.change_percent) == (14.0, 63, 12.5, 12.0)
    assert found.end == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert ready.calls[-1].query == {"start": ["2026-11-16T11:00:00+00:00"], "modelId": ["m"]}


def test_a_summary_over_batches_is_read(ready: Wire, client: Client) -> None:
    categories = [{"categoryName": "late", "value": 3}]
    metric = {**SUMMARY, "value": None, "percentChange": None, "unknownCategoriesCount": 2, "categories": categories}
    ready.on("GET", f"{PATH}batchSummary/", Reply(json={"metric": metric}))
    found = client.custom_metrics.batch_summary(_metric(), batches=[BATCH, Batch.of(batch(), deployment_id=DEPLOYMENT)])
    assert (found.value, found.start, found.unknown_categories, found.categories) == (None, None, 2, tuple(categories))
    assert ready.calls[-1].query == {"batchId": [BATCH, BATCH]}


def test_a_series_over_batches_is_read(ready: Wire, client: Client) -> None:
    place = {"id": BATCH, "name": "2013-07", "createdAt": "2013-08-01T00:00:00Z"}
    buckets = [{"batch": place, "value": 14.0, "sampleSize": 63}, {"batch": place, "value": None, "sampleSize": 0}]
    ready.on("GET", f"{PATH}valuesOverBatch/", Reply(json={"buckets": buckets, "metric": custom_metric()}))
    found = client.custom_metrics.over_batch(_metric())
    assert [(p.batch_id, p.batch_name, p.value, p.rows) for p in found.points] == [
        (BATCH, "2013-07", 14.0, 63),
        (BATCH, "2013-07", None, 0),
    ]
    assert ready.calls[-1].query == {}
    with pytest.raises(ValueError, match="at least one batch"):
        client.custom_metrics.over_batch(_metric(), batches=[])


def test_a_series_over_time_is_read(ready: Wire, client: Client) -> None:
    period = {"start": "2026-11-23T00:00:00Z", "end": "2026-11-24T00:00:00Z"}
    answer = {"buckets": [{"period": period, "value": 1.0, "sampleSize": 1}], "metric": {}, "summary": period}
    ready.on("GET", f"{PATH}valuesOverTime/", Reply(json=answer))
    (point,) = client.custom_metrics.over_time(_metric(), end="2026-11-24", bucket_size="P7D").points
    assert (point.start, point.end) == (datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
    assert ready.calls[-1].query == {"end": ["2026-11-24"], "bucketSize": ["P7D"]}
