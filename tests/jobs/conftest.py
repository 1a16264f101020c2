"""A store with nothing but jobs, a clock that tests set, and handlers of their own."""

from datetime import timedelta

import pytest
from tests.storage import records as new

from assay.jobs import handlers
from assay.monitoring.context import Context
from assay.storage.blobs import LocalBlobs
from assay.storage.directory import DirectoryStorage
from assay.storage.postgres import PostgresStorage

BACKENDS = ("directory", "postgres")


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.now = new.NOW

    def __call__(self):
        return self.now

    def go(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def schema(tmp_path_factory):
    folder = tmp_path_factory.mktemp("schema")
    store = DirectoryStorage(folder)
    store.migrate()
    store.close()
    return (folder / "assay.db").read_bytes()


@pytest.fixture(params=BACKENDS)
def jobs_store(request, tmp_path):
    """An empty store of either kind."""
    if request.param == "directory":
        (tmp_path / "assay.db").write_bytes(request.getfixturevalue("schema"))
        yield DirectoryStorage(tmp_path)
        return
    empty = request.getfixturevalue("empty_database")
    with request.getfixturevalue("postgres").database(empty) as address:
        yield PostgresStorage(address, LocalBlobs(tmp_path))


@pytest.fixture
def ctx(jobs_store, clock):
    with jobs_store.transaction() as tx:
        tx.users.create(new.user())
    yield Context(store=jobs_store, engine=None, clock=clock, secret=b"")
    jobs_store.close()


@pytest.fixture
def handler(monkeypatch):
    """Has jobs of the kind ``count`` run by a function of the test."""

    def install(function):
        monkeypatch.setitem(handlers.HANDLERS, "count", function)

    return install


@pytest.fixture
def queue_up(ctx):
    """Adds a job."""

    def add(number=1, **more):
        with ctx.store.transaction() as tx:
            tx.jobs.create(new.job(number, **more))

    return add


@pytest.fixture
def found(ctx):
    """Reads a job."""

    def read(number=1):
        with ctx.store.snapshot() as tx:
            return tx.jobs.find(new.id_of(number))

    return read
