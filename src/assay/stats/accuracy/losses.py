"""The mean of one loss over rows, with its spread, in a form that merges.

See docs/methods/log_loss.md.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.stats.accuracy.tally import Tally
from assay.stats.arrays import FloatArray
from assay.stats.estimate import NO_ROWS, Estimate
from assay.stats.intervals import mean_interval

TOO_LARGE = "the errors are too large for a double"


@dataclass(frozen=True, slots=True)
class LossMean:
    """Weighted mean of a loss and the squared deviations from it.

    The mean is kept in two parts whose sum has about 32 digits, so that neither many merges nor a large
    common offset costs accuracy.

    Attributes
    ----------
    size : Tally
        The rows the loss is defined for.
    high, low : float
        The mean is ``high + low``; ``low`` is what rounding would have cost.
    m2 : float
        Weighted sum of squared deviations from the mean; the unit is the loss's, squared.

    Examples
    --------
    >>> ones = np.ones(2)
    >>> whole = LossMean.of(np.array([1.0, 2.0]), ones).merge(LossMean.of(np.array([3.0, 6.0]), ones))
    >>> whole.mean, whole.m2
    (3.0, 14.0)
    >>> LossMean.empty().mean is None
    True

    References
    ----------
    Chan, Golub and LeVeque (1983), The American Statistician 37(3), 242-247.
    """

    size: Tally
    high: float
    low: float
    m2: float

    @classmethod
    def empty(cls) -> Self:
        """The mean of no rows."""
        return cls(Tally.empty(), 0.0, 0.0, 0.0)

    @classmethod
    def of(cls, losses: FloatArray, weights: FloatArray) -> Self:
        """From the loss of each row and its weight, both of shape (n,), by two passes."""
        if losses.size == 0:
            return cls.empty()
        size = Tally.of(weights)
        first = float(losses[0])
        if (losses == first).all():
            # A constant has no spread at all, whatever rounding would make of its mean.
            return cls(size, first, 0.0, 0.0)
        # Losses beyond the range of a double make an infinite mean, which `mean` reports as none.
        with np.errstate(over="ignore", invalid="ignore"):
            high = float((weights * losses).sum()) / size.weight
            deviations = losses - high
            low = float((weights * deviations).sum()) / size.weight
            deviations -= low
            m2 = float((weights * deviations * deviations).sum())
        return cls(size, *two_sum(high, low), m2)

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        if other.rows == 0:
            return self
        if self.rows == 0:
            return other
        size = self.size.merge(other.size)
        share = other.size.weight / size.weight
        delta = (other.high - self.high) + (other.low - self.low)
        high, low = two_sum(self.high, self.low + delta * share)
        between = delta * delta * self.size.weight * share
        return type(self)(size, high, low, self.m2 + other.m2 + between)

    @property
    def rows(self) -> int:
        """Rows the loss is defined for."""
        return self.size.rows

    @property
    def mean(self) -> float | None:
        """The mean, in the unit of the loss; None without rows or beyond the range of a double."""
        mean = self.high + self.low
        return mean if self.rows and math.isfinite(mean) else None

    @property
    def reason(self) -> str:
        """Why there is no mean, when there is none."""
        return TOO_LARGE if self.rows else NO_ROWS

    @property
    def standard_error(self) -> float | None:
        """Standard error of the mean; None below two effective rows."""
        effective = self.size.effective
        if effective <= 1.0 or not math.isfinite(self.m2):
            return None
        return math.sqrt(self.m2 / self.size.weight / (effective - 1.0))

    def estimate(self, scale: float = 1.0) -> Estimate:
        """The mean times ``scale`` with its normal interval."""
        mean = self.mean
        if mean is None:
            return Estimate.undefined(self.reason, self.rows)
        error = self.standard_error
        low, high = mean_interval(scale * mean, None if error is None else scale * error)
        return Estimate(scale * mean, self.rows, low, high)

    def numbers(self) -> list[float]:
        """Everything as a flat list, for storing."""
        return [self.size.rows, self.size.weight, self.size.squares, self.high, self.low, self.m2]

    @classmethod
    def of_numbers(cls, numbers: list[float]) -> Self:
        """The mean that `numbers` wrote down."""
        rows, weight, squares, high, low, m2 = numbers
        return cls(Tally(int(rows), weight, squares), high, low, m2)


def two_sum(a: float, b: float) -> tuple[float, float]:
    """The rounded sum and exactly what rounding left out.

    References
    ----------
    Knuth (1997), The Art of Computer Programming 2, section 4.2.2, theorem B.
    """
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)
