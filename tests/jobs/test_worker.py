import ast
import importlib
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.jobs.stores import told
from tests.storage import records as new

from assay.errors import AssayError, Conflict, LeaseLost, Unavailable
from assay.jobs import queue
from assay.jobs.handlers import HANDLERS
from assay.jobs.worker import Worker, run
from assay.records.jobs import JobState
from assay.records.limits import Limits

ROOT = Path(__file__).parents[2]
ENOUGH = 30  # seconds in which anything that is going to happen has happened


def effect(ctx, job):
    """Add a token, whose id can be there once only, and end the job in the same transaction."""
    with ctx.store.transaction() as tx:
        tx.tokens.create(new.token(int(job.id, 16)))
        tx.jobs.complete(job, ctx.clock(), "result/")


def effects(ctx):
    with ctx.store.snapshot() as tx:
        return [int(token.id, 16) for token in tx.tokens.list()]


def work(ctx):
    worker = Worker(ctx)
    while worker.run_one():
        pass


def test_a_worker_runs_what_is_due_and_says_when_there_is_nothing(ctx, handler, queue_up, found):
    handler(effect)
    queue_up(1)
    queue_up(2, run_after=new.NOW + timedelta(hours=1))
    worker = Worker(ctx)
    assert (worker.run_one(), worker.run_one()) == (True, False)
    assert effects(ctx) == [1]
    done = found(1)
    assert (done.state, done.result_path, done.error, done.finished_at) == (JobState.DONE, "result/", None, new.NOW)


def test_a_handler_is_given_its_job(ctx, handler, queue_up):
    seen = []
    handler(lambda _, job: seen.append(job))
    queue_up()
    work(ctx)
    assert [(job.args, job.attempt, job.state) for job in seen] == [({"n": [1, None, "é"]}, 1, JobState.RUNNING)]


def test_a_fault_is_tried_again_until_it_succeeds(ctx, handler, queue_up, found, clock):
    tries = []

    def flaky(ctx, job):
        tries.append(job.attempt)
        if job.attempt < 3:
            raise ConnectionError("no route")
        effect(ctx, job)

    handler(flaky)
    queue_up()
    for _ in range(4):
        work(ctx)
        clock.go(60)
    assert tries == [1, 2, 3]
    assert effects(ctx) == [1]
    assert (found().state, found().error) == (JobState.DONE, None)


def test_the_last_fault_stays_as_the_reason(ctx, handler, queue_up, found, clock):
    def broken(_, job):
        raise ConnectionError(f"no route {job.attempt}")

    handler(broken)
    queue_up(max_attempts=2)
    work(ctx)
    assert (found().state, found().error) == (JobState.QUEUED, "ConnectionError: no route 1")
    clock.go(60)
    work(ctx)
    clock.go(600)
    work(ctx)
    assert (found().state, found().error) == (JobState.FAILED, "ConnectionError: no route 2")


@pytest.mark.parametrize("refusal", [AssayError("these are the facts"), Conflict("these are the facts")])
def test_a_refusal_is_final_and_is_the_reason(ctx, handler, queue_up, found, refusal):
    def refuse(_, __):
        raise refusal

    handler(refuse)
    queue_up()
    work(ctx)
    assert (found().state, found().error, found().attempt) == (JobState.FAILED, "these are the facts", 1)


def test_a_job_of_an_unknown_kind_fails_in_words(ctx, queue_up, found):
    queue_up(kind="from the future")
    work(ctx)
    assert found().state is JobState.FAILED
    assert "no job of kind 'from the future'" in found().error


def test_an_effect_of_a_failed_attempt_is_not_there(ctx, handler, queue_up, found):
    def half(ctx, job):
        with ctx.store.transaction() as tx:
            tx.tokens.create(new.token(1))
            raise ConnectionError

    handler(half)
    queue_up()
    work(ctx)
    assert effects(ctx) == []
    assert found().state is JobState.QUEUED


def test_a_worker_that_lost_its_lease_cannot_commit(ctx, handler, queue_up, found, clock):
    def slow(ctx, job):
        if job.attempt == 1:
            clock.go(ctx.limits.job_lease.total_seconds() + 1)
            run(ctx, queue.claim(ctx, "other"))
        effect(ctx, job)

    handler(slow)
    queue_up()
    work(ctx)
    assert effects(ctx) == [1]
    assert (found().state, found().owner, found().attempt) == (JobState.DONE, "other", 2)


