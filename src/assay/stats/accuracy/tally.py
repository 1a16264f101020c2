"""How many rows, and how much weight they carry."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.stats.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows, their weight and their squared weight; rows of weight zero do not exist.

    Attributes
    ----------
    rows : int
        Rows with a positive weight.
    weight : float
        Sum of weights; equals ``rows`` when all weigh one.
    squares : float
        Sum of squared weights, from which the effective number of rows follows.

    Examples
    --------
    >>> Tally.of(np.array([1.0, 0.0, 3.0]))
    Tally(rows=2, weight=4.0, squares=10.0)
    >>> Tally.of(np.array([1.0, 3.0])).effective
    1.6

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7.
    """

    rows: int
    weight: float
    squares: float

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(0, 0.0, 0.0)

    @classmethod
    def of(cls, weights: FloatArray) -> Self:
        """Tally of the rows with these weights, shape (n,), each zero or above."""
        return cls(int(np.count_nonzero(weights)), float(weights.sum()), float((weights * weights).sum()))

    def merge(self, other: Self) -> Self:
        """Both tallies together; neither is changed."""
        return type(self)(self.rows + other.rows, self.weight + other.weight, self.squares + other.squares)

    @property
    def effective(self) -> float:
        """Kish's effective number of rows, ``weight ** 2 / squares``; 0.0 without rows."""
        # The squares of weights below 1e-162 vanish.
        return self.weight * self.weight / self.squares if self.squares > 0 else float(self.rows)
