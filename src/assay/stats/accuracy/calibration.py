"""Scores against outcomes in equal-width bins: is a score of 0.7 right seven times in ten?"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.stats.arrays import BoolArray, FloatArray, read_only, same_content
from assay.stats.estimate import Estimate

CALIBRATION_BINS = 10
_LOWER_EDGES: FloatArray = np.arange(CALIBRATION_BINS) / CALIBRATION_BINS


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Rows, sum of scores and positives in ten bins of equal width over [0, 1]; the last one is closed.

    Attributes
    ----------
    weight, score_sum, positives : float array, shape (10,)
        Per bin: weight of the rows, weighted sum of their scores, weight of the positive rows.

    Examples
    --------
    >>> bins = Calibration.of(np.array([True, False]), np.array([0.95, 1.0]), np.ones(2))
    >>> bins.weight.tolist()[-1], bins.positives.tolist()[-1]
    (2.0, 1.0)
    """

    weight: FloatArray
    score_sum: FloatArray
    positives: FloatArray

    @classmethod
    def empty(cls) -> Self:
        """Bins without rows."""
        nothing = read_only(np.zeros(CALIBRATION_BINS))
        return cls(nothing, nothing, nothing)

    @classmethod
    def of(cls, actual: BoolArray, score: FloatArray, weights: FloatArray) -> Self:
        """From whether each row is positive, its score and its weight, all of shape (n,)."""
        place = np.maximum(np.searchsorted(_LOWER_EDGES, score, side="right") - 1, 0)

        def per_bin(values: FloatArray) -> FloatArray:
            return read_only(np.bincount(place, weights=values, minlength=CALIBRATION_BINS))

        return cls(per_bin(weights), per_bin(weights * score), per_bin(weights * actual))

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        return type(self)(
            read_only(self.weight + other.weight),
            read_only(self.score_sum + other.score_sum),
            read_only(self.positives + other.positives),
        )

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


def expected_calibration_error(bins: Calibration, rows: int) -> Estimate:
    """Mean distance between score and outcome over the bins, weighted by rows (ECE), in [0, 1].

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), AAAI, 2901-2907. docs/methods/calibration.md
    """
    total = float(bins.weight.sum())
    if total <= 0:
        return Estimate.undefined("there are no rows")
    return Estimate(float(np.abs(bins.score_sum - bins.positives).sum()) / total, rows)
