"""Deployments: made, read, listed, changed, deleted."""

from typing import Any

import pytest
from tests.http.operations import UNKNOWN
from tests.material import (
    Ready,
    binary_block,
    binary_rows,
    new_batch,
    regression_block,
    regression_rows,
    request_of,
    send_actuals,
    send_requests,
    send_rows,
)
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
    # The history of its models is gone.
    kept = {"audit_log", "deployments", "batches", "batch_models", "jobs", "model_history"}
    assert {name for name in before if before[name] != after[name]} == kept
    assert owner.get(binary.path()).status_code == 200


# ------------------------------------------------------------------ what a deployment shows


def test_a_deployment_keeps_what_its_maker_said(served: Served, binary: Ready) -> None:
    owner = served.owner
    answer = made(
        owner,
        binary,
        additionalMetadata=[{"key": "team", "value": "risk"}, {"name": "stage", "value": "\N{SNOWMAN}"}],
        defaultPredictionServerId="a-server",
        runtimeParameterValues="[]",
    )
    found = owner.read(f"deployments/{answer.json()['id']}/")
    assert [(tag["name"], tag["value"]) for tag in found["tags"]] == [("team", "risk"), ("stage", "\N{SNOWMAN}")]
    assert len({tag["id"] for tag in found["tags"]}) == 2
    # Clients take an object here or nothing, and there is no server that scores.
    assert "defaultPredictionServer" not in found
    assert {"projectId", "projectName"} & set(found["model"]) == set()


@pytest.mark.parametrize(
    "pairs",
    [
        [{"key": "a"}],
        [{"value": "a"}],
        [{"key": " ", "value": "a"}],
        [{"key": 1, "value": "a"}],
        [{}],
        ["a"],
        "a",
        [{"key": "a", "value": "x" * 513}],
        [{"key": "a", "value": "b"}] * 51,
    ],
)
def test_metadata_that_is_no_pair_of_texts_is_refused(served: Served, binary: Ready, pairs: Any) -> None:
    before = served.contents()
    answer = made(served.owner, binary, additionalMetadata=pairs)
    assert answer.status_code == 422
    assert "additionalMetadata" in answer.json()["message"]
    assert served.contents() == before


def test_usage_is_told_by_day_of_arrival(owner: User, binary: Ready, regression: Ready) -> None:
    assert owner.read(binary.path())["predictionUsage"]["dailyRates"] == [0] * 7
    batch = new_batch(owner, binary)
    send_rows(owner, binary, binary_block(binary, binary_rows(1, 30), batch, timestamp="2020-01-01T00:00:00Z"))
    send_rows(owner, binary, binary_block(binary, binary_rows(2, 12)))
    assert owner.read(binary.path())["predictionUsage"]["dailyRates"] == [0] * 6 + [42]
    assert owner.read(regression.path())["predictionUsage"]["dailyRates"] == [0] * 7


def test_capabilities_say_why_not(owner: User, binary: Ready) -> None:
    found = {one["name"]: one for one in owner.read(binary.path("capabilities"))["data"]}
    assert found["supportsBatchMonitoring"] == {"name": "supportsBatchMonitoring", "supported": True, "messages": []}
    assert found["supportsModelReplacement"]["supported"] is True
    for one in found.values():
        assert one["supported"] or one["messages"]
    shown = owner.read(binary.path())["capabilities"]
    assert {name: one["supported"] for name, one in found.items()}.items() <= shown.items()
    assert all(name.startswith("supports") for name in shown)
    owner.finished(owner.patch(binary.path("settings"), {"associationId": {"columnNames": None}}))
    without = {one["name"]: one for one in owner.read(binary.path("capabilities"))["data"]}
    assert (found["supportsAccuracy"]["messages"], len(without["supportsAccuracy"]["messages"])) == ([], 1)


# ------------------------------------------------------------------ lists


