"""Profiles of columns from aggregates that a sender made of its rows: a sketch of ten centroids, a few counts.

See docs/methods/aggregates.md.
"""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.errors import Invalid
from assay.stats.arrays import FloatArray, IntArray, read_only
from assay.stats.profile.bins import LevelBins, NumericBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.distinct import Distinct, hashes_of_texts
from assay.stats.profile.moments import Moments
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.quantiles import LogBuckets
from assay.stats.profile.words import TextColumn, WordBins

POINTS = 1_024
"""Into how many places a sketched distribution is laid out."""
SAME = 1e-9
"""Relative difference up to which two sums of squares are one."""


@dataclass(frozen=True, slots=True)
class NumberAggregate:
    """What a sender tells of the numbers of some rows, missing ones left out.

    Attributes
    ----------
    count : int
    low, high, total, squares : float or None
        Smallest and largest value, sum and sum of squares; None where they were not told.
    centroids, counts : float array, shape (k,)
        A sketch: values, ascending or not, and how many rows are nearest to each.
    """

    count: int
    low: float | None
    high: float | None
    total: float | None
    squares: float | None
    centroids: FloatArray
    counts: FloatArray


@dataclass(frozen=True, slots=True)
class LevelAggregate:
    """What a sender tells of the levels, or the words, of some rows, missing ones left out.

    ``counts`` has the rows of each of ``values``; rows of levels that are not told are the rest of ``count``.
    """

    count: int
    values: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Points:
    """A distribution as values with whole numbers of rows; ascending."""

    values: FloatArray
    rows: IntArray
    exact: bool


def numeric_column(sent: NumberAggregate, missing: int, bins: NumericBins) -> tuple[NumericColumn, bool]:
    """Profile of a numeric column, and whether its cells are exact.

    The moments are those of the sums. The centroids are the values themselves when their squares add up to the sum
    of squares, for merging values would lose some of it: then the cells are exact. Otherwise the rows are laid out
    between the centroids by the trapezoids of Ben-Haim and Tom-Tov, from the smallest to the largest value.

    Raises
    ------
    Invalid
        When there are rows and no sketch, or the numbers contradict each other.

    Examples
    --------
    >>> bins = NumericBins.of(pl.Series([1.0, 2.0, 3.0, 4.0]), bin_counts=(2,))
    >>> sent = NumberAggregate(3, 1.0, 4.0, 7.0, 21.0, np.array([1.0, 2.0, 4.0]), np.array([1.0, 1.0, 1.0]))
    >>> column, exact = numeric_column(sent, 1, bins)
    >>> column.cells(2).tolist(), exact, round(column.moments.mean, 6)
    ([2, 1, 1], True, 2.333333)

    References
    ----------
    Ben-Haim and Tom-Tov (2010), Journal of Machine Learning Research 11, 849-872, algorithm 3.
    """
    if sent.count == 0:
        return NumericColumn.of(pl.Series([None] * missing, dtype=pl.Float64), bins), True
    points = _points(sent)
    upto = np.searchsorted(points.values, bins.edges, side="right")
    running = np.concatenate(([0], np.cumsum(points.rows)))
    return (
        NumericColumn(
            bins=bins,
            counts=read_only(np.diff(running[upto], prepend=0, append=sent.count)),
            missing=missing,
            positive_infinite=0,
            negative_infinite=0,
            below=0 if bins.low is None else int(points.rows[points.values < bins.low].sum()),
            above=0 if bins.high is None else int(points.rows[points.values > bins.high].sum()),
            low=float(points.values[0]),
            high=float(points.values[-1]),
            moments=_moments(sent, points, bins.pivot),
            buckets=LogBuckets.of_counts(points.values, points.rows),
        ),
        points.exact,
    )


def _points(sent: NumberAggregate) -> _Points:
    order = np.argsort(sent.centroids, kind="stable")
    values, rows = sent.centroids[order] + 0.0, _whole(sent.counts[order], sent.count)
    _check(sent, values)
    if sent.squares is not None and math.isclose(
        float((rows * values * values).sum()), sent.squares, rel_tol=SAME, abs_tol=1e-300
    ):
        held = rows > 0
        return _Points(values[held], rows[held], exact=True)
    low = float(values[0]) if sent.low is None else sent.low
    high = float(values[-1]) if sent.high is None else sent.high
    return _laid_out(np.concatenate(([low], values, [high])), np.concatenate(([0], rows, [0])), sent.count)


def _check(sent: NumberAggregate, values: FloatArray) -> None:
    if values.size == 0:
        raise Invalid(f"found {sent.count} values without a histogram, expected centroids and counts")
    told = [v for v in (sent.low, sent.high, sent.total, sent.squares) if v is not None]
    if not (np.isfinite(values).all() and all(math.isfinite(v) for v in told)):
        raise Invalid("found a number that is not finite among the aggregates")
    low, high = sent.low, sent.high
    slack = SAME * max(1.0, float(np.abs(values).max()))
    if (low is not None and values[0] < low - slack) or (high is not None and values[-1] > high + slack):
        raise Invalid(f"found centroids from {values[0]} to {values[-1]}, expected them between min and max")
    if sent.squares is not None and sent.squares < 0:
        raise Invalid(f"found a sum of squares of {sent.squares}, expected 0 or more")


def _whole(counts: FloatArray, total: int) -> IntArray:
    """Counts as whole numbers that add up to the total: the running sum, rounded."""
    if counts.size == 0:
        return np.zeros(0, dtype=np.int64)
    if not np.isfinite(counts).all() or (counts < 0).any() or counts.sum() <= 0:
        raise Invalid("found counts of centroids that are negative or all 0, expected rows")
    running = np.rint(np.cumsum(counts) * (total / counts.sum())).astype(np.int64)
    running[-1] = total
    whole: IntArray = np.diff(running, prepend=0)
    return whole


