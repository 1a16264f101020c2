"""Monitoring jobs: made, listed, cancelled, and given their rows; `job_running` counts these."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from assay.errors import (
    Conflict,
    Invalid,
    NotFound,
    TooLarge,
    UnknownBatchJob,
    UnknownDeployment,
    WrongIntake,
)
from assay.monitoring import access, paths
from assay.monitoring.context import Context
from assay.monitoring.monitoring_jobs import job_specs
from assay.monitoring.queueing import queued
from assay.monitoring.undoing import undone
from assay.monitoring.watched import watched
from assay.records.ids import new_id
from assay.records.job_specs import JobSpec
from assay.records.jobs import Job
from assay.records.monitoring_jobs import JobPart, JobQuery, JobStatus, MonitoringJob
from assay.records.pages import Page, PageRequest
from assay.records.times import format_time
from assay.records.uploads import UploadState
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

RUN_MONITORING_JOB = "run_monitoring_job"
MOST_PARTS = 10_000

WAITS_FOR_ROWS = "The job waits for its rows."
WAITS_FOR_TURN = "The job waits for its turn."
CANCELLED = "The job was cancelled; nothing of it counts."


@dataclass(frozen=True, slots=True)
class Origin:
    """What started a job."""

    source: str = "api"
    definition_id: str | None = None
    due_at: datetime | None = None


def create(ctx: Context, caller: User, spec: JobSpec) -> MonitoringJob:
    """Make a job. It runs at once, unless its rows are still to be uploaded."""
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        model_id = job_specs.check(ctx, tx, caller, spec)
        # A job must not fail later for what can be told now.
        _ = watched(ctx, tx, access.deployment(tx, caller, spec.deployment_id), model_id).ready
        return add(tx, caller, spec, model_id, Origin(), now)


def add(tx: "Transaction", caller: User, spec: JobSpec, model_id: str, origin: Origin, now: datetime) -> MonitoringJob:
    """Store a job that has been checked, and queue its work unless rows are still to come."""
    job_id = new_id(now)
    task = None if spec.is_uploaded else _task(job_id, caller.id, origin, now)
    job = MonitoringJob(
        id=job_id,
        deployment_id=spec.deployment_id,
        spec=spec,
        model_id=model_id,
        status=JobStatus.INITIALIZING,
        details=WAITS_FOR_ROWS if task is None else WAITS_FOR_TURN,
        source=origin.source,
        definition_id=origin.definition_id,
        due_at=origin.due_at,
        created_at=now,
        created_by_id=caller.id,
        created_by_name=caller.name,
        started_at=None,
        finished_at=None,
        task_id=None if task is None else task.id,
        intake_key=None,
        batch_id=None,
        upload_id=None,
        attempt=0,
        is_counted=False,
        scored_rows=0,
        failed_rows=0,
        skipped_rows=0,
        percent=0.0,
        intake_size=None,
        output_size=None,
        results_deleted=False,
        logs=(line(now, f"Made by {caller.name} ({origin.source})."),),
    )
    tx.monitoring_jobs.create(job)
    if task is not None:
        tx.jobs.create(task)
    return tx.monitoring_jobs.get(job_id)


def _task(job_id: str, user_id: str, origin: Origin, now: datetime) -> Job:
    # Jobs of one definition run one after the other: they are about the same place.
    key = None if origin.definition_id is None else f"{RUN_MONITORING_JOB}:{origin.definition_id}"
    args = {"monitoring_job_id": job_id}
    return queued(RUN_MONITORING_JOB, args, user_id, now, result_path=paths.batch_job(job_id), key=key)


def line(now: datetime, text: str) -> str:
    """A line of a job's log."""
    return f"{format_time(now)} {text}"


def find(tx: "Transaction", caller: User, job_id: str) -> MonitoringJob:
    """The job of this id, if the caller may see its deployment; else `UnknownBatchJob`."""
    found = tx.monitoring_jobs.find(job_id)
    if found is None:
        raise UnknownBatchJob(job_id)
    try:
        access.deployment(tx, caller, found.deployment_id)
    except UnknownDeployment as unseen:
        raise UnknownBatchJob(job_id) from unseen
    return found


def held(tx: "Transaction", caller: User, job_id: str) -> MonitoringJob:
    """The same for a change of the job: nobody else changes it until the end of the transaction."""
    tx.deployments.hold(find(tx, caller, job_id).deployment_id)
    return find(tx, caller, job_id)


def get(ctx: Context, caller: User, job_id: str) -> MonitoringJob:
    """One job."""
    with ctx.store.snapshot() as tx:
        return find(tx, caller, job_id)


def page(ctx: Context, query: JobQuery, request: PageRequest) -> Page[MonitoringJob]:
    """Jobs that pass the filters; ``query.owner_id`` keeps those that the caller may see."""
    with ctx.store.snapshot() as tx:
        return tx.monitoring_jobs.list(query, request)


# ------------------------------------------------------------------ rows that are uploaded


def require_rows_wanted(ctx: Context, caller: User, job_id: str) -> None:
    """Refuse rows for a job that takes none, before they are read."""
    with ctx.store.snapshot() as tx:
        _wanting_rows(find(tx, caller, job_id))


def _wanting_rows(job: MonitoringJob) -> MonitoringJob:
    if not job.spec.is_uploaded:
        raise WrongIntake(
            f"The rows of job {job.id} come from its {job.spec.intake_type} intake; only those of a localFile intake "
            "are uploaded."
        )
    if job.status is not JobStatus.INITIALIZING or job.task_id is not None:
        raise Conflict(f"Job {job.id} has its rows already, or has ended ({job.status}). Make another job for others.")
    return job


