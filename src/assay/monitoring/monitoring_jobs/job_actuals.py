"""Actuals that stand in a monitoring job's rows: kept aside, stored once the rows count."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from assay.monitoring.context import Context
from assay.monitoring.rows.actual_columns import in_pieces
from assay.records.actuals import Actual


@dataclass
class KeptActuals:
    """Actuals of a job on their way, a blob a chunk."""

    ctx: Context
    prefix: str
    parts: int = 0

    def add(self, actuals: pl.DataFrame) -> None:
        """Keep some more."""
        if actuals.is_empty():
            return
        buffer = io.BytesIO()
        actuals.write_parquet(buffer)
        self.ctx.store.blobs.put(f"{self.prefix}/{self.parts:05d}.parquet", [buffer.getvalue()])
        self.parts += 1


def kept(ctx: Context, prefix: str, rows: int) -> Iterator[list[Actual]]:
    """What was kept, at most ``rows`` at a time, in its order; of one id the last stands alone within a piece."""
    for key in ctx.store.blobs.list(prefix):
        part = pl.read_parquet(io.BytesIO(ctx.store.blobs.read(key)))
        yield from in_pieces(part, rows)
