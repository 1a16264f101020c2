"""Fixtures of the tests that need a server; only those load one."""

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.material import Prepared, Ready, Serve
    from tests.postgres import PostgresServer
    from tests.s3 import Store
    from tests.serving import Served, User


@pytest.fixture(scope="session")
def postgres() -> Iterator["PostgresServer"]:
    """A PostgreSQL server."""
    from tests.postgres import server

    with server() as found:
        yield found


@pytest.fixture(scope="session")
def empty_database(postgres: "PostgresServer", tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a database with the present schema and nothing in it, to be copied."""
    import sqlalchemy as sa

    from assay.storage.blobs import LocalBlobs
    from assay.storage.postgres import PostgresStorage

    with postgres.database() as address:
        store = PostgresStorage(address, LocalBlobs(tmp_path_factory.mktemp("blobs")))
        store.migrate()
        store.close()
        yield str(sa.make_url(address).database)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Store"]:
    """An S3-compatible store."""
    from tests.s3 import store

    with store(tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> "Prepared":
    """Two deployments made once over HTTP: each test serves a copy of their store."""
    from tests.material import Prepared, binary_deployment, regression_deployment
    from tests.serving import serving

    folder = tmp_path_factory.mktemp("prepared")
    with serving(folder) as server:
        binary, regression = binary_deployment(server), regression_deployment(server)
        tokens = server.tokens
    return Prepared(folder, tokens, binary, regression)


@pytest.fixture
def binary(prepared: "Prepared") -> "Ready":
    """The deployment of a binary model."""
    return prepared.binary


@pytest.fixture
def regression(prepared: "Prepared") -> "Ready":
    """The deployment of a regression model."""
    return prepared.regression


@pytest.fixture
def serve(prepared: "Prepared", tmp_path: Path) -> "Serve":
    """Servers of this test's own, with both deployments and with limits that it chooses."""
    from tests.serving import copied, serving

    numbers = itertools.count()

    def start(**more: Any) -> AbstractContextManager["Served"]:
        return serving(copied(prepared.folder, tmp_path / f"store-{next(numbers)}"), prepared.tokens, **more)

    return start


@pytest.fixture
def served(serve: "Serve") -> Iterator["Served"]:
    """A server of this test's own."""
    with serve() as server:
        yield server


@pytest.fixture
def owner(served: "Served") -> "User":
    """Who made the deployments."""
    return served.owner


@pytest.fixture
def batch(owner: "User", binary: "Ready") -> str:
    """An empty batch of the binary deployment."""
    from tests.material import new_batch

    return new_batch(owner, binary)
