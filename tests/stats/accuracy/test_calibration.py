"""Scores against outcomes in equal-width bins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.stats.accuracy.calibration import Calibration, expected_calibration_error


def of(actual: list[bool], score: list[float], weights: list[float] | None = None) -> Calibration:
    weighing = np.ones(len(score)) if weights is None else np.array(weights, dtype=float)
    return Calibration.of(np.array(actual, dtype=bool), np.array(score, dtype=float), weighing)


def test_no_rows_have_no_calibration_error() -> None:
    estimate = expected_calibration_error(Calibration.empty(), 0)
    assert (estimate.value, estimate.reason) == (None, "there are no rows")


@pytest.mark.parametrize(
    ("score", "place"), [(0.0, 0), (0.0999, 0), (0.1, 1), (0.3, 3), (0.7, 7), (0.9, 9), (1.0, 9), (-0.5, 0), (1.5, 9)]
)
def test_bins_are_closed_on_the_left_and_the_last_on_both_sides(score: float, place: int) -> None:
    assert np.flatnonzero(of([True], [score]).weight).tolist() == [place]


def test_error_by_hand() -> None:
    # Bin 1: mean score 0.15, no positive of 2; bin 8: mean 0.85, 1 positive of 1.
    bins = of([False, False, True], [0.1, 0.2 - 1e-9, 0.85])
    assert expected_calibration_error(bins, 3).value == pytest.approx(2 / 3 * 0.15 + 1 / 3 * 0.15, abs=1e-8)


def test_weights_count_as_repeated_rows() -> None:
    assert of([True, False], [0.4, 0.6], [2.0, 3.0]) == of([True] * 2 + [False] * 3, [0.4] * 2 + [0.6] * 3)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60))
def test_error_agrees_with_the_literal_formula(rows: list[tuple[bool, float]]) -> None:
    actual, score = np.array([a for a, _ in rows]), np.array([s for _, s in rows])
    expected = 0.0
    for i in range(10):
        inside = (score >= i / 10) & ((score < (i + 1) / 10) | (i == 9))
        if inside.any():
            expected += inside.mean() * abs(score[inside].mean() - actual[inside].mean())
    found = expected_calibration_error(of(actual.tolist(), score.tolist()), len(rows))
    assert found.value == pytest.approx(expected, abs=1e-12)
