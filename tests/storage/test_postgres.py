import queue
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.storage import records as new
from tests.storage.conformance import StorageConformance
from tests.storage.records import MODEL, NOW, OWNER, id_of

from assay.errors import DatabaseMismatch, Invalid, Misconfigured, OutcomeUnknown, Unavailable
from assay.records.jobs import JobState
from assay.storage import postgres as back_end
from assay.storage.blobs import LocalBlobs
from assay.storage.postgres import PostgresStorage
from assay.storage.sql.tables import metadata

ENOUGH = 60  # seconds


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
            # The database refuses to have single lines of the audit log removed.
            connection.execute(sa.text("TRUNCATE audit_log") if table.name == "audit_log" else table.delete())


class TestPostgresStorage(StorageConformance):
    pass


@pytest.fixture
def address_of():
    """Where a store's database is."""
    return lambda store: store.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def filled(store):
    """A deployment with a batch."""
    with store.transaction() as tx:
        tx.users.create(new.user())
        tx.model_packages.create(new.package(1))
        tx.deployments.create(new.deployment(1))
        tx.batches.create(new.batch(1))
    return store


@contextmanager
def beside(act):
    """Runs something in a thread of its own meanwhile; gives what is told of it."""
    told = queue.Queue()

    def run():
        try:
            told.put(act())
        except (Unavailable, sa.exc.SQLAlchemyError) as fault:
            told.put(fault)

    thread = threading.Thread(target=run)
    thread.start()
    yield told
    thread.join()


def until(condition):
    """Wait for something that a thread brings about."""
    end = time.monotonic() + ENOUGH
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def waits_for_a_lock(store):
    """Whether somebody waits for what another transaction holds."""
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with store.engine.connect() as connection:
        return connection.execute(query).scalar_one() > 0


# ---------------------------------------------------------------- who waits for whom


def test_a_writer_that_looks_a_deployment_up_sees_all_that_the_one_before_has_done(filled):
    def look():
        with filled.transaction() as tx:
            tx.deployments.find(id_of(1))
            return tx.batches.get(id_of(1), id_of(1)).predictions_count

    with ExitStack() as stack, filled.transaction() as tx:
        assert tx.deployments.find(id_of(1)) is not None
        found = stack.enter_context(beside(look))
        until(lambda: waits_for_a_lock(filled))
        tx.batches.add_predictions(id_of(1), MODEL, 7, NOW, NOW)
    assert found.get() == 7


def test_a_writer_that_waited_for_the_deletion_of_a_deployment_finds_none(filled):
    def look():
        with filled.transaction() as tx:
            return tx.deployments.find(id_of(1))

    with ExitStack() as stack, filled.transaction() as tx:
        assert tx.deployments.find(id_of(1)) is not None
        found = stack.enter_context(beside(look))
        until(lambda: waits_for_a_lock(filled))
        tx.deployments.delete(id_of(1), NOW)
    assert found.get() is None


def test_writers_of_two_deployments_do_not_wait_for_each_other(filled):
    with filled.transaction() as tx:
        tx.deployments.create(new.deployment(2))
    with filled.transaction() as one, filled.transaction() as other:
        assert one.deployments.find(id_of(1)) is not None
        assert other.deployments.find(id_of(2)) is not None


def test_a_row_may_point_at_a_deployment_that_is_held(filled):
    with filled.transaction() as one, filled.transaction() as other:
        one.deployments.hold(id_of(1))
        other.prediction_keys.add(id_of(1), 1, ["a"])


def test_two_workers_that_claim_at_once_never_run_two_jobs_of_one_key(filled):
    with filled.transaction() as tx:
        for number in (1, 2):
            tx.jobs.create(new.job(number, key="one at a time"))

    def claim():
        with filled.transaction() as tx:
            return tx.jobs.claim("second", NOW, timedelta(seconds=30))

    with ExitStack() as stack, filled.transaction() as tx:
        assert tx.jobs.claim("first", NOW, timedelta(seconds=30)) is not None
        found = stack.enter_context(beside(claim))
        until(lambda: waits_for_a_lock(filled))
    assert found.get() is None


