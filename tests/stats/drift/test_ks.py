import math
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from assay.errors import BinsMismatch
from assay.stats.drift.ks import ks, ks_chance, ks_of_buckets, ks_of_cells, ks_of_values
from assay.stats.profile.bins import NumericBins
from assay.stats.profile.numeric import NumericColumn

VALUES = st.lists(st.floats(-1e6, 1e6) | st.integers(-4, 4).map(float), min_size=1, max_size=60)


def columns(baseline: list[float], current: list[float]) -> tuple[NumericColumn, NumericColumn]:
    bins = NumericBins.of(pl.Series(baseline, dtype=pl.Float64))
    return tuple(NumericColumn.of(pl.Series(rows, dtype=pl.Float64), bins) for rows in (baseline, current))


def ks_by_counting(baseline: list[float], current: list[float]) -> tuple[float, float]:
    """Statistic, and share of all orders of the rows that reach it, by counting lattice paths with integers."""
    m, n = len(baseline), len(current)

    def gap(i: int, j: int) -> int:
        return abs(i * n - j * m)

    places = sorted({*baseline, *current})
    reached = max(gap(sum(v <= x for v in baseline), sum(v <= x for v in current)) for x in places)
    inside = [0] * (n + 1)
    for i in range(m + 1):
        for j in range(n + 1):
            before = (inside[j] if i else 0) + (inside[j - 1] if j else 0) if i or j else 1
            inside[j] = before if gap(i, j) < reached else 0
    paths = math.comb(m + n, n)
    return reached / (m * n), float(Fraction(paths - inside[n], paths))


@given(VALUES, VALUES)
def test_rows_give_the_exact_test(baseline: list[float], current: list[float]) -> None:
    found = ks_of_values(np.array(baseline), np.array(current))
    wanted = ks_by_counting(baseline, current)
    assert found.statistic == found.at_most == pytest.approx(wanted[0], abs=1e-12)
    # Where the exact value is a hair below 1 scipy may take the asymptotic one.
    assert found.p == pytest.approx(wanted[1], rel=1e-9, abs=1e-4 if wanted[1] > 0.99 else 0)


def test_many_rows_give_the_asymptotic_p_value() -> None:
    rng = np.random.default_rng(0)
    baseline, current = rng.normal(size=2000), rng.normal(0.1, 1, 500)
    assert ks_of_values(baseline, current).p == stats.ks_2samp(baseline, current, method="asymp").pvalue


@given(VALUES, VALUES)
def test_profiles_bound_the_exact_statistic_from_both_sides(baseline: list[float], current: list[float]) -> None:
    exact = ks_of_values(np.array(baseline), np.array(current)).statistic
    for test in (ks_of_cells, ks_of_buckets, ks):
        found = test(*columns(baseline, current))
        assert found.statistic <= exact + 1e-12
        assert exact <= found.at_most + 1e-12


@given(VALUES, VALUES)
def test_cells_are_off_by_the_largest_share_of_a_cell_at_most(baseline: list[float], current: list[float]) -> None:
    one, other = columns(baseline, current)
    share = max((side.counts / side.counts.sum()).max() for side in (one, other))
    found = ks_of_cells(one, other)
    assert found.at_most <= found.statistic + share + 1e-12


def test_a_constant_that_moved_is_seen_although_it_has_one_cell() -> None:
    found = ks_of_cells(*columns([5.0] * 200, [7.5] * 50))
    assert (found.statistic, found.at_most) == (1.0, 1.0)
    assert found.p < 1e-30


def test_log_buckets_come_close_to_the_rows_where_values_spread() -> None:
    rng = np.random.default_rng(0)
    baseline, current = rng.normal(size=10_000).tolist(), rng.normal(0.2, 1, 1000).tolist()
    exact = ks_of_values(np.array(baseline), np.array(current)).statistic
    found = ks(*columns(baseline, current))
    assert found.statistic == pytest.approx(exact, abs=0.005)
    assert found.at_most == pytest.approx(exact, abs=0.01)


def test_cells_come_close_to_the_rows_beside_a_large_offset() -> None:
    rng = np.random.default_rng(0)
    baseline, current = (1e9 + rng.normal(size=5000)).tolist(), (1e9 + rng.normal(1, 1, 1000)).tolist()
    exact = ks_of_values(np.array(baseline), np.array(current)).statistic
    assert ks(*columns(baseline, current)).statistic == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("current", [[], [math.inf], [math.nan]])
def test_a_side_without_finite_values_is_unknown(current: list[float]) -> None:
    baseline = [1.0, 2.0]
    assert ks_of_values(np.array(baseline), np.array(current)) is None
    for test in (ks_of_cells, ks_of_buckets, ks):
        assert test(*columns(baseline, current)) is None
        assert test(*columns(current, baseline)) is None


def test_infinities_and_missing_rows_are_left_out() -> None:
    with_more = columns([1.0, 2.0, 3.0, math.inf, math.nan], [2.0, 9.0, -math.inf, math.inf])
    plain = columns([1.0, 2.0, 3.0], [2.0, 9.0])
    assert ks_of_cells(*with_more) == ks_of_cells(*plain)
    assert ks_of_buckets(*with_more) == ks_of_buckets(*plain)


def test_other_bins_are_refused() -> None:
    with pytest.raises(BinsMismatch):
        ks_of_cells(columns([1.0, 2.0], [1.0])[0], columns([1.0, 3.0], [1.0])[1])


def test_under_no_drift_the_p_value_of_cells_errs_on_the_side_of_no_drift() -> None:
    rng = np.random.default_rng(0)
    baseline = rng.normal(size=2000)
    bins = NumericBins.of(pl.Series(baseline))
    one = NumericColumn.of(pl.Series(baseline), bins)
    found = [ks_of_cells(one, NumericColumn.of(pl.Series(rng.normal(size=200)), bins)).p for _ in range(500)]
    assert np.mean(np.array(found) < 0.05) <= 0.05 + 4 * (0.05 * 0.95 / 500) ** 0.5


@pytest.mark.parametrize("n", [10, 30, 99, 100, 101, 476, 3333])
@pytest.mark.parametrize("p", [0.5, 0.2, 0.05, 0.01, 1e-4, 1e-8, 1e-11])
def test_the_quick_chance_is_close_to_the_exact_one(n: int, p: float) -> None:
    statistic = float(special.kolmogi(p)) / math.sqrt(n)
    if statistic < 1:
        found = ks_chance(np.array([statistic]), np.array([float(n)]))[0]
        near = 0.02 if n > 100 else 0.07
        assert found == pytest.approx(stats.kstwo.sf(statistic, n), rel=near)


def test_no_difference_has_the_chance_one_and_a_whole_one_hardly_any() -> None:
    assert ks_chance(np.array([0.0, 1.0]), np.array([1e6, 1e6])).tolist() == [1.0, 0.0]
    assert ks_chance(np.array([0.0, 1.0]), np.array([1.0, 0.2])).tolist() == [1.0, 0.0]
