"""Files of actuals, read row by row."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from assay.client.errors import FileUnusable
from assay.client.table_rows import moment_of, number_of, rows_of_file


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
        When the file is neither, or at the row for a value that cannot be an actual.
    """
    for where, cells in rows_of_file(path, columns.names(), ids=[columns.association_id]):
        yield _actual(path, where, cells, as_number)


def _actual(path: Path, where: str, cells: Any, as_number: bool) -> Actual:  # noqa: FBT001 - private
    association_id, value, *rest = cells
    timestamp = rest[0] if rest else None
    if as_number and value not in (None, ""):
        value = number_of(path, where, value)
    if isinstance(value, float) and math.isinf(value):
        raise FileUnusable(f"'{path}', {where}: an actual cannot be infinite.")
    if isinstance(value, date):
        value = value.isoformat()
    return Actual("" if association_id is None else str(association_id), value, moment_of(timestamp))
