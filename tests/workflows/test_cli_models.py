"""Models and prediction environments of the command line program (CLIENTS.md 2.3)."""

import pandas as pd
import pytest
from tests.workflows import rows
from tests.workflows.commands import (
    CHURN,
    Deployed,
    accuracy_of,
    batch_of,
    churn_service,
    create_batch,
    create_model,
    drift_of,
    inputs,
    pairs,
    recently,
    report_actuals,
    report_churn,
    request,
    send_inputs,
    send_requests,
    upload_dataset,
)
from tests.workflows.figures import binary_accuracy, churn_psi
from tests.workflows.wire import Wire

UNKNOWN = "65a0000000000000000000ff"
MODEL = "65a0000000000000000000ab"
# How the program names the kinds of features, and to which kinds of the aggregator it maps them.
KINDS = {"Numeric": "numeric", "Categorical": "category", "Binary": "boolean", "Text": "text-words", "Date": "date"}


@pytest.fixture(scope="module")
def training() -> pd.DataFrame:
    frame = rows.churn(21, 400)[[*rows.CHURN_FEATURES, "outcome"]]
    joined = pd.Timestamp("2026-01-01") + pd.to_timedelta(range(400), unit="D")
    return frame.assign(joined=joined.strftime("%Y-%m-%d"))


@pytest.fixture(scope="module")
def training_id(cli: Wire, training: pd.DataFrame) -> str:
    return upload_dataset(cli, "training.csv", rows.csv(training))


@pytest.fixture(scope="module")
def package_id(cli: Wire, training_id: str) -> str:
    return create_model(cli, {"name": "churn", "target": CHURN}, datasets={"trainingDataCatalogId": training_id})


def test_a_model_without_an_id_of_its_own_is_given_one(cli: Wire, package_id: str, training_id: str) -> None:
    found = cli.read(f"modelPackages/{package_id}/")
    assert (found["id"], found["name"], found["isArchived"]) == (package_id, "churn", False)
    assert len(found["modelId"]) == 24
    assert found["target"]["classNames"] == ["Yes", "No"]
    assert found["datasets"]["trainingDataCatalogId"] == training_id


def test_a_model_keeps_the_id_and_the_data_that_were_named(cli: Wire, training_id: str) -> None:
    holdout_id = upload_dataset(cli, "holdout.csv", rows.csv(rows.churn(22, 50)))
    config = {
        "name": "told",
        "target": CHURN,
        "modelDescription": {"modelName": "churn 7", "location": "shelf 3", "buildEnvironmentType": "Python"},
    }
    named = {"trainingDataCatalogId": training_id, "holdoutDataCatalogId": holdout_id}
    package_id = create_model(cli, config, datasets=named, modelId=MODEL)
    found = cli.read(f"modelPackages/{package_id}/")
    assert found["modelId"] == MODEL
    assert {key: found["datasets"][key] for key in named} == named
    assert found["modelDescription"]["location"] == "shelf 3"


def test_models_are_searched_and_listed_to_the_end(cli: Wire) -> None:
    made = {create_model(cli, {"name": f"searched {i}", "target": CHURN}) for i in range(3)}
    assert {item["id"] for item in cli.pages("modelPackages/", search="searched")} == made
    assert {item["id"] for item in cli.pages("modelPackages/", search="searched", limit=2)} == made
    assert made <= {item["id"] for item in cli.pages("modelPackages/")}


def test_all_features_come_with_the_kind_that_the_aggregator_needs(cli: Wire, package_id: str) -> None:
    found = cli.pages(f"modelPackages/{package_id}/features/", offset=0, limit=0)
    assert {item["name"]: KINDS[item["featureType"]] for item in found} == {
        "age": "numeric",
        "income": "numeric",
        "region": "category",
        "member": "boolean",
        "note": "text-words",
        "joined": "date",
    }
    (date,) = [item for item in found if item["featureType"] == "Date"]
    assert date["dateFormat"]


def test_a_model_is_archived_once(cli: Wire) -> None:
    package_id = create_model(cli, {"name": "leaving", "target": CHURN})
    path = f"modelPackages/{package_id}/archive/"
    assert cli.call("POST", path).status_code == 204
    assert cli.call("POST", path).status_code in {404, 410}
    assert cli.pages("modelPackages/", search="leaving") == []
    status, message = cli.refused("GET", f"modelPackages/{UNKNOWN}/")
    assert (status, "not found" in message) == (404, True)


def test_a_replaced_model_keeps_its_own_figures(cli: Wire, training: pd.DataFrame, training_id: str) -> None:
    service = churn_service(cli)
    first, second = rows.churn(23, 150), rows.churn(24, 130, 0.5)
    batch_id = create_batch(cli, service)
    report_churn(cli, service, first, batch_id)
    package_id = create_model(cli, {"name": "better", "target": CHURN}, datasets={"trainingDataCatalogId": training_id})
    answer = cli.patch(service.path("model"), {"modelPackageId": package_id, "reason": "ACCURACY"})
    assert answer.status_code == 202
    cli.finished(answer)
    model_id = cli.read(service.path())["model"]["id"]
    assert model_id == cli.read(f"modelPackages/{package_id}/")["modelId"]
    later = Deployed(service.id, model_id, package_id, training, service.holdout, service.classes)
    moment = recently(minutes=5)
    send_inputs(cli, later, inputs(later, second, pairs(second), at=moment, batch_id=batch_id))
    send_requests(cli, later, request(later, len(second), at=moment, batch_id=batch_id))
    report_actuals(cli, later, pd.concat([first, second]))
    assert batch_of(cli, later, batch_id)["predictionsCount"] == 280
    for one, frame in ((service, first), (later, second)):
        asked = {"batchId": batch_id, "modelId": one.model_id}
        drift = drift_of(cli, one, **asked)
        expected = churn_psi(one.training, frame)
        assert {name: drift[name] for name in expected} == expected
        expected = binary_accuracy(frame["outcome"] == "Yes", frame["Yes"])
        found = accuracy_of(cli, one, **asked)
        assert {name: found[name] for name in expected} == expected


def test_environments_are_made_read_listed_and_deleted(cli: Wire) -> None:
    body = {"name": "night run", "platform": "other", "description": "the machine in the cellar"}
    environment_id = cli.post("predictionEnvironments/", body).json()["id"]
    found = cli.read(f"predictionEnvironments/{environment_id}/")
    assert {key: found[key] for key in body} == body
    assert environment_id in {item["id"] for item in cli.pages("predictionEnvironments/")}
    cli.delete(f"predictionEnvironments/{environment_id}/")
    assert cli.refused("GET", f"predictionEnvironments/{environment_id}/")[0] in {404, 410}
