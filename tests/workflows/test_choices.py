"""What the product decides where clients leave it open: refusals, locked and deleted batches (CLIENTS.md 6)."""

from typing import Any

import pandas as pd
import pytest
from tests.workflows import aggregates, rows
from tests.workflows.commands import (
    Deployed,
    accuracy_of,
    batch_of,
    churn_service,
    create_batch,
    drift_of,
    inputs,
    pairs,
    recently,
    report_actuals,
    report_churn,
    request,
    service_of,
)
from tests.workflows.figures import binary_accuracy, churn_psi
from tests.workflows.wire import Wire

UNKNOWN = "65a0000000000000000000ff"


@pytest.fixture(scope="module")
def churn(cli: Wire) -> Deployed:
    return churn_service(cli)


@pytest.mark.parametrize("door", ["predictionInputs", "predictionRequests", "predictionStats"])
def test_a_call_of_which_one_part_cannot_be_taken_is_refused_as_a_whole(cli: Wire, churn: Deployed, door: str) -> None:
    frame, at, batch_id, locked = rows.churn(196, 10), recently(), create_batch(cli, churn), create_batch(cli, churn)
    cli.patch(churn.path("monitoringBatches", locked), {"isLocked": True})

    def element(batch: str) -> dict[str, Any]:
        if door == "predictionInputs":
            return inputs(churn, frame, pairs(frame), at=at, batch_id=batch, keys=False)
        if door == "predictionRequests":
            return request(churn, 10, at=at, batch_id=batch)
        return {"modelId": churn.model_id, "batchId": batch, **aggregates.churn_group(frame)}

    path = churn.path(door, "fromJSON")
    assert cli.refused("POST", path, json={"data": [element(batch_id), element(locked)]})[0] == 422
    status, message = cli.refused("POST", path, json={"data": [element(batch_id), element(UNKNOWN)]})
    assert (status, "Monitoring batch not found" in message) == (404, True)
    assert batch_of(cli, churn, batch_id)["predictionsCount"] == 0
    assert service_of(cli, churn, batchId=batch_id)["totalRequests"] == 0


def test_the_rows_of_a_deleted_batch_leave_every_figure(cli: Wire) -> None:
    churn = churn_service(cli)
    leaving, staying = rows.churn(197, 120, 1.0), rows.churn(198, 90)
    batches = [create_batch(cli, churn) for _ in range(2)]
    for batch_id, frame in zip(batches, (leaving, staying), strict=True):
        report_churn(cli, churn, frame, batch_id)
    report_actuals(cli, churn, pd.concat([leaving, staying]))
    cli.done("DELETE", churn.path("monitoringBatches", batches[0]))
    assert drift_of(cli, churn) == churn_psi(churn.training, staying)
    expected = binary_accuracy(staying["outcome"] == "Yes", staying["Yes"])
    cli.read_until(
        churn.path("predictionsVsActualsOverTime"), lambda found: found["summary"]["rowCountTotal"] == len(staying)
    )
    found = accuracy_of(cli, churn)
    assert {name: found[name] for name in expected} == expected
    assert service_of(cli, churn)["totalPredictions"] == len(staying)


def test_a_locked_batch_still_takes_actuals_and_changes_and_is_read(cli: Wire, churn: Deployed) -> None:
    frame, batch_id = rows.churn(199, 100), create_batch(cli, churn)
    report_churn(cli, churn, frame, batch_id)
    path = churn.path("monitoringBatches", batch_id)
    cli.patch(path, {"isLocked": True})
    report_actuals(cli, churn, frame)
    expected = binary_accuracy(frame["outcome"] == "Yes", frame["Yes"])
    found = accuracy_of(cli, churn, batchId=batch_id)
    assert {name: found[name] for name in expected} == expected
    cli.patch(path, {"description": "closed"})
    assert cli.read(path)["description"] == "closed"


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("featureDriftOverBatch", {"featureNames": "age"}),
        ("accuracyOverBatch", {"metric": "AUC"}),
        ("predictionsOverBatch", {}),
        ("predictionsVsActualsOverBatch", {}),
        ("serviceStatsOverBatch", {"metric": "totalRequests"}),
    ],
)
def test_a_series_over_batches_names_each_batch_with_both_of_its_times(
    cli: Wire, churn: Deployed, path: str, params: dict[str, str]
) -> None:
    batches = [create_batch(cli, churn, f"run {i}") for i in range(3)]
    found = cli.read(churn.path(path), batchId=batches, **params)
    told = [bucket["batch"] for bucket in found["buckets"]]
    assert [(batch["id"], batch["name"]) for batch in told] == [(one, f"run {i}") for i, one in enumerate(batches)]
    for batch in told:
        assert batch.keys() >= {"earliestPredictionTimestamp", "latestPredictionTimestamp"}


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("monitoringBatches", {"orderBy": "colour"}),
        ("accuracy", {"metric": "Luck"}),
        ("featureDrift", {"metric": "luck"}),
        ("serviceStatsOverTime", {"metric": "luck"}),
        ("predictionsOverTime", {"end": "soon"}),
    ],
)
def test_what_a_read_cannot_know_is_refused(cli: Wire, churn: Deployed, path: str, params: dict[str, str]) -> None:
    status, message = cli.refused("GET", churn.path(path), params=params)
    assert status == 422
    assert any(word in message for word in (*params, *params.values()))
