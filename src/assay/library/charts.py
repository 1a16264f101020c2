"""Bars to draw: how often each value or interval occurs on both sides."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import polars as pl

from assay.stats.arrays import FloatArray
from assay.stats.drift.word_changes import word_changes
from assay.stats.profile.words import TextColumn
from assay.stats.shares import share

Axis = Literal["numbers", "levels", "words"]

INTERVALS = 24
LEVELS = 8
# Outer percentiles are drawn up to this many times the reach of the inner ones.
FARTHEST = 2.5


@dataclass(frozen=True, slots=True)
class Bar:
    """Rows of one value, level or interval on both sides; ``label`` says which."""

    label: str
    baseline: int
    current: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of one column, without its missing rows.

    Attributes
    ----------
    bars : tuple of Bar
    rows : pair of int
        Rows with a value, in baseline and current. Bars of words overlap and may not hold them all.
    axis : str
        "numbers" for intervals or values on a number line, "levels", or "words".
    ends : tuple of str
        First and last place on the number line, as it is drawn; empty for the others.
    """

    bars: tuple[Bar, ...]
    rows: tuple[int, int]
    axis: Axis
    ends: tuple[str, ...] = ()

    @property
    def shares(self) -> list[tuple[float, float]]:
        """Of each bar, the share of the rows in baseline and current; 0.0 on a side without rows."""
        m, n = self.rows
        return [(share(bar.baseline, m) or 0.0, share(bar.current, n) or 0.0) for bar in self.bars]


def chart_of_numbers(baseline: pl.Series, current: pl.Series, *, dates: bool = False) -> Chart:
    """Twenty-four intervals of equal width that hold most rows of both sides; single values when there are few."""
    then, now = (values.drop_nulls().to_numpy() for values in (baseline, current))
    rows = then.size, now.size
    known = [side[np.isfinite(side)] for side in (then, now)]
    distinct = np.unique(np.concatenate([then, now]))
    say = _date if dates else _number
    if 0 < distinct.size <= INTERVALS:
        bars = [Bar(say(v), int((then == v).sum()), int((now == v).sum())) for v in distinct.tolist()]
        ends = tuple(dict.fromkeys((bars[0].label, bars[-1].label)))
        return Chart(tuple(bars), rows, "numbers", ends)
    edges = _edges(known)
    if edges.size < 2:
        return Chart((), rows, "numbers")
    counts = [_counted(side, edges) for side in (then, now)]
    names = [f"{say(low)} to {say(high)}" for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)]
    names[0], names[-1] = f"below {say(float(edges[1]))}", f"from {say(float(edges[-2]))}"
    drawn = tuple(Bar(*bar) for bar in zip(names, *counts, strict=True))
    return Chart(drawn, rows, "numbers", (say(float(edges[0])), say(float(edges[-1]))))


def chart_of_levels(baseline: pl.Series, current: pl.Series) -> Chart:
    """The levels that are most frequent on either side, and all the others."""
    then, now = (values.alias("level").drop_nulls().value_counts(name="rows") for values in (baseline, current))
    rows = int(then["rows"].sum()), int(now["rows"].sum())
    both = then.join(now, on="level", how="full", coalesce=True, suffix="_now").fill_null(0)
    shares = (pl.col(name) / max(n, 1) for name, n in zip(("rows", "rows_now"), rows, strict=True))
    ranked = both.sort(pl.max_horizontal(shares), "level", descending=[True, False])
    bars = [Bar(*row) for row in ranked.head(LEVELS).iter_rows()]
    if ranked.height > LEVELS:
        rest = ranked[LEVELS:]
        bars.append(Bar(f"{rest.height:,} other levels", int(rest["rows"].sum()), int(rest["rows_now"].sum())))
    return Chart(tuple(bars), rows, "levels")


def chart_of_words(baseline: TextColumn, current: TextColumn) -> Chart:
    """The words that changed most surely, and rows without any known word."""
    changes = word_changes(baseline, current) or []
    bars = [Bar(change.word, change.baseline_rows, change.rows) for change in changes[:LEVELS]]
    bars.append(Bar("no known word", int(baseline.counts[-1]), int(current.counts[-1])))
    return Chart(tuple(bars), (baseline.texts, current.texts), "words")


def _edges(known: list[FloatArray]) -> FloatArray:
    # Outliers of current must not squeeze all else into one bar: its outer percentiles count only while they are near.
    inner, outer = _reach(known, (0.06, 0.94)), _reach(known, (0.01, 0.99))
    if inner is None or outer is None:
        return np.empty(0)
    near = outer[1] - outer[0] <= FARTHEST * (inner[1] - inner[0])
    low, high = outer if near else inner
    if low == high:
        low, high = low - 0.5 * abs(low) - 0.5, high + 0.5 * abs(high) + 0.5
    return np.linspace(low, high, INTERVALS + 1) if math.isfinite(high - low) else np.empty(0)


def _reach(known: list[FloatArray], tails: tuple[float, float]) -> tuple[float, float] | None:
    """From the baseline's first to its last percentile, and between these percentiles of current."""
    pairs = zip(known, ((0.01, 0.99), tails), strict=True)
    ends = [np.quantile(side, places, method="inverted_cdf") for side, places in pairs if side.size]
    return (float(min(e[0] for e in ends)), float(max(e[1] for e in ends))) if ends else None


def _counted(values: FloatArray, edges: FloatArray) -> list[int]:
    # The outer intervals are open, so every value and infinity has its place.
    places = np.searchsorted(edges[1:-1], values, side="right")
    return [int(rows) for rows in np.bincount(places, minlength=INTERVALS)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e6 else f"{value:.3g}"


def _date(value: float) -> str:
    try:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d")
    except (OverflowError, OSError, ValueError):
        return f"{value:.4g}"
