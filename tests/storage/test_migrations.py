import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.storage import records as new

from assay.errors import DatabaseMismatch
from assay.records.actuals import ComputedAccuracy
from assay.records.batches import BatchQuery, BatchRole
from assay.records.deployments import Settings
from assay.records.monitoring_jobs import JobPart
from assay.records.pages import PageRequest
from assay.records.slices import WHOLE
from assay.records.uploads import UploadState
from assay.storage.blobs import LocalBlobs
from assay.storage.directory import DirectoryStorage
from assay.storage.postgres import PostgresStorage
from assay.storage.sql import migrate
from assay.storage.sql.tables import metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """A store over a database in which there is nothing at all."""
    if request.param == "sqlite":
        opened = DirectoryStorage(tmp_path)
        yield opened
        opened.close()
        return
    with request.getfixturevalue("postgres").database() as address:
        opened = PostgresStorage(address, LocalBlobs(tmp_path / "blobs"))
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
        options = {"compare_type": True, "compare_server_default": compare_defaults}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def compare_defaults(context, inspected, known, inspected_default, known_default, rendered):
    """Whether the defaults of a column differ; None leaves it to Alembic, which cannot tell for JSON."""
    if inspected_default is None or rendered is None or not isinstance(known.type, sa.JSON):
        return None
    return inspected_default.removesuffix("::json") != f"'{rendered}'"


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
        tx.monitoring_jobs.create(new.monitoring_job(1))
        tx.monitoring_jobs.put_part(new.id_of(1), JobPart(0, "key", 1))
        tx.job_definitions.create(new.definition(1))
        tx.custom_metrics.create(new.custom_metric(1))
        tx.custom_metric_values.add(new.id_of(1), [new.metric_value(1.0, segments=(("a", "b"),))])
        tx.jobs.create(new.job(1))
        tx.exports.create(new.export(1))
        tx.batches.create(new.batch(20, role=BatchRole.DRAFT, version_of=new.id_of(1)))
        tx.batch_versions.open(new.replacement(20, 1))
        tx.batches.add_predictions(new.id_of(20), new.MODEL, 1, new.NOW, new.NOW)
        drafted = new.upload(20, batch_id=new.id_of(20), state=UploadState.DRAFT)
        tx.prediction_keys.add(new.id_of(1), tx.uploads.create(drafted), ["a"])
        tx.accuracy_revisions.add(new.id_of(1), new.revision(1))
        tx.erasures.create(new.erasure(1))
        tx.verdicts.add(new.verdict(1))
        tx.accuracy.close(new.id_of(1), [ComputedAccuracy(new.id_of(1), new.MODEL, WHOLE, 1, b"x")])
        tx.model_history.begin(new.period(new.MODEL))
        tx.prediction_environments.create(new.environment(1))
        tx.remote_events.create(new.event(1))
        tx.idempotency_keys.claim(new.keyed_call(), new.NOW)
        tx.audit_log.add(new.audit_line())
        tx.seals.create(new.seal(1))
        tx.health_changes.put(new.id_of(1), {"service": {"batch_count": 5}})
    for script in ScriptDirectory.from_config(config()).walk_revisions():
        migrated(store, script.down_revision or "base")
        migrated(store, script.revision)
        migrated(store, script.down_revision or "base")
    assert tables(store) == {"alembic_version"}
    store.migrate()
    assert tables(store) == {"alembic_version", *metadata.tables}


def test_a_database_from_before_the_history_has_its_one_model_in_it(store):
    store.migrate()
    kept = Settings(target_drift=False)
    with store.transaction() as tx:
        tx.users.create(new.user())
        tx.model_packages.create(new.package(1))
        tx.deployments.create(
            new.deployment(1, settings=kept, tags=[{"id": "x", "name": "lost", "value": "on the way"}])
        )
        tx.deployments.add_model(new.deployed(new.MODEL))
    scripts = ScriptDirectory.from_config(config())
    migrated(store, scripts.get_revision("0004").down_revision)
    store.migrate()
    with store.snapshot() as tx:
        assert tx.model_history.list(new.id_of(1), PageRequest()).items == [new.period(new.MODEL)]
        found = tx.deployments.find(new.id_of(1))
    assert (found.tags, found.environment_id) == ([], None)
    assert found.settings == kept


def test_a_database_that_goes_back_keeps_its_batches_and_nothing_of_drafts(store):
    store.migrate()
    with store.transaction() as tx:
        tx.users.create(new.user())
        tx.model_packages.create(new.package(1))
        tx.deployments.create(new.deployment(1))
        tx.batches.create(new.batch(1))
        tx.batches.create(new.batch(20, role=BatchRole.DRAFT, version_of=new.id_of(1)))
        tx.batch_versions.open(new.replacement(20, 1))
        drafted = new.upload(20, batch_id=new.id_of(20), state=UploadState.DRAFT)
        tx.prediction_keys.add(new.id_of(1), tx.uploads.create(drafted), ["a"])
        tx.prediction_keys.add(new.id_of(1), tx.uploads.create(new.upload(1)), ["a"])
    scripts = ScriptDirectory.from_config(config())
    migrated(store, scripts.get_revision("0009").down_revision)
    store.migrate()
    with store.snapshot() as tx:
        assert [one.id for one in tx.batches.list(new.id_of(1), BatchQuery(), PageRequest()).items] == [new.id_of(1)]
        assert tx.batches.versions_of(new.id_of(1), new.id_of(1)) == []
        assert [one.id for one in tx.uploads.counted(new.id_of(1), new.id_of(1), new.MODEL)] == [new.id_of(1)]
        assert tx.prediction_keys.known(new.id_of(1), ["a"]) == {"a"}


def test_a_migration_that_fails_leaves_nothing_half_made(store):
    with store.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE uploads (x INTEGER)")
        connection.commit()
    with pytest.raises(sa.exc.DBAPIError, match="already exists"):
        store.migrate()
    assert tables(store) == {"uploads"}
    with store.engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE uploads")
        connection.commit()
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
        connection.commit()
    with pytest.raises(DatabaseMismatch, match=r"has schema 9999, this program needs \w+\..*use the version of Assay"):
        getattr(store, verb)()
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == ["9999"]