def test_a_job_that_somebody_counts_on_to_wait_is_not_claimed(filled):
    with filled.transaction() as tx:
        tx.jobs.create(new.job(1, key="k"))
    with filled.transaction() as tx:
        assert tx.jobs.create_once(new.job(2, key="k")).id == id_of(1)
        with filled.transaction() as other:
            assert other.jobs.claim("w", NOW, timedelta(seconds=30)) is None
    with filled.transaction() as tx:
        assert tx.jobs.claim("w", NOW, timedelta(seconds=30)).id == id_of(1)


def test_a_data_set_that_is_being_used_anew_is_not_deleted(filled):
    with filled.transaction() as tx:
        tx.datasets.create(new.dataset(1))

    def used():
        with filled.transaction() as tx:
            tx.datasets.find(id_of(1))
            return tx.model_packages.using_dataset(id_of(1))

    with ExitStack() as stack, filled.transaction() as tx:
        tx.datasets.find(id_of(1))
        found = stack.enter_context(beside(used))
        until(lambda: waits_for_a_lock(filled))
        tx.model_packages.create(new.package(2, training_dataset_id=id_of(1)))
    assert found.get() == 1


# ---------------------------------------------------------------- a database that fails


def test_a_deadlock_ends_with_one_that_is_told_to_come_again(filled):
    with filled.transaction() as tx:
        tx.deployments.create(new.deployment(2))
    first_holds, second_holds = threading.Event(), threading.Event()

    def hold(mine, other, ready, wait_for):
        with filled.transaction() as tx:
            tx.deployments.hold(id_of(mine))
            ready.set()
            assert wait_for.wait(ENOUGH)
            tx.deployments.hold(id_of(other))
        return "done"

    with (
        beside(lambda: hold(1, 2, first_holds, second_holds)) as one,
        beside(lambda: hold(2, 1, second_holds, first_holds)) as other,
    ):
        pass
    ends = sorted([one.get(), other.get()], key=lambda end: isinstance(end, Unavailable))
    assert ends[0] == "done"
    assert "two changes waited for each other. Nothing was stored" in str(ends[1])


def test_who_waits_too_long_is_told_to_come_again(filled, address_of, monkeypatch):
    monkeypatch.setitem(back_end._SESSION, "lock_timeout", "50ms")
    other = PostgresStorage(address_of(filled), filled.blobs)
    try:
        with filled.transaction() as tx:
            tx.deployments.hold(id_of(1))
            with pytest.raises(Unavailable, match="another change took too long"), other.transaction() as late:
                late.deployments.hold(id_of(1))
    finally:
        other.close()


def test_more_calls_than_connections_are_told_to_come_again(filled, address_of, monkeypatch):
    monkeypatch.setattr(back_end, "POOL_SECONDS", 0.05)
    narrow = PostgresStorage(address_of(filled), filled.blobs, connections=1)
    try:
        with narrow.snapshot() as tx:
            assert tx.users.get(OWNER)
            with pytest.raises(Unavailable, match="every connection is in use"), narrow.snapshot():
                pass
        with narrow.snapshot() as tx:
            assert tx.users.get(OWNER)
    finally:
        narrow.close()


def test_connections_that_were_cut_are_replaced_without_anybody_noticing(filled, postgres, address_of):
    for _ in range(3):
        with filled.snapshot() as tx:
            assert tx.users.get(OWNER)
        postgres.disconnect(address_of(filled))
        with filled.transaction() as tx:
            assert tx.users.get(OWNER)


def test_a_transaction_whose_connection_is_cut_stores_nothing_and_says_so(filled, postgres, address_of):
    def make_then_cut():
        with filled.transaction() as tx:
            tx.jobs.create(new.job(1))
            postgres.disconnect(address_of(filled))
            tx.jobs.create(new.job(2))

    with pytest.raises(Unavailable, match="Nothing was stored") as raised:
        make_then_cut()
    assert not isinstance(raised.value, OutcomeUnknown)
    with filled.snapshot() as tx:
        assert tx.jobs.find(id_of(1)) is None


