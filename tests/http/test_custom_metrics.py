"""Custom metrics: made, listed, changed, deleted."""

from typing import Any

import pytest
from tests.http.operations import CUSTOM_METRIC, UNKNOWN
from tests.material import Ready, Serve, new_batch, new_metric
from tests.serving import Served, User

from assay.records.limits import Limits

CATEGORIES = [
    {"value": "delivered", "directionality": "higherIsBetter", "baselineCount": 100},
    {"value": "lost", "directionality": "lowerIsBetter"},
]
WHOLE = {
    "name": "Net margin",
    "description": "after returns",
    "units": "EUR",
    "type": "average",
    "directionality": "higherIsBetter",
    "timeStep": "hour",
    "isModelSpecific": True,
    "baselineValues": [{"value": 12.5}, {"value": -1}],
    "value": {"columnName": "margin"},
    "sampleCount": {"columnName": "orders"},
    "timestamp": {"columnName": "day", "timeFormat": "%Y-%m-%d"},
    "batch": {"columnName": "run"},
    "associationId": {"columnName": "order"},
}


def one(user: User, ready: Ready, metric_id: str) -> dict[str, Any]:
    return dict(user.read(ready.path("customMetrics", metric_id)))


def described(metric: dict[str, Any]) -> dict[str, Any]:
    """A metric without what the server adds."""
    return {k: v for k, v in metric.items() if k not in {"id", "createdAt", "createdBy", "isGeospatial"}}


def create(user: User, ready: Ready, **changes: Any) -> Any:
    body = {"name": "a metric", "units": "EUR", "type": "average", "isModelSpecific": False, **changes}
    return user.post(ready.path("customMetrics"), {k: v for k, v in body.items() if v is not ...})


def test_a_metric_is_read_as_it_was_made(owner: User, binary: Ready) -> None:
    answer = owner.post(binary.path("customMetrics"), WHOLE)
    assert answer.status_code == 201
    assert list(answer.json()) == ["id"]
    found = one(owner, binary, answer.json()["id"])
    assert described(found) == WHOLE
    assert (found["id"], found["isGeospatial"]) == (answer.json()["id"], False)
    assert found["createdBy"]["name"] == "owner"
    assert found["createdAt"].endswith("Z")


def test_what_was_not_set_is_left_out_because_clients_refuse_null(owner: User, binary: Ready) -> None:
    found = one(owner, binary, new_metric(owner, binary, description=None, directionality=None, baselineValues=None))
    assert described(found) == {
        "name": "a metric",
        "units": "EUR",
        "type": "average",
        "timeStep": "hour",
        "isModelSpecific": False,
        "baselineValues": [],
    }


def test_a_categorical_metric_has_categories(owner: User, binary: Ready) -> None:
    found = one(owner, binary, new_metric(owner, binary, type="categorical", categories=CATEGORIES))
    assert (found["type"], found["categories"]) == ("categorical", CATEGORIES)


def test_metrics_are_listed_in_pages_oldest_first(owner: User, binary: Ready, regression: Ready) -> None:
    ids = [new_metric(owner, binary, name=f"metric {n}") for n in range(3)]
    new_metric(owner, regression)
    page = owner.read(binary.path("customMetrics"), offset=0, limit=2)
    assert [m["id"] for m in page["data"]] == ids[:2]
    assert (page["count"], page["totalCount"], page["previous"]) == (2, 3, None)
    last = owner.read(page["next"])
    assert [m["id"] for m in last["data"]] == ids[2:]
    # The key must be there although it is null.
    assert last["next"] is None
    assert last["data"][0] == one(owner, binary, ids[2])


