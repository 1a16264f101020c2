"""Prediction rows that lie in a data set: kept for exports, and counted nowhere.

A client that sends rows so sends the same rows once more by JSON, with their batch, and deletes the data set in
between: the rows count by that call. What is kept here is a copy, made before the answer.
"""

from assay.monitoring import access, datasets, paths
from assay.monitoring.context import Context
from assay.monitoring.intake import uploads
from assay.monitoring.intake.uploads import COUNT_UPLOAD
from assay.monitoring.queueing import queued
from assay.monitoring.rows.file_rows import ColumnRoles, plan_of
from assay.monitoring.undoing import undone
from assay.monitoring.watched import watched
from assay.records.jobs import Job
from assay.records.uploads import incoming_key
from assay.records.users import User


def accept(ctx: Context, caller: User, deployment_id: str, dataset_id: str) -> Job:
    """Have the rows of a data set kept, by the job that is returned.

    Raises
    ------
    Invalid
        When the data set has no column of predictions.
    """
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        dataset = datasets.completed(access.dataset(tx, caller, dataset_id))
        model = watched(ctx, tx, deployment, None)
    plan = plan_of(model, tuple(dataset.columns), dataset.form, ColumnRoles())
    now = ctx.clock()
    upload = uploads.new_upload(plan, caller, now)
    args = {**uploads.count_args(upload, plan), "uncounted": True}
    job = queued(COUNT_UPLOAD, args, caller.id, now, result_path=paths.deployment(deployment_id))
    ctx.store.blobs.put(incoming_key(upload.id), ctx.store.blobs.stream(dataset.blob_key))
    with undone(lambda: ctx.store.blobs.delete(incoming_key(upload.id))), ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        tx.uploads.create(upload)
        tx.jobs.create(job)
    return job
