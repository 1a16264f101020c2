"""Claiming jobs, keeping them, and saying how they ended."""

from datetime import timedelta

from assay.monitoring.context import Context
from assay.records.jobs import Job

FIRST_RETRY = timedelta(seconds=1)
LONGEST_RETRY = timedelta(minutes=5)


def claim(ctx: Context, owner: str) -> Job | None:
    """The next job that is due, now held by ``owner``; None if there is none."""
    with ctx.store.transaction() as tx:
        return tx.jobs.claim(owner, ctx.clock(), ctx.limits.job_lease)


def renew(ctx: Context, job: Job) -> bool:
    """Keep holding a job; False when it was lost or cancelled."""
    with ctx.store.transaction() as tx:
        return tx.jobs.renew(job, ctx.clock() + ctx.limits.job_lease)


def release(ctx: Context, job: Job, wait: timedelta = timedelta(0)) -> bool:
    """Give a job back that cannot be finished now; False when it has ended, or is somebody else's."""
    with ctx.store.transaction() as tx:
        return tx.jobs.release(job, ctx.clock() + wait)


def fail(ctx: Context, job: Job, error: str, *, final: bool) -> None:
    """Note a failed attempt; it is tried again later, each time after a longer pause, unless it is final."""
    now = ctx.clock()
    last = final or job.attempt >= job.max_attempts
    with ctx.store.transaction() as tx:
        tx.jobs.fail(job, error, now, None if last else now + _pause(job))


def postpone(ctx: Context, job: Job, reason: str) -> None:
    """Try an attempt again later that something else kept from succeeding; it takes none from those that are left."""
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        tx.jobs.fail(job, reason, now, now + _pause(job), is_forgiven=True)


def _pause(job: Job) -> timedelta:
    # The power is bounded too: a job may be put off often, and a number of days has an end.
    return min(LONGEST_RETRY, FIRST_RETRY * (1 << min(job.attempt - 1, 16)))
