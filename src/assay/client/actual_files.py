"""Files of actuals, read row by row."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from assay.client.errors import FileUnusable
from assay.client.files import CSV, PARQUET, content_type, unreadable

ROWS_PER_READ = 50_000


@dataclass(frozen=True, slots=True)
class Actual:
    """An outcome.

    Attributes
    ----------
    association_id : str
        Ties it to its prediction.
    value : str, int, float, bool or None
        Class name or number; None is left out when actuals are sent.
    timestamp : datetime, str or None
        When it was observed; the time of arrival when None.
    was_acted_on : bool or None
    """

    association_id: str
    value: str | int | float | bool | None
    timestamp: datetime | str | None = None
    was_acted_on: bool | None = None


@dataclass(frozen=True, slots=True)
class ActualColumns:
    """Which columns of a file hold the association id, the outcome and, where there is one, its time."""

    association_id: str
    value: str
    timestamp: str | None = None

    def names(self) -> list[str]:
        """The columns that are read."""
        return [name for name in (self.association_id, self.value, self.timestamp) if name is not None]


def actuals_of_file(path: Path, columns: ActualColumns, *, as_number: bool) -> Iterator[Actual]:
    """The actuals of a file, read as they are asked for.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    columns : ActualColumns
    as_number : bool
        Whether the outcomes of a CSV file are numbers (regression) or class names.

    Raises
    ------
    FileUnusable
        At once for a file that is neither; at the row for a value that cannot be an actual.
    """
    kind = content_type(path)
    if kind == CSV:
        return _of_csv(path, columns, as_number=as_number)
    if kind == PARQUET:
        return _of_parquet(path, columns, as_number=as_number)
    raise FileUnusable(f"'{path}' is an Arrow stream. Expected actuals as CSV or Parquet.")


def _of_csv(path: Path, columns: ActualColumns, *, as_number: bool) -> Iterator[Actual]:
    line = 1
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file, strict=True)
            header = next(rows, [])
            places = [_place(path, header, name) for name in columns.names()]
            line = rows.line_num + 1
            for row in rows:
                if row:
                    yield _actual(path, f"line {line}", _cells(path, line, row, places, len(header)), as_number)
                line = rows.line_num + 1
    except OSError as problem:
        raise unreadable(path, problem) from problem
    except UnicodeDecodeError as problem:
        raise FileUnusable(f"'{path}' is not UTF-8 text after line {line}: {problem.reason}.") from problem
    except csv.Error as problem:
        raise FileUnusable(f"'{path}', line {line}: {problem}.") from problem


def _of_parquet(path: Path, columns: ActualColumns, *, as_number: bool) -> Iterator[Actual]:
    # Polars takes long to import, and only this function needs it.
    import polars as pl  # noqa: PLC0415

    try:
        table = pl.scan_parquet(path)
        schema = table.collect_schema()
        for name in columns.names():
            _place(path, schema.names(), name)
        if schema[columns.association_id].is_float():
            raise FileUnusable(
                f"'{path}': column '{columns.association_id}' holds decimal numbers. Association ids must be "
                "text or whole numbers, as in the predictions."
            )
        chunks = table.select(columns.names()).collect_batches(chunk_size=ROWS_PER_READ)
        number = 0
        for chunk in chunks:
            for row in chunk.iter_rows():
                number += 1
                yield _actual(path, f"row {number}", row, as_number)
    except (OSError, pl.exceptions.PolarsError) as problem:
        raise FileUnusable(f"Cannot read '{path}' as Parquet: {problem}.") from problem


def _place(path: Path, header: list[str], name: str) -> int:
    found = header.count(name)
    if found == 1:
        return header.index(name)
    if found:
        raise FileUnusable(f"'{path}' has {found} columns '{name}'. Expected one.")
    named = ", ".join(header[:20]) + (f" and {len(header) - 20} more" if len(header) > 20 else "")
    raise FileUnusable(f"'{path}' has no column '{name}'. It has: {named or 'none'}.")


def _cells(path: Path, line: int, row: list[str], places: list[int], width: int) -> list[str]:
    if len(row) != width:
        raise FileUnusable(f"'{path}', line {line}: found {len(row)} values, expected {width} as in the header.")
    return [row[place] for place in places]


def _actual(path: Path, where: str, cells: Any, as_number: bool) -> Actual:  # noqa: FBT001 - private
    association_id, value, *rest = cells
    timestamp = rest[0] if rest else None
    if as_number and value not in (None, ""):
        value = _number(path, where, value)
    if isinstance(value, float) and math.isinf(value):
        raise FileUnusable(f"'{path}', {where}: an actual cannot be infinite.")
    if isinstance(value, date):
        value = value.isoformat()
    return Actual("" if association_id is None else str(association_id), value, _moment(timestamp))


def _number(path: Path, where: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as problem:
        raise FileUnusable(f"'{path}', {where}: found '{value}', expected a number.") from problem


def _moment(found: Any) -> str | None:
    if isinstance(found, datetime) and found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    if isinstance(found, date):
        return found.isoformat()
    return str(found) if found not in (None, "") else None
