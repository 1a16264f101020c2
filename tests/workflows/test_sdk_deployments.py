"""Deployments, their settings and their health settings in the SDK (CLIENTS.md 4.2)."""

from typing import Any

import pytest
from tests.workflows import rows
from tests.workflows.commands import CHURN, create_model, upload_dataset
from tests.workflows.wire import Wire


@pytest.fixture(scope="module")
def package_id(cli: Wire) -> str:
    training = rows.churn(131, 200)[[*rows.CHURN_FEATURES, "outcome"]]
    training_id = upload_dataset(cli, "training.csv", rows.csv(training))
    return create_model(cli, {"name": "sdk", "target": CHURN}, datasets={"trainingDataCatalogId": training_id})


def create(sdk: Wire, package_id: str, label: str) -> str:
    body = {"modelPackageId": package_id, "label": label, "description": "made in a notebook"}
    found = sdk.read(sdk.finished(sdk.post("deployments/fromModelPackage/", body)))
    assert (found["label"], found["description"]) == (label, "made in a notebook")
    return str(found["id"])


@pytest.fixture(scope="module")
def deployment(sdk: Wire, package_id: str) -> str:
    return f"deployments/{create(sdk, package_id, 'settled')}/"


def test_a_deployment_is_made_changed_and_deleted(sdk: Wire, package_id: str) -> None:
    path = f"deployments/{create(sdk, package_id, 'before')}/"
    sdk.patch(path, {"label": "after", "description": "changed", "importance": "HIGH"})
    found = sdk.read(path)
    assert [found[key] for key in ("label", "description", "importance")] == ["after", "changed", "HIGH"]
    sdk.delete(path)
    assert sdk.refused("GET", path)[0] == 404


def test_a_list_is_followed_to_its_end_or_read_page_by_page(sdk: Wire, package_id: str) -> None:
    made = [create(sdk, package_id, f"paged {i}") for i in range(5)]
    everything = [item["id"] for item in sdk.pages("deployments/", search="paged")]
    assert sorted(everything) == sorted(made)
    pages = [sdk.read("deployments/", search="paged", limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [item["id"] for page in pages for item in page["data"]] == everything
    assert [page["count"] for page in pages] == [2, 2, 1]
    assert {page["totalCount"] for page in pages} == {5}
    # What leads on carries the other parameters along.
    assert "search=paged" in pages[0]["next"]
    assert pages[2]["next"] is None


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("targetDrift", {"enabled": False}),
        ("featureDrift", {"enabled": False}),
        ("batchMonitoring", {"enabled": True}),
        ("predictionsDataCollection", {"enabled": True}),
        ("segmentAnalysis", {"enabled": True, "attributes": ["region"]}),
        ("associationId", {"columnNames": ["key"], "requiredInPredictionRequests": False}),
        ("challengerModels", {"enabled": True}),
        ("predictionWarning", {"enabled": True, "customBoundaries": {"lower": 0.1, "upper": 0.9}}),
        ("predictionIntervals", {"enabled": False, "percentiles": []}),
        ("automaticActuals", {"enabled": False}),
    ],
)
def test_one_member_of_the_settings_is_changed_waited_for_and_read(
    sdk: Wire, deployment: str, member: str, value: dict[str, Any]
) -> None:
    path = f"{deployment}settings/"
    before = sdk.read(path)
    sdk.finished(sdk.patch(path, {member: value}))
    found = sdk.read(path)
    assert {key: found[member][key] for key in value} == value
    others = before.keys() - {member}
    assert {key: found[key] for key in others} == {key: before[key] for key in others}


def test_health_settings_are_answered_as_they_are_after_the_change(sdk: Wire, deployment: str) -> None:
    path = f"{deployment}healthSettings/"
    defaults = sdk.read(f"{path}defaults/")
    assert sdk.read(path) == defaults
    change = {"service": {"batchCount": 5}, "dataDrift": {"driftThreshold": 0.3, "excludedFeatures": ["note"]}}
    answer = sdk.patch(path, change)
    expected = {**defaults, "service": {"batchCount": 5}, "dataDrift": {**defaults["dataDrift"], **change["dataDrift"]}}
    assert answer.json() == sdk.read(path) == expected
    assert sdk.read(f"{path}defaults/") == defaults


def test_features_are_followed_to_their_end(sdk: Wire, deployment: str) -> None:
    found = sdk.pages(f"{deployment}features/")
    assert {item["name"] for item in found} == set(rows.CHURN_FEATURES)
    assert {item["name"] for item in sdk.pages(f"{deployment}features/", limit=2)} == set(rows.CHURN_FEATURES)


def test_batches_are_had_by_its_plain_calls(sdk: Wire, deployment: str) -> None:
    sdk.finished(sdk.patch(f"{deployment}settings/", {"batchMonitoring": {"enabled": True}}))
    made = sdk.post(f"{deployment}monitoringBatches/", {}).json()
    path = f"{deployment}monitoringBatches/{made['id']}/"
    assert made["name"].strip()
    assert sdk.patch(path, {"batchName": "named later", "isLocked": True}).json()["name"] == "named later"
    found = sdk.read(path)
    assert (found["name"], found["isLocked"]) == ("named later", True)
    assert [item["id"] for item in sdk.pages(f"{deployment}monitoringBatches/")] == [made["id"]]
    sdk.done("DELETE", path)
    status, message = sdk.refused("GET", path)
    assert (status, "Monitoring batch not found" in message) == (404, True)