def test_a_worker_that_fails_after_it_lost_its_lease_changes_nothing(ctx, handler, queue_up, found, clock):
    def slow(ctx, job):
        if job.attempt == 1:
            clock.go(ctx.limits.job_lease.total_seconds() + 1)
            queue.claim(ctx, "other")
            raise ConnectionError

    handler(slow)
    queue_up()
    work(ctx)
    assert (found().state, found().owner, found().error) == (JobState.RUNNING, "other", None)


def test_a_job_that_was_cancelled_while_it_ran_has_no_effect(ctx, handler, queue_up, found):
    def cancelled(ctx, job):
        with ctx.store.transaction() as tx:
            tx.jobs.cancel(job.id, ctx.clock())
        effect(ctx, job)

    handler(cancelled)
    queue_up()
    work(ctx)
    assert effects(ctx) == []
    assert found().state is JobState.CANCELLED


def test_a_job_that_keeps_killing_its_workers_is_given_up(ctx, handler, queue_up, found, clock):
    handler(effect)
    queue_up(max_attempts=2)
    for _ in range(2):
        assert queue.claim(ctx, "dies") is not None
        clock.go(ctx.limits.job_lease.total_seconds() + 1)
    work(ctx)
    assert effects(ctx) == []
    assert found().state is JobState.FAILED
    assert "2 attempts were begun" in found().error


def test_the_lease_is_kept_while_a_job_runs(ctx, handler, queue_up, monkeypatch):
    ctx = replace(ctx, limits=Limits(job_lease=timedelta(seconds=0.15)))
    renewed = threading.Event()
    keep = queue.renew

    def watched(ctx, job):
        renewed.set()
        return keep(ctx, job)

    monkeypatch.setattr(queue, "renew", watched)
    handler(lambda ctx, job: effect(ctx, job) if renewed.wait(ENOUGH) else None)
    queue_up()
    work(ctx)
    assert effects(ctx) == [1]


def test_two_jobs_of_one_key_never_run_at_once(ctx, handler, queue_up, found):
    lock, waiting = threading.Lock(), threading.Event()
    collisions = []

    def alone(ctx, job):
        if not lock.acquire(blocking=False):
            collisions.append(job.id)
            return
        try:
            waiting.wait(0.05)
            effect(ctx, job)
        finally:
            lock.release()

    handler(alone)
    for number in range(1, 7):
        queue_up(number, key="one at a time")
    workers = [Worker(ctx) for _ in range(3)]
    for worker in workers:
        worker.start()
    until(lambda: all(found(number).state is JobState.DONE for number in range(1, 7)))
    for worker in workers:
        worker.stop()
    assert collisions == []
    assert effects(ctx) == [1, 2, 3, 4, 5, 6]


def test_a_worker_that_is_told_to_stop_ends_the_job_it_has_begun(ctx, handler, queue_up, found):
    begun, go_on = threading.Event(), threading.Event()

    def slow(ctx, job):
        begun.set()
        go_on.wait(ENOUGH)
        effect(ctx, job)

    handler(slow)
    queue_up(1)
    queue_up(2)
    worker = Worker(ctx)
    worker.start()
    assert begun.wait(ENOUGH)
    worker.stop(timeout=0)
    go_on.set()
    worker.stop()
    assert (found(1).state, found(2).state) == (JobState.DONE, JobState.QUEUED)


def test_trouble_between_jobs_does_not_end_a_worker(ctx, handler, queue_up, found, monkeypatch):
    claim, troubles = queue.claim, iter([ConnectionError, LeaseLost])

    def troubled(ctx, owner):
        trouble = next(troubles, None)
        if trouble is not None:
            raise trouble
        return claim(ctx, owner)

    monkeypatch.setattr(queue, "claim", troubled)
    handler(effect)
    queue_up()
    worker = Worker(ctx)
    worker.start()
    until(lambda: found().state is JobState.DONE)
    worker.stop()
    assert effects(ctx) == [1]


def kinds_made(path):
    """Kinds of the jobs that a module makes."""
    module = importlib.import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
    calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
    made = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "queued"]
    return [getattr(module, ast.unparse(kind)) for kind in made]


