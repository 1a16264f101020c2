"""Deployments: made, read, listed, changed, deleted."""

from typing import Any

import pytest
from tests.http.operations import UNKNOWN
from tests.material import Ready, binary_block, binary_rows, new_batch, send_actuals, send_rows
from tests.serving import Served, User


def made(user: User, ready: Ready, **fields: Any) -> Any:
    return user.post(
        "deployments/fromModelPackage/", {"modelPackageId": ready.package_id, "label": "a label", **fields}
    )


def test_a_deployment_is_ready_when_its_status_leads_to_it(served: Served, binary: Ready) -> None:
    owner = served.owner
    answer = made(owner, binary, label="Flights", description="late or not", importance="HIGH", userProvidedId="u-1")
    assert answer.status_code == 202
    deployment_id = answer.json()["id"]
    assert owner.finished(answer) == f"http://testserver/api/v2/deployments/{deployment_id}/"
    found = owner.read(f"deployments/{deployment_id}/")
    assert (found["id"], found["label"], found["description"]) == (deployment_id, "Flights", "late or not")
    assert (found["status"], found["importance"], found["userProvidedId"]) == ("active", "HIGH", "u-1")
    assert found["model"]["id"] == binary.model_id
    assert (found["model"]["targetName"], found["model"]["targetType"]) == ("target", "Binary")
    assert found["modelPackage"]["id"] == binary.package_id
    assert found["owners"] == {"count": 1, "preview": [found["creator"]]}


def test_rows_are_refused_until_the_baseline_is_ready(served: Served) -> None:
    owner = served.owner
    package = owner.post("modelPackages/fromJSON/", {"target": {"name": "y", "type": "Regression"}}).json()
    answer = owner.post("deployments/fromModelPackage/", {"modelPackageId": package["id"], "label": "new"})
    path = f"deployments/{answer.json()['id']}/"
    body = {"data": [{"modelId": package["modelId"], "predictions": [1.0]}]}
    before = served.contents()
    early = owner.post(path + "predictionInputs/fromJSON/", body)
    assert early.status_code == 409
    assert "still being prepared" in early.json()["message"]
    assert served.contents() == before
    owner.finished(answer)
    assert owner.post(path + "predictionInputs/fromJSON/", body).status_code == 202


def test_figures_of_a_deployment_without_data_are_unknown_and_no_error(served: Served) -> None:
    owner = served.owner
    package = owner.post("modelPackages/fromJSON/", {"target": {"name": "y", "type": "Regression"}}).json()
    answer = owner.post("deployments/fromModelPackage/", {"modelPackageId": package["id"], "label": "new"})
    path = f"deployments/{answer.json()['id']}/"
    for _ in range(2):  # before its baseline is ready, and after
        assert owner.read(path + "targetDrift/")["driftScore"] is None
        assert owner.read(path + "featureDrift/")["data"] == []
        assert {item["value"] for item in owner.read(path + "accuracy/")["data"]} == {None}
        assert owner.read(path + "predictionsOverBatch/")["buckets"] == []
        assert owner.read(path + "predictionsVsActualsOverBatch/")["buckets"] == []
        assert owner.read(path + "accuracyOverBatch/")["buckets"] == []
        assert owner.read(path + "batchServiceStats/")["metrics"]["totalRequests"] == 0
        assert owner.read(path + "features/")["data"] == []
        served.work()


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"label": ""}, 422, "label"),
        ({"label": "  "}, 422, "label"),
        ({"label": None}, 422, "label"),
        ({"label": 5}, 422, "label"),
        ({"importance": "GREAT"}, 422, "importance"),
        ({"modelPackageId": UNKNOWN}, 404, "Model package not found"),
        ({"modelPackageId": None}, 422, "modelPackageId"),
    ],
)
def test_a_deployment_that_cannot_be_is_refused(
    served: Served, binary: Ready, fields: dict[str, Any], status: int, words: str
) -> None:
    before = served.contents()
    answer = made(served.owner, binary, **fields)
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert served.contents() == before


def test_only_what_is_sent_of_a_deployment_changes(owner: User, binary: Ready) -> None:
    def state() -> dict[str, Any]:
        return dict(owner.read(binary.path()))

    before = state()
    for change in ({"label": "new"}, {"description": "d"}, {"importance": "LOW"}, {"importance": None}, {}):
        assert owner.patch(binary.path(), change).status_code == 204
        before |= change
        assert state() == before
    assert owner.patch(binary.path(), {"label": " "}).status_code == 422
    assert state() == before


def test_deployments_are_searched_sorted_and_paged(owner: User, binary: Ready) -> None:
    for label in ("Zebra", "apple_1"):
        made(owner, binary, label=label)

    def labels(**params: Any) -> list[str]:
        return [item["label"] for item in owner.read("deployments/", **params)["data"]]

    assert labels(search="ZEB") == ["Zebra"]
    assert labels(search="_") == ["apple_1"]
    assert labels(search="%") == []
    assert labels(orderBy="label") == sorted(labels())
    assert labels(orderBy="-label") == sorted(labels(), reverse=True)
    assert labels()[:2] == ["apple_1", "Zebra"]
    assert labels(orderBy="createdAt") == labels()[::-1]
    page = owner.read("deployments/", limit=3)
    assert (page["count"], page["totalCount"]) == (3, 4)
    assert len(owner.read(page["next"])["data"]) == 1


def test_the_features_of_a_deployment_are_those_of_its_model(owner: User, binary: Ready) -> None:
    mine = owner.read(binary.path("features"))["data"]
    assert [item["name"] for item in mine] == ["age", "income", "region"]
    assert mine == owner.read(f"modelPackages/{binary.package_id}/features/")["data"]


def test_the_last_prediction_shows_once_there_is_one(owner: User, binary: Ready) -> None:
    # Clients refuse null here, so it is left out until then.
    assert "lastTimestamp" not in owner.read(binary.path())["predictionUsage"]
    send_rows(owner, binary, binary_block(binary, binary_rows(1, 2), timestamp="2026-05-05T05:00:00Z"))
    assert owner.read(binary.path())["predictionUsage"]["lastTimestamp"] == "2026-05-05T05:00:00Z"


def test_nothing_of_a_deleted_deployment_is_left_when_its_job_has_run(served: Served, binary: Ready) -> None:
    owner = served.owner
    answer = made(owner, binary)
    owner.finished(answer)
    copy = Ready(
        answer.json()["id"], binary.model_id, binary.package_id, binary.training, binary.holdout, binary.classes
    )
    owner.finished(owner.patch(copy.path("settings"), {"batchMonitoring": {"enabled": True}}))
    before = served.contents()
    rows = binary_rows(1, 10)
    batch = new_batch(owner, copy)
    send_rows(owner, copy, binary_block(copy, rows, batch))
    send_rows(owner, copy, binary_block(copy, binary_rows(2, 10)))
    send_actuals(owner, copy, dict(zip(rows["id"], rows["target"], strict=True)))
    assert owner.delete(copy.path()).status_code == 204
    assert owner.delete(copy.path()).status_code == 404
    served.work()
    after = served.contents()
    # The row of the deployment stays, marked, with its batches and their counts; so do the jobs.
    kept = {"deployments", "batches", "batch_models", "jobs"}
    assert {name for name in before if before[name] != after[name]} == kept
    assert owner.get(binary.path()).status_code == 200
