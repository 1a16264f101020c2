"""Fixtures of the tests that need a server; only those load one."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.material import Prepared, Ready, Serve
    from tests.postgres import PostgresServer
    from tests.s3 import Store
    from tests.serving import Served, User


BACKENDS = ("directory", "production")
# Files whose tests run on both by default, chosen for what they show of databases and blob stores; `--backend
# production` runs any of those whose servers are these fixtures'.
ON_BOTH = {"test_intake", "test_uploads", "test_job_running", "test_replacement"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the caller choose what servers keep their data in."""
    parser.addoption("--backend", choices=BACKENDS, help="what servers of the tests keep their data in")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of some files on both."""
    chosen = metafunc.config.getoption("backend") is not None
    if "backend" in metafunc.fixturenames and not chosen and metafunc.module.__name__.rpartition(".")[2] in ON_BOTH:
        metafunc.parametrize("backend", BACKENDS, indirect=True, scope="session")


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
def backend(request: pytest.FixtureRequest) -> str:
    """What servers keep their data in: a ``directory``, or PostgreSQL and an S3 store for ``production``."""
    return str(getattr(request, "param", None) or request.config.getoption("backend") or BACKENDS[0])


@pytest.fixture(scope="session")
def prepared(
    request: pytest.FixtureRequest, backend: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Prepared"]:
    """Two deployments made once over HTTP: each test serves a copy of their store."""
    from tests.preparing import in_directory, in_production

    folder = tmp_path_factory.mktemp("prepared")
    if backend == BACKENDS[0]:
        yield in_directory(folder)
        return
    postgres, s3 = request.getfixturevalue("postgres"), request.getfixturevalue("s3")
    with in_production(folder, postgres, s3, request.getfixturevalue("empty_database")) as made:
        yield made


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
    from tests.serving import serving

    numbers = itertools.count()

    @contextmanager
    def start(**more: Any) -> Iterator["Served"]:
        with prepared.copy(tmp_path / f"store-{next(numbers)}") as place, serving(place, prepared.tokens, **more) as up:
            yield up

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
