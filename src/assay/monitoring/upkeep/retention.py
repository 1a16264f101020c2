"""Deleting by age: rows, actuals and files that a deployment keeps for some days only.

Profiles and accuracy stay. Accuracy of what goes is closed first (`assay.monitoring.actuals.closing`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from assay.monitoring import audit
from assay.monitoring.actuals.closing import close_ids, close_upload
from assay.monitoring.context import Context
from assay.monitoring.exports import export_files
from assay.records.audit import AuditEvent
from assay.records.deployments import Deployment
from assay.records.jobs import Job
from assay.records.uploads import Upload
from assay.records.users import THE_SERVER

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

APPLY_RETENTION = "apply_retention"
ACTUALS_AT_ONCE = 5_000


def apply(ctx: Context, job: Job) -> None:
    """Delete what a deployment has kept for long enough; an attempt that was cut off is simply begun again."""
    with ctx.store.snapshot() as tx:
        deployment = tx.deployments.find(job.args["deployment_id"])
    facts: dict[str, int] = {}
    if deployment is not None:
        facts = {
            "uploads": _uploads(ctx, job, deployment),
            "actuals": _actuals(ctx, job, deployment),
            "files": _files(ctx, job, deployment),
        }
    with ctx.store.transaction() as tx:
        if any(facts.values()):
            now, of = ctx.clock(), job.args["deployment_id"]
            audit.note(tx, AuditEvent.RETENTION_APPLIED, THE_SERVER, now, of, facts, deployment_id=of)
        tx.jobs.complete(job, ctx.clock())


def _limit(ctx: Context, days: int | None) -> datetime | None:
    return None if days is None else ctx.clock() - timedelta(days=days)


def _uploads(ctx: Context, job: Job, deployment: Deployment) -> int:
    """Delete the rows of old uploads, oldest first: a prediction is superseded only by newer ones."""
    before = _limit(ctx, deployment.settings.rows_days)
    if before is None:
        return 0
    with ctx.store.snapshot() as tx:
        old = tx.uploads.kept_before(deployment.id, before)
    for upload in old:
        _forget_rows(ctx, job, upload)
    return len(old)


def _forget_rows(ctx: Context, job: Job, upload: Upload) -> None:
    now = ctx.clock()
    report = {**upload.report, "rowsKept": False, "rowsDeletedAt": now.isoformat()}
    close_upload(ctx, job, upload, lambda tx: tx.uploads.update(upload.id, parts=0, report=report))
    ctx.store.blobs.delete(upload.blob_prefix)


def _actuals(ctx: Context, job: Job, deployment: Deployment) -> int:
    before = _limit(ctx, deployment.settings.actuals_days)
    gone = 0
    while before is not None:
        with ctx.store.snapshot() as tx:
            ids = tx.actuals.received_before(deployment.id, before, ACTUALS_AT_ONCE)
        if not ids:
            break
        close_ids(ctx, job, deployment.id, ids, partial(_remove, deployment_id=deployment.id, ids=ids))
        gone += len(ids)
    return gone


def _remove(tx: "Transaction", *, deployment_id: str, ids: Sequence[str]) -> None:
    tx.actuals.remove(deployment_id, ids)


def _files(ctx: Context, job: Job, deployment: Deployment) -> int:
    """Delete what exports and monitoring jobs have made of rows."""
    before = _limit(ctx, deployment.settings.files_days)
    if before is None:
        return 0
    prefixes = list[str]()
    with ctx.store.transaction() as tx:
        tx.deployments.hold(deployment.id)
        tx.jobs.hold(job)
        for export in tx.exports.with_files(deployment.id, before):
            prefixes += export_files.drop(tx, export, ctx.clock())
        for one in tx.monitoring_jobs.with_results(deployment.id, before):
            tx.monitoring_jobs.update(one.id, results_deleted=True)
            prefixes.append(one.prefix)
    for prefix in prefixes:
        ctx.store.blobs.delete(prefix)
    return len(prefixes)