def put_rows(ctx: Context, caller: User, job_id: str, chunks: Iterable[bytes]) -> MonitoringJob:
    """Give a job all its rows; it runs from now on."""
    now = ctx.clock()
    with ctx.store.snapshot() as tx:
        job = _wanting_rows(find(tx, caller, job_id))
        if tx.monitoring_jobs.parts(job_id):
            raise Conflict(f"Job {job_id} is being given its rows in parts. Send the rest so, and finalize.")
    key = f"{job.prefix}/intake/{new_id(now)}"
    size = ctx.store.blobs.put(key, chunks)
    with undone(lambda: ctx.store.blobs.delete(key)), ctx.store.transaction() as tx:
        return _begin(tx, _wanting_rows(held(tx, caller, job_id)), caller, now, size, key)


def put_part(ctx: Context, caller: User, job_id: str, number: int, chunks: Iterable[bytes]) -> None:
    """Give a job one part of its rows; the same number again replaces the part."""
    if not 0 <= number < MOST_PARTS:
        raise Invalid(f"partNumber: found {number}, expected 0 to {MOST_PARTS - 1}.")
    now = ctx.clock()
    with ctx.store.snapshot() as tx:
        job = _wanting_rows(find(tx, caller, job_id))
    key = f"{job.prefix}/intake/{new_id(now)}"
    size = ctx.store.blobs.put(key, chunks)
    with undone(lambda: ctx.store.blobs.delete(key)), ctx.store.transaction() as tx:
        _wanting_rows(held(tx, caller, job_id))
        _check_room(tx, job_id, number, size, ctx.limits.max_upload_bytes)
        replaced = tx.monitoring_jobs.put_part(job_id, JobPart(number, key, size))
    if replaced is not None:
        ctx.store.blobs.delete(replaced)


def _check_room(tx: "Transaction", job_id: str, number: int, size: int, most: int) -> None:
    others = sum(part.size for part in tx.monitoring_jobs.parts(job_id) if part.number != number)
    if others + size > most:
        raise TooLarge(f"The parts together have {others + size} bytes, expected at most {most}.")


def finish_parts(ctx: Context, caller: User, job_id: str) -> MonitoringJob:
    """Say that all parts are there; the job runs from now on.

    Raises
    ------
    Invalid
        When there is none, or one between 0 and the last is missing.
    """
    with ctx.store.transaction() as tx:
        job = _wanting_rows(held(tx, caller, job_id))
        parts = tx.monitoring_jobs.parts(job_id)
        there = {part.number for part in parts}
        if not there:
            raise Invalid("The job has no part yet. Send part 0, 1, ... and finalize then.")
        missing = [n for n in range(max(there)) if n not in there]
        if missing:
            some = ", ".join(map(str, missing[:12])) + (", ..." if len(missing) > 12 else "")
            raise Invalid(f"The job has parts up to {max(there)}, and of these {some} are missing. Send them first.")
        return _begin(tx, job, caller, ctx.clock(), sum(part.size for part in parts), None)


def _begin(
    tx: "Transaction", job: MonitoringJob, caller: User, now: datetime, size: int, key: str | None
) -> MonitoringJob:
    task = _task(job.id, caller.id, Origin(job.source, job.definition_id), now)
    tx.jobs.create(task)
    tx.monitoring_jobs.update(
        job.id,
        log=line(now, f"The rows are there ({size} bytes)."),
        task_id=task.id,
        intake_key=key,
        intake_size=size,
        details=WAITS_FOR_TURN,
    )
    return tx.monitoring_jobs.get(job.id)


# ------------------------------------------------------------------ ends


def cancel(ctx: Context, caller: User, job_id: str) -> MonitoringJob:
    """Stop a job: nothing of it counts, and the batch that it may have made stays empty.

    Raises
    ------
    Conflict
        When it has ended, or its rows count already.
    """
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        job = held(tx, caller, job_id)
        if job.status.has_ended:
            raise Conflict(f"Job {job_id} has ended already ({job.status}).")
        if job.is_counted:
            raise Conflict(
                f"The rows of job {job_id} count already. Let it end, and delete its batch to take them out again."
            )
        if job.task_id is not None:
            tx.jobs.cancel(job.task_id, now)
        if job.upload_id is not None:
            tx.uploads.update(job.upload_id, state=UploadState.REFUSED, error=CANCELLED)
        tx.monitoring_jobs.update(
            job_id,
            log=line(now, f"Cancelled by {caller.name}."),
            status=JobStatus.ABORTED,
            details=CANCELLED,
            finished_at=now,
        )
        ended = tx.monitoring_jobs.get(job_id)
    ctx.store.blobs.delete(job.prefix)
    return ended


def result(ctx: Context, caller: User, job_id: str) -> Iterator[bytes]:
    """The rows with what became of each, as CSV in pieces.

    Raises
    ------
    Invalid
        While there is no result, or when the job has none.
    NotFound
        When it was deleted with the job's batch.
    """
    job = get(ctx, caller, job_id)
    if job.results_deleted:
        raise NotFound(f"The result of job {job_id} was deleted with its batch.")
    if not job.has_result:
        raise Invalid(
            f"Job {job_id} has no result: it is {job.status}. Once it is COMPLETED, 'links.download' is there."
        )
    return ctx.store.blobs.stream(job.result_key)
