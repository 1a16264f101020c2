"""Rows that were kept, upload by upload in the order in which they came, and part by part."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl

from assay.errors import Invalid
from assay.monitoring.context import Context
from assay.monitoring.rows.row_parts import AT, stored_parts
from assay.records.deployments import Deployment
from assay.records.exports import Cut, RowQuery
from assay.records.uploads import Upload, part_key

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

UPLOADS_AT_ONCE = 500


def require_kept(deployment: Deployment) -> None:
    """Refuse where the deployment does not keep its prediction rows."""
    if not deployment.settings.prediction_rows_kept:
        raise Invalid(
            f"Deployment '{deployment.label}' does not keep prediction rows, so there are none to give. Keep them from "
            "now on: PATCH deployments/{id}/settings/ with {'predictionsDataCollection': {'enabled': true}}."
        )


def uploads_of(ctx: Context, selection: RowQuery, cut: Cut) -> Iterator[tuple[Upload, str | None]]:
    """Uploads that may hold rows of a selection, each with the name of its batch."""
    after = 0
    while True:
        with ctx.store.snapshot() as tx:
            some = tx.kept_uploads.page(selection, cut, after=after, limit=UPLOADS_AT_ONCE)
            names = _batch_names(tx, selection.deployment_id, some)
        for upload in some:
            yield upload, None if upload.batch_id is None else names[upload.batch_id]
        if len(some) < UPLOADS_AT_ONCE:
            return
        after = some[-1].seq


def _batch_names(tx: "Transaction", deployment_id: str, uploads: Sequence[Upload]) -> dict[str, str]:
    ids = {upload.batch_id for upload in uploads if upload.batch_id is not None}
    return {batch.id: batch.name for batch in tx.batches.get_many(deployment_id, ids)}


def parts_of(ctx: Context, upload: Upload, columns: list[str], *, skip: int = 0) -> Iterator[pl.DataFrame]:
    """An upload's rows behind the first ``skip``, a part at a time, without the columns that they lack.

    Parts that are skipped wholly are not read. Of an upload that is being deleted come no more; of one that was
    written anew without an erased id, the rest comes from there.
    """
    while True:
        try:
            first, left = _place_of(ctx, upload, skip)
            for part in stored_parts(ctx, upload.blob_prefix, upload.parts, columns, first=first):
                rows, left = part[left:], 0
                skip += rows.height
                yield rows
        except FileNotFoundError:
            moved = _moved(ctx, upload)
            if moved is upload:
                raise
            if moved is None:
                return
            upload = moved
        else:
            return


def rows_in(ctx: Context, upload: Upload) -> int:
    """How many rows of an upload were kept."""
    if upload.parts == 0 or upload.rows:
        return upload.rows - upload.rows_erased if upload.parts else 0
    # Rows that are there for accuracy alone are not counted as the upload's.
    try:
        return sum(_rows_of_part(ctx, upload, part) for part in range(upload.parts))
    except FileNotFoundError:
        moved = _moved(ctx, upload)
        if moved is upload:
            raise
        return 0 if moved is None else rows_in(ctx, moved)


def _place_of(ctx: Context, upload: Upload, row: int) -> tuple[int, int]:
    """The part that a row lies in, and its place there."""
    part = 0
    while row and part < upload.parts and (height := _rows_of_part(ctx, upload, part)) <= row:
        row -= height
        part += 1
    return part, row


def _rows_of_part(ctx: Context, upload: Upload, part: int) -> int:
    """How many rows a part holds, from the end of its file alone."""
    with ctx.store.blobs.local_copy(part_key(upload.blob_prefix, part)) as path:
        return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def _moved(ctx: Context, upload: Upload) -> Upload | None:
    """Where an upload's rows lie now: itself when nothing has changed, None when it has none any more."""
    with ctx.store.snapshot() as tx:
        present = tx.uploads.find_counted(upload.id)
    if present is None or present.parts == 0:
        return None
    return upload if (present.blob_prefix, present.parts) == (upload.blob_prefix, upload.parts) else present


def is_within(upload: Upload, selection: RowQuery) -> bool:
    """Whether every row of an upload was made in the selection's span."""
    if upload.first_at is None or upload.last_at is None:
        return False
    after_start = selection.start is None or upload.first_at >= selection.start
    return after_start and (selection.end is None or upload.last_at < selection.end)


def in_span(part: pl.DataFrame, upload: Upload, selection: RowQuery) -> pl.DataFrame:
    """The rows of a part that were made in the selection's span."""
    if is_within(upload, selection):
        return part
    if selection.start is not None:
        part = part.filter(pl.col(AT) >= selection.start)
    return part if selection.end is None else part.filter(pl.col(AT) < selection.end)
