from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.client.wire import BATCH, DEPLOYMENT, Reply, Wire, batch, page, report

from assay.client import Batch, Client, Columns, Conflict, Refused
from assay.client.files import sha256

ONE = f"deployments/{DEPLOYMENT}/monitoringBatches/{BATCH}/"
DRAFT = "65d000000000000000000001"
DRAFTED = f"deployments/{DEPLOYMENT}/monitoringBatches/{DRAFT}/"
JULY = Batch.of(batch(), deployment_id=DEPLOYMENT)
WHEN = "2026-11-23T10:31:31Z"


def replacement(**more: Any) -> dict[str, Any]:
    return {
        "id": DRAFT,
        "batchId": BATCH,
        "state": "open",
        "predictionsCount": 0,
        "requestsCount": 0,
        "uploadsCount": 0,
        "pendingUploads": 0,
        "openedAt": WHEN,
        "openedBy": {"id": "u", "name": "ann"},
        "endedAt": None,
        "endedBy": None,
        "versionId": None,
        "links": {},
        **more,
    }


COMMITTED = replacement(
    state="committed", predictionsCount=2, endedAt=WHEN, endedBy={"id": "u", "name": "bob"}, versionId="v"
)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("a.csv", "b.csv")]
    for number, path in enumerate(paths):
        path.write_text(f"id,p\n{number},0.25\n")
    return paths


@pytest.fixture
def ready(wire: Wire) -> Wire:
    """A server that has opened a replacement, takes what is sent to it, and commits."""
    wire.on("POST", f"{ONE}replacement/", Reply(201, replacement()))
    wire.on("GET", DRAFTED, Reply(json=batch(id=DRAFT)))
    wire.on("POST", f"{ONE}replacement/commit/", Reply(json=COMMITTED))
    wire.on("DELETE", f"{ONE}replacement/", Reply(json=replacement(state="abandoned")))
    return wire


def test_a_replacement_is_opened_filled_and_committed(ready: Wire, client: Client, files: list[Path]) -> None:
    for path in files:
        ready.on("PUT", f"{DRAFTED}uploads/{sha256(path)}/", Reply(202, report()))
    done = client.batches.replace(JULY, *files, columns=Columns(timestamp="at"))
    assert (done.id, done.state, done.predictions_count, done.version_id) == (DRAFT, "committed", 2, "v")
    assert (done.opened_by, done.ended_by, done.deployment_id) == ("ann", "bob", DEPLOYMENT)
    assert [(call.method, call.path) for call in ready.calls] == [
        ("POST", f"{ONE}replacement/"),
        ("GET", DRAFTED),
        *(("PUT", f"{DRAFTED}uploads/{sha256(path)}/") for path in files),
        ("POST", f"{ONE}replacement/commit/"),
    ]
    assert ready.asked("PUT")[0].query == {"timestampColumn": ["at"]}
    assert ready.asked("POST")[-1].json == {"allowEmpty": False, "replacementId": DRAFT}


def test_a_replacement_whose_file_is_refused_is_abandoned_and_the_reason_told(
    ready: Wire, client: Client, files: list[Path]
) -> None:
    ready.on("PUT", f"{DRAFTED}uploads/{sha256(files[0])}/", Reply(422, {"message": "no such column"}))
    with pytest.raises(Refused, match="no such column"):
        client.batches.replace(JULY, *files)
    assert [call.path for call in ready.asked("DELETE")] == [f"{ONE}replacement/"]
    assert len(ready.asked("POST")) == 1


def test_one_that_cannot_even_be_abandoned_tells_the_first_reason(
    ready: Wire, client: Client, files: list[Path]
) -> None:
    ready.on("PUT", f"{DRAFTED}uploads/{sha256(files[0])}/", Reply(422, {"message": "no such column"}))
    ready.on("DELETE", f"{ONE}replacement/", Reply(409, {"message": "it is too late"}))
    with pytest.raises(Refused, match="no such column"):
        client.batches.replace(JULY, files[0])


def test_what_somebody_else_has_open_is_left_alone(ready: Wire, client: Client, files: list[Path]) -> None:
    ready.on("POST", f"{ONE}replacement/", Reply(409, {"message": f"{DRAFT} is open"}))
    with pytest.raises(Conflict, match=DRAFT):
        client.batches.replace(JULY, *files)
    assert ready.asked("DELETE") == []


def test_a_replacement_needs_a_file(client: Client) -> None:
    with pytest.raises(ValueError, match="No file is named"):
        client.batches.replace(JULY)


def test_the_steps_can_be_made_one_by_one(ready: Wire, client: Client) -> None:
    ready.on("GET", f"{ONE}replacement/", Reply(json=replacement(pendingUploads=1)))
    opened = client.batches.open_replacement(JULY)
    assert client.batches.draft(JULY, opened).id == DRAFT
    assert client.batches.replacement(JULY).pending_uploads == 1
    assert client.batches.commit(JULY, allow_empty=True).state == "committed"
    assert ready.asked("POST")[-1].json == {"allowEmpty": True}
    assert client.batches.abandon(JULY).state == "abandoned"


def test_versions_and_revisions_come_as_values(wire: Wire, client: Client) -> None:
    version = {
        "id": BATCH,
        "number": 2,
        "state": "current",
        "predictionsCount": None,
        "requestsCount": 0,
        "since": WHEN,
        "until": None,
        "createdBy": {"id": "u", "name": "ann"},
        "contentHash": "h",
    }
    wire.on("GET", f"{ONE}versions/", page(version))
    (found,) = client.batches.versions(JULY)
    assert (found.number, found.state, found.predictions_count, found.created_by) == (2, "current", None, "ann")
    assert found.since == datetime(2026, 11, 23, 10, 31, 31, tzinfo=UTC)
    metric = {"name": "AUC", "value": 0.7, "low": 0.6, "high": 0.8, "n": 5, "bound": 0.0, "reason": None}
    revision = {
        "timestamp": WHEN,
        "predictionsCount": 10,
        "rowsWithActual": 5,
        "matchedShare": 0.5,
        "metrics": [metric],
    }
    wire.on("GET", f"{ONE}accuracyRevisions/", page(revision))
    (one,) = client.batches.accuracy_revisions(JULY, metrics=["AUC"], model_id="m")
    assert (one.rows_with_actual, one.matched_share) == (5, 0.5)
    assert [(m.name, m.value, m.low, m.high, m.n) for m in one.metrics] == [("AUC", 0.7, 0.6, 0.8, 5)]
    assert wire.calls[-1].query == {"metric": ["AUC"], "modelId": ["m"]}
