import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Invalid
from assay.stats.profile.aggregates import (
    LevelAggregate,
    NumberAggregate,
    categorical_column,
    numeric_column,
    text_column,
)
from assay.stats.profile.bins import LevelBins, NumericBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.words import WordBins


def sketch(values, most=10):
    """Centroids by Ben-Haim and Tom-Tov, the slow way: the two nearest are merged while there are too many."""
    held = sorted((float(v), int(c)) for v, c in zip(*np.unique(values, return_counts=True), strict=True))
    while len(held) > most:
        place = int(np.argmin(np.diff([v for v, _ in held])))
        (a, m), (b, n) = held[place], held[place + 1]
        held[place : place + 2] = [((a * m + b * n) / (m + n), m + n)]
    return np.array([v for v, _ in held]), np.array([float(c) for _, c in held])


def sent(values, most=10):
    values = np.asarray(values, dtype=np.float64)
    centroids, counts = sketch(values, most)
    return NumberAggregate(
        len(values), values.min(), values.max(), values.sum(), float((values**2).sum()), centroids, counts
    )


@given(values=st.lists(st.sampled_from([-2.0, 0.0, 0.5, 1.0, 7.0, 30.0]), min_size=1, max_size=200))
def test_few_different_values_are_profiled_as_from_their_rows(values):
    bins = NumericBins.of(pl.Series(np.linspace(-1, 10, 50)))
    found, exact = numeric_column(sent(values), 3, bins)
    rows = NumericColumn.of(pl.Series([*values, None, None, None]), bins)
    assert exact
    assert found.counts.tolist() == rows.counts.tolist()
    assert (found.missing, found.below, found.above) == (3, rows.below, rows.above)
    assert (found.low, found.high) == (rows.low, rows.high)
    assert found.buckets == rows.buckets
    assert found.moments.mean == pytest.approx(rows.moments.mean, rel=1e-12, abs=1e-12)
    assert found.moments.spread == pytest.approx(rows.moments.spread, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(50, 10, 5_000),
        np.random.default_rng(1).lognormal(0, 1, 5_000),
        np.random.default_rng(2).uniform(-1, 1, 777),
    ],
    ids=["normal", "long tail", "uniform"],
)
def test_many_values_are_laid_out_between_their_centroids(values):
    bins = NumericBins.of(pl.Series(values))
    found, exact = numeric_column(sent(values, 40), 0, bins)
    rows = NumericColumn.of(pl.Series(values), bins)
    assert not exact
    assert found.counts.sum() == len(values)
    # Forty centroids place a row within a few percent of its rank.
    ranks = np.abs(np.cumsum(found.counts) - np.cumsum(rows.counts)) / len(values)
    assert ranks.max() < 0.08
    assert (found.low, found.high, found.below, found.above) == (values.min(), values.max(), 0, 0)
    assert found.moments.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.moments.population_std == pytest.approx(values.std(), rel=1e-9)
    assert found.quantile(0.5) == pytest.approx(np.median(values), abs=0.1 * values.std())


@given(
    values=st.lists(st.floats(-1e6, 1e6).map(lambda v: round(v, 3)), min_size=1, max_size=300),
    missing=st.integers(0, 5),
)
def test_every_row_is_counted_once_whatever_the_sketch(values, missing):
    bins = NumericBins.of(pl.Series([-1000.0, -1.0, 0.0, 2.0, 500.0]))
    found, _ = numeric_column(sent(values), missing, bins)
    assert found.rows == len(values) + missing
    assert (found.counts >= 0).all()
    assert found.buckets.total == found.moments.n == len(values)
    assert found.low <= found.high


def test_counts_that_are_no_whole_numbers_still_add_up():
    bins = NumericBins.of(pl.Series([1.0, 2.0, 3.0]))
    aggregate = NumberAggregate(10, 1.0, 3.0, None, None, np.array([1.0, 2.0, 3.0]), np.array([3.3, 3.3, 3.4]))
    found, exact = numeric_column(aggregate, 0, bins)
    assert (int(found.counts.sum()), exact) == (10, False)


def test_no_values_are_missing_rows_and_nothing_else():
    bins = NumericBins.of(pl.Series([1.0, 2.0]))
    nothing = NumberAggregate(0, None, None, None, None, np.array([]), np.array([]))
    found, exact = numeric_column(nothing, 4, bins)
    assert exact
    assert found == NumericColumn.of(pl.Series([None] * 4, dtype=pl.Float64), bins)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"centroids": np.array([]), "counts": np.array([])}, "without a histogram"),
        ({"counts": np.array([-1.0, 4.0])}, "negative"),
        ({"counts": np.array([0.0, 0.0])}, "all 0"),
        ({"low": 1.5}, "between min and max"),
        ({"high": float("inf")}, "not finite"),
        ({"squares": -1.0}, "sum of squares"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(changes, message):
    fields = {
        "count": 3,
        "low": 1.0,
        "high": 2.0,
        "total": 5.0,
        "squares": 9.0,
        "centroids": np.array([1.0, 2.0]),
        "counts": np.array([1.0, 2.0]),
    }
    with pytest.raises(Invalid, match=message):
        numeric_column(NumberAggregate(**{**fields, **changes}), 0, NumericBins.of(pl.Series([1.0, 2.0])))


@given(values=st.lists(st.sampled_from(["a", "b", "c", "new"]), max_size=60))
def test_levels_that_are_all_told_are_profiled_as_from_their_rows(values):
    bins = LevelBins.of(pl.Series(["a", "a", "b", "c"]))
    names = sorted(set(values))
    aggregate = LevelAggregate(len(values), tuple(names), tuple(values.count(n) for n in names))
    found, exact = categorical_column(aggregate, 2, bins)
    assert exact
    assert found == CategoricalColumn.of(pl.Series([*values, None, None], dtype=pl.String), bins)


def test_rows_of_levels_that_are_not_told_count_with_the_others():
    bins = LevelBins.of(pl.Series(["a", "b"]))
    found, exact = categorical_column(LevelAggregate(10, ("a",), (6,)), 0, bins)
    assert (found.cells().tolist(), found.new_level_rows, exact) == ([6, 0, 4, 0], 0, False)
    with pytest.raises(Invalid, match="at most the count"):
        categorical_column(LevelAggregate(3, ("a",), (4,)), 0, bins)


def test_a_word_has_the_rows_that_contain_it():
    found, exact = text_column(LevelAggregate(5, ("good", "bad"), (4, 5)), 1, WordBins(("bad", "good")))
    assert (found.shares.tolist(), found.rows, exact) == ([5 / 6, 4 / 6], 6, False)
    with pytest.raises(Invalid, match="'bad'"):
        text_column(LevelAggregate(3, ("bad",), (4,)), 0, WordBins(("bad",)))
