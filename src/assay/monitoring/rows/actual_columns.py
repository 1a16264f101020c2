"""Actuals in the columns of a file: which column means what, what cannot be read, and the actuals themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from assay.engines.casting import numbers, texts, times, unreadable_numbers
from assay.errors import Invalid
from assay.monitoring.rows.association_ids import without_blanks
from assay.monitoring.rows.class_labels import ClassLabels
from assay.records.actuals import Actual
from assay.records.job_specs import RowColumns
from assay.records.models import Target

TRUE, FALSE = ("true", "1", "yes"), ("false", "0", "no")
ID, LABEL, NUMBER, AT, ACTED = "association_id", "label", "number", "at", "was_acted_on"

Faults = list[tuple[pl.Series, str]]


@dataclass(frozen=True)
class ActualsPlan:
    """Which columns of a file hold actuals, and how they are read."""

    target: Target
    association_id: str
    value: str
    at: str | None
    acted_upon: str | None

    def faults(self, chunk: pl.DataFrame) -> Faults:
        """Rows whose actual cannot be read, with the reason."""
        given = texts(chunk[self.value]).is_not_null()
        nameless = given & without_blanks(texts(chunk[self.association_id])).is_null()
        found = [(nameless, f"column '{self.value}': found an actual on a row without an association id")]
        if self.target.class_names:
            _, unknown = ClassLabels(self.target.class_names).of_column(chunk[self.value])
            wanted = f"one of the classes {', '.join(self.target.class_names)}"
        else:
            number, _ = numbers(chunk[self.value])
            unknown = unreadable_numbers(chunk[self.value]) | number.is_infinite().fill_null(value=False)
            wanted = "a finite number"
        found.append((unknown, f"column '{self.value}': cannot be read, expected {wanted}"))
        if self.at is not None:
            moments, _ = times(chunk[self.at])
            wrong = moments.is_null() & texts(chunk[self.at]).is_not_null()
            found.append((wrong, f"column '{self.at}': cannot be read, expected a time such as 2026-11-23T10:31:31Z"))
        if self.acted_upon is not None:
            flags, text = _flags(chunk[self.acted_upon]), texts(chunk[self.acted_upon])
            wrong = flags.is_null() & text.is_not_null()
            found.append((wrong, f"column '{self.acted_upon}': cannot be read, expected true or false"))
        return found

    def of(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """The actuals of rows that have one."""
        count = chunk.height
        label, number = pl.Series([None] * count, dtype=pl.String), pl.Series([None] * count, dtype=pl.Float64)
        if self.target.class_names:
            label, _ = ClassLabels(self.target.class_names).of_column(chunk[self.value])
        else:
            number, _ = numbers(chunk[self.value])
        nothing = pl.Series([None] * count)
        columns = {
            ID: without_blanks(texts(chunk[self.association_id])),
            LABEL: label,
            NUMBER: number,
            AT: nothing.cast(pl.Datetime("us", "UTC")) if self.at is None else times(chunk[self.at])[0],
            ACTED: nothing.cast(pl.Boolean) if self.acted_upon is None else _flags(chunk[self.acted_upon]),
        }
        return pl.DataFrame(columns).filter(pl.col(LABEL).is_not_null() | pl.col(NUMBER).is_not_null())


def plan_of(
    target: Target, names: tuple[str, ...], columns: RowColumns, association_id: str | None
) -> ActualsPlan | None:
    """How the actuals of a file are read; None when the job names no column of them.

    Raises
    ------
    Invalid
        When a named column is not there, or nothing ties an actual to its prediction.
    """
    if columns.actual_value is None:
        for name, found in (
            ("actualsTimestampColumn", columns.actual_timestamp),
            ("actedUponColumn", columns.acted_upon),
        ):
            if found is not None:
                raise Invalid(f"{name}: there are no actuals without an actualsValueColumn.")
        return None
    for wanted in (columns.actual_value, columns.actual_timestamp, columns.acted_upon):
        if wanted is not None and wanted not in names:
            raise Invalid(f"The file has no column '{wanted}'. It has: {', '.join(names[:12])}.")
    if association_id is None:
        raise Invalid(
            "actualsValueColumn: actuals need association ids. Name their column by 'associationIdColumn', or in the "
            "deployment's settings."
        )
    return ActualsPlan(target, association_id, columns.actual_value, columns.actual_timestamp, columns.acted_upon)


def in_pieces(actuals: pl.DataFrame, rows: int) -> Iterator[list[Actual]]:
    """Actuals of columns, at most ``rows`` at a time, in their order; of one id only the last within a piece."""
    for some in actuals.iter_slices(rows):
        newest = some.unique(ID, keep="last", maintain_order=True)
        yield [_actual(row) for row in newest.iter_rows(named=True)]


def _actual(row: dict[str, Any]) -> Actual:
    return Actual(row[ID], row[LABEL], row[NUMBER], row[AT], row[ACTED])


def _flags(values: pl.Series) -> pl.Series:
    word = texts(values).str.strip_chars().str.to_lowercase()
    flag = pl.when(word.is_in(list(TRUE))).then(True).when(word.is_in(list(FALSE))).then(False)  # noqa: FBT003
    return pl.select(flag).to_series()
