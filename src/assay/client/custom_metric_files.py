"""Files of custom metric values, read row by row."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assay.client.batch import Batch
from assay.client.custom_metric import MetricColumns, MetricValue
from assay.client.errors import FileUnusable
from assay.client.table_rows import moment_of, number_of, rows_of_file


def values_of_file(
    path: Path, columns: MetricColumns, *, as_number: bool, batch: Callable[[str], Batch]
) -> Iterator[MetricValue]:
    """The values of a file, read as they are asked for.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    columns : MetricColumns
    as_number : bool
        Whether values are numbers or names of categories.
    batch : callable
        The batch that a cell of the batch column names.

    Raises
    ------
    FileUnusable
        When the file is neither, or at the row for a cell that cannot be what it should.
    """
    fields = [f for f in ("value", "sample_size", "timestamp", "batch") if getattr(columns, f) is not None]
    names = [getattr(columns, f) for f in fields]
    ids = [] if columns.batch is None else [columns.batch]
    for where, cells in rows_of_file(path, names, ids=ids):
        found = dict(zip(fields, cells, strict=True))
        name = found.get("batch")
        yield MetricValue(
            _value(path, where, found["value"], as_number),
            sample_size=_size(path, where, found.get("sample_size")),
            at=moment_of(found.get("timestamp")),
            batch=None if name in (None, "") else batch(str(name)),
        )


def _value(path: Path, where: str, cell: Any, as_number: bool) -> float | str | None:  # noqa: FBT001 - private
    if cell is None or cell == "":
        return None
    if not as_number:
        return str(cell)
    number = number_of(path, where, cell)
    if math.isinf(number):
        raise FileUnusable(f"'{path}', {where}: a value cannot be infinite.")
    return None if math.isnan(number) else number


def _size(path: Path, where: str, cell: Any) -> int | None:
    if cell is None or cell == "":
        return None
    number = number_of(path, where, cell)
    if not number.is_integer() or number < 0:
        raise FileUnusable(f"'{path}', {where}: found '{cell}', expected a whole sample size of 0 or more.")
    return int(number)
