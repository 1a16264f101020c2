"""Blobs that no row refers to are removed, and no others."""

import os
import time
from datetime import timedelta

from tests.http.operations import things_of
from tests.material import Ready, Serve, binary_rows, file_of, new_batch, upload
from tests.serving import Served

from assay.jobs.team import Team
from assay.jobs.worker import Worker
from assay.monitoring.upkeep import schedule
from assay.monitoring.upkeep.sweeping import SWEEP_BLOBS, unreferenced
from assay.records.jobs import JobState
from assay.records.limits import Limits
from assay.records.pages import PageRequest
from assay.records.users import SYSTEM

DAY = timedelta(days=1)


def blobs_of(server: Served) -> set[str]:
    root = server.store.blobs.root
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def age(server: Served, days: float = 2.0) -> None:
    """Make every blob as old as that."""
    for key in blobs_of(server):
        os.utime(server.store.blobs.root / key, (time.time() - days * 86_400,) * 2)


def swept(server: Served) -> set[str]:
    """What a sweep removes."""
    before = blobs_of(server)
    schedule.enqueue_due(server.context)
    server.work()
    with server.store.snapshot() as tx:
        job = tx.jobs.latest(SWEEP_BLOBS)
    assert job is not None
    assert job.state is JobState.DONE
    return before - blobs_of(server)


def put(server: Served, *keys: str) -> set[str]:
    for key in keys:
        server.store.blobs.put(key, [b"x"])
    return set(keys)


def test_everything_that_any_call_has_made_is_referred_to(served: Served, binary: Ready) -> None:
    things_of(served, binary)
    served.work()
    age(served)
    with served.store.snapshot() as tx:
        keys = sorted(blobs_of(served))
        assert [key for key in keys if not tx.blob_references.is_known(key)] == []
        named = set(tx.blob_references.all())
    assert {key for key in named if not key.endswith("/")} <= set(keys)
    assert list(unreferenced(served.store, DAY)) == []
    assert swept(served) == set()


def test_what_nobody_refers_to_is_removed_once_it_is_old(served: Served, binary: Ready) -> None:
    d, u = binary.id, "5" * 24
    lost = put(
        served,
        f"rows/{d}/{u}/00000.parquet",
        f"rows/{d}/{u}/1/00000.parquet",
        f"incoming/{u}",
        f"datasets/{u}",
        f"exports/{u}/1/{u}",
        f"monitoring_jobs/{u}/intake/{u}",
        f"monitoring_jobs/{u}/attempt-1/result.csv",
        "probes/1",
        ".incoming/side",
    )
    young = put(served, f"rows/{d}/{'6' * 24}/00000.parquet")
    for key in lost:
        os.utime(served.store.blobs.root / key, (time.time() - 90_000,) * 2)
    assert swept(served) == lost
    assert young <= blobs_of(served)


def test_a_blob_of_an_unknown_kind_is_left_alone(served: Served) -> None:
    strange = put(served, "from_the_future/1")
    age(served)
    assert swept(served) == set()
    assert strange <= blobs_of(served)


def test_a_file_that_waits_and_what_its_attempt_writes_are_kept_and_dead_attempts_are_not(
    serve: Serve, binary: Ready
) -> None:
    with serve(limits=Limits(inline_upload_bytes=10)) as server:
        batch = new_batch(server.owner, binary)
        assert upload(server.owner, binary, batch, "large", file_of(binary_rows(5, 70))).status_code == 202
        now = server.context.clock()
        for _ in range(2):
            # The first attempt's worker dies, the second one's is at work.
            with server.store.transaction() as tx:
                job = tx.jobs.claim("worker", now, DAY)
            assert job is not None
            now += 2 * DAY
        with server.store.snapshot() as tx:
            (waiting,) = tx.uploads.list(batch, PageRequest()).items
        prefix = waiting.blob_prefix
        dead, alive = f"{prefix}/1/00000.parquet", f"{prefix}/2/00000.parquet"
        put(server, dead, alive)
        age(server)
        keep = {alive, f"incoming/{waiting.id}"}
        assert swept_beside(server) == {dead}
        assert keep <= blobs_of(server)