def test_a_name_may_be_used_once_in_a_deployment(owner: User, binary: Ready, regression: Ready) -> None:
    first = new_metric(owner, binary, name="margin")
    new_metric(owner, regression, name="margin")
    again = create(owner, binary, name="margin")
    assert again.status_code == 409
    assert "'margin'" in again.json()["message"]
    assert first in again.json()["message"]
    other = new_metric(owner, binary, name="other")
    assert owner.patch(binary.path("customMetrics", other), {"name": "margin"}).status_code == 409
    assert owner.patch(binary.path("customMetrics", first), {"name": "margin"}).status_code == 200
    assert owner.delete(binary.path("customMetrics", first)).status_code == 204
    assert create(owner, binary, name="margin").status_code == 201


def test_a_change_changes_what_it_names_and_nothing_else(owner: User, binary: Ready) -> None:
    metric = owner.post(binary.path("customMetrics"), WHOLE).json()["id"]
    changes = {
        "name": "Gross margin",
        "description": None,
        "directionality": None,
        "type": "sum",
        "baselineValues": [{"value": 3}],
        "batch": {"columnName": "night"},
        "timestamp": None,
    }
    answer = owner.patch(binary.path("customMetrics", metric), changes)
    assert answer.status_code == 200
    kept = {k: v for k, v in WHOLE.items() if k not in {"description", "directionality", "timestamp"}}
    expected = {**kept, **{k: v for k, v in changes.items() if v is not None}}
    assert described(answer.json()) == expected
    assert one(owner, binary, metric) == answer.json()


def test_an_empty_change_changes_nothing(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary)
    before = one(owner, binary, metric)
    assert owner.patch(binary.path("customMetrics", metric), {}).json() == before


def test_numbers_do_not_become_categories_once_there_are_values(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary)
    path = binary.path("customMetrics", metric)
    change = {"type": "categorical", "categories": CATEGORIES}
    assert owner.patch(path, change).status_code == 200
    assert owner.patch(path, {"type": "average", "categories": []}).status_code == 200
    assert owner.post(path + "fromJSON/", {"buckets": [{"value": 1}]}).status_code == 202
    refusal = owner.patch(path, change)
    assert refusal.status_code == 409
    assert "already has values" in refusal.json()["message"]
    assert owner.patch(path, {"type": "gauge"}).status_code == 200


def test_a_deleted_metric_is_gone_at_once_and_its_values_with_it(served: Served, owner: User, binary: Ready) -> None:
    before = served.contents()["custom_metric_values"]
    kept, metric = new_metric(owner, binary, name="kept"), new_metric(owner, binary)
    path = binary.path("customMetrics", metric)
    values = {"buckets": [{"value": 1, "segments": [{"name": "shop", "value": "7"}]}]}
    assert owner.post(path + "fromJSON/", values).status_code == 202
    assert owner.delete(path).status_code == 204
    assert owner.delete(path).status_code == 404
    for call in ("", "summary/", "batchSummary/", "valuesOverBatch/", "valuesOverTime/"):
        answer = owner.get(path + call)
        assert (answer.status_code, answer.json()["message"]) == (404, f"{CUSTOM_METRIC}: {metric}.")
    assert [m["id"] for m in owner.read(binary.path("customMetrics"))["data"]] == [kept]
    assert [m["id"] for m in owner.read(binary.path("customMetricsSummary"))["metrics"]] == [kept]
    served.work()
    assert served.contents()["custom_metric_values"] == before
    assert served.contents()["custom_metric_segments"] == []
    assert [row for row in served.contents()["custom_metrics"] if metric in row] == []


