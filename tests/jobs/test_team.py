"""The workers of a process: what becomes of their jobs when it ends."""

import threading
from datetime import timedelta

import pytest
from tests.jobs.test_worker import ENOUGH, effect, effects, until
from tests.storage import records as new

from assay.errors import LeaseLost
from assay.jobs import queue
from assay.jobs.team import Team
from assay.jobs.worker import Worker
from assay.records.jobs import JobState


@pytest.fixture
def stuck(handler):
    """A handler that begins, waits, and stores its effect when the test says so."""
    begun, go_on, ended = threading.Event(), threading.Event(), []

    def slow(ctx, job):
        begun.set()
        go_on.wait(ENOUGH)
        try:
            with ctx.store.transaction() as tx:
                tx.jobs.complete(job, ctx.clock())
                tx.tokens.create(new.token(int(job.id, 16)))
        except LeaseLost as lost:
            ended.append(lost)
            raise
        ended.append(None)

    handler(slow)
    slow.begun, slow.go_on, slow.ended = begun, go_on, ended
    return slow


def test_a_job_that_ends_in_time_is_finished(ctx, stuck, queue_up, found):
    queue_up(1)
    queue_up(2)
    team = Team(ctx, 1)
    team.start()
    assert stuck.begun.wait(ENOUGH)
    threading.Timer(0.1, stuck.go_on.set).start()
    assert team.stop(ENOUGH) == 0
    assert (found(1).state, found(2).state) == (JobState.DONE, JobState.QUEUED)
    assert effects(ctx) == [1]


def test_a_job_that_does_not_is_claimed_by_another_at_once_and_happens_once(
    ctx, stuck, queue_up, found, clock, handler
):
    queue_up(1, max_attempts=2)
    team = Team(ctx, 1)
    team.start()
    assert stuck.begun.wait(ENOUGH)
    assert team.stop(0) == 1
    back = found(1)
    assert (back.state, back.owner, back.lease_until, back.run_after) == (JobState.QUEUED, None, None, clock.now)
    # The clock has not moved: nobody had to wait for the lease.
    handler(effect)
    assert Worker(ctx).run_one()
    assert found(1).state is JobState.DONE
    stuck.go_on.set()
    until(lambda: len(stuck.ended) == 1)
    assert isinstance(stuck.ended[0], LeaseLost)
    assert effects(ctx) == [1]


def test_an_attempt_that_was_given_back_does_not_count_and_keeps_its_number(ctx, queue_up, found):
    queue_up(max_attempts=2)
    for attempt in range(1, 6):
        held = queue.claim(ctx, "w")
        # What an attempt has written lies under its number: no other one may write there.
        assert held.attempt == attempt
        assert queue.release(ctx, held)
    queue.fail(ctx, queue.claim(ctx, "w"), "no", final=False)
    assert found().state is JobState.QUEUED


def test_nothing_is_given_back_that_has_ended_or_is_somebody_elses(ctx, queue_up, found, clock):
    queue_up(1)
    held = queue.claim(ctx, "w")
    clock.go(ctx.limits.job_lease.total_seconds() + 1)
    taken = queue.claim(ctx, "other")
    assert not queue.release(ctx, held)
    assert (found(1).state, found(1).owner) == (JobState.RUNNING, "other")
    with ctx.store.transaction() as tx:
        tx.jobs.complete(taken, clock.now)
    assert not queue.release(ctx, taken)
    assert found(1).state is JobState.DONE


def test_a_team_without_work_stops_at_once_and_says_when_a_worker_has_ended(ctx):
    team = Team(ctx, 2)
    assert team.faults() == ["2 of 2 workers of this process have ended."]
    team.start()
    assert team.faults() == []
    assert team.stop(ENOUGH) == 0
    assert team.faults() != []


def test_a_process_without_workers_has_no_dead_ones(ctx):
    assert Team(ctx, 0).faults() == []


def test_the_backlog_is_told_by_state_and_age(ctx, queue_up, clock, found):
    for number, more in (
        (1, {"run_after": clock.now - timedelta(seconds=90)}),
        (2, {}),
        (3, {"run_after": clock.now + timedelta(hours=1)}),
        (4, {"state": JobState.FAILED}),
        (5, {"state": JobState.RUNNING, "lease_until": clock.now - timedelta(seconds=5)}),
        (6, {"state": JobState.RUNNING, "lease_until": clock.now + timedelta(seconds=5)}),
        (7, {"state": JobState.DONE}),
    ):
        queue_up(number, **more)
    with ctx.store.snapshot() as tx:
        backlog = tx.jobs.backlog(clock.now)
    assert (backlog.queued, backlog.running, backlog.failed, backlog.due) == (3, 2, 1, 2)
    assert (backlog.oldest_seconds, backlog.expired) == (90.0, 1)
    assert backlog.oldest_lease == clock.now - timedelta(seconds=5)


def test_an_empty_queue_has_no_backlog(ctx, clock):
    with ctx.store.snapshot() as tx:
        backlog = tx.jobs.backlog(clock.now)
    assert (backlog.queued, backlog.due, backlog.oldest_seconds, backlog.oldest_lease) == (0, 0, 0.0, None)
    assert clock.now == new.NOW
