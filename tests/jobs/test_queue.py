from datetime import timedelta

import pytest

from assay.jobs import queue
from assay.records.jobs import JobState


def test_an_empty_queue_has_no_next_job(ctx):
    assert queue.claim(ctx, "w") is None


def test_a_claimed_job_is_held_for_one_lease(ctx, queue_up, clock):
    queue_up()
    assert queue.claim(ctx, "w").lease_until == clock.now + ctx.limits.job_lease
    assert queue.claim(ctx, "other") is None


def test_a_job_is_kept_by_renewing_it(ctx, queue_up, clock):
    queue_up()
    held = queue.claim(ctx, "w")
    for _ in range(5):
        clock.go(ctx.limits.job_lease.total_seconds() / 2)
        assert queue.renew(ctx, held)
        assert queue.claim(ctx, "other") is None


def test_a_job_that_was_taken_over_or_cancelled_cannot_be_renewed(ctx, queue_up, clock):
    queue_up()
    held = queue.claim(ctx, "w")
    clock.go(ctx.limits.job_lease.total_seconds() + 1)
    taken = queue.claim(ctx, "other")
    assert not queue.renew(ctx, held)
    assert queue.renew(ctx, taken)
    with ctx.store.transaction() as tx:
        tx.jobs.cancel(taken.id, clock.now)
    assert not queue.renew(ctx, taken)


def test_every_attempt_waits_longer_than_the_one_before_up_to_a_limit(ctx, queue_up, found, clock):
    queue_up(max_attempts=12)
    pauses = []
    for _ in range(11):
        held = queue.claim(ctx, "w")
        queue.fail(ctx, held, "no", final=False)
        pauses.append(found().run_after - clock.now)
        assert queue.claim(ctx, "w") is None
        clock.now = found().run_after
    assert pauses[:4] == [timedelta(seconds=s) for s in (1, 2, 4, 8)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == queue.LONGEST_RETRY


@pytest.mark.parametrize(("final", "attempts"), [(True, 1), (False, 3)])
def test_a_job_fails_for_good_when_told_or_at_its_last_attempt(ctx, queue_up, found, clock, final, attempts):
    queue_up(max_attempts=3)
    for attempt in range(1, attempts + 1):
        held = queue.claim(ctx, "w")
        assert held.attempt == attempt
        queue.fail(ctx, held, f"reason {attempt}", final=final)
        clock.go(60)
    ended = found()
    assert (ended.state, ended.error) == (JobState.FAILED, f"reason {attempts}")
    assert ended.finished_at is not None
    assert queue.claim(ctx, "w") is None
