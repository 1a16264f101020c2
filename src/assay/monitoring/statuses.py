"""How queued work stands, for those who asked for it."""

from assay.errors import UnknownStatus
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.monitoring_jobs import monitoring_jobs
from assay.records.jobs import Job, JobState
from assay.records.pages import Page, PageRequest
from assay.records.users import User


def get(ctx: Context, caller: User, job_id: str) -> Job:
    """One job that the caller asked for."""
    with ctx.store.snapshot() as tx:
        job = tx.jobs.find(job_id)
    if job is None or access.owner_filter(caller) not in {None, job.user_id}:
        raise UnknownStatus(job_id)
    return job


def page(ctx: Context, caller: User, request: PageRequest) -> Page[Job]:
    """The caller's jobs, newest first."""
    with ctx.store.snapshot() as tx:
        return tx.jobs.list(access.owner_filter(caller), request)


def cancel(ctx: Context, caller: User, job_id: str) -> None:
    """Cancel a job that has not ended."""
    job = get(ctx, caller, job_id)
    if job.kind == monitoring_jobs.RUN_MONITORING_JOB and job.state in {JobState.QUEUED, JobState.RUNNING}:
        monitoring_jobs.cancel(ctx, caller, job.args["monitoring_job_id"])
        return
    with ctx.store.transaction() as tx:
        tx.jobs.cancel(job_id, ctx.clock())
