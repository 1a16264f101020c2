"""Replacing the content of a batch: whole, at once, and with what was superseded still to be read."""

from typing import Any

import polars as pl
import pytest
from tests.http.operations import UNKNOWN
from tests.http.versions import (
    abandon,
    commit,
    committed,
    deployment_wide,
    figures,
    opened,
    path_of,
    versions,
)
from tests.material import (
    Ready,
    Serve,
    binary_block,
    binary_rows,
    file_of,
    new_batch,
    new_metric,
    request_of,
    send_actuals,
    send_requests,
    send_rows,
    upload,
)
from tests.serving import Served, User

from assay.records.limits import Limits

MORNING, EVENING = "2026-03-02T08:30:00Z", "2026-03-03T19:15:00Z"
SPAN = ("2026-03-01T00:00:00Z", "2026-03-06T00:00:00Z")
SCORES = [{"count": 2, "histogram": {"centroids": [s], "counts": [2]}} for s in (0.25, 0.75)]


def outcomes(*frames: pl.DataFrame) -> dict[str, Any]:
    return {i: t for frame in frames for i, t in zip(frame["id"].to_list(), frame["target"].to_list(), strict=True)}


def file_at(frame: pl.DataFrame, moment: str) -> bytes:
    return file_of(frame.with_columns(at=pl.lit(moment)))


def fill(user: User, ready: Ready, batch_id: str, seed: int, moment: str = MORNING) -> pl.DataFrame:
    """Send rows by every door; the rows whose outcomes can be told."""
    rows, more = binary_rows(seed, 60, shift=seed / 100), binary_rows(seed + 1, 40)
    send_rows(user, ready, binary_block(ready, rows, batch_id, timestamp=moment))
    answer = upload(user, ready, batch_id, f"file {seed}", file_at(more, moment), timestampColumn="at")
    assert answer.json()["state"] == "counted", answer.text
    assert answer.json()["batchId"] == batch_id
    stats = {"modelId": ready.model_id, "batchId": batch_id, "timestamp": moment, "predictions": SCORES}
    assert user.post(ready.path("predictionStats", "fromJSON"), {"data": [stats]}).status_code == 202
    send_requests(user, ready, request_of(ready, batch_id, executionTime=float(seed), timestamp=moment))
    return pl.concat([rows, more])


