"""Intervals of rates and means."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assay.stats.intervals import Z95, clipped, clopper_pearson, mean_interval, wilson

COUNTS = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_no_rows_give_no_interval() -> None:
    assert wilson(0, 0) == (None, None)
    assert clopper_pearson(0, 0) == (None, None)
    assert mean_interval(1.0, None) == (None, None)
    assert clipped((None, None), 0.0, 1.0) == (None, None)


def test_wilson_of_one_in_three_by_hand() -> None:
    # (1/3 + z2/6 -+ z sqrt(2/27 + z2/36)) / (1 + z2/3) with z2 = 3.8415
    z2 = Z95**2
    half = Z95 * math.sqrt(2 / 27 + z2 / 36)
    low, high = wilson(1, 3)
    assert low == pytest.approx((1 / 3 + z2 / 6 - half) / (1 + z2 / 3), rel=1e-14)
    assert high == pytest.approx((1 / 3 + z2 / 6 + half) / (1 + z2 / 3), rel=1e-14)


@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_a_rate_of_zero_or_one_keeps_its_end_and_has_width(n: int) -> None:
    assert wilson(0, n)[0] == 0.0
    assert wilson(0, n)[1] == pytest.approx(Z95**2 / (n + Z95**2))
    assert wilson(n, n)[1] == 1.0
    assert clopper_pearson(0, n)[1] == pytest.approx(1 - 0.025 ** (1 / n))
    assert clopper_pearson(n, n) == pytest.approx((0.025 ** (1 / n), 1.0))


@given(COUNTS)
def test_intervals_agree_with_scipy(counts: tuple[int, int]) -> None:
    found = stats.binomtest(*counts)
    expected = found.proportion_ci(method="wilson")
    assert wilson(*counts) == pytest.approx((expected.low, expected.high), rel=1e-10, abs=1e-14)
    expected = found.proportion_ci(method="exact")
    assert clopper_pearson(*counts) == pytest.approx((expected.low, expected.high), rel=1e-8, abs=1e-14)


@given(COUNTS)
def test_wilson_holds_the_rate_and_mirrors(counts: tuple[int, int]) -> None:
    successes, n = counts
    low, high = wilson(successes, n)
    assert 0 <= low <= successes / n <= high <= 1
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_the_normal_quantile_is_not_rounded_to_1_96() -> None:
    assert pytest.approx(stats.norm.ppf(0.975), abs=1e-15) == Z95
