"""Figures of a batch that a former model scored: shown as that model's, and never as nothing."""

import pytest
from tests.cli.conftest import Assay, Run
from tests.client.wire import (
    BATCH,
    DEPLOYMENT,
    MODEL,
    Reply,
    Wire,
    accuracy_item,
    batch,
    deployment,
    drift_item,
    outcome,
    page,
    target_drift,
)

ROOT = f"deployments/{DEPLOYMENT}/"
FORMER = "65e000000000000000000001"
OTHER = "65e000000000000000000002"
WORDS = f"Figures of model {FORMER}, which was in service then."


def _drift(score: float | None, rows: int) -> Reply:
    item = drift_item("temp", score, sampleSize=rows, missingRate=None, baselineMissingRate=None)
    return Reply(json={"metric": "psi", "modelId": MODEL, "next": None, "data": [item], "count": 1, "totalCount": 1})


def _accuracy(value: float | None, rows: int) -> Reply:
    return Reply(json={"modelId": MODEL, "period": {}, "data": [accuracy_item("AUC", value, sampleSize=rows)]})


def _outcomes(rows: int, known: int) -> Reply:
    found = outcome(rowCountTotal=rows, rowCountWithActual=known)
    return Reply(json={"summary": {}, "baselines": [], "buckets": [found]})


def _models(wire: Wire, *ids: str) -> None:
    part = {
        "batchId": BATCH,
        "predictionsCount": 9,
        "startTime": "2013-07-01T05:00:00Z",
        "endTime": "2013-07-02T05:00:00Z",
    }
    wire.on("GET", f"{ROOT}monitoringBatches/{BATCH}/models/", page(*({**part, "modelId": one} for one in ids)))


@pytest.fixture
def replaced(wire: Wire) -> Wire:
    """Every figure is first that of the current model, which has no row of the batch."""
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", f"{ROOT}monitoringBatches/", page(batch()))
    wire.on("GET", f"{ROOT}featureDrift/", _drift(None, 0), _drift(0.4127, 27004))
    wire.on(
        "GET",
        f"{ROOT}targetDrift/",
        Reply(json=target_drift(driftScore=None, sampleSize=0)),
        Reply(json=target_drift()),
    )
    wire.on("GET", f"{ROOT}accuracy/", _accuracy(None, 0), _accuracy(0.7331, 26398))
    wire.on("GET", f"{ROOT}predictionsVsActualsOverBatch/", _outcomes(0, 0), _outcomes(27004, 26398))
    _models(wire, FORMER)
    return wire


def _asked(wire: Wire, figure: str) -> list[list[str] | None]:
    return [call.query.get("modelId") for call in wire.calls if call.path == f"{ROOT}{figure}/"]


def test_drift_is_that_of_the_model_that_scored_the_batch(replaced: Wire, assay: Assay) -> None:
    run: Run = assay("batch drift 2013-07")
    assert run.lines[1] == WORDS
    assert "temp" in run.lines[4]
    assert "0.413" in run.lines[4]
    assert _asked(replaced, "featureDrift") == _asked(replaced, "targetDrift") == [None, [FORMER]]


def test_accuracy_is_that_of_the_model_that_scored_the_batch(replaced: Wire, assay: Assay) -> None:
    run = assay("batch accuracy 2013-07")
    assert run.lines[1:3] == [WORDS, "26,398 of 27,004 rows have an actual (97.8 %)."]
    assert _asked(replaced, "accuracy") == _asked(replaced, "predictionsVsActualsOverBatch") == [None, [FORMER]]


def test_json_is_the_former_models_too(replaced: Wire, assay: Assay) -> None:
    assert assay("batch accuracy 2013-07 --json").json["data"][0]["sampleSize"] == 26398
    assert assay("batch drift 2013-07 --json").json["data"][0]["driftScore"] == 0.4127


def test_where_several_models_scored_it_the_command_asks_which(replaced: Wire, assay: Assay) -> None:
    _models(replaced, FORMER, OTHER)
    run = assay("batch accuracy 2013-07")
    assert run.code == 2
    assert f"{FORMER}, {OTHER}. Say which one with --model-id." in run.err


def test_a_model_that_is_named_is_not_second_guessed(replaced: Wire, assay: Assay) -> None:
    run = assay(f"batch drift 2013-07 --model-id {OTHER}")
    assert WORDS not in run.out
    assert _asked(replaced, "featureDrift") == [[OTHER]]


def test_rows_of_the_current_model_without_figures_are_left_so(replaced: Wire, assay: Assay) -> None:
    _models(replaced, FORMER, MODEL)
    run = assay("batch drift 2013-07")
    assert WORDS not in run.out
    assert _asked(replaced, "featureDrift") == [None]


def test_the_history_is_that_of_the_model_that_scored_the_batch(replaced: Wire, assay: Assay) -> None:
    metric = {"name": "LogLoss", "value": 0.75, "low": 0.73, "high": 0.77, "n": 9, "bound": 0.0, "reason": None}
    revision = {
        "timestamp": "2013-08-02T05:00:00Z",
        "predictionsCount": 10,
        "rowsWithActual": 9,
        "matchedShare": 0.9,
        "metrics": [metric],
    }
    one = f"{ROOT}monitoringBatches/{BATCH}/accuracyRevisions/"
    replaced.on("GET", one, page(), page(revision))
    run = assay("batch accuracy 2013-07 --history")
    assert run.lines[1] == WORDS
    assert run.lines[-1].split()[2:] == ["9", "90.0", "%", "0.750", "[0.730,", "0.770]"]
    assert [call.query.get("modelId") for call in replaced.calls if call.path == one] == [None, [FORMER]]
