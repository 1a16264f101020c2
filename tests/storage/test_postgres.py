import pytest
from tests.storage.conformance import StorageConformance

from assay.storage.blobs import LocalBlobs
from assay.storage.postgres import PostgresStorage
from assay.storage.sql.tables import metadata


@pytest.fixture(scope="module")
def shared(postgres, empty_database, tmp_path_factory):
    """A store that the tests of this file use one after the other."""
    with postgres.database(empty_database) as address:
        opened = PostgresStorage(address, LocalBlobs(tmp_path_factory.mktemp("blobs")))
        yield opened
        opened.close()


@pytest.fixture
def store(shared):
    yield shared
    emptied(shared)


def emptied(store):
    """Remove every row: much faster than another database."""
    with store.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


class TestPostgresStorage(StorageConformance):
    pass
