import json
from pathlib import Path

import pytest
from tests.client.wire import DEPLOYMENT, Reply, Wire, accepted, deployment, done, page

from assay.client import Ambiguous, Client, NotFound, Refused, Target, WorkFailed

TRAINING, HOLDOUT = "65d100000000000000000001", "65d100000000000000000002"
PACKAGE = "65d000000000000000000001"
TARGET = Target("late", "Binary", ("1", "0"), 0.4, "p_late")


@pytest.fixture
def training(tmp_path: Path) -> Path:
    path = tmp_path / "training.csv"
    path.write_text("temp,late\n1,0\n")
    return path


@pytest.fixture
def holdout(tmp_path: Path) -> Path:
    path = tmp_path / "holdout.csv"
    path.write_text("temp,late,p_late\n1,0,0.3\n")
    return path


@pytest.fixture
def ready(wire: Wire) -> Wire:
    """A server on which every step of making a deployment works."""
    created = [{"catalogId": one, "catalogVersionId": one, "statusId": "d"} for one in (TRAINING, HOLDOUT)]
    wire.on("POST", "datasets/fromFile/", *(accepted(wire, "d", one) for one in created))
    wire.on("GET", "status/d/", done(wire, f"datasets/{TRAINING}/"))
    for one in (TRAINING, HOLDOUT):
        found = {"datasetId": one, "name": "training.csv", "processingState": "COMPLETED", "rowCount": 1}
        wire.on("GET", f"datasets/{one}/", Reply(json=found))
        wire.on("DELETE", f"datasets/{one}/", Reply(204))
    package = {"id": PACKAGE, "name": "late flights", "modelId": "m", "target": {"name": "late", "type": "Binary"}}
    wire.on("POST", "modelPackages/fromJSON/", Reply(201, package))
    wire.on("POST", f"modelPackages/{PACKAGE}/archive/", Reply(204))
    wire.on("POST", "deployments/fromModelPackage/", accepted(wire, "m", {"id": DEPLOYMENT}))
    wire.on("GET", "status/m/", done(wire, f"deployments/{DEPLOYMENT}/"))
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/settings/", accepted(wire, "s"))
    wire.on("GET", "status/s/", done(wire, f"deployments/{DEPLOYMENT}/"))
    wire.on("GET", f"deployments/{DEPLOYMENT}/settings/", Reply(json={}))
    wire.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment()))
    wire.on("DELETE", f"deployments/{DEPLOYMENT}/", Reply(204))
    return wire


def test_one_call_makes_a_deployment_from_its_files(ready: Wire, client: Client, training: Path, holdout: Path) -> None:
    made = client.deployments.create(
        "late flights",
        TARGET,
        training=training,
        holdout=holdout,
        association_id="flight_id",
        feature_importance={"temp": 2.0},
    )
    assert made.id == DEPLOYMENT
    first, second, package, deploy = ready.asked("POST")
    assert b'name="file"; filename="training.csv"' in first.body
    assert training.read_bytes() in first.body
    assert holdout.read_bytes() in second.body
    assert package.json == {
        "name": "late flights",
        "target": {
            "name": "late",
            "type": "Binary",
            "classNames": ["1", "0"],
            "predictionThreshold": 0.4,
            "predictionProbabilitiesColumn": "p_late",
        },
        "datasets": {"trainingDataCatalogId": TRAINING, "holdoutDataCatalogId": HOLDOUT},
        "featureImportance": {"temp": 2.0},
    }
    assert deploy.json == {"modelPackageId": PACKAGE, "label": "late flights"}
    assert ready.asked("PATCH")[0].json == {
        "batchMonitoring": {"enabled": True},
        "targetDrift": {"enabled": True},
        "featureDrift": {"enabled": True},
        "associationId": {"columnNames": ["flight_id"], "requiredInPredictionRequests": False},
    }
    assert ready.asked("DELETE") == []


def test_what_is_not_said_is_not_sent(ready: Wire, client: Client, training: Path) -> None:
    client.deployments.create("delay", Target("delay", "Regression"), training=training, batches=False)
    package = ready.asked("POST")[1].json
    assert package["target"] == {"name": "delay", "type": "Regression"}
    assert package["datasets"] == {"trainingDataCatalogId": TRAINING}
    assert "featureImportance" not in package
    assert ready.asked("PATCH")[0].json["batchMonitoring"] == {"enabled": False}
    assert "associationId" not in ready.asked("PATCH")[0].json


