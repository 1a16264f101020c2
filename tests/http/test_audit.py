"""The audit log: who changed what, in the transaction of the change, for ever."""

from typing import Any

import pytest
import sqlalchemy as sa
from tests.http.operations import UNKNOWN
from tests.material import Ready, dataset, file_of, new_batch
from tests.serving import Served, User

from assay.monitoring import tokens
from assay.records.audit import AuditEvent
from assay.storage.sql.tables import audit_log


def log_of(user: User, ready: Ready, **params: Any) -> list[dict[str, Any]]:
    return list(user.read(ready.path("auditLog"), **params)["data"])


def newest(user: User, ready: Ready) -> dict[str, Any]:
    return log_of(user, ready, limit=1)[0]


def test_a_batchs_life_is_told_line_by_line_newest_first(owner: User, served: Served, binary: Ready) -> None:
    batch = new_batch(owner, binary, batchName="one")
    path = binary.path("monitoringBatches", batch)
    owner.patch(path, {"batchName": "two", "externalContextUrl": "http://example.com/"})
    owner.patch(path, {"isLocked": True})
    seal = owner.read(path + "seal/")["hash"]
    served.admin.patch(path, {"isLocked": False})
    owner.delete(path)
    lines = log_of(owner, binary, objectId=batch)
    assert [(line["event"], line["user"]["name"]) for line in lines] == [
        ("batch.deleted", "owner"),
        ("batch.unlocked", "admin"),
        ("batch.locked", "owner"),
        ("batch.changed", "owner"),
        ("batch.created", "owner"),
    ]
    assert {(line["objectType"], line["objectId"], line["deploymentId"]) for line in lines} == {
        ("batch", batch, binary.id)
    }
    assert [line["at"] for line in lines] == sorted((line["at"] for line in lines), reverse=True)
    deleted, unlocked, locked, altered, created = (line["detail"] for line in lines)
    assert created == {"name": "one", "jobId": None}
    assert altered == {"name": ["one", "two"], "externalContextUrl": [None, "http://example.com/"]}
    assert locked == unlocked == {"name": "two", "seal": seal}
    assert deleted == {"name": "two", "rows": 0, "seal": None}


def test_changes_of_a_deployment_are_told_with_both_values(owner: User, binary: Ready) -> None:
    owner.patch(f"deployments/{binary.id}/", {"label": "another", "importance": "HIGH"})
    line = newest(owner, binary)
    assert (line["event"], line["objectType"], line["objectId"]) == ("deployment.changed", "deployment", binary.id)
    assert line["detail"] == {"label": ["target service", "another"], "importance": [None, "HIGH"]}

    owner.finished(owner.patch(binary.path("settings"), {"featureDrift": {"enabled": False}}))
    line = newest(owner, binary)
    assert (line["event"], line["detail"]) == ("deployment.settingsChanged", {"feature_drift": [True, False]})

    owner.patch(binary.path("healthSettings"), {"service": {"batchCount": 5}})
    line = newest(owner, binary)
    assert line["event"] == "deployment.settingsChanged"
    assert line["detail"]["health"]["service"][1]["batch_count"] == 5


def test_a_model_is_told_to_be_replaced_once_it_is(owner: User, served: Served, binary: Ready) -> None:
    package = owner.read(f"modelPackages/{binary.package_id}/")
    new = owner.post("modelPackages/fromJSON/", {key: package[key] for key in ("target", "datasets")}).json()
    answer = owner.patch(binary.path("model"), {"modelPackageId": new["id"], "reason": "ACCURACY"})
    assert log_of(owner, binary, event="deployment.modelReplaced") == []
    owner.finished(answer)
    (line,) = log_of(owner, binary, event="deployment.modelReplaced")
    assert line["detail"] == {"modelId": [binary.model_id, new["modelId"]], "reason": "ACCURACY"}
    assert line["user"]["name"] == "owner"


def test_an_export_is_told_with_what_was_asked(owner: User, binary: Ready, batch: str) -> None:
    answer = owner.post(binary.path("predictionDataExports"), {"batchIds": [batch]})
    assert answer.status_code == 202, answer.text
    line = newest(owner, binary)
    assert (line["event"], line["objectType"], line["objectId"]) == ("export.created", "export", answer.json()["id"])
    assert line["detail"]["batchIds"] == [batch]
    assert line["detail"]["kind"] == "predictions"


def test_a_batch_that_a_monitoring_job_makes_is_told(owner: User, served: Served, binary: Ready) -> None:
    rows = dataset(owner, "rows.csv", file_of(binary.holdout))
    stored = {"deploymentId": binary.id, "intakeSettings": {"type": "dataset", "datasetId": rows}}
    job = owner.post("batchMonitoring/", {**stored, "monitoringColumns": {"predictionsColumns": "score"}})
    assert job.status_code == 202, job.text
    served.work()
    (line,) = log_of(owner, binary, event="batch.created")
    assert line["detail"]["jobId"] == job.json()["id"]


