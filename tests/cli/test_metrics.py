from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Assay, fits
from tests.client.wire import (
    BATCH,
    DEPLOYMENT,
    METRIC,
    MODEL,
    Reply,
    Wire,
    accepted,
    batch,
    custom_metric,
    deployment,
    page,
)

METRICS = f"deployments/{DEPLOYMENT}/customMetrics/"
PATH = f"{METRICS}{METRIC}/"
OTHER_BATCH = "65b000000000000000000002"
CREATED = "2013-08-01T00:00:00Z"


def summary(**changes: Any) -> dict[str, Any]:
    return {"id": METRIC, "name": "Net margin", "value": 15.06, "sampleCount": 1210, "percentChange": 20.5, **changes}


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch()))
    wire.on("GET", METRICS, page(custom_metric()))
    wire.on("GET", PATH, Reply(json=custom_metric()))
    wire.on("POST", f"{PATH}fromJSON/", accepted(wire, "v"))
    wire.on("GET", "status/v/", Reply(json={"status": "COMPLETED"}))
    long = "a batch whose name goes on " * 8
    buckets = [
        {"batch": {"id": BATCH, "name": "2013-07", "createdAt": CREATED}, "value": 14.04, "sampleSize": 1210},
        {"batch": {"id": OTHER_BATCH, "name": long, "createdAt": CREATED}, "value": None, "sampleSize": 0},
    ]
    wire.on("GET", f"{PATH}valuesOverBatch/", Reply(json={"buckets": buckets, "metric": custom_metric()}))
    wire.on("GET", f"{PATH}batchSummary/", Reply(json={"metric": summary()}))
    return wire


def posted(wire: Wire) -> list[dict[str, Any]]:
    return [one for call in wire.asked("POST") for one in call.json["buckets"]]


def test_create_sends_what_was_said(ready: Wire, assay: Assay) -> None:
    ready.on("POST", METRICS, Reply(201, {"id": METRIC}))
    command = (
        "metric create 'Net margin' --units EUR --type sum --better higher --baseline 12.5 --description x "
        "--value-column margin --batch-column run"
    )
    run = assay(command)
    assert run.out == f"Created metric 'Net margin' ({METRIC}) in deployment 'late flights'.\n"
    assert ready.asked("POST")[0].json == {
        "name": "Net margin",
        "units": "EUR",
        "type": "sum",
        "directionality": "higherIsBetter",
        "isModelSpecific": False,
        "baselineValues": [{"value": 12.5}],
        "description": "x",
        "value": {"columnName": "margin"},
        "batch": {"columnName": "run"},
    }
    assert assay(f"{command} --json").json == custom_metric()


def test_create_makes_categories(ready: Wire, assay: Assay) -> None:
    ready.on("POST", METRICS, Reply(201, {"id": METRIC}))
    assert assay("metric create S --units orders --type categorical --category late --category lost").code == 0
    assert [c["value"] for c in ready.asked("POST")[0].json["categories"]] == ["late", "lost"]


def test_list_shows_what_metrics_are(ready: Wire, assay: Assay) -> None:
    long = "a rather long name " * 8
    ready.on("GET", METRICS, page(custom_metric(), custom_metric(name=long, directionality=None, baselineValues=[])))
    run = assay("metric list")
    assert fits(run)
    assert run.lines[0].split() == ["METRIC", "TYPE", "UNITS", "BETTER", "BASE", "OF"]
    assert run.lines[1].split() == ["Net", "margin", "average", "EUR", "higher", "12.5", "deployment"]
    assert run.lines[-1] == "2 metrics."
    assert assay("metric list --json").json["count"] == 2
    ready.on("GET", METRICS, page())
    assert assay("metric list").lines == ["No custom metric. 'assay metric create' makes one."]


def test_show_goes_batch_by_batch_and_takes_together_what_it_shows(ready: Wire, assay: Assay) -> None:
    run = assay("metric show 'Net margin'")
    assert fits(run)
    assert run.lines[0] == "Net margin (average, EUR, higher is better); baseline 12.5"
    assert run.lines[1].split() == ["BATCH", "VALUE", "N"]
    assert run.lines[2].split() == ["2013-07", "14.0", "1,210"]
    assert run.lines[3].split()[-2:] == ["-", "0"]
    assert run.lines[-1] == "Together: 15.1 (+20.5 % from the baseline), n = 1,210."
    assert ready.calls[-1].query == {"batchId": [BATCH, OTHER_BATCH]}
    assert assay(f"metric show {METRIC} --json").json["metric"] == custom_metric()


