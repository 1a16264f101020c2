import pytest
from tests.cli.conftest import Assay, fits
from tests.client.wire import DEPLOYMENT, Reply, Wire, accuracy_item, batch, deployment, outcome, page

ACCURACY = f"deployments/{DEPLOYMENT}/accuracy/"
OUTCOMES = f"deployments/{DEPLOYMENT}/predictionsVsActualsOverBatch/"


def _metrics(*items: object) -> Reply:
    return Reply(json={"data": list(items), "period": {}, "modelId": "m"})


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch()))
    wire.on("GET", OUTCOMES, Reply(json={"summary": {}, "baselines": [], "buckets": [outcome()]}))
    wire.on(
        "GET",
        ACCURACY,
        _metrics(
            accuracy_item("AUC", 0.73312, degraded=True, bound=0.0003),
            accuracy_item("LogLoss", 0.51, direction="lower", percentChange=None, low=None, high=None, degraded=None),
            accuracy_item("MCC", None, reason="Only one class is among the actuals."),
            accuracy_item("Kolmogorov-Smirnov", None, reason="Only one class is among the actuals."),
        ),
    )
    return wire


def test_a_value_stands_with_interval_baseline_change_and_n(ready: Wire, assay: Assay) -> None:
    run = assay("batch accuracy 2013-07")
    assert fits(run)
    assert run.lines[:2] == [
        "Accuracy of batch '2013-07'",
        "26,398 of 27,004 rows have an actual (97.8 %).",
    ]
    assert run.lines[3].split() == [
        "AUC",
        "0.733",
        "[0.729,",
        "0.738]",
        "0.751",
        "-2.4",
        "%",
        "26,398",
        "failing",
    ]
    assert run.lines[4].split() == ["LogLoss", "0.510", "-", "0.751", "-", "26,398", "unknown"]


def test_what_cannot_be_told_is_told_with_its_reason(ready: Wire, assay: Assay) -> None:
    flat = " ".join(assay("batch accuracy 2013-07").out.split())
    assert "BASE: the same of 10,391 holdout rows." in flat
    assert "MCC, Kolmogorov-Smirnov: Only one class is among the actuals." in flat
    assert "LogLoss: in nats." in flat
    assert "LogLoss: in nats." in flat
    assert "off by at most: AUC 0.0003." in flat


def test_digits_that_the_cells_do_not_bear_out_are_not_shown(ready: Wire, assay: Assay) -> None:
    ready.on("GET", ACCURACY, _metrics(accuracy_item("AUC", 0.73312, bound=0.04)))
    assert assay("batch accuracy 2013-07").lines[3].split()[1:5] == ["0.73", "[0.73,", "0.74]", "0.75"]


def test_without_any_verdict_the_better_direction_is_shown(ready: Wire, assay: Assay) -> None:
    items = [
        accuracy_item("Kolmogorov-Smirnov", 0.4783, degraded=None, direction="higherIsBetter", sampleSize=1_294_000),
        accuracy_item("LogLoss", 0.512, degraded=None, direction="lowerIsBetter"),
    ]
    ready.on("GET", ACCURACY, _metrics(*items))
    run = assay("batch accuracy 2013-07")
    assert fits(run)
    assert run.lines[2].split()[-1] == "BETTER"
    assert [line.split()[-1] for line in run.lines[3:5]] == ["higher", "lower"]
    assert run.lines[3].startswith("Kolmogorov-Smirnov ")


def test_large_figures_fit_too(ready: Wire, assay: Assay) -> None:
    item = accuracy_item(
        "Balanced Accuracy",
        123456.789,
        low=123400.1,
        high=123500.2,
        baselineValue=99999.5,
        percentChange=123456.7,
        sampleSize=1_234_567_890,
        degraded=True,
    )
    ready.on("GET", ACCURACY, _metrics(item))
    run = assay("batch accuracy 2013-07")
    assert fits(run)
    assert "[123,400, 123,500]" in run.out
    assert "failing" in run.out


def test_json_is_the_servers_answer(ready: Wire, assay: Assay) -> None:
    run = assay("batch accuracy 2013-07 --json")
    assert [one["metricName"] for one in run.json["data"]] == ["AUC", "LogLoss", "MCC", "Kolmogorov-Smirnov"]
    assert all(call.path != OUTCOMES for call in ready.calls)


def test_a_batch_without_rows_or_metrics_says_so(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch(predictionsCount=0)))
    ready.on("GET", OUTCOMES, Reply(json={"summary": {}, "baselines": [], "buckets": []}))
    ready.on("GET", ACCURACY, _metrics())
    assert assay("batch accuracy 2013-07").lines[1:] == ["The batch has no rows yet.", "No metric."]