def test_a_commit_that_is_cut_off_is_in_doubt_and_says_so(filled, postgres, address_of):
    def cut_before_the_commit():
        with filled.transaction() as tx:
            tx.jobs.create(new.job(1))
            postgres.disconnect(address_of(filled))

    with pytest.raises(OutcomeUnknown, match="it is not known whether it counts"):
        cut_before_the_commit()


def test_a_database_that_was_restarted_needs_no_restart_of_ours(postgres, empty_database, tmp_path):
    with postgres.database(empty_database) as address:
        store = PostgresStorage(address, LocalBlobs(tmp_path))
        with store.transaction() as tx:
            tx.users.create(new.user())
        with postgres.stopped(address):
            if postgres.process is not None:
                for verb in (store.snapshot, store.transaction):
                    with pytest.raises(Unavailable, match="The database cannot do this now"), verb():
                        pass
        with store.transaction() as tx:
            assert tx.users.get(OWNER) == new.user()
        store.close()


def test_a_fault_of_the_program_is_none_of_the_database(filled):
    with pytest.raises(sa.exc.IntegrityError), filled.transaction() as tx:
        tx.users.create(new.user())


def test_a_text_that_cannot_be_is_refused_in_words(filled):
    with pytest.raises(Invalid, match="NUL character"), filled.snapshot() as tx:
        tx.deployments.find("a\x00b")
    with pytest.raises(Invalid, match="NUL character"), filled.transaction() as tx:
        tx.users.create(new.user(id=id_of(3), name="a\x00b"))


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("mysql://h/d", "found 'mysql://...', expected postgresql://"),
        ("nonsense", "found something that is no address"),
    ],
)
def test_an_address_of_something_else_is_refused_without_showing_it(tmp_path, url, found):
    with pytest.raises(Misconfigured, match=found):
        PostgresStorage(url, LocalBlobs(tmp_path))


def test_a_database_without_a_schema_is_refused(postgres, tmp_path):
    with postgres.database() as address:
        store = PostgresStorage(address, LocalBlobs(tmp_path))
        with pytest.raises(DatabaseMismatch, match=r"has schema none.*assay migrate"):
            store.check()
        store.close()


def test_processes_that_migrate_at_once_do_it_once(postgres, tmp_path):
    with postgres.database() as address:
        stores = [PostgresStorage(address, LocalBlobs(tmp_path)) for _ in range(4)]
        with ExitStack() as stack:
            ends = [stack.enter_context(beside(store.migrate)) for store in stores]
        assert [end.get() for end in ends] == [None] * 4
        for store in stores:
            store.check()
            store.close()


def test_the_clock_is_that_of_the_database(shared):
    with shared.engine.connect() as connection:
        before = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        told = shared.clock()
        after = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    assert told.tzinfo is UTC
    slack = timedelta(seconds=1)
    assert before - slack <= told <= after + slack


def test_the_clock_goes_on_without_the_database(tmp_path):
    nowhere = PostgresStorage("postgresql://127.0.0.1:9/none", LocalBlobs(tmp_path))
    before = datetime.now(UTC)
    assert before <= nowhere.clock() <= datetime.now(UTC)
    nowhere.close()


def test_sessions_keep_to_utc_and_to_bounds(store):
    with store.engine.connect() as connection:
        for name, value in back_end._SESSION.items():
            found = connection.execute(sa.text("SELECT current_setting(:name)"), {"name": name}).scalar_one()
            assert found in {value, "10min", "1min"}
        connection.rollback()
        assert connection.execute(sa.text("SHOW TimeZone")).scalar_one() == "UTC"


def test_a_claimed_job_is_held_by_the_database_s_time(filled):
    with filled.transaction() as tx:
        tx.jobs.create(new.job(1))
        held = tx.jobs.claim("w", filled.clock(), timedelta(seconds=30))
    assert held.state is JobState.RUNNING
    assert abs(held.lease_until - datetime.now(UTC)) < timedelta(hours=1)
