"""Kept rows without those of one association id: written anew, swapped in at once, the old ones removed afterwards."""

import io

import polars as pl

from assay.monitoring.context import Context
from assay.monitoring.rows.row_parts import ASSOCIATION_ID, parquet, stored_parts
from assay.records.erasures import Erasure, Removed
from assay.records.jobs import Job
from assay.records.uploads import Upload, part_key


def without_id(ctx: Context, job: Job, erasure: Erasure, upload: Upload) -> None:
    """Take an id out of the rows of an upload, if it is there. Readers see the old parts or the new, never both."""
    present: Upload | None = upload
    while present is not None and present.parts:
        if _done(ctx, job, erasure, present):
            return
        # The parts were moved or deleted while they were read: look again at what there is now.
        with ctx.store.snapshot() as tx:
            present = tx.uploads.find_by_id(upload.id)


def _done(ctx: Context, job: Job, erasure: Erasure, upload: Upload) -> bool:
    """Whether the upload was seen to, as it lies there; not when it has changed meanwhile."""
    try:
        counts = _counts(ctx, upload, erasure.association_id)
        if not any(counts):
            return True
        prefix = f"rows/{upload.deployment_id}/{upload.id}/erased-{erasure.id}-{job.attempt}"
        for part, count in enumerate(counts):
            _write(ctx, upload, part, prefix, count, erasure.association_id)
        # After a fault nobody knows whether the swap was stored: then the new parts are left to the sweep.
        if _swap(ctx, job, erasure, upload, prefix, sum(counts)):
            return True
        ctx.store.blobs.delete(prefix)
    except FileNotFoundError:
        if _is_as_it_was(ctx, upload):
            raise
    return False


def _counts(ctx: Context, upload: Upload, association_id: str | None) -> list[int]:
    """Rows of the id, by part."""
    return [
        int((part[ASSOCIATION_ID] == association_id).sum()) if ASSOCIATION_ID in part.columns else 0
        for part in stored_parts(ctx, upload.blob_prefix, upload.parts, [ASSOCIATION_ID])
    ]


def _write(ctx: Context, upload: Upload, part: int, prefix: str, count: int, association_id: str | None) -> None:
    old = part_key(upload.blob_prefix, part)
    if count == 0:
        ctx.store.blobs.put(part_key(prefix, part), ctx.store.blobs.stream(old))
        return
    rows = pl.read_parquet(io.BytesIO(ctx.store.blobs.read(old)))
    others = rows.filter(pl.col(ASSOCIATION_ID).ne_missing(association_id))
    ctx.store.blobs.put(part_key(prefix, part), [parquet(others)])


def _swap(ctx: Context, job: Job, erasure: Erasure, upload: Upload, prefix: str, rows: int) -> bool:
    with ctx.store.transaction() as tx:
        tx.deployments.hold(upload.deployment_id)
        tx.jobs.hold(job)
        present = tx.uploads.find_by_id(upload.id)
        if present is None or not _same_place(present, upload):
            return False
        report = {**present.report, "rowsErased": present.rows_erased + rows}
        tx.uploads.update(upload.id, blob_prefix=prefix, report=report)
        # One by one: the new parts may lie below the folder of the old ones.
        old = [part_key(upload.blob_prefix, part) for part in range(upload.parts)]
        tx.erasures.add(erasure.id, Removed(rows=rows, uploads=1), old)
    return True


def _is_as_it_was(ctx: Context, upload: Upload) -> bool:
    with ctx.store.snapshot() as tx:
        present = tx.uploads.find_by_id(upload.id)
    return present is not None and _same_place(present, upload)


def _same_place(one: Upload, other: Upload) -> bool:
    return (one.blob_prefix, one.parts) == (other.blob_prefix, other.parts)
