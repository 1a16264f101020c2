import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Invalid
from assay.stats.profile.bins import BIN_COUNTS, LevelBins, NumericBins

VALUES = st.floats(-1e300, 1e300) | st.integers(-3, 3).map(float)


def test_the_default_fractions_are_every_k_over_b_from_two_to_ten_bins() -> None:
    fractions = NumericBins.of(pl.Series([1.0])).fractions
    assert fractions.size == 31
    assert {k / b for b in BIN_COUNTS for k in range(1, b)} == set(fractions.tolist())


@given(st.lists(VALUES, min_size=1, max_size=60), st.integers(2, 10))
def test_coarse_edges_are_numpys_inverted_cdf_without_the_maximum(values: list[float], n_bins: int) -> None:
    cuts = np.unique(np.quantile(values, np.arange(1, n_bins) / n_bins, method="inverted_cdf"))
    edges = NumericBins.of(pl.Series(values)).coarse_edges(n_bins)
    assert edges.tolist() == [edge for edge in cuts if edge < max(values)]


@given(st.lists(VALUES, min_size=1, max_size=60), st.lists(VALUES, max_size=60), st.integers(2, 10))
def test_coarse_cells_are_unions_of_fine_ones(baseline: list[float], values: list[float], n_bins: int) -> None:
    bins = NumericBins.of(pl.Series(baseline))
    fine = np.searchsorted(bins.edges, values, side="left")
    coarse = np.searchsorted(bins.coarse_edges(n_bins), values, side="left")
    assert bins.coarse_cells(n_bins)[fine].tolist() == coarse.tolist()


@pytest.mark.parametrize("values", [[], [None], [math.nan, math.inf, -math.inf]])
def test_a_baseline_without_finite_values_has_one_cell_and_no_range(values: list[float | None]) -> None:
    bins = NumericBins.of(pl.Series(values, dtype=pl.Float64))
    assert (bins.edges.size, bins.quantiles.size, bins.low, bins.high, bins.pivot) == (0, 0, None, None, 0.0)
    assert bins.coarse_cells(10).tolist() == [0]


def test_a_constant_baseline_has_one_cell() -> None:
    bins = NumericBins.of(pl.Series([5.0] * 200))
    assert (bins.edges.size, bins.low, bins.high, bins.pivot) == (0, 5.0, 5.0, 5.0)


def test_minus_zero_is_zero() -> None:
    bins = NumericBins.of(pl.Series([-0.0, -0.0, 1.0]))
    assert bins == NumericBins.of(pl.Series([0.0, 0.0, 1.0]))
    assert math.copysign(1.0, bins.edges[0]) == 1.0


def test_infinities_are_left_out_of_the_cuts() -> None:
    bins = NumericBins.of(pl.Series([-math.inf, 1.0, 2.0, 3.0, 4.0, math.inf]), bin_counts=(2,))
    assert (bins.edges.tolist(), bins.low, bins.high) == ([2.0], 1.0, 4.0)


def test_bins_of_the_largest_doubles_stay_finite() -> None:
    bins = NumericBins.of(pl.Series([-1.7e308, 0.0, 1.7e308]), bin_counts=(3,))
    assert bins.edges.tolist() == [-1.7e308, 0.0]


def test_another_bin_count_can_be_asked_for() -> None:
    bins = NumericBins.of(pl.Series(range(1, 161)), bin_counts=(16,))
    assert bins.coarse_edges(16).tolist() == list(range(10, 160, 10))
    assert bins.coarse_edges(8).tolist() == list(range(20, 160, 20))


def test_a_bin_count_that_was_not_asked_for_is_refused_in_words() -> None:
    with pytest.raises(Invalid, match=r"not cut for 11 bins\..*bin_counts"):
        NumericBins.of(pl.Series([1.0, 2.0])).coarse_edges(11)


def test_one_bin_has_no_edges() -> None:
    assert NumericBins.of(pl.Series([1.0, 2.0])).coarse_edges(1).size == 0


def test_bins_cannot_be_changed() -> None:
    bins = NumericBins.of(pl.Series(range(100)))
    for array in (bins.fractions, bins.quantiles, bins.edges, bins.coarse_cells(10)):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


def test_bins_are_equal_by_content_and_can_be_keys() -> None:
    one, same, other = (NumericBins.of(pl.Series(rows)) for rows in ([1, 2, 3], [1, 2, 3], [1, 2, 4]))
    assert one == same
    assert one != other
    assert one != LevelBins.of(pl.Series(["1"]))
    assert len({one, same, other}) == 2


def test_the_most_frequent_levels_come_first_and_ties_by_code_point() -> None:
    bins = LevelBins.of(pl.Series(["b", "b", "B", "a", "é", "e\u0301", "z", None]), top=4)
    assert bins.levels == ("b", "B", "a", "e\u0301")
    assert bins.other_levels == {"z", "é"}
    assert bins.singletons == 5


@pytest.mark.parametrize("values", [[], [None, None]])
def test_a_baseline_without_levels_has_the_other_cell_only(values: list[str | None]) -> None:
    bins = LevelBins.of(pl.Series(values, dtype=pl.String))
    assert (bins.levels, bins.other_levels, bins.singletons) == ((), frozenset(), 0)


def test_exactly_as_many_levels_as_kept_leave_no_others() -> None:
    bins = LevelBins.of(pl.Series([f"level {i:02}" for i in range(25)]))
    assert len(bins.levels) == 25
    assert not bins.other_levels


def test_level_bins_are_equal_by_content() -> None:
    one, same, other = (LevelBins.of(pl.Series(rows), top=1) for rows in (["a", "b"], ["b", "a"], ["a", "c"]))
    assert one == same
    assert one != other
    assert len({one, same, other}) == 2