def test_show_of_named_batches_asks_for_these(ready: Wire, assay: Assay) -> None:
    assert assay("metric show 'Net margin' --batch 2013-07").code == 0
    series = next(c for c in ready.calls if c.path.endswith("valuesOverBatch/"))
    assert series.query == {"batchId": [BATCH]}


def test_show_without_batches_says_what_else_there_is(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"{PATH}valuesOverBatch/", Reply(json={"buckets": [], "metric": custom_metric()}))
    assert assay("metric show 'Net margin'").lines[1:] == [
        "The deployment has no batch yet. Series over time: --by day."
    ]


def test_show_goes_by_time_over_the_very_span_of_the_series(ready: Wire, assay: Assay) -> None:
    edges = ["2026-11-16T11:00:00Z", "2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z"]
    buckets = [
        {"period": {"start": a, "end": b}, "value": v, "sampleSize": 2}
        for a, b, v in zip(edges[:2], edges[1:], (0.1234, 123456.0), strict=True)
    ]
    period = {"start": edges[0], "end": edges[2]}
    answer = {"buckets": buckets, "summary": period, "metric": custom_metric()}
    ready.on("GET", f"{PATH}valuesOverTime/", Reply(json=answer))
    whole = summary(sampleCount=4, value=None, percentChange=None)
    ready.on("GET", f"{PATH}summary/", Reply(json={"period": period, "metric": whole}))
    run = assay("metric show 'Net margin' --by week --start 2026-11-16T11:00Z")
    assert [line.split() for line in run.lines[1:4]] == [
        ["FROM", "(UTC)", "VALUE", "N"],
        ["2026-11-16", "11:00", "0.123", "2"],
        ["2026-11-17", "00:00", "123,000", "2"],
    ]
    assert run.lines[-1] == "Together: -, n = 4."
    series, together = ready.calls[-2:]
    assert series.query == {"start": ["2026-11-16T11:00Z"], "bucketSize": ["P7D"]}
    assert together.query == {"start": ["2026-11-16T11:00:00+00:00"], "end": ["2026-11-18T00:00:00+00:00"]}


def test_show_counts_categories(ready: Wire, assay: Assay) -> None:
    ready.on("GET", METRICS, page(custom_metric(type="categorical", baselineValues=[], directionality=None)))
    counts = [{"categoryName": f"a state with a long name {n}", "count": 1000 * n} for n in range(6)]
    place = {"id": BATCH, "name": "2013-07", "createdAt": CREATED}
    bucket = {"batch": place, "value": None, "sampleSize": 7, "unknownCategoriesCount": 3, "categories": counts}
    ready.on("GET", f"{PATH}valuesOverBatch/", Reply(json={"buckets": [bucket], "metric": custom_metric()}))
    changed = [
        {"categoryName": "late", "value": 15, "baselineValue": 10, "percentChange": 50.0},
        {"categoryName": "lost", "value": 0, "baselineValue": None, "percentChange": None},
    ]
    whole = summary(value=None, sampleCount=18, percentChange=None, unknownCategoriesCount=3, categories=changed)
    ready.on("GET", f"{PATH}batchSummary/", Reply(json={"metric": whole}))
    run = assay("metric show 'Net margin'")
    assert fits(run)
    assert "a state with a long name 5 5,000, other 3" in " ".join(run.out.replace("2013-07", "").split())
    assert run.lines[-1] == "Together: late 15 (+50.0 %), lost 0, other 3, n = 18."


