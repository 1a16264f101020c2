"""Adjusted p-values and e-values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assay.stats.decision.multiplicity import benjamini_hochberg, benjamini_yekutieli, e_benjamini_hochberg, simes

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_no_test_gives_no_answer() -> None:
    assert benjamini_hochberg([]) == []
    assert benjamini_hochberg([None, None]) == [None, None]
    assert benjamini_yekutieli([]) == []
    assert simes([None]) is None
    assert e_benjamini_hochberg([], q=0.1) == []


def test_one_test_is_not_adjusted() -> None:
    assert benjamini_hochberg([0.03]) == [0.03]
    assert benjamini_yekutieli([0.03]) == [0.03]
    assert simes([0.03]) == 0.03


def test_adjusted_p_values_by_hand() -> None:
    # Sorted 0.01, 0.02, 0.03, 0.9: times 4/1, 4/2, 4/3, 4/4, then the smallest from the right.
    assert benjamini_hochberg([0.9, 0.02, 0.01, 0.03]) == pytest.approx([0.9, 0.04, 0.04, 0.04])


def test_a_test_that_was_not_run_is_not_counted() -> None:
    assert benjamini_hochberg([0.01, None, 0.02]) == [0.02, None, 0.02]
    assert benjamini_yekutieli([0.01, None]) == [0.01, None]


def test_equal_p_values_get_equal_adjusted_ones() -> None:
    assert benjamini_hochberg([0.02, 0.02, 0.5]) == pytest.approx([0.03, 0.03, 0.5])


@given(P_VALUES)
def test_adjusted_p_values_agree_with_scipy(p: list[float]) -> None:
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p, method="bh"), rel=1e-12)
    assert benjamini_yekutieli(p) == pytest.approx(stats.false_discovery_control(p, method="by"), rel=1e-12)


@given(P_VALUES)
def test_adjusted_p_values_keep_the_order_and_never_shrink(p: list[float]) -> None:
    adjusted = benjamini_hochberg(p)
    assert all(a >= b and a <= 1 for a, b in zip(adjusted, p, strict=True))
    assert all(np.diff([adjusted[i] for i in np.argsort(p)]) >= 0)


def test_simes_is_the_smallest_adjusted_p_value() -> None:
    assert simes([0.9, 0.02, 0.01, 0.03]) == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("e_values", "q", "rejected"),
    [
        ([20.0], 0.05, [0]),  # m / (q k) = 20
        ([19.9], 0.05, []),
        ([1.0, 25.0, 0.0, 22.0], 0.1, [1, 3]),  # needed: 40, 20
        ([14.0, 14.0, 14.0], 0.1, [0, 1, 2]),  # 30, 15, 10: all three or none
    ],
)
def test_e_values_reject_by_hand(e_values: list[float], q: float, rejected: list[int]) -> None:
    assert e_benjamini_hochberg(e_values, q=q) == rejected