def test_lines_of_a_deleted_deployment_stay_for_admins_and_for_who_wrote_them(served: Served, binary: Ready) -> None:
    owner = served.owner
    assert owner.delete(f"deployments/{binary.id}/").status_code == 204
    served.work()
    assert owner.get(binary.path("auditLog")).status_code == 404
    for user, events in (
        (served.admin, ["deployment.deleted", "deployment.settingsChanged", "deployment.created"]),
        (owner, ["deployment.deleted", "deployment.settingsChanged", "deployment.created"]),
        (served.stranger, []),
    ):
        lines = user.read("auditLog/", deploymentId=binary.id)["data"]
        assert [line["event"] for line in lines] == events


def test_tokens_are_told_without_their_secret(served: Served) -> None:
    token = tokens.create(served.context, "nightly", is_admin=False)
    token_id = token.split("_")[1]
    assert tokens.revoke(served.context, token_id) is True
    assert tokens.revoke(served.context, token_id) is False
    answer = served.admin.get("auditLog/", objectId=token_id)
    lines = answer.json()["data"]
    assert [line["event"] for line in lines] == ["token.revoked", "token.created"]
    assert {line["user"]["name"] for line in lines} == {"operator"}
    assert {line["user"]["id"] for line in lines} == {None}
    assert lines[0]["detail"]["userName"] == "nightly"
    assert token.split("_", 2)[2] not in answer.text
    assert served.stranger.read("auditLog/", objectId=token_id)["data"] == []


def test_what_changes_nothing_or_is_refused_leaves_no_line(owner: User, served: Served, binary: Ready) -> None:
    batch = new_batch(owner, binary, batchName="one")
    before = served.contents()["audit_log"]
    path = binary.path("monitoringBatches", batch)
    assert owner.patch(path, {"batchName": "one", "isLocked": False}).status_code == 200
    assert owner.patch(path, {}).status_code == 200
    assert owner.patch(path, {"externalContextUrl": "nonsense"}).status_code == 422
    assert owner.patch(f"deployments/{binary.id}/", {"label": "target service"}).status_code == 204
    owner.finished(owner.patch(binary.path("settings"), {"batchMonitoring": {"enabled": True}}))
    assert owner.patch(binary.path("settings"), {"segmentAnalysis": {"attributes": [""]}}).status_code == 422
    assert served.stranger.delete(path).status_code == 404
    assert served.contents()["audit_log"] == before


def test_lines_can_be_chosen_by_event_object_and_time(owner: User, binary: Ready) -> None:
    batches = [new_batch(owner, binary) for _ in range(3)]
    owner.patch(binary.path("monitoringBatches", batches[0]), {"isLocked": True})
    both = log_of(owner, binary, event=["batch.created", "batch.locked"])
    assert [line["event"] for line in both] == ["batch.locked"] + ["batch.created"] * 3
    assert [line["objectId"] for line in log_of(owner, binary, event="batch.created")] == batches[::-1]
    first, last = both[-1]["at"], both[0]["at"]
    assert len(log_of(owner, binary, event="batch.created", start=first)) == 3
    assert log_of(owner, binary, start=last)[0]["event"] == "batch.locked"
    assert all(line["at"] < first for line in log_of(owner, binary, end=first))
    assert log_of(owner, binary, start="2100-01-01T00:00:00Z") == []
    assert log_of(owner, binary, objectId=UNKNOWN) == []


def test_pages_of_the_log_follow_one_another(owner: User, binary: Ready) -> None:
    made = [new_batch(owner, binary) for _ in range(5)]
    page = owner.read(binary.path("auditLog"), event="batch.created", limit=2)
    assert (page["count"], page["totalCount"], page["previous"]) == (2, 5, None)
    found = []
    while True:
        found += [line["objectId"] for line in page["data"]]
        if page["next"] is None:
            break
        page = owner.read(page["next"])
    assert found == made[::-1]


@pytest.mark.parametrize(
    ("params", "place"),
    [({"event": "nonsense"}, "event"), ({"start": "soon"}, "time"), ({"end": "x"}, "time"), ({"limit": -1}, "limit")],
)
@pytest.mark.parametrize("path", ["deployments/{}/auditLog/", "auditLog/"])
def test_wrong_filters_are_refused_in_words(
    owner: User, binary: Ready, path: str, params: dict[str, Any], place: str
) -> None:
    answer = owner.get(path.format(binary.id), **params)
    assert answer.status_code == 422
    assert place in answer.json()["message"]


@pytest.mark.parametrize(
    "statement",
    [audit_log.update().values(user_name="somebody else"), audit_log.delete()],
    ids=["update", "delete"],
)
def test_the_database_refuses_to_change_or_remove_a_line(served: Served, statement: Any) -> None:
    before = served.contents()["audit_log"]
    assert before
    with (
        served.store.engine.connect() as connection,
        pytest.raises(sa.exc.IntegrityError, match="neither changed nor removed"),
    ):
        connection.execute(statement)
    assert served.contents()["audit_log"] == before


def test_every_event_is_named_for_what_it_is_done_to() -> None:
    assert {event.object_type for event in AuditEvent} == {"batch", "deployment", "erasure", "export", "token"}
