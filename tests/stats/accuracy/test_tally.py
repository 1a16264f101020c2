"""Rows and their weight."""

import numpy as np
import pytest

from assay.stats.accuracy.rows import counted
from assay.stats.accuracy.tally import Tally


def test_no_rows_are_effectively_none() -> None:
    assert Tally.empty().effective == 0.0


def test_rows_of_weight_zero_do_not_exist() -> None:
    assert Tally.of(np.array([0.0, 2.0, 0.0])) == Tally(rows=1, weight=2.0, squares=4.0)


@pytest.mark.parametrize("weight", [1.0, 0.25, 7.0])
def test_equal_weights_lose_no_row(weight: float) -> None:
    assert Tally.of(np.full(10, weight)).effective == pytest.approx(10)


def test_one_heavy_row_counts_as_little_more_than_one() -> None:
    # The square of 1000 + 9 over the sum of 1000 squared and 9.
    assert Tally.of(np.array([1000.0] + [1.0] * 9)).effective == pytest.approx(1009**2 / 1000009)


def test_weights_too_small_to_be_squared_still_count_as_rows() -> None:
    assert Tally.of(np.array([1e-200, 1e-200])).effective == 2.0


def test_rows_without_weights_all_count() -> None:
    keep, weighing, excluded = counted(np.array([True, True, False]), None)
    assert (keep.tolist(), weighing.tolist(), excluded) == ([True, True, False], [1.0, 1.0], 1)


def test_an_unusable_row_of_weight_zero_is_not_reported_as_left_out() -> None:
    _, weighing, excluded = counted(np.array([False, False]), [0.0, 1.0])
    assert (weighing.size, excluded) == (0, 1)


def test_rows_of_negative_or_missing_weight_do_not_exist() -> None:
    _, weighing, excluded = counted(np.array([True, True, True]), [-1.0, float("nan"), 1.0])
    assert (weighing.tolist(), excluded) == ([1.0], 0)
