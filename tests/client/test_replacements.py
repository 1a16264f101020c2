"""Replacing a model: what goes over the wire, and what is undone when a step fails."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.client.wire import DEPLOYMENT, Reply, Wire, accepted, deployment, done, page

from assay.client import Client, NewModel, Refused, WorkFailed

PACKAGE, TRAINING, HOLDOUT = "65f000000000000000000001", "65d000000000000000000001", "65d000000000000000000002"
PRESENT = {
    "id": "65f000000000000000000009",
    "name": "old",
    "modelId": "m",
    "target": {
        "name": "late",
        "type": "Binary",
        "classNames": ["1", "0"],
        "predictionThreshold": 0.4,
        "predictionProbabilitiesColumn": "p",
    },
}


@pytest.fixture
def ready(wire: Wire) -> Wire:
    """A server on which every step works."""
    wire.on("POST", "datasets/fromFile/", *(accepted(wire, "d", {"catalogId": one}) for one in (TRAINING, HOLDOUT)))
    wire.on("GET", "status/d/", done(wire, "datasets/c/"))
    for one in (TRAINING, HOLDOUT):
        wire.on("GET", f"datasets/{one}/", Reply(json={"datasetId": one, "name": "t", "processingState": "COMPLETED"}))
        wire.on("DELETE", f"datasets/{one}/", Reply(204))
    wire.on("GET", f"modelPackages/{PRESENT['id']}/", Reply(json=PRESENT))
    wire.on("POST", "modelPackages/fromJSON/", Reply(201, {**PRESENT, "id": PACKAGE}))
    wire.on("POST", f"modelPackages/{PACKAGE}/archive/", Reply(204))
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/model/", accepted(wire, "m", {}))
    wire.on("GET", "status/m/", done(wire, f"deployments/{DEPLOYMENT}/"))
    wire.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment(modelPackage={"id": PRESENT["id"]})))
    return wire


@pytest.fixture
def training(tmp_path: Path) -> Path:
    path = tmp_path / "march.csv"
    path.write_text("temp,late\n1,0\n")
    return path


def test_a_package_that_the_server_has_is_named(ready: Wire, client: Client) -> None:
    made = client.deployments.replace_model(DEPLOYMENT, PACKAGE, reason="DATA_DRIFT")
    assert made.id == DEPLOYMENT
    (call,) = ready.asked("PATCH")
    assert call.json == {"modelPackageId": PACKAGE, "reason": "DATA_DRIFT"}
    assert ready.asked("POST") == []


def test_a_new_model_predicts_what_the_present_one_does(ready: Wire, client: Client, training: Path) -> None:
    model = NewModel(training, training, feature_importance={"temp": 1.0})
    client.deployments.replace_model(client.deployments.get(DEPLOYMENT), model)
    body = ready.asked("POST")[2].json
    assert body == {
        "name": "late flights",
        "target": PRESENT["target"],
        "datasets": {"trainingDataCatalogId": TRAINING, "holdoutDataCatalogId": HOLDOUT},
        "featureImportance": {"temp": 1.0},
    }
    assert ready.asked("PATCH")[0].json == {"modelPackageId": PACKAGE, "reason": "OTHER"}
    assert ready.asked("DELETE") == []


def test_a_replacement_that_fails_leaves_nothing_behind(ready: Wire, client: Client, training: Path) -> None:
    ready.on("GET", "status/m/", Reply(json={"status": "ERROR", "message": "The training data has no rows."}))
    with pytest.raises(WorkFailed, match="has no rows"):
        client.deployments.replace_model(DEPLOYMENT, NewModel(training))
    assert ready.asked("POST")[-1].path == f"modelPackages/{PACKAGE}/archive/"
    assert [call.path for call in ready.asked("DELETE")] == [f"datasets/{TRAINING}/"]


def test_a_package_of_the_servers_is_not_archived_when_it_is_refused(ready: Wire, client: Client) -> None:
    ready.on("PATCH", f"deployments/{DEPLOYMENT}/model/", Reply(422, {"message": "A Regression target."}))
    with pytest.raises(Refused, match="Regression"):
        client.deployments.replace_model(DEPLOYMENT, PACKAGE)
    assert ready.asked("POST") == ready.asked("DELETE") == []


def test_the_history_is_a_list_of_services(wire: Wire, client: Client) -> None:
    periods = [
        {
            "modelId": "b",
            "modelPackageId": "p2",
            "modelPackageName": "new",
            "deployedAt": "2026-05-02T00:00:00Z",
            "replacedAt": None,
            "reason": "ACCURACY",
            "deployedBy": {"id": "u", "name": "ann"},
        },
        {
            "modelId": "a",
            "modelPackageId": "p1",
            "modelPackageName": "old",
            "deployedAt": "2026-05-01T00:00:00Z",
            "replacedAt": "2026-05-02T00:00:00Z",
            "reason": None,
            "deployedBy": {"id": "u", "name": "ann"},
        },
    ]
    wire.on("GET", f"deployments/{DEPLOYMENT}/modelHistory/", page(*periods))
    present, former = client.deployments.model_history(DEPLOYMENT)
    assert (present.model_id, present.reason, present.replaced_at) == ("b", "ACCURACY", None)
    assert (former.replaced_at, former.reason) == (datetime(2026, 5, 2, tzinfo=UTC), None)
    assert former.deployed_by == "ann"
