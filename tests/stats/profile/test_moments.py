import math

import mpmath
import numpy as np
import pytest
from scipy import stats

from assay.stats.profile.moments import Moments


def test_moments_of_a_small_case_by_hand() -> None:
    moments = Moments.of([0.0, 0.0, 0.0, 4.0], pivot=2.0)  # deviations -1 -1 -1 3
    assert moments.mean == 1.0
    assert moments.variance == pytest.approx(4.0, rel=1e-15)
    assert moments.std == pytest.approx(2.0, rel=1e-15)
    assert moments.population_std == pytest.approx(math.sqrt(3), rel=1e-15)
    assert moments.m2 == pytest.approx(12.0, rel=1e-15)
    assert moments.skewness == pytest.approx(24 / 4 / 3**1.5, rel=1e-15)
    assert moments.kurtosis == pytest.approx(84 / 4 / 9 - 3, rel=1e-14)


@pytest.mark.parametrize("shift", [0.0, 1e9, -1e15])
@pytest.mark.parametrize("scale", [1.0, 1e-150, 1e150])
def test_moments_agree_with_scipy_whatever_offset_and_scale(shift: float, scale: float) -> None:
    # Whole numbers keep every digit beside a large offset.
    rows = np.random.default_rng(0).poisson(5, 1000).astype(float)
    offset = shift if scale == 1.0 else 0.0
    moments = Moments.of(rows * scale + offset, pivot=5 * scale + offset)
    assert moments.mean == pytest.approx(rows.mean() * scale + offset, rel=1e-14)
    assert moments.std == pytest.approx(rows.std(ddof=1) * scale, rel=1e-12)
    assert moments.skewness == pytest.approx(stats.skew(rows), rel=1e-11)
    assert moments.kurtosis == pytest.approx(stats.kurtosis(rows), rel=1e-11)


def test_an_offset_of_1e9_costs_no_digits() -> None:
    rows = 1e9 + np.random.default_rng(0).normal(0, 1e-2, 500)
    exact = [mpmath.mpf(v) for v in rows]
    mean = mpmath.fsum(exact) / 500
    parts = [Moments.of(part, pivot=1e9) for part in np.split(rows, 20)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    for moments in (Moments.of(rows, pivot=1e9), merged):
        assert moments.mean == pytest.approx(float(mean), rel=1e-15)
        assert moments.variance == pytest.approx(float(mpmath.fsum((v - mean) ** 2 for v in exact) / 499), rel=1e-9)


def test_no_values_have_no_moments() -> None:
    moments = Moments.of([], pivot=3.0)
    assert moments == Moments.empty(3.0)
    assert [moments.mean, moments.variance, moments.std, moments.population_std] == [None] * 4
    assert [moments.skewness, moments.kurtosis] == [None] * 2


def test_one_value_has_a_mean_and_no_variance() -> None:
    moments = Moments.of([7.5])
    assert (moments.mean, moments.variance, moments.std, moments.population_std) == (7.5, None, None, 0.0)
    assert (moments.skewness, moments.kurtosis) == (None, None)


def test_equal_values_have_no_shape() -> None:
    moments = Moments.of([0.1] * 1000, pivot=0.3)
    assert moments.mean == pytest.approx(0.1, rel=1e-15)
    assert moments.variance == pytest.approx(0.0, abs=1e-30)


def test_values_near_the_largest_double_keep_a_mean_and_a_spread() -> None:
    moments = Moments.of([1e308, 0.0] * 10)
    assert moments.mean == pytest.approx(5e307, rel=1e-12)
    assert moments.std == pytest.approx(5e307 * math.sqrt(20 / 19), rel=1e-12)
    assert moments.kurtosis == pytest.approx(-2.0, rel=1e-12)
    assert moments.variance is None


def test_a_spread_beyond_the_largest_double_is_unknown_not_infinite() -> None:
    for moments in (
        Moments.of([1.7e308, -1.7e308], pivot=-1.7e308),
        Moments.of([1.7e308], pivot=0.0).merge(Moments.of([-1.7e308], pivot=0.0)),
    ):
        assert moments.n == 2
        assert moments.std is None
        assert moments.kurtosis is None
        assert moments.merge(Moments.of([0.0], pivot=moments.pivot)).std is None


def test_a_heavy_outlier_survives_merging_row_by_row() -> None:
    rows = [*range(-50, 51), 1e9, -1e9]
    merged = Moments.empty()
    for row in rows:
        merged = merged.merge(Moments.of([row]))
    assert merged.mean == pytest.approx(0.0, abs=1e-6)
    assert merged.kurtosis == pytest.approx(stats.kurtosis(rows), rel=1e-9)
