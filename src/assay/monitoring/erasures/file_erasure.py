"""Files that were made of a deployment's rows: those that hold an association id are deleted whole.

They are copies that can be made again, without it.
"""

from collections.abc import Sequence

import polars as pl

from assay.engines.casting import texts
from assay.monitoring.context import Context
from assay.monitoring.exports import export_files
from assay.monitoring.rows.csv_cells import safe_cells
from assay.records.datasets import FileForm
from assay.records.erasures import Erasure, Removed
from assay.records.jobs import Job

ANY = "id"


def drop_exports(ctx: Context, job: Job, erasure: Erasure) -> None:
    """Delete the data sets of exports that hold the id."""
    with ctx.store.snapshot() as tx:
        found = [
            (export, dataset)
            for export in tx.exports.with_files(erasure.deployment_id)
            if export.dataset_id is not None and (dataset := tx.datasets.find(export.dataset_id)) is not None
        ]
    for export, dataset in found:
        if not _holds(ctx, dataset.blob_key, dataset.form, str(erasure.association_id)):
            continue
        with ctx.store.transaction() as tx:
            tx.deployments.hold(erasure.deployment_id)
            tx.jobs.hold(job)
            keys = export_files.drop(tx, export, ctx.clock())
            tx.erasures.add(erasure.id, Removed(exports=len(keys)), keys)


def drop_results(ctx: Context, job: Job, erasure: Erasure) -> None:
    """Delete the results of monitoring jobs that hold the id."""
    with ctx.store.snapshot() as tx:
        jobs = tx.monitoring_jobs.with_results(erasure.deployment_id)
    for one in jobs:
        if not _holds(ctx, one.result_key, FileForm.CSV, str(erasure.association_id)):
            continue
        with ctx.store.transaction() as tx:
            tx.deployments.hold(erasure.deployment_id)
            tx.jobs.hold(job)
            tx.monitoring_jobs.update(one.id, results_deleted=True)
            tx.erasures.add(erasure.id, Removed(job_results=1), [f"{one.prefix}/"])


def _holds(ctx: Context, key: str, form: FileForm, association_id: str) -> bool:
    """Whether any cell of a file is the id, whatever its column is called by now."""
    # In a CSV file a text that a spreadsheet would take for a formula has an apostrophe in front.
    written = {association_id, str(safe_cells(pl.DataFrame({ANY: [association_id]}))[ANY][0])}
    try:
        with ctx.store.blobs.local_copy(key) as path:
            if path.stat().st_size == 0:
                return False
            chunks = ctx.engine.chunks(path, form, rows=ctx.limits.chunk_rows)
            return any(_is_in(chunk, sorted(written)) for chunk in chunks)
    except FileNotFoundError:
        # Deleted since the list was made.
        return False


def _is_in(chunk: pl.DataFrame, written: Sequence[str]) -> bool:
    return any(texts(column).is_in(written).any() for column in chunk.get_columns())
