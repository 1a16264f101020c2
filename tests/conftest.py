"""Fixtures of the tests that need a server."""

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from tests.material import Prepared, Ready, Serve, binary_deployment, new_batch, regression_deployment
from tests.serving import Served, User, copied, serving


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Two deployments made once over HTTP: each test serves a copy of their store."""
    folder = tmp_path_factory.mktemp("prepared")
    with serving(folder) as server:
        binary, regression = binary_deployment(server), regression_deployment(server)
        tokens = server.tokens
    return Prepared(folder, tokens, binary, regression)


@pytest.fixture
def binary(prepared: Prepared) -> Ready:
    """The deployment of a binary model."""
    return prepared.binary


@pytest.fixture
def regression(prepared: Prepared) -> Ready:
    """The deployment of a regression model."""
    return prepared.regression


@pytest.fixture
def served(prepared: Prepared, tmp_path: Path) -> Iterator[Served]:
    """A server of this test's own, with both deployments."""
    with serving(copied(prepared.folder, tmp_path / "store"), prepared.tokens) as server:
        yield server


@pytest.fixture
def serve(prepared: Prepared, tmp_path: Path) -> Serve:
    """Servers of this test's own, with limits that it chooses."""
    numbers = itertools.count()

    def start(**more: Any) -> AbstractContextManager[Served]:
        return serving(copied(prepared.folder, tmp_path / f"store-{next(numbers)}"), prepared.tokens, **more)

    return start


@pytest.fixture
def owner(served: Served) -> User:
    """Who made the deployments."""
    return served.owner


@pytest.fixture
def batch(owner: User, binary: Ready) -> str:
    """An empty batch of the binary deployment."""
    return new_batch(owner, binary)