def test_every_kind_of_job_that_is_made_has_a_handler_and_no_handler_waits_in_vain():
    made = [kind for path in sorted((ROOT / "src/assay/monitoring").rglob("*.py")) for kind in kinds_made(path)]
    assert set(made) == set(HANDLERS)


# ---------------------------------------------------------------- a database that is away for a moment


class Away:
    """A store whose next transactions of the threads that keep leases find no database."""

    def __init__(self, store, times):
        self._store = store
        self.left = times

    @property
    def blobs(self):
        return self._store.blobs

    def snapshot(self):
        return self._store.snapshot()

    @contextmanager
    def transaction(self):
        if self.left and threading.current_thread().name.startswith("lease-"):
            self.left -= 1
            raise Unavailable("gone for a moment")
        with self._store.transaction() as tx:
            yield tx


def test_a_lease_is_kept_through_a_moment_without_a_database(ctx, handler, queue_up, found, clock):
    ctx = replace(ctx, limits=Limits(job_lease=timedelta(seconds=0.3)))
    away = Away(ctx.store, times=2)

    def wait(ctx, job):
        clock.go(1)
        until(lambda: found().lease_until > job.lease_until)
        effect(ctx, job)

    handler(wait)
    queue_up()
    Worker(replace(ctx, store=away)).run_one()
    assert away.left == 0
    assert (found().state, found().attempt) == (JobState.DONE, 1)


def test_a_job_is_put_off_while_something_is_away_and_loses_no_attempt(ctx, handler, queue_up, found, clock):
    fails = iter([True] * 9 + [False])

    def away_at_first(ctx, job):
        if next(fails):
            raise Unavailable("the store is away")
        effect(ctx, job)

    handler(away_at_first)
    queue_up(max_attempts=2)
    pauses = []
    for _ in range(9):
        work(ctx)
        assert (found().state, found().error) == (JobState.QUEUED, "the store is away")
        pauses.append(found().run_after - clock.now)
        clock.now = found().run_after
    assert pauses[:3] == [timedelta(seconds=s) for s in (1, 2, 4)]
    assert pauses[-1] <= queue.LONGEST_RETRY
    work(ctx)
    assert (found().state, found().attempt, found().error) == (JobState.DONE, 10, None)
    assert effects(ctx) == [1]


# ---------------------------------------------------------------- a process that is killed

HOLD = """
import sys, time
from datetime import UTC, datetime, timedelta
from assay.jobs import worker
from assay.jobs.handlers import HANDLERS
from assay.monitoring.context import Context
from assay.records.limits import Limits
from tests.jobs.stores import store_told
from tests.storage import records as new

def hang(ctx, job):
    with ctx.store.transaction() as tx:
        tx.tokens.create(new.token(1))
        if sys.argv[2] == "inside":
            print("ready", flush=True)
            time.sleep(600)
        tx.tokens.delete(new.id_of(1))
    print("ready", flush=True)
    time.sleep(600)

HANDLERS["count"] = hang
limits = Limits(job_lease=timedelta(seconds=1))
store = store_told(sys.argv[1])
ctx = Context(store=store, engine=None, clock=lambda: datetime.now(UTC), secret=b"", limits=limits)
worker.Worker(ctx).run_one()
"""


@pytest.mark.parametrize("moment", ["inside", "between"])
def test_a_killed_process_loses_its_job_to_another_and_the_effect_happens_once(
    ctx, handler, queue_up, found, clock, moment
):
    queue_up()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), *sys.path])}
    command = [sys.executable, "-c", HOLD, told(ctx.store), moment]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
        finally:
            process.kill()
    held = found()
    assert (held.state, held.attempt) == (JobState.RUNNING, 1)
    assert effects(ctx) == []
    handler(effect)
    clock.now = held.lease_until - timedelta(milliseconds=1)
    work(ctx)
    assert effects(ctx) == []
    clock.go(1)
    work(ctx)
    work(ctx)
    assert effects(ctx) == [1]
    assert (found().state, found().attempt) == (JobState.DONE, 2)


def until(condition):
    """Wait for something that threads bring about."""
    pause, end = threading.Event(), datetime.now(UTC) + timedelta(seconds=ENOUGH)
    while not condition():
        assert datetime.now(UTC) < end, "it did not happen"
        pause.wait(0.02)
