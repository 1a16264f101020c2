"""Two tables with their columns in the baseline's kinds, and what could not be read as such."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.engines.casting import NO_NUMBER, cast_column, texts
from assay.engines.freezing import NUMBERS, bins_of
from assay.engines.inference import ColumnEvidence
from assay.library.weighing import Weights
from assay.records.models import FeatureKind
from assay.stats.causes import TypeReading
from assay.stats.drift.unseen import UnseenLevels
from assay.stats.profile.bins import Bins


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of both sides, cast to the kinds that the baseline's values have.

    Attributes
    ----------
    kinds : mapping of str to FeatureKind
        Of the columns compared, in the baseline's order.
    baseline, current : DataFrame
        Numbers and dates as Float64 (dates as seconds since 1970), everything else as text. Of weighted rows the rows
        that they are worth, each column by itself: then a row of these frames is no row of the tables.
    whole : pair of DataFrame
        The same with the rows of the tables.
    readings : mapping of str to TypeReading
        Columns that are of another kind in current.
    notes : tuple of str
        What was left out and why.
    """

    kinds: Mapping[str, FeatureKind]
    baseline: pl.DataFrame
    current: pl.DataFrame
    whole: tuple[pl.DataFrame, pl.DataFrame]
    readings: Mapping[str, TypeReading]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, baseline: pl.DataFrame, current: pl.DataFrame, weights: tuple[Weights, Weights]) -> "Columns":
        """Columns that both sides have."""
        shared = [name for name in baseline.columns if name in current.columns]
        kinds = {name: ColumnEvidence.of(baseline[name]).kind for name in shared}
        then, now = (
            pl.DataFrame({name: cast_column(side[name], kind)[0] for name, kind in kinds.items()})
            for side in (baseline, current)
        )
        readings = {
            name: reading
            for name, kind in kinds.items()
            if (reading := _unreadable(current[name], now[name], kind, weights[1]))
        }
        notes = (
            *listed("only in the baseline", [name for name in baseline.columns if name not in shared]),
            *listed("only in current", [name for name in current.columns if name not in shared]),
        )
        return cls(kinds, weights[0].of_table(then), weights[1].of_table(now), (then, now), readings, notes)

    def sides(self, name: str) -> tuple[pl.Series, pl.Series]:
        """One column of baseline and current."""
        return self.baseline[name], self.current[name]

    def bins(self) -> dict[str, Bins]:
        """Bins of every column, frozen from the baseline."""
        return {name: bins_of(self.baseline[name], kind) for name, kind in self.kinds.items()}


def reading_of_levels(name: str, columns: Columns, raw: pl.Series, unseen: UnseenLevels) -> TypeReading | None:
    """Levels that turned into numbers or dates: most rows are unknown, and all of them read as another kind."""
    kind, rows = columns.kinds[name], sum(unseen.counts.values()) + unseen.others
    now = ColumnEvidence.of(raw).kind
    known = columns.current[name].drop_nulls().len()
    if kind in NUMBERS or now not in NUMBERS or 2 * rows <= known:
        return None
    return TypeReading(kind.value, now.value, rows, unseen.by_rows()[0][0])


def reading_of_texts(name: str, columns: Columns, raw: pl.Series) -> TypeReading | None:
    """Free text that turned into numbers or dates; None where it is text, or missing, still."""
    now = ColumnEvidence.of(raw).kind
    known = columns.current[name].drop_nulls()
    if now not in NUMBERS or not known.len():
        return None
    return TypeReading(FeatureKind.TEXT.value, now.value, known.len(), known[0])


def _unreadable(raw: pl.Series, read: pl.Series, kind: FeatureKind, weights: Weights) -> TypeReading | None:
    if kind not in NUMBERS or read.null_count() == raw.null_count():
        return None
    text = texts(raw)
    lost = read.is_null() & text.is_not_null() & ~text.is_in(list(NO_NUMBER))
    rows = weights.rows_of(lost.to_numpy().astype(np.bool_))
    if not rows:
        return None
    now = ColumnEvidence.of(raw).kind
    return TypeReading(kind.value, "Mixed" if now is kind else now.value, rows, text.filter(lost)[0])


def listed(what: str, names: list[str]) -> list[str]:
    """One note on some columns; none when there is no such column.

    Examples
    --------
    >>> listed("only in current", ["age"])
    ["1 column only in current: 'age'"]
    """
    if not names:
        return []
    shown = ", ".join(f"'{name}'" for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return [f"{len(names)} column{'s' if len(names) > 1 else ''} {what}: {shown}"]