def test_metrics_go_with_their_deployment(served: Served, owner: User, binary: Ready, regression: Ready) -> None:
    other = new_metric(owner, regression)
    metric = new_metric(owner, binary)
    values = {"buckets": [{"value": 1, "batch": new_batch(owner, binary), "segments": [{"name": "a", "value": "b"}]}]}
    assert owner.post(binary.path("customMetrics", metric, "fromJSON"), values).status_code == 202
    assert owner.delete(f"deployments/{binary.id}/").status_code == 204
    served.work()
    contents = served.contents()
    assert (contents["custom_metric_values"], contents["custom_metric_segments"]) == ([], [])
    assert [row[0] for row in contents["custom_metrics"]] == [other]


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_metric_of_another_deployment_is_not_found(
    owner: User, binary: Ready, regression: Ready, method: str
) -> None:
    metric = new_metric(owner, regression)
    for wrong in (metric, UNKNOWN):
        path = binary.path("customMetrics", wrong)
        answer = owner.patch(path, {}) if method == "patch" else getattr(owner, method)(path)
        assert (answer.status_code, answer.json()["message"]) == (404, f"{CUSTOM_METRIC}: {wrong}.")


def test_there_is_a_limit_of_metrics(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(max_custom_metrics=2)) as server:
        assert create(server.owner, binary, name="1").status_code == 201
        assert create(server.owner, binary, name="2").status_code == 201
        third = create(server.owner, binary, name="3")
        assert third.status_code == 422
        assert "2 custom metrics, which is the limit" in third.json()["message"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ...}, "name"),
        ({"name": None}, "name"),
        ({"name": " "}, "name: found a blank text"),
        ({"name": "x" * 513}, "name: found 513 characters"),
        ({"name": "a\x00b"}, "NUL"),
        ({"units": ...}, "units"),
        ({"units": ""}, "units: found a blank text"),
        ({"units": "x" * 129}, "units: found 129"),
        ({"type": "median"}, "type"),
        ({"type": None}, "type"),
        ({"isModelSpecific": ...}, "isModelSpecific"),
        ({"isModelSpecific": "yes"}, "isModelSpecific"),
        ({"directionality": "up"}, "directionality"),
        ({"timeStep": "day"}, "timeStep"),
        ({"description": "x" * 4097}, "description: found 4097"),
        ({"baselineValues": [1.5]}, "baselineValues"),
        ({"baselineValues": [{}]}, "baselineValues[0]: found {}"),
        ({"baselineValues": [{"value": 1}, {"value": "1"}]}, "baselineValues[1]"),
        ({"baselineValues": [{"value": True}]}, "baselineValues[0]"),
        ({"baselineValues": [{"value": 10**400}]}, "baselineValues[0]"),
        ({"baselineValues": [{"value": 1}] * 101}, "baselineValues: found 101"),
        ({"value": {"name": "x"}}, "columnName"),
        ({"categories": CATEGORIES}, "categories: found 2, expected none"),
        ({"type": "categorical"}, "categories: found 0, expected 1 to 100"),
        ({"type": "categorical", "categories": CATEGORIES[:1] * 2}, "categories[1].value: found 'delivered' again"),
        ({"type": "categorical", "categories": [{**CATEGORIES[0], "value": ""}]}, "categories[0].value"),
        ({"type": "categorical", "categories": [{**CATEGORIES[0], "baselineCount": -1}]}, "baselineCount"),
        ({"type": "categorical", "categories": [{"value": "a"}]}, "directionality"),
        (
            {"type": "categorical", "categories": CATEGORIES, "baselineValues": [{"value": 1}]},
            "Give each category its own 'baselineCount'",
        ),
        ({"isGeospatial": True}, "isGeospatial"),
        ({"geospatialSegmentAttribute": "place"}, "geospatialSegmentAttribute"),
    ],
)
def test_a_metric_that_cannot_be_is_refused_and_nothing_made(
    served: Served, owner: User, binary: Ready, changes: dict[str, Any], words: str
) -> None:
    before = served.contents()
    answer = create(owner, binary, **changes)
    assert answer.status_code == 422
    assert words in answer.json()["message"]
    assert served.contents() == before


@pytest.mark.parametrize("field", ["isGeospatial", "geospatialSegmentAttribute"])
def test_geospatial_fields_may_say_that_there_is_nothing_geospatial(owner: User, binary: Ready, field: str) -> None:
    assert create(owner, binary, **{field: None}).status_code == 201
