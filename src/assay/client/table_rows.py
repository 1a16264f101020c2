"""Some columns of a CSV or Parquet file, row by row, with the place of each row in words."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from assay.client.errors import FileUnusable
from assay.client.files import CSV, PARQUET, content_type, unreadable

ROWS_PER_READ = 50_000


def rows_of_file(path: Path, names: Sequence[str], *, ids: Sequence[str] = ()) -> Iterator[tuple[str, Sequence[Any]]]:
    """The rows of a file, read as they are asked for.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    names : sequence of str
        The columns that are read.
    ids : sequence of str
        Those of them that hold ids, which a decimal number cannot be.

    Yields
    ------
    (str, sequence)
        Where the row is, such as ``"line 3"``, and its cells in the order of the names: texts of a CSV file, values
        of a Parquet file.

    Raises
    ------
    FileUnusable
        At once for a file that is neither; at the row for one that cannot be read.
    """
    kind = content_type(path)
    if kind == CSV:
        return _of_csv(path, names)
    if kind == PARQUET:
        return _of_parquet(path, names, ids)
    raise FileUnusable(f"'{path}' is an Arrow stream. Expected CSV or Parquet.")


def number_of(path: Path, where: str, value: Any) -> float:
    """A cell as a number.

    Raises
    ------
    FileUnusable
        When it is none.
    """
    try:
        return float(value)
    except (TypeError, ValueError) as problem:
        raise FileUnusable(f"'{path}', {where}: found '{value}', expected a number.") from problem


def moment_of(found: Any) -> str | None:
    """A cell as the text of a time; None if it is empty. A time without a zone is taken as UTC."""
    if isinstance(found, datetime) and found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    if isinstance(found, date):
        return found.isoformat()
    return str(found) if found not in (None, "") else None


def _of_csv(path: Path, names: Sequence[str]) -> Iterator[tuple[str, Sequence[Any]]]:
    line = 1
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file, strict=True)
            header = next(rows, [])
            places = [_place(path, header, name) for name in names]
            line = rows.line_num + 1
            for row in rows:
                if row:
                    yield f"line {line}", _cells(path, line, row, places, len(header))
                line = rows.line_num + 1
    except OSError as problem:
        raise unreadable(path, problem) from problem
    except UnicodeDecodeError as problem:
        raise FileUnusable(f"'{path}' is not UTF-8 text after line {line}: {problem.reason}.") from problem
    except csv.Error as problem:
        raise FileUnusable(f"'{path}', line {line}: {problem}.") from problem


def _of_parquet(path: Path, names: Sequence[str], ids: Sequence[str]) -> Iterator[tuple[str, Sequence[Any]]]:
    # Polars takes long to import, and only this function needs it.
    import polars as pl  # noqa: PLC0415

    try:
        table = pl.scan_parquet(path)
        schema = table.collect_schema()
        for name in names:
            _place(path, schema.names(), name)
        for name in ids:
            if schema[name].is_float():
                raise FileUnusable(
                    f"'{path}': column '{name}' holds decimal numbers. Ids must be text or whole numbers, as in the "
                    "predictions."
                )
        chunks = table.select(names).collect_batches(chunk_size=ROWS_PER_READ)
        number = 0
        for chunk in chunks:
            for row in chunk.iter_rows():
                number += 1
                yield f"row {number}", row
    except (OSError, pl.exceptions.PolarsError) as problem:
        raise FileUnusable(f"Cannot read '{path}' as Parquet: {problem}.") from problem


def _place(path: Path, header: Sequence[str], name: str) -> int:
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
