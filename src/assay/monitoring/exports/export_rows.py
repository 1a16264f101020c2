"""What an export writes: prediction rows, or actuals beside the newest prediction of their id by one model."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from assay.monitoring.context import Context
from assay.monitoring.exports.export_columns import ExportColumns
from assay.monitoring.rows.kept_rows import in_span, parts_of, uploads_of
from assay.monitoring.rows.row_parts import ASSOCIATION_ID
from assay.records.actuals import Outcome
from assay.records.exports import Cut, Export
from assay.records.uploads import Upload

OUTCOMES_AT_ONCE = 10_000
IDS_A_SHARD = 1_000_000


@dataclass
class RowsReader:
    """Reads the rows of an export as they stood at one moment.

    ``not_kept`` grows while it reads: rows of the chosen uploads that were counted and not kept.
    """

    ctx: Context
    export: Export
    columns: ExportColumns
    cut: Cut
    not_kept: int = 0

    def predictions(self) -> Iterator[pl.DataFrame]:
        """Every prediction row of the selection, in the order in which the rows came."""
        for upload, batch_name in self._uploads():
            for part in parts_of(self.ctx, upload, self.columns.stored):
                rows = in_span(part, upload, self.export.selection)
                outcomes = self._outcomes(rows) if self.columns.with_actuals else []
                yield self.columns.rows(rows, upload, batch_name, outcomes)

    def actuals(self) -> Iterator[pl.DataFrame]:
        """Outcomes beside the newest prediction of their id, where that is of the selection; then, if asked, the rest.

        The rest are outcomes without any prediction, by association id.
        """
        for upload, batch_name in self._uploads():
            later = _repeated_ids(self.ctx, upload)
            for number, part in enumerate(parts_of(self.ctx, upload, self.columns.stored)):
                rows = in_span(_newest_rows(part, number, later), upload, self.export.selection)
                outcomes = self._newest_outcomes(rows, upload)
                matched = rows.filter(pl.col(ASSOCIATION_ID).is_in([o.association_id for o in outcomes]))
                yield self.columns.rows(matched, upload, batch_name, outcomes)
        if not self.export.only_matched:
            yield from self._without_prediction()

    def _uploads(self) -> Iterator[tuple[Upload, str | None]]:
        for upload, batch_name in uploads_of(self.ctx, self.export.selection, self.cut):
            if upload.parts == 0:
                self.not_kept += upload.rows
            else:
                yield upload, batch_name

    def _outcomes(self, rows: pl.DataFrame) -> list[Outcome]:
        with self.ctx.store.snapshot() as tx:
            return list(tx.outcomes.of(self.export.deployment_id, _ids(rows)))

    def _newest_outcomes(self, rows: pl.DataFrame, upload: Upload) -> list[Outcome]:
        with self.ctx.store.snapshot() as tx:
            return list(tx.outcomes.not_superseded(upload, _ids(rows), self.cut))

    def _without_prediction(self) -> Iterator[pl.DataFrame]:
        after = ""
        while True:
            with self.ctx.store.snapshot() as tx:
                found = tx.outcomes.without_prediction(
                    self.export.deployment_id, self.cut, self.export.bounds, after=after, limit=OUTCOMES_AT_ONCE
                )
            yield self.columns.without_prediction(list(found))
            if len(found) < OUTCOMES_AT_ONCE:
                return
            after = found[-1].association_id


def _ids(rows: pl.DataFrame) -> list[str]:
    if ASSOCIATION_ID not in rows.columns:
        return []
    found: list[str] = rows[ASSOCIATION_ID].drop_nulls().unique().to_list()
    return found


def _newest_rows(part: pl.DataFrame, number: int, later: pl.DataFrame) -> pl.DataFrame:
    """Rows whose id stands neither further down in the part nor in a later part of the upload."""
    if ASSOCIATION_ID not in part.columns:
        return part.clear()
    rows = part.filter(pl.col(ASSOCIATION_ID).is_not_null())
    rows = rows.unique(ASSOCIATION_ID, keep="last", maintain_order=True)
    return rows.join(later.filter(pl.col("last") > number), on=ASSOCIATION_ID, how="anti", maintain_order="left")


def _repeated_ids(ctx: Context, upload: Upload) -> pl.DataFrame:
    """Ids that stand in several parts of an upload, with the number of the last one.

    Ids are compared some at a time, chosen by their hash, so that memory grows with the repeated ones alone.
    """
    nothing = pl.DataFrame(schema={ASSOCIATION_ID: pl.String, "last": pl.Int32})
    if upload.parts < 2:
        return nothing
    with ctx.store.snapshot() as tx:
        distinct = tx.kept_uploads.ids_of(upload.seq)
    if distinct == upload.rows - upload.rows_erased - upload.report.get("withoutAssociationId", 0):
        return nothing
    shards = 1 + upload.rows // IDS_A_SHARD
    return pl.concat([nothing, *(_repeated_in(ctx, upload, shard, shards) for shard in range(shards))])


def _repeated_in(ctx: Context, upload: Upload, shard: int, shards: int) -> pl.DataFrame:
    ids = [
        part.filter(pl.col(ASSOCIATION_ID).hash() % shards == shard).select(
            ASSOCIATION_ID, pl.lit(number, dtype=pl.Int32).alias("part")
        )
        for number, part in enumerate(parts_of(ctx, upload, [ASSOCIATION_ID]))
        if ASSOCIATION_ID in part.columns
    ]
    if not ids:
        return pl.DataFrame(schema={ASSOCIATION_ID: pl.String, "last": pl.Int32})
    spread = pl.concat(ids).drop_nulls().group_by(ASSOCIATION_ID)
    return (
        spread.agg(pl.col("part").min().alias("first"), pl.col("part").max().alias("last"))
        .filter(pl.col("first") < pl.col("last"))
        .select(ASSOCIATION_ID, "last")
    )