def swept_beside(server: Served) -> set[str]:
    """What a sweep removes while another job is at work."""
    before = blobs_of(server)
    schedule.enqueue_due(server.context)
    Worker(server.context).run_one()
    return before - blobs_of(server)


def test_a_part_beyond_those_of_its_upload_and_one_of_a_refused_upload_are_removed(
    served: Served, binary: Ready
) -> None:
    batch = new_batch(served.owner, binary)
    upload(served.owner, binary, batch, "a", file_of(binary_rows(5, 20)))
    with served.store.snapshot() as tx:
        (counted,) = tx.uploads.list(batch, PageRequest()).items
    extra = put(served, f"{counted.blob_prefix}/00001.parquet", f"{counted.blob_prefix}/7/00000.parquet")
    age(served)
    assert swept(served) == extra
    assert f"{counted.blob_prefix}/00000.parquet" in blobs_of(served)


def test_nothing_is_swept_while_a_backup_is_made_and_all_of_it_afterwards(served: Served) -> None:
    lost = put(served, "datasets/" + "5" * 24)
    age(served)
    with served.store.blobs.held():
        assert swept(served) == set()
    with served.store.transaction() as tx:
        tx.jobs.forget(SWEEP_BLOBS)
    assert swept(served) == lost


def test_a_sweep_is_queued_once_an_hour_and_leaves_one_trace(served: Served) -> None:
    began = served.context.clock()
    moved = [timedelta(0)]
    ctx = type(served.context)(
        store=served.store,
        engine=served.context.engine,
        clock=lambda: began + moved[0],
        secret=served.context.secret,
    )

    def sweeps() -> list[JobState]:
        with served.store.snapshot() as tx:
            return [job.state for job in tx.jobs.list(SYSTEM, PageRequest()).items]

    for _ in range(3):
        schedule.enqueue_due(ctx)
    assert sweeps() == [JobState.QUEUED]
    moved[0] = timedelta(hours=5)
    schedule.enqueue_due(ctx)
    # It still waits: a second one would be of no use.
    assert sweeps() == [JobState.QUEUED]
    while Worker(ctx).run_one():
        pass
    schedule.enqueue_due(ctx)
    assert sweeps() == [JobState.QUEUED]
    while Worker(ctx).run_one():
        pass
    moved[0] += timedelta(minutes=59)
    schedule.enqueue_due(ctx)
    assert sweeps() == [JobState.DONE]
    moved[0] += timedelta(minutes=1)
    schedule.enqueue_due(ctx)
    assert sweeps() == [JobState.QUEUED]


def test_the_workers_of_a_server_do_it_by_themselves(served: Served) -> None:
    lost = put(served, "datasets/" + "5" * 24)
    age(served)
    team = Team(served.context, 2)
    team.start()
    end = time.monotonic() + 60
    while lost & blobs_of(served):
        assert time.monotonic() < end, "nothing is swept"
        time.sleep(0.05)
    assert team.stop(60) == 0


def test_nobody_sees_in_lists_what_the_server_does_by_itself(served: Served) -> None:
    schedule.enqueue_due(served.context)
    kinds = {job["statusType"] for job in served.owner.read("status/")["data"]}
    assert SWEEP_BLOBS not in kinds


def test_settings_say_how_long_a_blob_may_wait(serve: Serve) -> None:
    with serve(limits=Limits(blob_grace=timedelta(hours=2))) as server:
        lost = put(server, "datasets/" + "5" * 24)
        age(server, days=1 / 24)
        assert swept(server) == set()
        with server.store.transaction() as tx:
            tx.jobs.forget(SWEEP_BLOBS)
        age(server, days=3 / 24)
        assert swept(server) == lost
