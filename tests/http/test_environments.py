"""Prediction environments, and the deployments that name them."""

from typing import Any

import pytest
from tests.http.operations import UNKNOWN
from tests.material import Ready
from tests.serving import Served, User

FULL = {
    "name": "production",
    "description": "The nightly cluster",
    "platform": "aws",
    "supportedModelFormats": ["externalModel", "scoringCode"],
    "isManagedByManagementAgent": True,
}


def made(user: User, **fields: Any) -> dict[str, Any]:
    answer = user.post("predictionEnvironments/", {"name": "an environment", **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def deploy(user: User, ready: Ready, environment_id: str | None) -> Any:
    body = {"modelPackageId": ready.package_id, "label": "a label", "predictionEnvironmentId": environment_id}
    return user.post("deployments/fromModelPackage/", body)


def test_an_environment_comes_back_as_it_was_made(owner: User) -> None:
    found = made(owner, **FULL)
    assert found == {"id": found["id"], **FULL}
    assert owner.read(f"predictionEnvironments/{found['id']}/") == found


def test_a_name_is_enough(owner: User) -> None:
    found = made(owner)
    assert (found["description"], found["platform"]) == (None, "other")
    assert (found["supportedModelFormats"], found["isManagedByManagementAgent"]) == (["externalModel"], False)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 513}, "513"),
        ({"name": "a\x00b"}, "NUL"),
        ({"platform": ""}, "platform"),
        ({"platform": None}, "platform"),
        ({"description": "x" * 5_000}, "description"),
        ({"supportedModelFormats": "externalModel"}, "supportedModelFormats"),
        ({"supportedModelFormats": [""]}, "supportedModelFormats"),
        ({"supportedModelFormats": ["x"] * 33}, "33"),
        ({"isManagedByManagementAgent": "no"}, "isManagedByManagementAgent"),
    ],
)
def test_an_environment_that_cannot_be_is_refused(served: Served, fields: dict[str, Any], words: str) -> None:
    before = served.contents()
    answer = served.owner.post("predictionEnvironments/", {"name": "e", **fields})
    assert answer.status_code == 422
    assert words in answer.json()["message"]
    assert served.contents() == before


def test_environments_are_listed_newest_first_searched_and_paged(served: Served) -> None:
    owner = served.owner
    for name in ("alpha", "Beta", "beta 50%"):
        made(owner, name=name)

    def names(**params: Any) -> list[str]:
        return [item["name"] for item in owner.read("predictionEnvironments/", **params)["data"]]

    assert names() == ["beta 50%", "Beta", "alpha"]
    assert names(search="BETA") == ["beta 50%", "Beta"]
    assert names(search="%") == ["beta 50%"]
    assert names(offset=1, limit=1) == ["Beta"]
    assert served.stranger.read("predictionEnvironments/")["data"] == []


def test_a_second_deletion_says_that_it_is_gone(owner: User) -> None:
    path = f"predictionEnvironments/{made(owner)['id']}/"
    assert (owner.delete(path).status_code, owner.delete(path).status_code) == (204, 410)
    assert owner.get(path).status_code == 410
    assert owner.read("predictionEnvironments/")["data"] == []
    assert owner.delete(f"predictionEnvironments/{UNKNOWN}/").status_code == 404


def test_an_environment_with_a_deployment_in_it_is_not_deleted(served: Served, binary: Ready) -> None:
    owner = served.owner
    environment = made(owner, **FULL)
    answer = deploy(owner, binary, environment["id"])
    owner.finished(answer)
    path = f"deployments/{answer.json()['id']}/"
    assert owner.read(path)["predictionEnvironment"] == environment
    (listed,) = owner.read("deployments/", predictionEnvironmentPlatform="aws")["data"]
    assert listed["predictionEnvironment"] == environment
    before = served.contents()
    refused = owner.delete(f"predictionEnvironments/{environment['id']}/")
    assert (refused.status_code, "1 deployment" in refused.json()["message"]) == (409, True)
    assert served.contents() == before
    owner.delete(path)
    assert owner.delete(f"predictionEnvironments/{environment['id']}/").status_code == 204


def test_a_deployment_without_an_environment_says_nothing_of_one(owner: User, binary: Ready) -> None:
    assert "predictionEnvironment" not in owner.read(binary.path())
    for environment_id in (None,):
        answer = deploy(owner, binary, environment_id)
        assert "predictionEnvironment" not in owner.read(f"deployments/{answer.json()['id']}/")


def test_a_deployment_cannot_be_where_nothing_is(served: Served, binary: Ready) -> None:
    owner = served.owner
    gone = made(owner)["id"]
    owner.delete(f"predictionEnvironments/{gone}/")
    theirs = made(served.stranger)["id"]
    before = served.contents()
    for environment_id, status in ((UNKNOWN, 404), ("x", 404), (theirs, 404), (gone, 410)):
        answer = deploy(owner, binary, environment_id)
        assert answer.status_code == status
        assert "rediction environment" in answer.json()["message"]
    assert served.contents() == before
