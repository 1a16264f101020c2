"""Deploying with batches by the command line program (CLIENTS.md 2.4)."""

import pytest
from tests.workflows import rows
from tests.workflows.commands import BATCHES, CHURN, create_model, deploy_model, upload_dataset
from tests.workflows.wire import Wire


@pytest.fixture(scope="module")
def package_id(cli: Wire) -> str:
    training_id = upload_dataset(cli, "training.csv", rows.csv(rows.churn(31, 200).drop(columns=["Yes", "No", "key"])))
    return create_model(cli, {"name": "deployed", "target": CHURN}, datasets={"trainingDataCatalogId": training_id})


def test_a_deployment_is_made_and_its_batches_are_switched_on(cli: Wire, package_id: str) -> None:
    deployment_id = deploy_model(cli, package_id, "with batches", BATCHES)
    found = cli.read(f"deployments/{deployment_id}/")
    assert (found["id"], found["label"], found["description"]) == (deployment_id, "with batches", "")
    assert found["model"]["id"] == cli.read(f"modelPackages/{package_id}/")["modelId"]
    settings = cli.read(f"deployments/{deployment_id}/settings/")
    for name in ("batchMonitoring", "targetDrift", "featureDrift"):
        assert settings[name]["enabled"] is True, name


def test_the_work_of_deploying_leads_to_the_deployment(cli: Wire, package_id: str) -> None:
    body = {"modelPackageId": package_id, "label": "followed", "description": ""}
    answer = cli.post("deployments/fromModelPackage/", body)
    where = cli.finished(answer)
    assert cli.read(where)["id"] == answer.json()["id"]


def test_without_the_switch_a_deployment_has_no_batches(cli: Wire, package_id: str) -> None:
    deployment_id = deploy_model(cli, package_id, "without batches")
    assert cli.read(f"deployments/{deployment_id}/settings/")["batchMonitoring"]["enabled"] is False


def test_environment_and_segments_are_those_that_were_named(cli: Wire, package_id: str) -> None:
    environment_id = cli.post("predictionEnvironments/", {"name": "nights", "platform": "other"}).json()["id"]
    segments = {
        "segmentAnalysis": {"enabled": True, "attributes": ["region", "tier"]},
        "predictionsByForecastDate": {"enabled": False},
    }
    deployment_id = deploy_model(
        cli, package_id, "segmented", {**BATCHES, **segments}, predictionEnvironmentId=environment_id
    )
    assert cli.read(f"deployments/{deployment_id}/")["predictionEnvironment"]["id"] == environment_id
    found = cli.read(f"deployments/{deployment_id}/settings/")["segmentAnalysis"]
    assert found == segments["segmentAnalysis"]


def test_deployments_are_searched_and_listed_to_the_end(cli: Wire, package_id: str) -> None:
    made = {deploy_model(cli, package_id, f"listed {i}") for i in range(3)}
    assert {item["id"] for item in cli.pages("deployments/", search="listed")} == made
    assert {item["id"] for item in cli.pages("deployments/", search="listed", limit=1)} == made
    assert made <= {item["id"] for item in cli.pages("deployments/", limit=2)}


def test_a_deployment_is_deleted_once_and_is_then_not_found(cli: Wire, package_id: str) -> None:
    deployment_id = deploy_model(cli, package_id, "leaving", BATCHES)
    cli.delete(f"deployments/{deployment_id}/")
    for path in ("", "settings/", "monitoringBatches/", "targetDrift/"):
        status, message = cli.refused("GET", f"deployments/{deployment_id}/{path}")
        assert (status, "Deployment not found" in message) == (404, True)
