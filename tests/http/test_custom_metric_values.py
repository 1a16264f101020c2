"""Values of custom metrics on their way in: what is taken, what is refused, what a call leaves behind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.http.operations import BATCH, CUSTOM_METRIC, UNKNOWN
from tests.material import Ready, Serve, new_batch, new_metric
from tests.serving import Served, User

from assay.records.limits import Limits

CATEGORIES = [{"value": name, "directionality": "higherIsBetter"} for name in ("1", "late")]


def send(user: User, ready: Ready, metric: str, *values: dict[str, Any], **more: Any) -> Any:
    return user.post(ready.path("customMetrics", metric, "fromJSON"), {"buckets": list(values), **more})


def hours(user: User, ready: Ready, metric: str, day: str) -> dict[str, float]:
    """Values of the metric by hour of a day, where there are any."""
    path = ready.path("customMetrics", metric, "valuesOverTime")
    end = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    found = user.read(path, start=day, end=end, bucketSize="PT1H")
    return {b["period"]["start"]: b["value"] for b in found["buckets"] if b["sampleSize"]}


def test_values_count_when_the_answer_arrives_and_its_location_says_that_all_is_done(
    owner: User, binary: Ready
) -> None:
    metric = new_metric(owner, binary, type="sum")
    answer = send(owner, binary, metric, {"value": 2.5}, {"value": 4})
    assert answer.status_code == 202
    assert answer.json() == {"message": "2 values counted."}
    path = binary.path("customMetrics", metric)
    assert owner.read(path + "summary/")["metric"]["value"] == 6.5
    assert answer.headers["Location"].startswith("http://testserver/api/v2/status/")
    assert answer.headers["Location"].endswith("/")
    status = owner.get(answer.headers["Location"])
    assert status.status_code == 303
    assert status.headers["Location"] == f"http://testserver/api/v2/{path}"


def test_a_dry_run_checks_and_stores_nothing(served: Served, owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary)
    before = served.contents()
    answer = send(owner, binary, metric, {"value": 2.5}, dryRun=True)
    assert (answer.status_code, answer.json()["message"]) == (202, "1 values fine, nothing was stored.")
    assert "Location" not in answer.headers
    assert send(owner, binary, metric, {"value": "much"}, dryRun=True).status_code == 422
    assert send(owner, binary, metric, {"value": 1, "batch": UNKNOWN}, dryRun=True).status_code == 404
    assert served.contents() == before
    assert "Location" in send(owner, binary, metric, {"value": 2.5}, dryRun=False).headers


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-23 10:31:31.323+0000", "2026-11-23T10:00:00Z"),
        ("2026-11-23T10:31:31.323456+02:00", "2026-11-23T08:00:00Z"),
        ("2026-11-23T10:31:31Z", "2026-11-23T10:00:00Z"),
        ("2026-11-23 10:31:31", "2026-11-23T10:00:00Z"),
        ("2026-11-23", "2026-11-23T00:00:00Z"),
        ("2026/11/23 23:59", "2026-11-23T23:00:00Z"),
        ("1795429891", "2026-11-23T10:00:00Z"),
        ("1795429891323", "2026-11-23T10:00:00Z"),
    ],
)
def test_a_time_is_read_in_every_shape_that_senders_use(owner: User, binary: Ready, text: str, hour: str) -> None:
    metric = new_metric(owner, binary)
    assert send(owner, binary, metric, {"value": 1, "timestamp": text}).status_code == 202
    assert hours(owner, binary, metric, "2026-11-23") == {hour: 1.0}


def test_a_value_without_a_time_is_of_the_moment_it_arrived(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary)
    before = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    send(owner, binary, metric, {"value": 1, "timestamp": None})
    send(owner, binary, metric, {"value": 1, "batch": new_batch(owner, binary)})
    after = datetime.now(UTC)
    path = binary.path("customMetrics", metric, "valuesOverTime")
    found = owner.read(path, bucketSize="PT1H")
    starts = [datetime.fromisoformat(b["period"]["start"]) for b in found["buckets"] if b["value"] is not None]
    assert all(before <= start <= after for start in starts)
    assert sum(b["sampleSize"] for b in found["buckets"]) == 2


def test_a_value_without_a_sample_size_counts_once(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary)
    send(owner, binary, metric, {"value": 1}, {"value": 2, "sampleSize": None}, {"value": 9, "sampleSize": 2})
    found = owner.read(binary.path("customMetrics", metric, "summary"))["metric"]
    assert (found["value"], found["sampleCount"]) == (21 / 4, 4)
    assert isinstance(found["sampleCount"], int)


def test_a_repeated_call_counts_again(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary, type="sum")
    for _ in range(2):
        assert send(owner, binary, metric, {"value": 3, "timestamp": "2026-01-01"}).status_code == 202
    assert hours(owner, binary, metric, "2026-01-01") == {"2026-01-01T00:00:00Z": 6.0}


def test_a_locked_batch_takes_values(owner: User, binary: Ready) -> None:
    metric, batch = new_metric(owner, binary), new_batch(owner, binary, isLocked=True)
    assert send(owner, binary, metric, {"value": 3, "batch": batch}).status_code == 202
    path = binary.path("customMetrics", metric, "batchSummary")
    assert owner.read(path, batchId=batch)["metric"]["value"] == 3


@pytest.mark.parametrize("place", ["unknown", "deleted", "other", "nonsense"])
def test_a_batch_that_is_not_there_is_told_and_nothing_of_the_call_stored(
    served: Served, owner: User, binary: Ready, regression: Ready, place: str
) -> None:
    metric, deleted = new_metric(owner, binary), new_batch(owner, binary)
    owner.delete(binary.path("monitoringBatches", deleted))
    other = new_batch(owner, regression)
    batch = {"unknown": UNKNOWN, "deleted": deleted, "other": other, "nonsense": "x"}[place]
    before = served.contents()
    answer = send(owner, binary, metric, {"value": 1}, {"value": 1, "batch": batch})
    assert (answer.status_code, answer.json()["message"]) == (404, f"{BATCH}: {batch}.")
    assert served.contents() == before


def test_values_of_a_metric_that_is_not_there_are_refused(owner: User, binary: Ready, regression: Ready) -> None:
    for metric in (UNKNOWN, new_metric(owner, regression)):
        answer = send(owner, binary, metric, {"value": 1})
        assert (answer.status_code, answer.json()["message"]) == (404, f"{CUSTOM_METRIC}: {metric}.")


# ------------------------------------------------------------------ models


def test_a_model_specific_metric_needs_its_model(served: Served, owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary, isModelSpecific=True)
    before = served.contents()
    answer = send(owner, binary, metric, {"value": 1})
    assert answer.status_code == 422
    assert "is model specific. Name the model" in answer.json()["message"]
    assert served.contents() == before
    assert send(owner, binary, metric, {"value": 1}, modelId=binary.model_id).status_code == 202
    assert send(owner, binary, metric, {"value": 3}, modelPackageId=binary.package_id).status_code == 202
    both = {"modelId": binary.model_id, "modelPackageId": binary.package_id}
    assert send(owner, binary, metric, {"value": 5}, **both).status_code == 202
    assert owner.read(binary.path("customMetrics", metric, "summary"))["metric"]["value"] == 3


@pytest.mark.parametrize("field", ["modelId", "modelPackageId"])
@pytest.mark.parametrize("specific", [True, False])
def test_a_model_that_the_deployment_never_had_is_told_with_its_id(
    owner: User, binary: Ready, field: str, specific: bool
) -> None:
    metric = new_metric(owner, binary, isModelSpecific=specific)
    path = binary.path("customMetrics", metric, "summary")
    for answer in (send(owner, binary, metric, {"value": 1}, **{field: UNKNOWN}), owner.get(path, **{field: UNKNOWN})):
        assert answer.status_code == 404
        message = answer.json()["message"]
        assert message.startswith("Model")
        assert "not found" in message
        assert UNKNOWN in message


# ------------------------------------------------------------------ categories


def test_a_number_names_the_category_that_is_written_like_it(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary, type="categorical", categories=CATEGORIES)
    values = [{"value": v} for v in ("late", 1, 1.0, "1", "1.0", 2, "Late", "")]
    assert send(owner, binary, metric, *values).status_code == 202
    found = owner.read(binary.path("customMetrics", metric, "summary"))["metric"]
    assert {c["categoryName"]: c["value"] for c in found["categories"]} == {"1": 3, "late": 1}
    assert (found["unknownCategoriesCount"], found["sampleCount"], found["value"]) == (4, 8, None)


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": "1.5"}, "buckets[1].value: found '1.5', expected a finite number"),
        ({"value": None}, "value"),
        ({"value": True}, "value"),
        ({"value": [1]}, "value"),
        ({"value": 10**400}, "buckets[1]"),
        ({"value": ...}, "value"),
        ({"sampleSize": -1}, "buckets[1].sampleSize: found -1"),
        ({"sampleSize": 2**31}, "buckets[1].sampleSize: found 2147483648"),
        ({"sampleSize": 1.5}, "sampleSize"),
        ({"sampleSize": "1"}, "sampleSize"),
        ({"timestamp": "noon"}, "buckets[1].timestamp: found 'noon'"),
        ({"timestamp": "11/23/2026"}, "cannot be told apart"),
        ({"timestamp": 1795429891}, "timestamp"),
        ({"batch": 7}, "batch"),
        ({"associationId": "x" * 257}, "buckets[1].associationId: found 257 bytes"),
        ({"associationId": "a\x00"}, "NUL"),
        ({"metadata": "x" * 4097}, "buckets[1].metadata: found 4097 bytes"),
        ({"metadata": "\x00"}, "buckets[1].metadata: found a NUL"),
        ({"segments": ["north"]}, "segments"),
        ({"segments": [{"name": "region"}]}, "buckets[1].segments[0]: found"),
        ({"segments": [{"name": "region", "value": 7}]}, "buckets[1].segments[0]: found"),
        ({"segments": [{"name": "region", "value": "x" * 257}]}, "buckets[1].segments: found 257 bytes"),
        ({"segments": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}, "an attribute twice"),
        ({"segments": [{"name": f"{n}", "value": "x"} for n in range(11)]}, "buckets[1].segments: found 11"),
        ({"geospatialCoordinate": "POINT(1 2)"}, "buckets[1].geospatialCoordinate"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_place_and_nothing_of_the_call_stored(
    served: Served, owner: User, binary: Ready, changes: dict[str, Any], words: str
) -> None:
    metric = new_metric(owner, binary)
    before = served.contents()
    value = {k: v for k, v in {"value": 1, **changes}.items() if v is not ...}
    answer = send(owner, binary, metric, {"value": 1}, value)
    assert answer.status_code == 422
    assert words in answer.json()["message"]
    assert served.contents() == before


@pytest.mark.parametrize("body", [{}, {"buckets": []}, {"buckets": None}, {"buckets": {"value": 1}}, []])
def test_a_call_without_values_is_refused(served: Served, owner: User, binary: Ready, body: Any) -> None:
    metric = new_metric(owner, binary)
    before = served.contents()
    answer = owner.post(binary.path("customMetrics", metric, "fromJSON"), body)
    assert answer.status_code == 422
    assert served.contents() == before


def test_a_call_may_have_so_many_values_and_no_more(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(max_rows_per_call=3)) as server:
        metric = new_metric(server.owner, binary, type="sum")
        answer = send(server.owner, binary, metric, *[{"value": 1}] * 4)
        assert answer.status_code == 413
        assert "found 4 values, expected at most 3" in answer.json()["message"]
        assert send(server.owner, binary, metric, *[{"value": 1}] * 3).status_code == 202
        assert server.owner.read(binary.path("customMetrics", metric, "summary"))["metric"]["value"] == 3


def test_all_that_a_value_can_carry_is_kept(served: Served, owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary)
    value = {
        "value": 1.5,
        "sampleSize": 7,
        "timestamp": "2026-01-02T03:04:05Z",
        "batch": new_batch(owner, binary),
        "associationId": "order é",
        "segments": [{"name": "region", "value": "north"}, {"name": "shop", "value": ""}],
        "metadata": "from the till",
        "geospatialCoordinate": None,
    }
    assert send(owner, binary, metric, value, modelId=binary.model_id).status_code == 202
    (row,) = served.contents()["custom_metric_values"]
    assert {"order é", "from the till", 1.5, 7, value["batch"], binary.model_id} <= set(row)
    assert [r[1:] for r in served.contents()["custom_metric_segments"]] == [("region", "north"), ("shop", "")]
