"""How the laws build columns and profiles."""

import math
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st
from tests.laws.accuracy_cases import CASES as ACCURACY_CASES
from tests.laws.custom_metric_cases import CASES as CUSTOM_METRIC_CASES
from tests.laws.law_case import LawCase

from assay.stats.drift.unseen import UnseenLevels
from assay.stats.profile import Profile
from assay.stats.profile.bins import LevelBins, NumericBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.distinct import Distinct
from assay.stats.profile.moments import Moments
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.quantiles import LogBuckets
from assay.stats.profile.words import TextColumn, WordBins

VALUES = st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float)
ODD_VALUES = VALUES | st.sampled_from([math.inf, -math.inf, math.nan, -0.0, 1e300, -1e300, 5e-324]) | st.none()
LEVELS = st.sampled_from(["a", "b", "B", " a", "", "é", "e\u0301", "nan"]) | st.none()


def close_moments(one: Moments, other: Moments) -> bool:
    """Counts equal; the mean power of the deviations within 1e-11 of the same power of the values' scale.

    A mean of 1e6 and deviations of 1 share no more digits than doubles hold, hence that scale.
    """
    if (one.n, one.pivot) != (other.n, other.pivot):
        return False
    scale = abs(one.shifted_mean) + one.spread + 1e-300
    return abs(one.shifted_mean - other.shifted_mean) <= 1e-11 * scale and all(
        abs(a - b) <= 1e-11 for a, b in zip(_powers(one, scale), _powers(other, scale), strict=True)
    )


def _powers(moments: Moments, scale: float) -> tuple[float, float, float]:
    ratio = moments.spread / scale
    return ratio, moments.third * ratio**3, moments.fourth * ratio**4


def close_numeric(one: NumericColumn, other: NumericColumn) -> bool:
    """All equal but the moments, and those close."""
    names = ("bins", "missing", "positive_infinite", "negative_infinite", "below", "above", "low", "high", "buckets")
    return (
        np.array_equal(one.counts, other.counts)
        and all(getattr(one, name) == getattr(other, name) for name in names)
        and close_moments(one.moments, other.moments)
    )


def close_columns(one: Any, other: Any) -> bool:
    return close_numeric(one, other) if isinstance(one, NumericColumn) else one == other


def close_profiles(one: Profile, other: Profile) -> bool:
    return (
        one.rows == other.rows
        and list(one.columns) == list(other.columns)
        and all(close_columns(column, other.columns[name]) for name, column in one.columns.items())
    )


def numbers(rows: list[float | None]) -> pl.Series:
    return pl.Series(rows, dtype=pl.Float64)


def levels(rows: list[str | None]) -> pl.Series:
    return pl.Series(rows, dtype=pl.String)


def frame(rows: list[tuple[float | None, str | None, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "x": numbers([row[0] for row in rows]),
            "city": levels([row[1] for row in rows]),
            "note": levels([row[2] for row in rows]),
        }
    )


def distinct(kinds: int, rows: list[int]) -> Distinct:
    """Each row stands for many values, so that hashes give way to registers; few or many of them differ."""
    random = np.random.default_rng(0)
    values = random.integers(0, 2**63, (kinds, 700), dtype=np.uint64)
    return Distinct.of(np.concatenate([np.empty(0, np.uint64), *(values[row % kinds] for row in rows)]))


NUMERIC_BINS = st.lists(ODD_VALUES, max_size=40).map(lambda rows: NumericBins.of(numbers(rows)))
LEVEL_BINS = st.lists(LEVELS, max_size=20).map(lambda rows: LevelBins.of(levels(rows), top=3))

TEXTS = st.sampled_from(["", "Not good", "good, GOOD", "é!", "ok 5", "...", "x" * 300]) | st.none()
WORD_BINS = st.lists(TEXTS, max_size=8).map(lambda rows: WordBins.of(levels(rows), top=3))

CASES: dict[type, LawCase] = {
    Moments: LawCase(
        row=VALUES | st.sampled_from([1e300, -1e300, 1e-300]),
        context=VALUES,
        of=lambda pivot, rows: Moments.of(rows, pivot),
        empty=Moments.empty,
        close=close_moments,
    ),
    LogBuckets: LawCase(
        row=VALUES,
        of=lambda _, rows: LogBuckets.of(np.array(rows, dtype=np.float64)),
        empty=lambda _: LogBuckets.empty(),
        close=lambda one, other: one == other,
    ),
    NumericColumn: LawCase(
        row=ODD_VALUES,
        context=NUMERIC_BINS,
        of=lambda bins, rows: NumericColumn.of(numbers(rows), bins),
        empty=NumericColumn.empty,
        close=close_numeric,
    ),
    CategoricalColumn: LawCase(
        row=LEVELS,
        context=LEVEL_BINS,
        of=lambda bins, rows: CategoricalColumn.of(levels(rows), bins),
        empty=CategoricalColumn.empty,
        close=lambda one, other: one == other,
    ),
    UnseenLevels: LawCase(
        # Enough distinct levels to go beyond those that are kept.
        row=LEVELS | st.integers(0, 200).map(lambda i: f"new {i}"),
        context=LEVEL_BINS,
        of=lambda bins, rows: UnseenLevels.of(levels(rows), bins),
        empty=UnseenLevels.empty,
        close=lambda one, other: one == other,
    ),
    TextColumn: LawCase(
        row=TEXTS,
        context=WORD_BINS,
        of=lambda bins, rows: TextColumn.of(levels(rows), bins),
        empty=TextColumn.empty,
        close=lambda one, other: one == other,
    ),
    Distinct: LawCase(
        row=st.integers(0, 5),
        context=st.sampled_from([1, 2, 6]),
        of=distinct,
        empty=lambda _: Distinct.empty(),
        close=lambda one, other: one == other,
    ),
    Profile: LawCase(
        row=st.tuples(ODD_VALUES, LEVELS, TEXTS),
        context=st.fixed_dictionaries({"x": NUMERIC_BINS, "city": LEVEL_BINS, "note": WORD_BINS}),
        of=lambda bins, rows: Profile.of(frame(rows), bins),
        empty=Profile.empty,
        close=close_profiles,
    ),
    **ACCURACY_CASES,
    **CUSTOM_METRIC_CASES,
}
