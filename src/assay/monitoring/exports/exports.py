"""Exports: asked for here, filled by a job (`export_job`), read as data sets."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from assay.errors import Gone, Invalid, UnknownExport
from assay.monitoring import access, audit, paths
from assay.monitoring.context import Context
from assay.monitoring.queueing import queued
from assay.monitoring.rows.kept_rows import require_kept
from assay.records.audit import AuditEvent
from assay.records.datasets import Dataset, FileForm
from assay.records.deployments import Deployment
from assay.records.exports import Export, ExportKind, ExportQuery
from assay.records.ids import new_id
from assay.records.jobs import Job
from assay.records.models import ModelPackage
from assay.records.pages import Page, PageRequest
from assay.records.times import BEGINNING_OF_TIME, END_OF_TIME
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

EXPORT_ROWS = "export_rows"
FORMS = (FileForm.CSV, FileForm.PARQUET)
PATHS = {
    ExportKind.PREDICTIONS: "predictionDataExports",
    ExportKind.ACTUALS: "actualsDataExports",
    ExportKind.TRAINING: "trainingDataExports",
}


@dataclass(frozen=True, slots=True)
class NewExport:
    """What a caller wants exported.

    Attributes
    ----------
    model_id : str or None
        The current model when None.
    start, end : datetime or None
        Bounds of the prediction time, the end left out; None is no bound.
    """

    kind: ExportKind
    form: FileForm = FileForm.CSV
    model_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    batch_ids: tuple[str, ...] | None = None
    only_matched: bool = True
    include_actuals: bool = False


def create(ctx: Context, caller: User, deployment_id: str, new: NewExport) -> tuple[Export, Job]:
    """Ask for rows; the job that is returned writes them to a data set.

    Raises
    ------
    Invalid
        When the deployment keeps no rows, or what is asked for cannot be.
    """
    _check(ctx, new)
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        model = access.deployed_model(tx, deployment, new.model_id)
        if new.kind is ExportKind.TRAINING:
            training_data(tx, access.package_of(tx, model))
        else:
            require_kept(deployment)
        if new.batch_ids is not None:
            tx.batches.get_many(deployment_id, new.batch_ids)
        export_id = new_id(now)
        path = paths.export(deployment_id, PATHS[new.kind], export_id)
        args = {"export_id": export_id, "deployment_id": deployment_id}
        job = queued(EXPORT_ROWS, args, caller.id, now, result_path=path)
        export = _record(export_id, deployment, replace(new, model_id=model.model_id), job, caller)
        tx.jobs.create(job)
        tx.exports.create(export)
        told = {
            "kind": str(new.kind),
            "modelId": export.model_id,
            "start": export.start,
            "end": export.end,
            "batchIds": None if export.batch_ids is None else list(export.batch_ids),
        }
        audit.note(tx, AuditEvent.EXPORT_CREATED, caller, now, export_id, told, deployment_id=deployment_id)
    return export, job


def _check(ctx: Context, new: NewExport) -> None:
    if new.start is not None and new.end is not None and new.end <= new.start:
        raise Invalid(f"end: found {new.end.isoformat()}, expected a time after start, {new.start.isoformat()}.")
    if new.batch_ids is None:
        return
    if not 0 < len(new.batch_ids) <= ctx.limits.max_export_batches:
        raise Invalid(
            f"batchIds: found {len(new.batch_ids)} ids, expected 1 to {ctx.limits.max_export_batches}. "
            "Leave it out for the rows of every batch and of none."
        )
    if not new.only_matched:
        raise Invalid(
            "onlyMatchedPredictions: found false together with batchIds, and an actual without a prediction is in no "
            "batch. Leave one of the two out."
        )


def training_data(tx: "Transaction", package: ModelPackage) -> Dataset:
    """The data set that a model was trained on.

    Raises
    ------
    Invalid
        When the model was registered without one.
    Gone
        When it has been deleted.
    """
    if package.training_dataset_id is None:
        raise Invalid(f"Model {package.model_id} was registered without training data, so there are none to export.")
    found = tx.datasets.find(package.training_dataset_id)
    if found is None or found.deleted_at is not None:
        raise Gone(f"The training data of model {package.model_id} were deleted.")
    return found


def _record(export_id: str, deployment: Deployment, new: NewExport, job: Job, caller: User) -> Export:
    is_training = new.kind is ExportKind.TRAINING
    return Export(
        id=export_id,
        deployment_id=deployment.id,
        kind=new.kind,
        model_id=new.model_id or deployment.model_id,
        start=None if is_training else new.start or BEGINNING_OF_TIME,
        end=None if is_training else new.end or END_OF_TIME,
        batch_ids=None if new.batch_ids is None else tuple(dict.fromkeys(new.batch_ids)),
        only_matched=new.only_matched,
        include_actuals=new.include_actuals,
        form=new.form,
        job_id=job.id,
        job_state=job.state,
        job_error=None,
        dataset_id=None,
        dataset_name=None,
        rows=None,
        rows_not_kept=None,
        created_at=job.created_at,
        created_by_id=caller.id,
        created_by_name=caller.name,
    )


def get(ctx: Context, caller: User, deployment_id: str, kind: ExportKind, export_id: str) -> Export:
    """One export of a kind."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        found = tx.exports.find(export_id)
    if found is None or found.deployment_id != deployment_id or found.kind is not kind:
        raise UnknownExport(export_id)
    return found


def page(ctx: Context, caller: User, deployment_id: str, query: ExportQuery, request: PageRequest) -> Page[Export]:
    """Exports of a kind, newest first."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        return tx.exports.list(deployment_id, query, request)
