"""The slow half of deleting: what a job removes after the object itself is gone from every answer."""

from datetime import datetime
from typing import TYPE_CHECKING

from assay.monitoring import paths
from assay.monitoring.actuals.accuracy_refresh import recompute
from assay.monitoring.context import Context
from assay.monitoring.queueing import queued
from assay.records.jobs import Job

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

PURGE_BATCH = "purge_batch"
PURGE_DEPLOYMENT = "purge_deployment"
PURGE_CUSTOM_METRIC = "purge_custom_metric"
SETTLE_REPLACEMENT = "settle_replacement"


def discard(tx: "Transaction", deployment_id: str, batch_id: str, user_id: str, now: datetime) -> None:
    """Take a batch, a draft or a superseded version out of every answer; a job removes what is left of it."""
    tx.profiles.delete(batch_id=batch_id)
    tx.accuracy.delete(batch_id=batch_id)
    tx.accuracy_revisions.delete(batch_id=batch_id)
    tx.verdicts.delete(batch_id=batch_id)
    tx.service_requests.delete(batch_id=batch_id)
    tx.custom_metric_values.delete(batch_id=batch_id)
    tx.uploads.withdraw(batch_id=batch_id)
    tx.batches.delete(batch_id, now)
    args = {"deployment_id": deployment_id, "batch_id": batch_id}
    tx.jobs.create(queued(PURGE_BATCH, args, user_id, now))


def settle_replacement(ctx: Context, job: Job) -> None:
    """Have the accuracy of other batches follow a replacement.

    What the superseded content had superseded counts again, what the new content supersedes no longer does.
    """
    deployment_id = job.args["deployment_id"]
    with ctx.store.snapshot() as tx:
        touched = {
            pair
            for batch_id in job.args["batch_ids"]
            for pair in tx.prediction_keys.pairs_overlapping(deployment_id, batch_id=batch_id)
        }
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        tx.deployments.hold(deployment_id)
        if touched:
            recompute(tx, deployment_id, touched, job.user_id, now)
        tx.jobs.complete(job, now)


def purge_batch(ctx: Context, job: Job) -> None:
    """Remove the uploads and keys of a deleted batch.

    A prediction that a deleted one had superseded counts again, so the accuracy of its batch is computed anew.
    """
    deployment_id, batch_id = job.args["deployment_id"], job.args["batch_id"]
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        touched = tx.prediction_keys.pairs_overlapping(deployment_id, batch_id=batch_id)
        prefixes = [*tx.uploads.purge(batch_id=batch_id), *_result_of(tx, batch_id)]
        # Not before: the rows of a deleted batch are nobody else's business, and removing them may take long.
        tx.deployments.hold(deployment_id)
        if touched:
            recompute(tx, deployment_id, touched, job.user_id, now)
        tx.jobs.complete(job, now)
    for prefix in prefixes:
        ctx.store.blobs.delete(prefix)


def _result_of(tx: "Transaction", batch_id: str) -> list[str]:
    """What the batch's monitoring job gave back: the rows of a deleted batch are gone there too."""
    jobs = tx.monitoring_jobs.of_batch(batch_id)
    for job in jobs:
        tx.monitoring_jobs.update(job.id, results_deleted=True)
    # One that still runs removes its own.
    return [job.prefix for job in jobs if job.status.has_ended]


def purge_deployment(ctx: Context, job: Job) -> None:
    """Remove what a deleted deployment leaves behind."""
    deployment_id = job.args["deployment_id"]
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        # First of all, because their workers write to the same rows in this order.
        for task_id in tx.monitoring_jobs.tasks(deployment_id):
            tx.jobs.cancel(task_id, now)
        tx.profiles.delete(deployment_id=deployment_id)
        tx.accuracy.delete(deployment_id=deployment_id)
        tx.accuracy_revisions.delete(deployment_id=deployment_id)
        tx.verdicts.delete(deployment_id=deployment_id)
        tx.batch_versions.delete(deployment_id=deployment_id)
        tx.service_requests.delete(deployment_id=deployment_id)
        tx.custom_metric_values.delete(deployment_id=deployment_id)
        tx.custom_metrics.purge(deployment_id=deployment_id)
        tx.actuals.delete(deployment_id)
        tx.segments.delete(deployment_id)
        tx.exports.delete(deployment_id)
        tx.erasures.delete(deployment_id)
        tx.seals.delete_of(deployment_id)
        prefixes = list(tx.uploads.purge(deployment_id=deployment_id))
        tx.job_definitions.delete(deployment_id=deployment_id)
        prefixes += [gone.prefix for gone in tx.monitoring_jobs.purge(deployment_id)]
        tx.health_changes.delete(deployment_id)
        tx.model_history.delete(deployment_id)
        tx.remote_events.delete(deployment_id)
        tx.idempotency_keys.forget_below(paths.deployment(deployment_id))
        tx.jobs.complete(job, now)
    for prefix in prefixes:
        ctx.store.blobs.delete(prefix)


def purge_custom_metric(ctx: Context, job: Job) -> None:
    """Remove a deleted custom metric and its values."""
    metric_id = job.args["metric_id"]
    with ctx.store.transaction() as tx:
        tx.custom_metric_values.delete(metric_id=metric_id)
        tx.custom_metrics.purge(metric_id=metric_id)
        tx.jobs.complete(job, ctx.clock())
