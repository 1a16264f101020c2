import pytest
from tests.cli.conftest import Assay, fits
from tests.client.wire import BATCH, DEPLOYMENT, Reply, Wire, batch, deployment, drift_item, page, target_drift

from assay.cli.drift import word_of
from assay.client import DriftRow

FEATURES = f"deployments/{DEPLOYMENT}/featureDrift/"
TARGET = f"deployments/{DEPLOYMENT}/targetDrift/"
HEAD = {"metric": "psi", "modelId": "m", "next": None, "previous": None, "period": {}}


def _page(*items: object) -> Reply:
    return Reply(json={**HEAD, "data": list(items), "count": len(items), "totalCount": len(items)})


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch()))
    wire.on(
        "GET",
        FEATURES,
        _page(
            drift_item("wind", 0.0213, featureImpact=0.02),
            drift_item("temp", 0.4127, featureImpact=1.0),
            drift_item("tailnum", None, featureImpact=None, missingRate=None, baselineMissingRate=None),
        ),
    )
    wire.on("GET", TARGET, Reply(json=target_drift()))
    return wire


@pytest.mark.parametrize(
    ("score", "threshold", "expected"),
    [(0.149, 0.15, "below"), (0.15, 0.15, "above"), (None, 0.15, "-"), (9.0, None, "-")],
)
def test_the_word_says_on_which_side_of_the_threshold_the_score_lies(
    score: float | None, threshold: float | None, expected: str
) -> None:
    assert word_of(DriftRow(feature="temp", score=score), threshold) == expected


def test_the_servers_verdict_goes_first(ready: Wire, assay: Assay) -> None:
    assert word_of(DriftRow(feature="temp", score=9.0, status="passing"), 0.15) == "passing"
    ready.on("GET", FEATURES, _page(drift_item("temp", 9.0, status="passing")))
    run = assay("batch drift 2013-07")
    head, row = run.out[run.out.index("FEATURE") :].splitlines()[:2]
    assert (head.split()[-1], row.split()[-1]) == ("STATUS", "passing")


def test_the_most_drifted_come_first_with_interval_importance_and_word(ready: Wire, assay: Assay) -> None:
    run = assay("batch drift 2013-07")
    assert fits(run)
    assert run.lines[0] == "Drift of batch '2013-07' from the baseline (psi)"
    assert run.lines[1] == ("predictions of 'late': 0.031 [0.025, 0.037], n = 27,004 against 10,391: below")
    table = run.out[run.out.index("FEATURE") :].splitlines()
    assert [line.split() for line in table[1:4]] == [
        ["temp", "0.413", "[0.393,", "0.433]", "1.00", "0.1", "%", "(0.0", "%)", "above"],
        ["wind", "0.021", "[0.001,", "0.041]", "0.02", "0.1", "%", "(0.0", "%)", "below"],
        ["tailnum", "-", "-", "-", "-", "-"],
    ]
    assert table[4] == "27,004 rows of '2013-07' against 51,955 of the baseline. Threshold 0.15."


def test_long_names_fold_and_numbers_stay_whole(ready: Wire, assay: Assay) -> None:
    long = "a_feature_with_" + "a_very_" * 8 + "long_name"
    ready.on("GET", FEATURES, _page(drift_item(long, 0.2), drift_item("b", 12345.678, sampleSize=5)))
    run = assay("batch drift 2013-07")
    assert fits(run)
    assert "[12345.658, 12345.698]" in run.out
    assert "0.200" in run.out
    assert "27,004" in run.out


def test_rows_have_a_column_of_their_own_where_they_differ(ready: Wire, assay: Assay) -> None:
    ready.on("GET", FEATURES, _page(drift_item("a", 0.2, sampleSize=1_000_000), drift_item("b", 0.1, sampleSize=5)))
    run = assay("batch drift 2013-07")
    assert fits(run)
    assert "ROWS" in run.out
    assert "1,000,000" in run.out


def test_features_can_be_chosen(ready: Wire, assay: Assay) -> None:
    run = assay("batch drift 2013-07 --top 1")
    assert "wind" not in run.out
    assert "2 more features not shown." in " ".join(run.out.split())
    run = assay("batch drift 2013-07 --feature wind --feature tailnum --json")
    assert [one["name"] for one in run.json["data"]] == ["wind", "tailnum"]
    assert run.json["count"] == 2
    unknown = assay("batch drift 2013-07 --feature humidity")
    assert (unknown.code, unknown.err) == (1, "Error: The model has no feature 'humidity'.\n")


def test_json_is_the_servers_answer(ready: Wire, assay: Assay) -> None:
    run = assay("batch drift 2013-07 --json")
    assert run.json["metric"] == "psi"
    assert {one["name"] for one in run.json["data"]} == {"wind", "temp", "tailnum"}
    assert ready.calls[-1].path == FEATURES
    assert assay("batch drift 2013-07 --target --json").json == target_drift()


def test_other_metrics_have_no_threshold_of_their_own(ready: Wire, assay: Assay) -> None:
    run = assay("batch drift 2013-07 --metric hellinger")
    assert ready.calls[-1].query == {"batchId": [BATCH], "metric": ["hellinger"]}
    assert "THRESHOLD" not in run.out
    assert "above" not in run.out
    assert "above" in assay("batch drift 2013-07 --metric hellinger --threshold 0.1").out


def test_an_empty_batch_has_no_score(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch(predictionsCount=0)))
    ready.on("GET", FEATURES, _page())
    ready.on("GET", TARGET, Reply(json=target_drift(driftScore=None, sampleSize=0, low=None, high=None)))
    run = assay("batch drift 2013-07")
    assert "predictions of 'late': no score (0 rows; 10,391 rows in the baseline)" in run.out
    assert run.lines[-1] == "No feature is watched."
