from datetime import UTC, datetime

import pytest
from tests.client.wire import BATCH, DEPLOYMENT, Reply, Wire, batch, page

from assay.client import Client, NotFound, ServerProblem

BATCHES = f"deployments/{DEPLOYMENT}/monitoringBatches/"
LINE = {
    "at": "2026-11-23T10:31:31Z",
    "user": {"id": None, "name": "operator"},
    "event": "batch.locked",
    "objectType": "batch",
    "objectId": BATCH,
    "deploymentId": DEPLOYMENT,
    "detail": {"name": "2013-07", "seal": "ab"},
}


def test_the_log_of_a_batch_is_that_of_its_deployment_about_it(wire: Wire, client: Client) -> None:
    wire.on("GET", f"{BATCHES}{BATCH}/", Reply(json=batch()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/auditLog/", page(LINE))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = client.batches.get(DEPLOYMENT, BATCH)
    (line,) = client.audit.list(found, events=["batch.locked", "batch.unlocked"], start=start, page_size=10)
    assert (line.at, line.user, line.user_id) == (datetime(2026, 11, 23, 10, 31, 31, tzinfo=UTC), "operator", None)
    assert (line.event, line.object_id, line.detail["seal"]) == ("batch.locked", BATCH, "ab")
    assert wire.calls[-1].query == {
        "event": ["batch.locked", "batch.unlocked"],
        "objectId": [BATCH],
        "start": ["2026-01-01T00:00:00+00:00"],
        "limit": ["10"],
    }


def test_the_log_of_a_deployment_and_of_everything(wire: Wire, client: Client) -> None:
    wire.on("GET", f"deployments/{DEPLOYMENT}/auditLog/", page(LINE, LINE))
    wire.on("GET", "auditLog/", page(LINE))
    assert len(list(client.audit.list(DEPLOYMENT))) == 2
    assert len(list(client.audit.list())) == 1
    assert [call.query for call in wire.calls] == [{}, {}]


def seal(**more: object) -> dict[str, object]:
    return {
        "batchId": BATCH,
        "hash": "ab" * 32,
        "sealedAt": "2026-11-23T10:31:31Z",
        "sealedBy": {"id": DEPLOYMENT, "name": "ann"},
        "matches": True,
        "differences": [],
        "content": "{}",
        **more,
    }


def test_a_seal_tells_whether_it_is_whole(wire: Wire, client: Client) -> None:
    wire.on("GET", f"{BATCHES}{BATCH}/", Reply(json=batch()))
    differs = {"path": "settings.target_drift", "sealed": True, "found": False}
    wire.on(
        "GET", f"{BATCHES}{BATCH}/seal/", Reply(json=seal()), Reply(json=seal(matches=False, differences=[differs]))
    )
    found = client.batches.get(DEPLOYMENT, BATCH)
    whole, broken = client.batches.seal(found), client.batches.seal(found)
    assert (whole.matches, whole.sealed_by, whole.hash, whole.differences) == (True, "ann", "ab" * 32, ())
    assert str(broken.differences[0]) == "settings.target_drift: True was sealed, False is there now"


def test_a_batch_without_a_seal_is_told_in_the_servers_words(wire: Wire, client: Client) -> None:
    wire.on("GET", f"{BATCHES}{BATCH}/", Reply(json=batch()))
    wire.on("GET", f"{BATCHES}{BATCH}/seal/", Reply(404, {"message": "Seal not found: it is open."}), Reply(json=[]))
    found = client.batches.get(DEPLOYMENT, BATCH)
    with pytest.raises(NotFound, match=r"^Seal not found: it is open\.$"):
        client.batches.seal(found)
    with pytest.raises(ServerProblem, match="list where BatchSeal was expected"):
        client.batches.seal(found)
