"""Erasures: what goes over the wire, and that the end is waited for."""

import pytest
from tests.client.wire import DEPLOYMENT, Reply, Wire, accepted, done, page

from assay.client import Client, WorkFailed

ERASURE = "65e000000000000000000001"
DONE = {
    "id": ERASURE,
    "status": "COMPLETED",
    "message": "",
    "createdAt": "2026-11-25T08:00:00Z",
    "createdBy": "ann",
    "finishedAt": "2026-11-25T08:00:02Z",
    "removed": {"rows": 2, "actuals": 1},
    "stays": ["Profiles."],
}


@pytest.fixture
def ready(wire: Wire) -> Wire:
    path = f"deployments/{DEPLOYMENT}/erasures/"
    wire.on("POST", path, accepted(wire, "e", {"id": ERASURE}))
    wire.on("GET", "status/e/", done(wire, f"{path}{ERASURE}/"))
    wire.on("GET", f"{path}{ERASURE}/", Reply(json=DONE))
    wire.on("GET", path, page(DONE))
    return wire


def test_an_erasure_is_waited_for_and_read(ready: Wire, client: Client) -> None:
    found = client.erasures.erase(DEPLOYMENT, "jane-doe")
    assert (found.id, found.status, found.removed) == (ERASURE, "COMPLETED", {"rows": 2, "actuals": 1})
    assert found.stays == ("Profiles.",)
    (call,) = ready.asked("POST")
    assert call.json == {"associationId": "jane-doe"}


def test_an_erasure_that_fails_is_an_error(ready: Wire, client: Client) -> None:
    ready.on("GET", "status/e/", Reply(json={"status": "ERROR", "message": "disk full"}))
    with pytest.raises(WorkFailed, match="disk full"):
        client.erasures.erase(DEPLOYMENT, "jane-doe")


def test_erasures_are_listed(ready: Wire, client: Client) -> None:
    assert [one.id for one in client.erasures.list(DEPLOYMENT)] == [ERASURE]
