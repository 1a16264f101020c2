import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assay.stats.drift.transport import (
    energy_distance_of_values,
    normed,
    wasserstein,
    wasserstein_of_buckets,
    wasserstein_of_cells,
    wasserstein_of_values,
)
from assay.stats.profile.bins import NumericBins
from assay.stats.profile.numeric import NumericColumn

VALUES = st.lists(st.floats(-1e6, 1e6) | st.integers(-4, 4).map(float), min_size=1, max_size=60)


def columns(baseline: list[float], current: list[float]) -> tuple[NumericColumn, NumericColumn]:
    bins = NumericBins.of(pl.Series(baseline, dtype=pl.Float64))
    return tuple(NumericColumn.of(pl.Series(rows, dtype=pl.Float64), bins) for rows in (baseline, current))


@given(VALUES, VALUES)
def test_rows_give_scipys_distances(baseline: list[float], current: list[float]) -> None:
    one, other = np.array(baseline), np.array(current)
    scale = max(np.abs(one).max(), np.abs(other).max()) + 1e-300
    found, wanted = wasserstein_of_values(one, other), stats.wasserstein_distance(one, other)
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12 * scale)
    found, wanted = energy_distance_of_values(one, other), stats.energy_distance(one, other)
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-7 * math.sqrt(scale))


@given(VALUES, VALUES)
def test_profiles_give_the_distance_within_the_stated_bound(baseline: list[float], current: list[float]) -> None:
    exact = wasserstein_of_values(np.array(baseline), np.array(current))
    noise = 1e-12 * max(map(abs, [*baseline, *current]))
    for distance in (wasserstein_of_cells, wasserstein_of_buckets, wasserstein):
        found = distance(*columns(baseline, current))
        assert abs(found.value - exact) <= found.bound + noise


def test_a_shift_of_everything_is_the_distance() -> None:
    assert wasserstein_of_values(np.array([0.0, 1.0, 5.0]), np.array([2.5, 3.5, 7.5])) == 2.5


def test_energy_distance_by_hand() -> None:
    # F - G is 1/2 on [0, 1] and 1/2 on [1, 2].
    assert energy_distance_of_values(np.array([0.0, 1.0]), np.array([1.0, 2.0])) == pytest.approx(1.0, rel=1e-15)


def test_log_buckets_are_within_one_percent_where_values_spread() -> None:
    rng = np.random.default_rng(0)
    baseline, current = rng.lognormal(size=10_000).tolist(), rng.lognormal(0.2, 1, 1000).tolist()
    exact = wasserstein_of_values(np.array(baseline), np.array(current))
    found = wasserstein(*columns(baseline, current))
    assert found.value == pytest.approx(exact, rel=0.01)
    assert found.bound < 0.1 * exact


def test_equal_rows_have_no_distance() -> None:
    one, _ = columns([1.0, 2.0, 2.0, 9.0], [1.0])
    assert wasserstein_of_cells(one, one).value == 0.0
    assert wasserstein_of_buckets(one, one).value == 0.0


def test_a_distance_is_normed_by_the_baselines_spread() -> None:
    one, other = columns([0.0, 2.0], [5.0])
    assert normed(3.0, one) == 3.0
    assert normed(3.0, other) is None
    assert normed(None, one) is None


@pytest.mark.parametrize("current", [[], [math.inf], [math.nan]])
def test_a_side_without_finite_values_is_unknown(current: list[float]) -> None:
    one, other = np.array([1.0]), np.array(current)
    assert wasserstein_of_values(one, other) is None
    assert energy_distance_of_values(other, one) is None
    for distance in (wasserstein_of_cells, wasserstein_of_buckets, wasserstein):
        assert distance(*columns([1.0, 2.0], current)) is None


def test_one_value_each_is_their_difference() -> None:
    found = wasserstein(*columns([3.0], [4.5]))
    assert found.value == pytest.approx(1.5, abs=found.bound)
    assert wasserstein_of_values(np.array([3.0]), np.array([4.5])) == 1.5