def test_push_sends_the_columns_that_the_metric_names_unless_told(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    path = tmp_path / "values.csv"
    path.write_text("margin,other,n\n1.5,7,3\n,8,2\n")
    run = assay(f"metric push 'Net margin' {path}")
    assert run.lines == ["1 value of metric 'Net margin' sent.", "1 row without a value left out."]
    assert posted(ready) == [{"value": 1.5}]
    options = "--value-column other --sample-size-column n --batch 2013-07"
    assert assay(f"metric push 'Net margin' {path} {options} --json").json == {"rows": 2, "calls": 1, "withoutValue": 0}
    assert posted(ready)[1:] == [
        {"value": 7.0, "sampleSize": 3, "batch": BATCH},
        {"value": 8.0, "sampleSize": 2, "batch": BATCH},
    ]


def test_push_reads_batches_from_a_column(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    path = tmp_path / "values.csv"
    path.write_text("margin,run,day\n1.5,2013-07,2013-07-09\n")
    assert assay(f"metric push 'Net margin' {path} --batch-column run --timestamp-column day").code == 0
    assert posted(ready) == [{"value": 1.5, "batch": BATCH, "timestamp": "2013-07-09"}]


def test_a_dry_run_says_that_nothing_was_stored(ready: Wire, assay: Assay) -> None:
    ready.on("POST", f"{PATH}fromJSON/", Reply(202, {}))
    run = assay("metric add 'Net margin' 3.5 --dry-run")
    assert run.lines == ["1 value of metric 'Net margin' checked, and none stored."]
    assert ready.asked("POST")[0].json["dryRun"] is True


def test_add_sends_one_value(ready: Wire, assay: Assay) -> None:
    run = assay("metric add 'Net margin' 3.5 --sample-size 40 --at 2026-11-23T03:00Z --batch 2013-07")
    assert run.lines == ["1 value of metric 'Net margin' sent."]
    assert ready.asked("POST")[0].json == {
        "buckets": [{"value": 3.5, "sampleSize": 40, "timestamp": "2026-11-23T03:00Z", "batch": BATCH}]
    }


def test_add_to_a_model_specific_metric_is_for_the_current_model_unless_told(ready: Wire, assay: Assay) -> None:
    ready.on("GET", METRICS, page(custom_metric(isModelSpecific=True)))
    assert assay("metric add 'Net margin' 3.5").code == 0
    assert assay("metric add 'Net margin' 3.5 --model-id other").code == 0
    assert [call.json["modelId"] for call in ready.asked("POST")] == [MODEL, "other"]


def test_a_category_is_sent_as_it_stands(ready: Wire, assay: Assay) -> None:
    ready.on("GET", METRICS, page(custom_metric(type="categorical")))
    assert assay("metric add 'Net margin' 01").code == 0
    assert posted(ready) == [{"value": "01"}]


def test_delete_asks_first(ready: Wire, assay: Assay) -> None:
    ready.on("DELETE", PATH, Reply(204))
    assert assay("metric delete 'Net margin'", answer="n\n").code == 1
    assert ready.asked("DELETE") == []
    assert assay("metric delete 'Net margin' --yes").out == "Deleted metric 'Net margin'.\n"
    assert assay("metric delete 'Net margin' --yes --json").json == custom_metric()


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (
            "metric show margin",
            1,
            "No custom metric of deployment 'late flights' has the id or the exact name 'margin'",
        ),
        ("metric show 'Net margin' --start 2026-01-01", 2, "say --by hour"),
        ("metric show 'Net margin' --by day --batch 2013-07", 2, "leave --by out"),
        ("metric add 'Net margin' much", 2, "found 'much', expected a finite number"),
        ("metric add 'Net margin' inf", 2, "found 'inf', expected a finite number"),
        ("metric add 'Net margin' 1 --batch lost", 1, "has the id or the exact name 'lost'"),
        ("metric push 'Net margin' f.csv --batch 2013-07 --batch-column run", 2, "either --batch or --batch-column"),
        ("metric create m --units EUR --batch-column run", 2, "Say --value-column too"),
        ("metric create m", 2, "--units"),
    ],
)
def test_wrong_use_is_one_line(ready: Wire, assay: Assay, command: str, code: int, words: str) -> None:
    run = assay(command)
    assert (run.code, run.out, run.err.count("\n")) == (code, "", 1)
    assert words in run.err


def test_push_needs_a_value_column_when_the_metric_names_none(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    ready.on("GET", METRICS, page(custom_metric(value=None)))
    path = tmp_path / "values.csv"
    path.write_text("v\n1\n")
    run = assay(f"metric push 'Net margin' {path}")
    assert (run.code, run.out) == (2, "")
    assert "--value-column" in run.err