def _laid_out(values: FloatArray, corners: IntArray, total: int) -> _Points:
    """Rows at evenly spaced ranks of the distribution that has its density's corners at the values."""
    places = min(POINTS, total)
    heights: FloatArray = corners.astype(np.float64)
    areas = (heights[:-1] + heights[1:]) / 2
    ends = np.concatenate(([0.0], np.cumsum(areas)))
    ranks = (np.arange(places, dtype=np.float64) + 0.5) * (float(ends[-1]) / places)
    piece = np.clip(np.searchsorted(ends, ranks, side="right") - 1, 0, areas.size - 1)
    inside = ranks - ends[piece].astype(np.float64)
    share = _share(heights[piece], heights[piece + 1], inside)
    found: FloatArray = values[piece] + share * (values[piece + 1] - values[piece])
    # The ends are known, not sketched.
    found[0], found[-1] = values[0], values[-1]
    each = np.diff(np.rint(np.arange(places + 1) * (total / places)).astype(np.int64))
    return _Points(np.sort(found), each, exact=False)


def _share(first: FloatArray, last: FloatArray, area: FloatArray) -> FloatArray:
    """How far into a trapezoid of width 1 an area reaches: the root of (last - first) t^2 / 2 + first t = area."""
    slope = last - first
    root = np.sqrt(np.maximum(first * first + 2 * slope * area, 0.0))
    # This form of the root has no cancellation, and holds for a flat top too.
    below = first + root
    share: FloatArray = np.clip(np.divide(2 * area, below, out=np.zeros_like(area), where=below > 0), 0.0, 1.0)
    return share


def _moments(sent: NumberAggregate, points: _Points, pivot: float) -> Moments:
    """Count, mean and spread of the sums where they were told; the shape is the sketch's."""
    deviations = points.values - pivot
    mean = _mean(deviations, points)
    deviations = deviations - mean
    spread = math.sqrt(_mean(deviations**2, points))
    unit = deviations / spread if spread else deviations
    if sent.total is not None and sent.squares is not None:
        mean = sent.total / sent.count - pivot
        # The sums lose digits where the mean is large against the spread; they can then tell a square below 0.
        spread = math.sqrt(max(sent.squares / sent.count - (sent.total / sent.count) ** 2, 0.0))
    if spread == 0.0:
        return Moments(sent.count, pivot, mean, 0.0, 0.0, 0.0)
    return Moments(sent.count, pivot, mean, spread, _mean(unit**3, points), _mean(unit**4, points))


def _mean(values: FloatArray, points: _Points) -> float:
    return float((values * (points.rows / points.rows.sum())).sum())


def categorical_column(sent: LevelAggregate, missing: int, bins: LevelBins) -> tuple[CategoricalColumn, bool]:
    """Profile of a categorical column, and whether its cells are exact.

    Rows of levels that are not told are counted with the other levels, and not as new ones.

    Raises
    ------
    Invalid
        When the levels have more rows than there are.

    Examples
    --------
    >>> bins = LevelBins.of(pl.Series(["a", "a", "b"]))
    >>> column, exact = categorical_column(LevelAggregate(5, ("a", "z"), (3, 1)), 2, bins)
    >>> column.cells().tolist(), column.new_level_rows, exact  # a, b, others, missing
    ([3, 0, 2, 2], 1, False)
    """
    told = sum(sent.counts)
    if told > sent.count:
        raise Invalid(f"found {told} rows in categories, expected at most the count of {sent.count}")
    column = CategoricalColumn.empty(bins)
    cells = {level: place for place, level in enumerate(bins.levels)}
    counts = np.zeros(len(bins.levels) + 1, dtype=np.int64)
    new = 0
    for level, rows in zip(sent.values, sent.counts, strict=True):
        counts[cells.get(level, len(cells))] += rows
        new += rows if level not in cells and level not in bins.other_levels else 0
    counts[-1] += sent.count - told
    seen = pl.Series([v for v, rows in zip(sent.values, sent.counts, strict=True) if rows], dtype=pl.String)
    distinct = column.distinct.merge(Distinct.of(hashes_of_texts(seen)))
    return CategoricalColumn(bins, read_only(counts), missing, new, distinct), told == sent.count


def text_column(sent: LevelAggregate, missing: int, bins: WordBins) -> tuple[TextColumn, bool]:
    """Profile of a text column from the rows that contain each of some words; never exact.

    Which rows have none of the words is not told; that count is 0. The texts are not told either.

    Raises
    ------
    Invalid
        When a word is in more rows than there are.

    Examples
    --------
    >>> column, _ = text_column(LevelAggregate(3, ("Good", "bad"), (2, 1)), 1, WordBins(("good", "not")))
    >>> column.cells().tolist()  # good, not, no word known, missing
    [2, 0, 0, 1]
    """
    counts = np.zeros(len(bins.words) + 1, dtype=np.int64)
    cells = {word: place for place, word in enumerate(bins.words)}
    for word, rows in zip(sent.values, sent.counts, strict=True):
        if rows > sent.count:
            raise Invalid(f"found {rows} rows with the word {word[:64]!r}, expected at most the count of {sent.count}")
        if (place := cells.get(word.lower())) is not None:
            counts[place] = min(counts[place] + rows, sent.count)
    return TextColumn(bins, read_only(counts), missing, sent.count, Distinct.empty()), False
