"""Two tables with their columns in the baseline's kinds, and what could not be read as such."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from assay.engines.casting import NO_NUMBER, cast_column, texts
from assay.engines.inference import ColumnEvidence
from assay.records.models import FeatureKind
from assay.stats.bins import Bins, LevelBins, NumericBins
from assay.stats.causes import TypeReading
from assay.stats.unseen import UnseenLevels

NUMBERS = frozenset({FeatureKind.NUMERIC, FeatureKind.DATE})


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of both sides, cast to the kinds that the baseline's values have.

    Attributes
    ----------
    kinds : mapping of str to FeatureKind
        Of the columns compared, in the baseline's order.
    baseline, current : DataFrame
        Numbers and dates as Float64 (dates as seconds since 1970), everything else as text.
    readings : mapping of str to TypeReading
        Columns that are of another kind in current.
    notes : tuple of str
        What was left out and why.
    """

    kinds: Mapping[str, FeatureKind]
    baseline: pl.DataFrame
    current: pl.DataFrame
    readings: Mapping[str, TypeReading]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, baseline: pl.DataFrame, current: pl.DataFrame) -> "Columns":
        """Columns that both sides have, free text left out."""
        shared = [name for name in baseline.columns if name in current.columns]
        kinds = {name: ColumnEvidence.of(baseline[name]).kind for name in shared}
        text = [name for name in shared if kinds[name] is FeatureKind.TEXT]
        kept = {name: kind for name, kind in kinds.items() if kind is not FeatureKind.TEXT}
        readings: dict[str, TypeReading] = {}
        cast: list[pl.Series] = []
        for name, kind in kept.items():
            values, lost = cast_column(current[name], kind)
            cast.append(values)
            if lost:
                readings[name] = _unreadable(current[name], values, kind, lost)
        notes = (
            *_listed("only in the baseline", [n for n in baseline.columns if n not in shared]),
            *_listed("only in current", [n for n in current.columns if n not in shared]),
            *_listed("free text, not compared", text),
        )
        then = pl.DataFrame([cast_column(baseline[name], kind)[0] for name, kind in kept.items()])
        return cls(kept, then, pl.DataFrame(cast), readings, notes)

    def bins(self) -> dict[str, Bins]:
        """Bins frozen from the baseline."""
        return {name: bins_of(self.baseline[name], kind) for name, kind in self.kinds.items()}


def bins_of(values: pl.Series, kind: FeatureKind) -> Bins:
    """Bins of a baseline column that was cast to its kind."""
    return NumericBins.of(values) if kind in NUMBERS else LevelBins.of(values)


def reading_of_levels(name: str, columns: Columns, raw: pl.Series, unseen: UnseenLevels) -> TypeReading | None:
    """Levels that turned into numbers or dates: most rows are unknown, and all of them read as another kind."""
    kind, rows = columns.kinds[name], sum(unseen.counts.values()) + unseen.others
    now = ColumnEvidence.of(raw).kind
    if kind in NUMBERS or now not in NUMBERS or 2 * rows <= raw.len() - raw.null_count():
        return None
    return TypeReading(kind.value, now.value, rows, unseen.by_rows()[0][0])


def _unreadable(raw: pl.Series, read: pl.Series, kind: FeatureKind, lost: int) -> TypeReading:
    text = texts(raw)
    failed = text.filter(read.is_null() & text.is_not_null() & ~text.is_in(list(NO_NUMBER)))
    now = ColumnEvidence.of(raw).kind
    word = "Mixed" if now is kind else now.value
    return TypeReading(kind.value, word, lost, failed[0] if failed.len() else None)


def _listed(what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    shown = ", ".join(f"'{name}'" for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return [f"{len(names)} column{'s' if len(names) > 1 else ''} {what}: {shown}"]