@pytest.fixture
def several(served: Served, binary: Ready, regression: Ready) -> dict[str, str]:
    """Names of four deployments of the owner and one of somebody else, by id."""
    owner = served.owner
    aws = owner.post("predictionEnvironments/", {"name": "e", "platform": "aws"}).json()["id"]
    described = owner.post(
        "modelPackages/fromJSON/",
        {"target": {"name": "y", "type": "Regression"}, "modelDescription": {"buildEnvironmentType": "R"}},
    ).json()["id"]
    tags = [{"key": "team", "value": "risk"}, {"key": "stage", "value": "test"}]
    first = made(owner, binary, label="first", importance="LOW", predictionEnvironmentId=aws, additionalMetadata=tags)
    second = made(
        owner, binary, label="second", importance="CRITICAL", defaultPredictionServerId="s", modelPackageId=described
    )
    theirs = served.stranger.post("modelPackages/fromJSON/", {"target": {"name": "y", "type": "Regression"}}).json()[
        "id"
    ]
    foreign = served.stranger.post("deployments/fromModelPackage/", {"modelPackageId": theirs, "label": "foreign"})
    served.work()
    batch = new_batch(owner, binary)
    send_rows(owner, binary, binary_block(binary, binary_rows(1, 70), batch, timestamp="2026-05-05T00:00:00Z"))
    send_requests(owner, binary, request_of(binary, batch, systemError=True))
    block = regression_block(regression, regression_rows(1, 7), timestamp="2026-06-06T00:00:00Z")
    send_rows(owner, regression, block)
    return {
        binary.id: "binary",
        regression.id: "regression",
        first.json()["id"]: "first",
        second.json()["id"]: "second",
        foreign.json()["id"]: "foreign",
    }


MINE = {"binary", "regression", "first", "second"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", MINE),
        ("importance=LOW", {"first"}),
        ("importance=LOW&importance=CRITICAL&importance=HIGH", {"first", "second"}),
        ("status=active", MINE),
        ("status=inactive", set()),
        ("status=inactive&status=active", MINE),
        ("role=OWNER", MINE),
        ("role=USER", set()),
        ("createdByMe=true", MINE),
        ("createdByMe=false", MINE),
        ("createdBy=owner", MINE),
        ("createdBy=stranger", set()),
        ("lastPredictionTimestampStart=2026-06-06", {"regression"}),
        ("lastPredictionTimestampEnd=2026-06-05T23:59:59Z", {"binary"}),
        ("lastPredictionTimestampStart=2026-05-05&lastPredictionTimestampEnd=2026-06-06", {"binary", "regression"}),
        ("predictionUsageDailyAvgGreaterThan=9", {"binary"}),
        ("predictionUsageDailyAvgGreaterThan=10", set()),
        ("predictionUsageDailyAvgGreaterThan=0", {"binary", "regression"}),
        ("predictionUsageDailyAvgLessThan=1", {"first", "second"}),
        ("predictionUsageDailyAvgLessThan=2", {"first", "second", "regression"}),
        ("defaultPredictionServerId=s", {"second"}),
        ("buildEnvironmentType=R&buildEnvironmentType=Python", {"second"}),
        ("executionEnvironmentType=external", MINE),
        ("executionEnvironmentType=dedicated", set()),
        ("predictionEnvironmentPlatform=aws", {"first"}),
        ("predictionEnvironmentPlatform=other", set()),
        ("championModelExecutionType=external", MINE),
        ("championModelExecutionType=custom_inference_model", set()),
        ("championModelTargetType=Binary", {"binary", "first"}),
        ("championModelTargetType=Multiclass", set()),
        ("tagKeys=team", {"first"}),
        ("tagKeys=nothing&tagKeys=stage", {"first"}),
        ("tagKeys=team&tagValues=nothing", set()),
        ("tagValues=risk", {"first"}),
        ("serviceHealth=failing", {"binary"}),
        ("serviceHealth=unknown", MINE - {"binary"}),
        ("serviceHealth=passing", set()),
        ("modelHealth=failing&modelHealth=passing&modelHealth=warning", {"binary"}),
        ("accuracyHealth=unknown", MINE),
        ("serviceHealth=failing&importance=LOW", set()),
        ("search=FIR", {"first"}),
    ],
)
def test_deployments_are_filtered(served: Served, several: dict[str, str], query: str, expected: set[str]) -> None:
    page = served.owner.read(f"deployments/?{query}")
    assert {several[item["id"]] for item in page["data"]} == expected
    assert page["totalCount"] == len(expected)


