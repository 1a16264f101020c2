import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.storage import records as new
from tests.storage.conformance import StorageConformance
from tests.storage.records import MODEL, NOW, id_of

from assay.storage.directory import DirectoryStorage

ROOT = Path(__file__).parents[2]

WRITE = """
import sys
from pathlib import Path
from assay.storage.directory import DirectoryStorage
from tests.storage.records import MODEL, NOW, id_of
store = DirectoryStorage(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    with store.transaction() as tx:
        tx.batches.add_predictions(id_of(1), MODEL, 1, NOW, NOW)
store.close()
"""

MIGRATE = """
import sys
from pathlib import Path
from assay.storage.directory import DirectoryStorage
store = DirectoryStorage(Path(sys.argv[1]))
store.migrate()
store.check()
store.close()
"""


def started(code, *arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), *sys.path])}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def ended_well(*processes):
    return [(p.communicate()[1], p.returncode) for p in processes] == [("", 0)] * len(processes)


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    """An empty database, made once."""
    folder = tmp_path_factory.mktemp("schema")
    store = DirectoryStorage(folder)
    store.migrate()
    store.close()
    return (folder / "assay.db").read_bytes()


@pytest.fixture
def folder(schema, tmp_path):
    path = tmp_path / "store"
    path.mkdir(mode=0o700)
    (path / "assay.db").write_bytes(schema)
    return path


@pytest.fixture
def store(folder):
    opened = DirectoryStorage(folder)
    yield opened
    opened.close()


class TestDirectoryStorage(StorageConformance):
    pass


def test_writers_in_two_processes_lose_nothing(store):
    with store.transaction() as tx:
        tx.users.create(new.user())
        tx.model_packages.create(new.package(1))
        tx.deployments.create(new.deployment(1))
        tx.batches.create(new.batch(1))
    assert ended_well(*(started(WRITE, store.folder, 25) for _ in range(2)))
    with store.snapshot() as tx:
        assert tx.batches.get(id_of(1), id_of(1)).predictions_count == 50
        assert tx.batches.get_model(id_of(1), MODEL).predictions_count == 50


def test_two_processes_may_make_the_same_store_at_once(tmp_path):
    assert ended_well(*(started(MIGRATE, tmp_path / "new") for _ in range(2)))


def test_the_folder_is_closed_to_other_users(tmp_path):
    DirectoryStorage(tmp_path / "new").close()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_what_was_stored_is_there_when_the_store_is_opened_again(folder):
    first = DirectoryStorage(folder)
    with first.transaction() as tx:
        tx.users.create(new.user())
    first.blobs.put("a/b", [b"bytes"])
    first.close()
    second = DirectoryStorage(folder)
    with second.snapshot() as tx:
        assert tx.users.find("ann") == new.user()
    assert second.blobs.read("a/b") == b"bytes"
    second.close()


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("query_only", 0)]
)
def test_every_connection_is_durable_and_checks_what_rows_point_at(store, pragma, value):
    with store.snapshot():
        pass
    with store.engine.connect() as one, store.engine.connect() as two:
        for connection in (one, two):
            assert connection.execute(sa.text(f"PRAGMA {pragma}")).scalar_one() == value


def test_a_reader_does_not_wait_for_a_writer_nor_a_writer_for_a_reader(store):
    with store.transaction() as writing:
        writing.users.create(new.user())
        with store.snapshot() as reading:
            assert reading.users.find("ann") is None
    with store.snapshot() as reading:
        assert reading.users.find("ann") is not None
        with store.transaction() as writing:
            writing.tokens.create(new.token(1, created_at=NOW))
