import math

import numpy as np
import polars as pl
import pytest

from assay.errors import BinsMismatch, Invalid
from assay.stats.profile.bins import NumericBins
from assay.stats.profile.moments import Moments
from assay.stats.profile.numeric import NumericColumn

INF, NAN = math.inf, math.nan


def column(values: list[float | None], baseline: list[float]) -> NumericColumn:
    return NumericColumn.of(pl.Series(values, dtype=pl.Float64), NumericBins.of(pl.Series(baseline, dtype=pl.Float64)))


def test_every_kind_of_value_is_counted_once_and_in_its_place() -> None:
    profile = column([None, NAN, INF, INF, -INF, 0.5, 1.0, 2.5, 4.0, 9.0], [1.0, 2.0, 3.0, 4.0])
    assert profile.bins.edges.tolist() == [1.0, 2.0, 3.0]
    assert profile.counts.tolist() == [3, 0, 1, 4]
    assert (profile.missing, profile.positive_infinite, profile.negative_infinite) == (2, 2, 1)
    assert (profile.below, profile.above, profile.out_of_range, profile.infinite) == (2, 3, 5, 3)
    assert (profile.low, profile.high, profile.rows) == (0.5, 9.0, 10)
    assert profile.finite_counts.tolist() == [2, 0, 1, 2]
    assert profile.moments == Moments.of([0.5, 1.0, 2.5, 4.0, 9.0], pivot=2.0)
    assert profile.buckets.total == 5


def test_counts_are_those_of_searchsorted_on_the_edges() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(0, 2, 3000).round(1)
    profile = column(values.tolist(), rng.normal(size=500).round(1).tolist())
    cells = np.searchsorted(profile.bins.edges, values, side="left")
    assert profile.counts.tolist() == np.bincount(cells, minlength=profile.bins.edges.size + 1).tolist()
    assert profile.below == (values < profile.bins.low).sum()
    assert profile.above == (values > profile.bins.high).sum()


def test_ten_bins_of_the_baseline_hold_a_tenth_each_and_missing_comes_last() -> None:
    rows = [float(i) for i in range(1, 101)]
    assert column([*rows, None], rows).cells().tolist() == [10] * 10 + [1]
    assert column([*rows, None], rows).cells(4).tolist() == [25] * 4 + [1]


@pytest.mark.parametrize("values", [[], [None], [NAN, None]])
def test_a_column_without_values_has_counts_of_zero_and_nothing_else(values: list[float | None]) -> None:
    profile = column(values, [1.0, 2.0, 3.0])
    assert profile.counts.sum() == 0
    assert (profile.missing, profile.rows) == (len(values), len(values))
    assert (profile.low, profile.high, profile.moments.mean, profile.quantile(0.5)) == (None, None, None, None)


def test_no_rows_are_the_empty_profile() -> None:
    assert column([], [1.0, 2.0]) == NumericColumn.empty(NumericBins.of(pl.Series([1.0, 2.0])))


def test_one_row_has_its_place_and_its_quantiles() -> None:
    profile = column([2.5], [1.0, 2.0, 3.0])
    assert (profile.rows, profile.low, profile.high, profile.moments.mean) == (1, 2.5, 2.5, 2.5)
    assert [profile.quantile(q) for q in (0.0, 0.3, 1.0)] == [2.5, 2.5, 2.5]


def test_without_a_baseline_range_out_of_range_is_unknown_not_zero() -> None:
    profile = column([1.0, 2.0, INF], [])
    assert (profile.counts.tolist(), profile.below, profile.above) == ([3], 0, 0)
    assert profile.out_of_range is None


def test_minus_zero_falls_where_zero_falls() -> None:
    baseline = [-1.0, 0.0, 1.0, 2.0]
    assert column([-0.0], baseline) == column([0.0], baseline)


def test_a_constant_baseline_sees_what_moved_as_out_of_range() -> None:
    profile = column([7.5] * 50, [5.0] * 200)
    assert (profile.counts.tolist(), profile.above) == ([50], 50)


def test_the_largest_doubles_are_counted_like_any_other() -> None:
    profile = column([1e308, -1e308, 1.7e308], [-1e308, 0.0, 1e308])
    assert (profile.below, profile.above, profile.moments.n, profile.buckets.total) == (0, 1, 3, 3)


@pytest.mark.parametrize(
    "values", [pl.Series([True, False, None]), pl.Series([1, 0, None], dtype=pl.Int8), pl.Series([1.0, 0.0, NAN])]
)
def test_booleans_integers_and_floats_give_one_profile(values: pl.Series) -> None:
    assert NumericColumn.of(values, NumericBins.of(pl.Series([0, 1]))) == column([1.0, 0.0, None], [0.0, 1.0])


def test_text_where_numbers_were_expected_is_refused() -> None:
    with pytest.raises(Invalid, match="expected numbers"):
        NumericColumn.of(pl.Series("x", ["1"]), NumericBins.of(pl.Series([1.0])))


def test_profiling_does_not_change_the_rows() -> None:
    rows = pl.Series([3.0, 1.0, 2.0])
    NumericColumn.of(rows, NumericBins.of(rows))
    assert rows.to_list() == [3.0, 1.0, 2.0]


def test_merging_adds_counts_and_widens_the_range() -> None:
    baseline = [1.0, 2.0, 3.0, 4.0]
    both = column([0.0, None], baseline).merge(column([5.0, INF], baseline))
    assert both == column([0.0, None, 5.0, INF], baseline)


def test_profiles_over_other_bins_do_not_merge() -> None:
    with pytest.raises(BinsMismatch, match="Profile both with one baseline"):
        column([1.0], [1.0, 2.0]).merge(column([1.0], [1.0, 3.0]))


def test_quantiles_stay_inside_the_range_seen() -> None:
    profile = column([1.003, 1.004, 1.005], [1.0])
    assert profile.quantile(0.0) == 1.003
    assert profile.quantile(1.0) == 1.005
    assert 1.003 <= profile.quantile(0.5) <= 1.005


def test_a_profile_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        column([1.0], [1.0, 2.0]).counts[0] = 9
