"""Filling an export: its rows go to a data set in one stroke, or not at all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from assay.engines.writing import WRITERS, csv_names
from assay.errors import UnknownDeployment
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.exports.export_columns import ExportColumns
from assay.monitoring.exports.export_rows import RowsReader
from assay.monitoring.exports.exports import training_data
from assay.monitoring.rows.training_rows import training_chunks
from assay.monitoring.undoing import undone
from assay.records.datasets import Dataset, DatasetState, FileForm
from assay.records.deployments import Deployment
from assay.records.exports import Cut, CutCount, Export, ExportKind
from assay.records.ids import new_id
from assay.records.jobs import Job
from assay.records.models import Feature

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

ROWS_BETWEEN_CHECKS = 1_000_000


def fill(ctx: Context, job: Job) -> None:
    """Write an export's rows to a data set, anew when some of them were deleted meanwhile.

    Raises
    ------
    UnknownDeployment, UnknownBatch
        When what was to be exported has been deleted.
    """
    # What attempts that died have left. Each attempt has a folder of its own, so that one that only seemed dead can
    # neither store its result any more nor take away that of a later one.
    for attempt in range(1, job.attempt):
        ctx.store.blobs.delete(_folder(job, attempt))
    while not _filled(ctx, job):
        pass


def _folder(job: Job, attempt: int) -> str:
    return f"exports/{job.args['export_id']}/{attempt}"


@dataclass
class _Work:
    """Rows on their way into a file; ``rows`` counts them."""

    ctx: Context
    job: Job
    export: Export
    cut: Cut
    uploads: CutCount
    erasures: int
    schema: dict[str, pl.DataType]
    kinds: dict[str, str]
    chunks: Iterable[pl.DataFrame]
    reader: RowsReader | None = None
    rows: int = 0

    @property
    def columns(self) -> dict[str, str]:
        """Kind of each column under its name in the file."""
        names = list(self.schema)
        written = csv_names(names) if self.export.form is FileForm.CSV else names
        return {file_name: self.kinds[name] for file_name, name in zip(written, names, strict=True)}

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the file."""
        return WRITERS[self.export.form](self.schema, self._counted())

    def _counted(self) -> Iterator[pl.DataFrame]:
        checked = 0
        for chunk in self.chunks:
            self.rows += chunk.height
            if self.rows - checked >= ROWS_BETWEEN_CHECKS:
                # A job that was cancelled, or taken over, should not write on.
                checked = self.rows
                with self.ctx.store.transaction() as tx:
                    tx.jobs.hold(self.job)
            yield chunk


def _filled(ctx: Context, job: Job) -> bool:
    """Whether the export was stored; not when rows of it have been deleted since the work began."""
    work = _work(ctx, job)
    dataset_id = new_id(ctx.clock())
    key = f"{_folder(job, job.attempt)}/{dataset_id}"
    with undone(lambda: ctx.store.blobs.delete(key)):
        size = ctx.store.blobs.put(key, work.pieces())
        with ctx.store.transaction() as tx:
            same = _is_all_there(tx, work)
            if same:
                _store(tx, work, _dataset(tx, work, dataset_id, key, size))
    if not same:
        ctx.store.blobs.delete(key)
    return same


def _work(ctx: Context, job: Job) -> _Work:
    with ctx.store.snapshot() as tx:
        export = tx.exports.find(job.args["export_id"])
        deployment = tx.deployments.find(job.args["deployment_id"])
        if export is None or deployment is None:
            raise UnknownDeployment(job.args["deployment_id"])
        package = access.package_of(tx, access.deployed_model(tx, deployment, export.model_id))
        training = training_data(tx, package) if export.kind is ExportKind.TRAINING else None
        if export.batch_ids is not None:
            tx.batches.get_many(deployment.id, export.batch_ids)
        cut = tx.kept_uploads.cut(deployment.id, export.batch_ids)
        uploads = tx.kept_uploads.count(deployment.id, cut, export.batch_ids)
        erasures = tx.erasures.count_done(deployment.id)
    if training is not None:
        schema, chunks = training_chunks(ctx, training, export.form)
        return _Work(ctx, job, export, cut, uploads, erasures, schema, training.columns, chunks)
    actuals = export.kind is ExportKind.ACTUALS
    features = () if actuals else _features(deployment, package.features)
    columns = ExportColumns(package.target, features, with_actuals=actuals or export.include_actuals)
    reader = RowsReader(ctx, export, columns, cut)
    kinds = {name: str(kind) for name, kind in columns.kinds.items()}
    rows = reader.actuals() if actuals else reader.predictions()
    return _Work(ctx, job, export, cut, uploads, erasures, columns.schema, kinds, rows, reader)


def _is_all_there(tx: "Transaction", work: _Work) -> bool:
    """Whether nothing has been deleted or replaced of what the export was made from."""
    export = work.export
    if tx.deployments.find(export.deployment_id) is None:
        return False
    if tx.erasures.count_done(export.deployment_id) != work.erasures:
        return False
    return tx.kept_uploads.count(export.deployment_id, work.cut, export.batch_ids) == work.uploads


def _features(deployment: Deployment, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    column = deployment.settings.association_id_column
    return tuple(feature for feature in features if feature.name != column)


def _dataset(tx: "Transaction", work: _Work, dataset_id: str, key: str, size: int) -> Dataset:
    owner = tx.users.get(work.job.user_id)
    return Dataset(
        id=dataset_id,
        owner_id=owner.id,
        owner_name=owner.name,
        name=f"{work.export.kind}-{work.export.id}.{work.export.form}",
        form=work.export.form,
        state=DatasetState.COMPLETED,
        error=None,
        row_count=work.rows,
        size=size,
        blob_key=key,
        columns=work.columns,
        job_id=work.job.id,
        created_at=work.ctx.clock(),
        deleted_at=None,
    )


def _store(tx: "Transaction", work: _Work, dataset: Dataset) -> None:
    tx.datasets.create(dataset)
    not_kept = 0 if work.reader is None else work.reader.not_kept
    tx.exports.finish(work.export.id, dataset_id=dataset.id, rows=work.rows, rows_not_kept=not_kept)
    tx.jobs.complete(work.job, work.ctx.clock())
