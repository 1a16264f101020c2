"""Rows that are kept, as Parquet blobs: one part a chunk, whose columns have these names."""

import io
from collections.abc import Iterator

import polars as pl

from assay.monitoring.context import Context
from assay.records.uploads import part_key

ASSOCIATION_ID = "association_id"
AT = "at"
FEATURE = "feature:"
SEGMENT = "segment:"


def parquet(frame: pl.DataFrame) -> bytes:
    """One part."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1)
    return buffer.getvalue()


def stored_parts(
    ctx: Context, prefix: str, parts: int, columns: list[str], *, first: int = 0
) -> Iterator[pl.DataFrame]:
    """The kept rows of an upload, a chunk at a time from one on, without the columns that they lack."""
    for part in range(first, parts):
        data = io.BytesIO(ctx.store.blobs.read(part_key(prefix, part)))
        present = set(pl.read_parquet_schema(data))
        data.seek(0)
        yield pl.read_parquet(data, columns=[c for c in columns if c in present])
