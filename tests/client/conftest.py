"""Fixtures of the client's tests."""

from collections.abc import Iterator

import pytest
from tests.client.wire import Wire, running

from assay.client import Client, Patience

QUICK = Patience(retry_pause=0.001, poll_pause=0.001, longest_poll_pause=0.002, limit=5.0, outage=0.2)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ASSAY_URL", "ASSAY_TOKEN", "ASSAY_TOKEN_FILE", "ASSAY_DEPLOYMENT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def wire() -> Iterator[Wire]:
    with running() as server:
        yield server


@pytest.fixture
def client(wire: Wire) -> Iterator[Client]:
    with Client(wire.url, "secret", patience=QUICK) as one:
        yield one