@pytest.fixture
def twin(serve: Serve, binary: Ready) -> Any:
    """What the pages tell of a deployment in whose only batch the rows of a seed were from the beginning."""

    def told(seed: int, moment: str, known: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        with serve() as server:
            batch = new_batch(server.owner, binary)
            fill(server.owner, binary, batch, seed, moment)
            send_actuals(server.owner, binary, known)
            return figures(server.owner, binary, batch), deployment_wide(server.owner, binary, *SPAN)

    return told


# ------------------------------------------------------------------ the whole way


def test_a_replacement_is_opened_with_an_id_of_its_own_and_links(owner: User, binary: Ready, batch: str) -> None:
    answer = owner.post(path_of(binary, batch, "replacement"))
    assert answer.status_code == 201
    body = answer.json()
    draft = body["id"]
    assert body == {
        "id": draft,
        "batchId": batch,
        "state": "open",
        "predictionsCount": 0,
        "requestsCount": 0,
        "uploadsCount": 0,
        "pendingUploads": 0,
        "openedAt": body["openedAt"],
        "openedBy": {"id": body["openedBy"]["id"], "name": "owner"},
        "endedAt": None,
        "endedBy": None,
        "versionId": None,
        "links": {
            "batch": f"http://testserver/api/v2/{path_of(binary, batch)}",
            "draft": f"http://testserver/api/v2/{path_of(binary, draft)}",
            "uploads": f"http://testserver/api/v2/{path_of(binary, draft, 'uploads')}",
            "commit": f"http://testserver/api/v2/{path_of(binary, batch, 'replacement', 'commit')}",
            "versions": f"http://testserver/api/v2/{path_of(binary, batch, 'versions')}",
        },
    }
    assert len(draft) == 24
    assert draft != batch
    assert owner.read(path_of(binary, batch, "replacement")) == body
    assert owner.read(body["links"]["draft"])["predictionsCount"] == 0


def test_a_batch_has_one_open_replacement_and_a_second_is_told_which(owner: User, binary: Ready, batch: str) -> None:
    draft = opened(owner, binary, batch)
    answer = owner.post(path_of(binary, batch, "replacement"))
    assert answer.status_code == 409
    assert draft in answer.json()["message"]
    opened(owner, binary, new_batch(owner, binary))


def test_every_door_fills_a_draft_and_nobody_sees_it_unless_he_names_it(
    served: Served, owner: User, binary: Ready, batch: str, twin: Any
) -> None:
    fill(owner, binary, batch, 10, MORNING)
    rows = binary_rows(20, 100)
    send_actuals(owner, binary, outcomes(binary_rows(10, 60), rows))
    before = figures(owner, binary, batch), deployment_wide(owner, binary, *SPAN)
    draft = opened(owner, binary, batch)
    sent = fill(owner, binary, draft, 20, EVENING)
    served.work()
    assert (figures(owner, binary, batch), deployment_wide(owner, binary, *SPAN)) == before
    found = owner.read(path_of(binary, batch, "replacement"))
    assert (found["predictionsCount"], found["requestsCount"], found["uploadsCount"]) == (102, 1, 3)
    send_actuals(owner, binary, outcomes(sent))
    assert figures(owner, binary, draft) == twin(20, EVENING, outcomes(sent))[0]


def test_a_commit_puts_the_draft_in_the_place_of_the_batch_and_keeps_what_was_there(
    served: Served, owner: User, binary: Ready, batch: str, twin: Any
) -> None:
    known = outcomes(fill(owner, binary, batch, 10, MORNING))
    later = outcomes(binary_rows(20, 60), binary_rows(21, 40))
    send_actuals(owner, binary, {**known, **later})
    old = figures(owner, binary, batch)
    fill(owner, binary, opened(owner, binary, batch), 20, EVENING)
    body = committed(served, binary, batch)
    assert (body["state"], body["predictionsCount"], body["requestsCount"]) == ("committed", 102, 1)
    assert (body["uploadsCount"], body["endedBy"]["name"]) == (3, "owner")
    expected = twin(20, EVENING, {**known, **later})
    assert (figures(owner, binary, batch), deployment_wide(owner, binary, *SPAN)) == expected
    assert figures(owner, binary, body["versionId"]) == old
    assert owner.get(path_of(binary, batch, "replacement")).status_code == 404


def test_what_is_the_batchs_own_stays_with_it(served: Served, owner: User, binary: Ready) -> None:
    batch = new_batch(owner, binary, batchName="April", description="d", externalContextUrl="https://e.example/")
    metric = new_metric(owner, binary)
    values = {"buckets": [{"value": 2.5, "batch": batch}]}
    assert owner.post(binary.path("customMetrics", metric, "fromJSON"), values).status_code == 202
    before = owner.read(path_of(binary, batch))
    summary = owner.read(binary.path("customMetrics", metric, "batchSummary"), batchId=batch)
    send_rows(owner, binary, binary_block(binary, binary_rows(30, 5), opened(owner, binary, batch)))
    committed(served, binary, batch)
    after = owner.read(path_of(binary, batch))
    kept = ("id", "name", "description", "externalContextUrl", "createdAt", "createdBy", "isLocked")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert owner.read(binary.path("customMetrics", metric, "batchSummary"), batchId=batch) == summary


def test_rows_and_exports_of_a_superseded_version_can_be_had_by_its_id(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    old, new = binary_rows(31, 30), binary_rows(32, 20)
    send_rows(owner, binary, binary_block(binary, old, batch))
    send_rows(owner, binary, binary_block(binary, new, opened(owner, binary, batch)))
    version = committed(served, binary, batch)["versionId"]
    for batch_id, rows in ((version, old), (batch, new)):
        found = owner.read(binary.path("predictionResults"), batchId=batch_id)["data"]
        assert [one["associationId"] for one in found] == rows["id"].to_list()
        made = owner.post(binary.path("predictionDataExports"), {"batchIds": [batch_id], "format": "csv"})
        path = owner.finished(made)
        (data,) = owner.read(path)["data"]
        content = owner.get(f"datasets/{data['id']}/file/").content
        assert pl.read_csv(content, infer_schema=False).height == rows.height


def test_a_span_that_is_counted_again_from_kept_rows_has_no_rows_of_drafts_and_versions(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    def hours() -> list[int]:
        span = {"start": SPAN[0], "end": SPAN[1], "bucketSize": "PT1H", "featureNames": "age"}
        found = owner.read(binary.path("featureDriftOverTime"), **span)["buckets"]
        return [one["sampleSize"] for one in found if one["sampleSize"]]

    def rows_of(batch_id: str) -> int:
        # Begins and ends within a stored bucket, a day.
        span = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-03T19:30:00Z"}
        return int(owner.read(binary.path("featureDrift"), batchId=batch_id, **span)["data"][0]["sampleSize"])

    send_rows(owner, binary, binary_block(binary, binary_rows(33, 30), batch, timestamp=MORNING))
    draft = opened(owner, binary, batch)
    send_rows(owner, binary, binary_block(binary, binary_rows(34, 20), draft, timestamp=EVENING))
    assert (hours(), rows_of(batch), rows_of(draft)) == ([30], 30, 20)
    version = committed(served, binary, batch)["versionId"]
    assert (hours(), rows_of(batch), rows_of(version)) == ([20], 20, 30)


def test_a_name_of_an_upload_is_free_again_after_a_replacement(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    upload(owner, binary, batch, "k", file_of(binary_rows(1, 5)))
    draft = opened(owner, binary, batch)
    assert upload(owner, binary, draft, "k", file_of(binary_rows(2, 6))).json()["rows"] == 6
    version = committed(served, binary, batch)["versionId"]
    assert owner.read(path_of(binary, batch, "uploads", "k"))["rows"] == 6
    assert owner.read(path_of(binary, version, "uploads", "k"))["rows"] == 5
    assert upload(owner, binary, batch, "other", file_of(binary_rows(1, 5))).json()["rows"] == 5
    assert owner.read(path_of(binary, batch))["predictionsCount"] == 11


# ------------------------------------------------------------------ association ids of several batches


def test_predictions_that_a_superseded_version_had_superseded_count_again(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    rows = binary_rows(40, 80)
    first = new_batch(owner, binary)
    send_rows(owner, binary, binary_block(binary, rows, first))
    send_actuals(owner, binary, outcomes(rows))
    alone = figures(owner, binary, first)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    served.work()
    assert figures(owner, binary, first)["accuracy"]["data"][0]["sampleSize"] == 0
    send_rows(owner, binary, binary_block(binary, binary_rows(41, 10), opened(owner, binary, batch)))
    committed(served, binary, batch)
    assert figures(owner, binary, first) == alone


def test_predictions_of_a_draft_supersede_those_of_other_batches_once_it_is_committed(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    rows = binary_rows(42, 80)
    other = new_batch(owner, binary)
    send_rows(owner, binary, binary_block(binary, rows, other))
    send_actuals(owner, binary, outcomes(rows))
    before = figures(owner, binary, other)
    draft = opened(owner, binary, batch)
    send_rows(owner, binary, binary_block(binary, rows, draft))
    served.work()
    assert figures(owner, binary, other) == before
    assert figures(owner, binary, draft)["accuracy"]["data"][0]["sampleSize"] == 80
    committed(served, binary, batch)
    assert figures(owner, binary, other)["accuracy"]["data"][0]["sampleSize"] == 0
    assert figures(owner, binary, batch)["accuracy"]["data"][0]["sampleSize"] == 80


def test_a_superseded_version_keeps_its_accuracy_and_the_batch_follows_later_actuals(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    rows = binary_rows(43, 60)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    send_actuals(owner, binary, outcomes(rows[:40]))
    old = figures(owner, binary, batch)["accuracy"]
    send_rows(owner, binary, binary_block(binary, rows, opened(owner, binary, batch)))
    version = committed(served, binary, batch)["versionId"]
    send_actuals(owner, binary, outcomes(rows))
    assert figures(owner, binary, version)["accuracy"] == old
    assert figures(owner, binary, batch)["accuracy"]["data"][0]["sampleSize"] == 60


# ------------------------------------------------------------------ ends


def test_committing_again_is_answered_as_the_first_time(served: Served, owner: User, binary: Ready, batch: str) -> None:
    send_rows(owner, binary, binary_block(binary, binary_rows(50, 7), opened(owner, binary, batch)))
    first = committed(served, binary, batch)
    send_rows(owner, binary, binary_block(binary, binary_rows(51, 3), batch))
    assert commit(owner, binary, batch).json() == first
    assert commit(owner, binary, batch, replacementId=first["id"]).json() == first
    second = opened(owner, binary, batch)
    assert commit(owner, binary, batch, replacementId=first["id"]).json() == first
    assert owner.read(path_of(binary, batch, "replacement"))["id"] == second
    assert len(versions(owner, binary, batch)) == 2


def test_what_was_abandoned_leaves_nothing_behind_and_cannot_be_committed(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    fill(owner, binary, batch, 10)
    before, rows = figures(owner, binary, batch), served.contents()
    draft = opened(owner, binary, batch)
    fill(owner, binary, draft, 20)
    send_actuals(owner, binary, outcomes(binary_rows(20, 60)))
    answer = abandon(owner, binary, batch)
    assert (answer.status_code, answer.json()["state"]) == (200, "abandoned")
    assert abandon(owner, binary, batch).json() == answer.json()
    served.work()
    assert figures(owner, binary, batch) == before
    after = served.contents()
    for table in ("uploads", "profiles", "service_requests", "prediction_keys", "batch_models", "blobs"):
        assert after[table] == rows[table], table
    assert commit(owner, binary, batch).status_code == 409
    assert commit(owner, binary, batch, replacementId=draft).status_code == 409
    assert owner.get(path_of(binary, draft)).status_code == 404
    again = opened(owner, binary, batch)
    assert again != draft


def test_a_commit_that_would_not_be_whole_is_refused_with_what_it_waits_for(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(inline_upload_bytes=0)) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        draft = opened(owner, binary, batch)
        upload(owner, binary, draft, "k", file_of(binary_rows(1, 5)))
        assert owner.read(path_of(binary, batch, "replacement"))["pendingUploads"] == 1
        before = server.contents()
        answer = commit(owner, binary, batch)
        assert answer.status_code == 409
        assert "waits for 1 upload(s) of the replacement" in answer.json()["message"]
        assert server.contents() == before
        server.work()
        upload(owner, binary, batch, "k", file_of(binary_rows(2, 6)))
        answer = commit(owner, binary, batch)
        assert answer.status_code == 409
        assert "waits for 1 upload(s) of the batch" in answer.json()["message"]
        server.work()
        assert committed(server, binary, batch)["predictionsCount"] == 5


def test_a_locked_batch_is_neither_opened_for_replacement_nor_replaced(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    draft = opened(owner, binary, batch)
    send_rows(owner, binary, binary_block(binary, binary_rows(1, 5), draft))
    locked = new_batch(owner, binary)
    for one in (batch, locked):
        owner.patch(path_of(binary, one), {"isLocked": True})
    assert owner.post(path_of(binary, locked, "replacement")).status_code == 422
    answer = commit(owner, binary, batch)
    assert answer.status_code == 409
    assert "locked" in answer.json()["message"]
    owner.patch(path_of(binary, batch), {"isLocked": False})
    assert committed(served, binary, batch)["predictionsCount"] == 5


def test_an_empty_draft_empties_a_batch_only_when_that_is_said(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    rows = fill(owner, binary, batch, 10)
    send_actuals(owner, binary, outcomes(rows))
    empty = figures(owner, binary, new_batch(owner, binary))
    opened(owner, binary, batch)
    answer = commit(owner, binary, batch)
    assert answer.status_code == 409
    assert "allowEmpty" in answer.json()["message"]
    committed(served, binary, batch, allowEmpty=True)
    assert figures(owner, binary, batch) == empty


def test_what_there_is_nothing_of_is_not_found(owner: User, binary: Ready, batch: str) -> None:
    for answer in (
        owner.get(path_of(binary, batch, "replacement")),
        commit(owner, binary, batch),
        abandon(owner, binary, batch),
        commit(owner, binary, batch, replacementId=UNKNOWN),
    ):
        assert answer.status_code == 404
        assert "Replacement not found" in answer.json()["message"]
    other = new_batch(owner, binary)
    assert commit(owner, binary, other, replacementId=opened(owner, binary, batch)).status_code == 404


def test_what_was_committed_cannot_be_abandoned(served: Served, owner: User, binary: Ready, batch: str) -> None:
    opened(owner, binary, batch)
    committed(served, binary, batch, allowEmpty=True)
    answer = abandon(owner, binary, batch)
    assert answer.status_code == 409
    assert "committed" in answer.json()["message"]


@pytest.mark.parametrize("body", [{"allowEmpty": "yes"}, {"allowEmpty": 1}, {"replacementId": 7}])
def test_a_commit_with_wrong_values_is_refused(owner: User, binary: Ready, batch: str, body: dict[str, Any]) -> None:
    opened(owner, binary, batch)
    assert commit(owner, binary, batch, **body).status_code == 422
    assert owner.read(path_of(binary, batch, "replacement"))["state"] == "open"


# ------------------------------------------------------------------ what hidden batches refuse


def sends(user: User, ready: Ready, batch_id: str) -> list[Any]:
    rows = binary_block(ready, binary_rows(1, 3), batch_id)
    stats = {"modelId": ready.model_id, "batchId": batch_id, "predictions": SCORES}
    return [
        user.post(ready.path("predictionInputs", "fromJSON"), {"data": [rows]}),
        user.post(ready.path("predictionRequests", "fromJSON"), {"data": [request_of(ready, batch_id)]}),
        user.post(ready.path("predictionStats", "fromJSON"), {"data": [stats]}),
        upload(user, ready, batch_id, "k", file_of(binary_rows(1, 3))),
    ]


def changes(user: User, ready: Ready, batch_id: str) -> list[Any]:
    values = {"buckets": [{"value": 1.0, "batch": batch_id}]}
    return [
        user.patch(path_of(ready, batch_id), {"isLocked": True}),
        user.delete(path_of(ready, batch_id)),
        user.patch(path_of(ready, batch_id, "models", ready.model_id), {"startTime": MORNING}),
        user.post(path_of(ready, batch_id, "replacement")),
        user.get(path_of(ready, batch_id, "versions")),
        user.post(ready.path("customMetrics", new_metric(user, ready), "fromJSON"), values),
    ]


def test_a_superseded_version_is_read_only_and_says_so(served: Served, owner: User, binary: Ready, batch: str) -> None:
    fill(owner, binary, batch, 10)
    opened(owner, binary, batch)
    version = committed(served, binary, batch, allowEmpty=True)["versionId"]
    before = figures(owner, binary, version)
    for answer in (*sends(owner, binary, version), *changes(owner, binary, version)):
        assert answer.status_code == 422, answer.text
        assert f"{version} is a superseded version of batch {batch}" in answer.json()["message"]
    assert figures(owner, binary, version) == before


def test_a_draft_takes_rows_and_no_changes(owner: User, binary: Ready, batch: str) -> None:
    draft = opened(owner, binary, batch)
    for answer in changes(owner, binary, draft):
        assert answer.status_code == 422, answer.text
        assert f"{draft} is a draft version of batch {batch}" in answer.json()["message"]
    for answer in sends(owner, binary, draft):
        assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("end", ["committed", "abandoned"])
def test_a_draft_that_has_ended_takes_nothing_and_says_why(
    served: Served, owner: User, binary: Ready, batch: str, end: str
) -> None:
    draft = opened(owner, binary, batch)
    if end == "committed":
        committed(served, binary, batch, allowEmpty=True)
    else:
        abandon(owner, binary, batch)
    for answer in sends(owner, binary, draft):
        assert answer.status_code == 404
        assert (
            f"Monitoring batch not found: {draft}. It was a replacement of batch {batch} and has been {end}"
            in (answer.json()["message"])
        )


# ------------------------------------------------------------------ versions, and deleting


def test_versions_tell_what_was_there_from_when_to_when(served: Served, owner: User, binary: Ready, batch: str) -> None:
    made = owner.read(path_of(binary, batch))
    first, other = file_of(binary_rows(1, 5)), file_of(binary_rows(2, 6))
    upload(owner, binary, batch, "k", first)
    bodies = []
    for content in (other, first):
        upload(owner, binary, opened(owner, binary, batch), "k", content)
        bodies.append(committed(served, binary, batch))
    found = versions(owner, binary, batch)
    assert [(v["number"], v["state"], v["predictionsCount"], v["requestsCount"]) for v in found] == [
        (3, "current", 5, 0),
        (2, "superseded", 6, 0),
        (1, "superseded", 5, 0),
    ]
    assert [v["id"] for v in found] == [batch, bodies[1]["versionId"], bodies[0]["versionId"]]
    ends = [body["endedAt"] for body in bodies]
    assert [(v["since"], v["until"]) for v in found] == [
        (ends[1], None),
        (ends[0], ends[1]),
        (made["createdAt"], ends[0]),
    ]
    assert {v["createdBy"]["name"] for v in found} == {"owner"}
    # The same file under the same name is the same content; a file of other rows is another.
    assert found[0]["contentHash"] == found[2]["contentHash"] != found[1]["contentHash"]
    page = owner.read(path_of(binary, batch, "versions"), limit=1, offset=1)
    assert (page["data"], page["totalCount"]) == ([found[1]], 3)


def test_a_batch_takes_its_draft_and_its_versions_with_it(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    kept = new_batch(owner, binary)
    fill(owner, binary, kept, 70)
    served.work()
    before = served.contents()
    rows = fill(owner, binary, batch, 10)
    send_actuals(owner, binary, outcomes(rows))
    fill(owner, binary, opened(owner, binary, batch), 20)
    version = committed(served, binary, batch)["versionId"]
    draft = opened(owner, binary, batch)
    fill(owner, binary, draft, 30)
    assert owner.delete(path_of(binary, batch)).status_code == 200
    for one in (batch, version, draft):
        assert owner.get(path_of(binary, one)).status_code == 404
    served.work()
    after = served.contents()
    same = ("uploads", "profiles", "service_requests", "prediction_keys", "batch_models", "accuracy", "blobs")
    for table in (*same, "accuracy_slices", "accuracy_revisions", "batch_replacements"):
        assert after[table] == before[table], table


def test_a_deployment_takes_all_of_it_with_it(served: Served, owner: User, binary: Ready, batch: str) -> None:
    rows = fill(owner, binary, batch, 10)
    send_actuals(owner, binary, outcomes(rows))
    fill(owner, binary, opened(owner, binary, batch), 20)
    committed(served, binary, batch)
    opened(owner, binary, batch)
    assert owner.delete(f"deployments/{binary.id}/").status_code == 204
    served.work()
    contents = served.contents()
    for table in ("uploads", "profiles", "accuracy", "accuracy_slices", "accuracy_revisions", "batch_replacements"):
        assert contents[table] == [], table
