"""The job queue: what waits, what was given up, whose worker has died."""

from datetime import timedelta

from assay.records.jobs import JobState
from assay.records.pages import PageRequest
from assay.server.doctor.check import Check, Subject, failing, ok, warning

LONG, VERY_LONG = timedelta(minutes=5), timedelta(hours=1)
SHOWN = 5


def backlog(subject: Subject) -> Check:
    """How long jobs wait."""
    with subject.store.snapshot() as tx:
        found = tx.jobs.backlog(subject.now)
    oldest = timedelta(seconds=found.oldest_seconds)
    told = f"{found.running} run, {found.queued} wait."
    if oldest > LONG:
        told = f"{told} The oldest has waited for {oldest.total_seconds() / 60:,.0f} minutes."
        advice = "Start the server, or give it more workers (ASSAY_WORKERS)."
        return (failing if oldest > VERY_LONG else warning)("jobs", told, advice)
    return ok("jobs", told)


def leases(subject: Subject) -> Check:
    """Whether the workers of running jobs live."""
    with subject.store.snapshot() as tx:
        found = tx.jobs.backlog(subject.now)
    if found.oldest_lease is None:
        return ok("leases", "No job runs.")
    since = subject.now - found.oldest_lease
    if since > LONG:
        return warning(
            "leases",
            f"{found.expired} jobs run no more: the first worker died {since.total_seconds() / 60:,.0f} minutes ago.",
            "Start the server: its workers take them over.",
        )
    return ok("leases", f"{found.running} are held.")


def dead(subject: Subject) -> Check:
    """Jobs that were given up after faults of ours. A refusal is the answer to a wrong call, and no fault."""
    with subject.store.snapshot() as tx:
        failed = tx.jobs.of_states((JobState.FAILED,), PageRequest(limit=1_000))
    broken = [job for job in failed.items if job.attempt >= job.max_attempts]
    told = f"{len(broken)} were given up, {failed.total - len(broken)} refused."
    if broken:
        details = [f"{job.id} {job.kind}: {job.error}" for job in broken[:SHOWN]]
        advice = "See to the reasons, then: assay queue retry JOB_ID ('assay queue list --failed' shows all)."
        return warning("failed jobs", told, advice, details)
    return ok("failed jobs", told)