def test_an_admin_tells_his_own_deployments_from_those_of_others(served: Served, several: dict[str, str]) -> None:
    def found(user: User, query: str) -> set[str]:
        return {several[item["id"]] for item in user.read(f"deployments/?{query}")["data"]}

    assert found(served.admin, "") == {*MINE, "foreign"}
    assert found(served.admin, "role=OWNER") == found(served.admin, "createdByMe=True") == set()
    assert found(served.admin, "role=USER") == {*MINE, "foreign"}
    assert found(served.admin, "createdBy=stranger") == {"foreign"}
    stranger = served.stranger.read("deployments/")["data"][0]["creator"]["id"]
    assert found(served.admin, f"createdBy={stranger}") == {"foreign"}
    assert found(served.owner, f"createdBy={stranger}") == set()


@pytest.mark.parametrize(
    ("order", "ends"),
    [
        ("label", None),
        ("recentPredictions", ["regression", "binary"]),
        ("lastPredictionTimestamp", ["binary", "regression"]),
        ("currentModelDeployedTimestamp", ["binary", "regression", "first", "second"]),
        ("createdAtTimestamp", ["binary", "regression", "first", "second"]),
        ("createdAt", ["binary", "regression", "first", "second"]),
        ("importance", ["first", "second"]),
        ("serviceHealth", ["binary"]),
        ("modelHealth", ["binary"]),
    ],
)
def test_deployments_are_sorted_both_ways(
    served: Served, several: dict[str, str], order: str, ends: list[str] | None
) -> None:
    up = [several[item["id"]] for item in served.owner.read("deployments/", orderBy=order)["data"]]
    down = [several[item["id"]] for item in served.owner.read("deployments/", orderBy=f"-{order}")["data"]]
    assert set(up) == set(down) == MINE
    if ends is None:
        labels = [item["label"] for item in served.owner.read("deployments/", orderBy=order)["data"]]
        assert labels == sorted(labels)
        assert down == up[::-1]
        return
    # What has the least comes first; what has no value at all before it.
    assert up[-len(ends) :] == ends
    assert down[: len(ends)] == ends[::-1]


@pytest.mark.parametrize(
    "order",
    [
        "accuracyHealth",
        "fairnessHealth",
        "customMetricsHealth",
        "actualsTimelinessHealth",
        "predictionsTimelinessHealth",
    ],
)
def test_every_order_of_the_contract_is_taken(served: Served, several: dict[str, str], order: str) -> None:
    for key in (order, f"-{order}"):
        assert served.owner.read("deployments/", orderBy=key)["totalCount"] == 4


def test_a_list_by_health_is_paged_like_any_other(served: Served, several: dict[str, str]) -> None:
    whole = served.owner.read("deployments/", orderBy="-serviceHealth", role="OWNER")
    page = served.owner.read("deployments/", orderBy="-serviceHealth", role="OWNER", limit=3)
    assert (page["count"], page["totalCount"]) == (3, 4)
    assert page["data"] + served.owner.read(page["next"])["data"] == whole["data"]


@pytest.mark.parametrize(
    "query",
    [
        "orderBy=color",
        "orderBy=--label",
        "role=ADMIN",
        "status=asleep",
        "importance=GREAT",
        "serviceHealth=fine",
        "lastPredictionTimestampStart=soon",
        "predictionUsageDailyAvgGreaterThan=many",
        "predictionUsageDailyAvgLessThan=1.5",
        "createdByMe=perhaps",
    ],
)
def test_a_filter_that_cannot_be_is_refused_with_its_name(owner: User, query: str) -> None:
    answer = owner.get(f"deployments/?{query}")
    assert answer.status_code == 422
    name = query.partition("=")[0]
    assert name in answer.json()["message"]