def test_a_refused_package_leaves_nothing_behind(ready: Wire, client: Client, training: Path, holdout: Path) -> None:
    ready.on("POST", "modelPackages/fromJSON/", Reply(422, {"message": "No column 'late' in the training data."}))
    with pytest.raises(Refused, match="No column 'late'"):
        client.deployments.create("late flights", TARGET, training=training, holdout=holdout)
    assert [call.path for call in ready.asked("DELETE")] == [f"datasets/{HOLDOUT}/", f"datasets/{TRAINING}/"]


def test_a_failed_deployment_leaves_nothing_behind(ready: Wire, client: Client, training: Path) -> None:
    ready.on("GET", "status/m/", Reply(json={"status": "ERROR", "message": "The training data has no rows."}))
    ready.on("DELETE", f"deployments/{DEPLOYMENT}/", Reply(500, {"message": "Busy."}))
    with pytest.raises(WorkFailed, match="has no rows"):
        client.deployments.create("late flights", TARGET, training=training)
    assert [call.path for call in ready.asked("DELETE")] == [f"deployments/{DEPLOYMENT}/", f"datasets/{TRAINING}/"]
    assert ready.asked("POST")[-1].path == f"modelPackages/{PACKAGE}/archive/"


def test_a_file_that_the_server_cannot_read_is_named_and_deleted(ready: Wire, client: Client, training: Path) -> None:
    ready.on("GET", "status/d/", Reply(json={"status": "ERROR", "message": "Row 3 is ragged."}))
    with pytest.raises(WorkFailed, match=r"^'training\.csv': Row 3 is ragged\.$"):
        client.deployments.create("late flights", TARGET, training=training)
    assert [call.path for call in ready.asked("DELETE")] == [f"datasets/{TRAINING}/"]


def test_progress_counts_every_byte_of_a_file(ready: Wire, client: Client, tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    big.write_text("temp,late\n" + "1,0\n" * 100_000)
    seen: list[tuple[int, int]] = []
    client.deployments.create("x", TARGET, training=big, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (big.stat().st_size, big.stat().st_size)
    assert len(seen) > 2


def test_an_id_is_found_as_an_id(wire: Wire, client: Client) -> None:
    wire.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment()))
    found = client.deployments.find(DEPLOYMENT)
    assert found is not None
    assert found.label == "late flights"


def test_a_label_is_found_exactly_and_not_by_its_parts(wire: Wire, client: Client) -> None:
    wire.on("GET", "deployments/", page(deployment(id="a" * 24, label="late"), deployment()))
    found = client.deployments.find("late flights")
    assert found is not None
    assert found.id == DEPLOYMENT
    assert wire.calls[0].query == {"search": ["late flights"]}
    assert client.deployments.find("flights") is None


def test_a_label_that_looks_like_an_id_is_found_too(wire: Wire, client: Client) -> None:
    wire.on("GET", "deployments/", page(deployment(label="b" * 24)))
    found = client.deployments.find("b" * 24)
    assert found is not None
    assert found.id == DEPLOYMENT


def test_a_label_of_several_deployments_is_ambiguous(wire: Wire, client: Client) -> None:
    wire.on("GET", "deployments/", page(deployment(), deployment(id="a" * 24)))
    with pytest.raises(Ambiguous, match=f"2 deployments are called 'late flights'. Use an id: {DEPLOYMENT}, a+"):
        client.deployments.find("late flights")


def test_update_sends_what_is_named_and_reads_the_result(wire: Wire, client: Client) -> None:
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/", Reply(204))
    wire.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment(label="new")))
    assert client.deployments.update(DEPLOYMENT, label="new", description=None).label == "new"
    assert json.loads(wire.calls[0].body) == {"label": "new", "description": None}


def test_getting_what_is_not_there_is_an_error(wire: Wire, client: Client) -> None:
    wire.on("GET", f"deployments/{DEPLOYMENT}/", Reply(404, {"message": f"Deployment not found: {DEPLOYMENT}."}))
    with pytest.raises(NotFound, match="Deployment not found"):
        client.deployments.get(DEPLOYMENT)


def test_features_are_a_list(wire: Wire, client: Client) -> None:
    features = [{"name": "temp", "featureType": "Numeric", "importance": 1.0}, {"name": "day", "featureType": None}]
    wire.on("GET", f"deployments/{DEPLOYMENT}/features/", page(*features))
    found = list(client.deployments.features(DEPLOYMENT))
    assert [(one.name, one.type, one.importance) for one in found] == [("temp", "Numeric", 1.0), ("day", None, None)]
