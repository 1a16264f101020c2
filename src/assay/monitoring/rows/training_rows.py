"""Training data on their way out: the data set that a model's baseline was made of, in the asked form."""

from collections.abc import Iterator
from itertools import chain

import polars as pl

from assay.engines.casting import numbers, texts, times
from assay.monitoring.context import Context
from assay.records.datasets import Dataset, FileForm
from assay.records.models import FeatureKind

# What CSV has no spelling for.
_UNSPELLED = (pl.Duration, pl.Binary, pl.Object)


def training_chunks(
    ctx: Context, dataset: Dataset, form: FileForm
) -> tuple[dict[str, pl.DataType], Iterator[pl.DataFrame]]:
    """Columns and rows of a data set as they are written in a form.

    From typed files to Parquet, and from CSV to CSV, nothing changes. From CSV to Parquet, columns get the types of
    the kinds that were found in them; from typed files to CSV, lists, structs, bytes and durations become text.
    """
    chunks = _chunks(ctx, dataset, form)
    first = next(chunks, None)
    if first is None:
        return {name: pl.String() for name in dataset.columns}, iter(())
    schema = dict(first.schema)
    return schema, (chunk.cast(schema) for chunk in chain([first], chunks))  # type: ignore[arg-type]


def _chunks(ctx: Context, dataset: Dataset, form: FileForm) -> Iterator[pl.DataFrame]:
    kinds = {name: FeatureKind(kind) for name, kind in dataset.columns.items()}
    with ctx.store.blobs.local_copy(dataset.blob_key) as path:
        for chunk in ctx.engine.chunks(path, dataset.form, rows=ctx.limits.chunk_rows):
            yield pl.DataFrame([_column(column, kinds.get(column.name), dataset.form, form) for column in chunk])


def _column(column: pl.Series, kind: FeatureKind | None, source: FileForm, form: FileForm) -> pl.Series:
    if source is FileForm.CSV:
        return column if form is FileForm.CSV else _typed(column, kind)
    if form is FileForm.CSV and (column.dtype.is_nested() or isinstance(column.dtype, _UNSPELLED)):
        return texts(column)
    return column


def _typed(column: pl.Series, kind: FeatureKind | None) -> pl.Series:
    if kind is FeatureKind.NUMERIC:
        return numbers(column)[0]
    return times(column)[0] if kind is FeatureKind.DATE else texts(column)
