"""Carrying an erasure out, so that it can be cut off anywhere and begun again.

1. What had come before it must first be counted, or be given up: else the id would come back out of a waiting file.
2. Kept rows are written anew without the id (`row_erasure`).
3. In one transaction the index entries, the actual and the id beside values of custom metrics go, and the accuracy that
   they were part of is marked to be computed anew.
4. Files that were made of the rows are looked through, and deleted where they hold the id (`file_erasure`). An export
   that was being written since before step 3 finds at its end that an erasure has come between, and begins anew.

Profiles keep only counts by cell, and accuracy that was closed by age only sums: neither holds an id, and both stay.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assay.errors import Postponed
from assay.monitoring import audit
from assay.monitoring.actuals.accuracy_refresh import recompute
from assay.monitoring.context import Context
from assay.monitoring.erasures.file_erasure import drop_exports, drop_results
from assay.monitoring.erasures.row_erasure import without_id
from assay.records.audit import AuditEvent
from assay.records.erasures import Erasure, Removed
from assay.records.jobs import Job, JobState
from assay.records.monitoring_jobs import JobStatus
from assay.records.uploads import HELD, Upload, UploadState, incoming_key

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

WAIT = timedelta(seconds=2)
OPEN = {JobState.QUEUED, JobState.RUNNING}
GIVEN_UP = "Its job had failed, and an erasure has removed the rows that still waited to be counted."


def erase(ctx: Context, job: Job) -> None:
    """Carry out an erasure.

    Raises
    ------
    Postponed
        While rows that came before it are still being counted.
    """
    with ctx.store.snapshot() as tx:
        erasure = tx.erasures.find(job.args["erasure_id"])
    # None: the deployment is gone, and all of this with it.
    if erasure is not None and erasure.association_id is not None:
        _settle(ctx, job, erasure)
        with ctx.store.snapshot() as tx:
            uploads = tx.uploads.with_rows(erasure.deployment_id)
        for upload in uploads:
            without_id(ctx, job, erasure, upload)
        _forget(ctx, job, erasure, erasure.association_id)
        drop_exports(ctx, job, erasure)
        drop_results(ctx, job, erasure)
        _clear(ctx, erasure)
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        if erasure is not None:
            tx.deployments.hold(erasure.deployment_id)
            _note(tx, erasure, job, now)
            tx.erasures.finish(erasure.id, now)
        tx.jobs.complete(job, now)


def _note(tx: "Transaction", erasure: Erasure, job: Job, now: datetime) -> None:
    done = tx.erasures.find(erasure.id)
    removed = {} if done is None else asdict(done.removed)
    caller, of = tx.users.get(job.user_id), erasure.deployment_id
    audit.note(tx, AuditEvent.ERASURE_DONE, caller, now, erasure.id, {"removed": removed}, deployment_id=of)


def _clear(ctx: Context, erasure: Erasure) -> None:
    """Delete the blobs whose rows are gone, those of attempts that were cut off too."""
    with ctx.store.snapshot() as tx:
        found = tx.erasures.find(erasure.id)
    for key in () if found is None else found.leftovers:
        ctx.store.blobs.delete(key)


def _settle(ctx: Context, job: Job, erasure: Erasure) -> None:
    """Wait for what is being counted, and give up what will never be."""
    gone: list[str] = []
    with ctx.store.transaction() as tx:
        tx.deployments.hold(erasure.deployment_id)
        tx.jobs.hold(job)
        jobs_at_work = tx.monitoring_jobs.at_work(erasure.deployment_id, erasure.created_at)
        waiting = tx.uploads.pending(erasure.deployment_id, erasure.created_at)
        at_work = [one for one in jobs_at_work if one.task_id is not None]
        if at_work or any(_is_open(tx, upload) for upload in waiting):
            raise Postponed("Rows that came before the erasure are still being counted.", WAIT)
        for upload in waiting:
            tx.uploads.update(upload.id, state=UploadState.REFUSED, error=GIVEN_UP)
            gone.append(incoming_key(upload.id))
        for dead in tx.monitoring_jobs.given_up(erasure.deployment_id):
            tx.monitoring_jobs.update(
                dead.id, status=JobStatus.FAILED, details=dead.details, finished_at=dead.finished_at or ctx.clock()
            )
            gone.append(f"{dead.prefix}/")
        tx.erasures.add(erasure.id, Removed(waiting_files=len(gone)), gone)


def _is_open(tx: "Transaction", upload: Upload) -> bool:
    found = None if upload.job_id is None else tx.jobs.find(upload.job_id)
    return found is not None and found.state in OPEN


def _forget(ctx: Context, job: Job, erasure: Erasure, association_id: str) -> None:
    deployment_id, now = erasure.deployment_id, ctx.clock()
    with ctx.store.transaction() as tx:
        tx.deployments.hold(deployment_id)
        tx.jobs.hold(job)
        touched = tx.prediction_keys.pairs_holding(deployment_id, [association_id], HELD)
        removed = Removed(
            predictions=tx.prediction_keys.remove(deployment_id, association_ids=[association_id]),
            actuals=tx.actuals.remove(deployment_id, [association_id]),
            metric_values=tx.custom_metric_values.forget_id(deployment_id, association_id),
        )
        tx.erasures.add(erasure.id, removed)
        tx.erasures.rows_done(erasure.id, now)
        if touched:
            recompute(tx, deployment_id, touched, job.user_id, now)
