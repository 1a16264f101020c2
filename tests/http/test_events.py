"""Events that reporting clients want recorded."""

from typing import Any

import pytest
from tests.http.operations import UNKNOWN
from tests.material import Ready
from tests.serving import Served, User

PLAIN = {"timestamp": "2026-11-23T10:31:31Z", "eventType": "model_deployments.model_replacement"}


def test_an_event_comes_back_as_it_was_told(served: Served, binary: Ready) -> None:
    owner = served.owner
    environment = owner.post("predictionEnvironments/", {"name": "e"}).json()["id"]
    told = {
        **PLAIN,
        "message": "Replaced the model \N{GREEK SMALL LETTER ALPHA}",
        "orgId": "an-organisation",
        "deploymentId": binary.id,
        "predictionEnvironmentId": environment,
        "data": {"oldModelId": "1", "newModelId": "2", "reason": "ACCURACY"},
        "predictionRequestData": {"error_code": 3, "status_code": 500, "response_body": "\N{SNOWMAN}"},
        "spoolerChannelData": {"name": "kafka", "type": "KAFKA"},
    }
    answer = owner.post("remoteEvents/", told)
    assert answer.status_code == 201
    assert answer.json()["message"]
    (found,) = owner.read("remoteEvents/", deploymentId=binary.id)["data"]
    assert {key: found[key] for key in told} == told
    assert found["id"] in answer.json()["message"]


def test_time_and_kind_are_enough(owner: User) -> None:
    assert owner.post("remoteEvents/", PLAIN).status_code == 201
    (found,) = owner.read("remoteEvents/")["data"]
    assert (found["eventType"], found["deploymentId"], found["data"]) == (PLAIN["eventType"], None, None)


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"timestamp": "yesterday"}, 422, "timestamp"),
        ({"timestamp": None}, 422, "timestamp"),
        ({"timestamp": 5}, 422, "timestamp"),
        ({"eventType": ""}, 422, "eventType"),
        ({"eventType": "x" * 257}, 422, "eventType"),
        ({"eventType": None}, 422, "eventType"),
        ({"data": []}, 422, "data"),
        ({"data": {"a": ["\x00"]}}, 422, "data.a[0]"),
        ({"message": "x" * 70_000}, 413, "bytes"),
        ({"data": {"a": "x" * 40_000}, "message": "x" * 40_000}, 413, "bytes"),
        ({"deploymentId": UNKNOWN}, 404, "Deployment not found"),
        ({"deploymentId": ""}, 404, "Deployment not found"),
        ({"predictionEnvironmentId": UNKNOWN}, 404, "Prediction environment not found"),
    ],
)
def test_an_event_that_cannot_be_is_refused(served: Served, fields: dict[str, Any], status: int, words: str) -> None:
    before = served.contents()
    answer = served.owner.post("remoteEvents/", {**PLAIN, **fields})
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert served.contents() == before


def test_events_are_listed_the_latest_first_and_paged(owner: User, binary: Ready, regression: Ready) -> None:
    for day, ready in ((2, binary), (3, regression), (1, binary)):
        body = {**PLAIN, "timestamp": f"2026-11-0{day}", "deploymentId": ready.id}
        assert owner.post("remoteEvents/", body).status_code == 201

    def days(**params: Any) -> list[int]:
        return [int(item["timestamp"][9]) for item in owner.read("remoteEvents/", **params)["data"]]

    assert days() == [3, 2, 1]
    assert days(deploymentId=binary.id) == [2, 1]
    page = owner.read("remoteEvents/", deploymentId=binary.id, limit=1)
    assert (page["totalCount"], [item["timestamp"][9] for item in owner.read(page["next"])["data"]]) == (2, ["1"])
    assert owner.get(f"remoteEvents/?deploymentId={UNKNOWN}").status_code == 404


def test_an_event_is_seen_by_the_owner_of_what_it_is_about(served: Served, binary: Ready) -> None:
    served.admin.post("remoteEvents/", {**PLAIN, "deploymentId": binary.id})
    served.admin.post("remoteEvents/", PLAIN)
    served.stranger.post("remoteEvents/", PLAIN)
    counts = [user.read("remoteEvents/")["totalCount"] for user in (served.owner, served.admin, served.stranger)]
    assert counts == [1, 3, 1]
    assert served.stranger.get(f"remoteEvents/?deploymentId={binary.id}").status_code == 404


def test_events_go_with_their_deployment(served: Served, binary: Ready) -> None:
    owner = served.owner
    for more in ({"deploymentId": binary.id}, {}):
        owner.post("remoteEvents/", {**PLAIN, **more})
    owner.delete(binary.path())
    served.work()
    assert [item["deploymentId"] for item in owner.read("remoteEvents/")["data"]] == [None]
