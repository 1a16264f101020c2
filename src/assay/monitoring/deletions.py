"""The slow half of deleting: what a job removes after the object itself is gone from every answer."""

from assay.monitoring.accuracy_refresh import recompute
from assay.monitoring.context import Context
from assay.records.jobs import Job

PURGE_BATCH = "purge_batch"
PURGE_DEPLOYMENT = "purge_deployment"


def purge_batch(ctx: Context, job: Job) -> None:
    """Remove the uploads and keys of a deleted batch.

    A prediction that a deleted one had superseded counts again, so the accuracy of its batch is computed anew.
    """
    deployment_id, batch_id = job.args["deployment_id"], job.args["batch_id"]
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        touched = tx.prediction_keys.pairs_overlapping(deployment_id, batch_id=batch_id)
        prefixes = tx.uploads.purge(batch_id=batch_id)
        if touched:
            recompute(tx, deployment_id, touched, job.user_id, now)
        tx.jobs.complete(job, now)
    for prefix in prefixes:
        ctx.store.blobs.delete(prefix)


def purge_deployment(ctx: Context, job: Job) -> None:
    """Remove what a deleted deployment leaves behind."""
    deployment_id = job.args["deployment_id"]
    with ctx.store.transaction() as tx:
        tx.profiles.delete(deployment_id=deployment_id)
        tx.accuracy.delete(deployment_id=deployment_id)
        tx.service_requests.delete(deployment_id=deployment_id)
        tx.actuals.delete(deployment_id)
        tx.segments.delete(deployment_id)
        tx.exports.delete(deployment_id)
        prefixes = tx.uploads.purge(deployment_id=deployment_id)
        tx.jobs.complete(job, ctx.clock())
    for prefix in prefixes:
        ctx.store.blobs.delete(prefix)
