import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.storage import records as new

from assay.errors import DatabaseMismatch
from assay.storage.directory import DirectoryStorage
from assay.storage.sql import migrate
from assay.storage.sql.tables import metadata


@pytest.fixture
def store(tmp_path):
    opened = DirectoryStorage(tmp_path)
    yield opened
    opened.close()


def config():
    made = Config()
    made.set_main_option("script_location", str(migrate.SCRIPTS))
    return made


def migrated(store, revision):
    """Bring the schema up or down to a revision."""
    chosen = config()
    with store.engine.connect() as connection:
        chosen.attributes["connection"] = connection
        known = [s.revision for s in ScriptDirectory.from_config(chosen).walk_revisions()]
        present = MigrationContext.configure(connection).get_current_revision()
        up = revision in known and (present is None or known.index(revision) < known.index(present))
        (command.upgrade if up else command.downgrade)(chosen, revision)
        connection.commit()


def tables(store):
    return set(sa.inspect(store.engine).get_table_names())


def test_the_migrations_make_exactly_the_tables_that_the_repositories_know(store):
    store.migrate()
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_there_is_one_line_of_migrations():
    scripts = ScriptDirectory.from_config(config())
    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1


def test_migrating_twice_changes_nothing_and_keeps_the_data(store):
    store.migrate()
    with store.transaction() as tx:
        tx.users.create(new.user())
    store.migrate()
    store.check()
    with store.snapshot() as tx:
        assert tx.users.find("ann") == new.user()


def test_every_migration_goes_down_and_up_again_with_data_in_it(store):
    store.migrate()
    with store.transaction() as tx:
        tx.users.create(new.user())
        tx.model_packages.create(new.package(1))
        tx.deployments.create(new.deployment(1))
        tx.batches.create(new.batch(1))
        tx.prediction_keys.add(new.id_of(1), tx.uploads.create(new.upload(1)), ["a"])
        tx.actuals.put(new.id_of(1), [new.actual("a")], new.NOW)
    for script in ScriptDirectory.from_config(config()).walk_revisions():
        migrated(store, script.down_revision or "base")
        migrated(store, script.revision)
        migrated(store, script.down_revision or "base")
    assert tables(store) == {"alembic_version"}
    store.migrate()
    assert tables(store) == {"alembic_version", *metadata.tables}


def test_a_migration_that_fails_leaves_nothing_half_made(store):
    with store.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE uploads (x INTEGER)")
    with pytest.raises(sa.exc.OperationalError):
        store.migrate()
    assert tables(store) == {"uploads"}
    with store.engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE uploads")
    store.migrate()
    store.check()


def test_a_database_without_a_schema_is_refused_in_words(store):
    with pytest.raises(DatabaseMismatch, match=r"has schema none, this program needs \w+\. Run 'assay migrate'"):
        store.check()


@pytest.mark.parametrize("verb", ["check", "migrate"])
def test_a_database_of_a_newer_version_is_refused_in_words_and_left_as_it_is(store, verb):
    store.migrate()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseMismatch, match=r"has schema 9999, this program needs \w+\..*use the version of Assay"):
        getattr(store, verb)()
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == ["9999"]
