"""Unit deviances of the exponential family, and their sum about the values' own mean in a form that merges.

See docs/methods/deviance.md.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from assay.errors import BinsMismatch
from assay.stats.accuracy.comoments import Comoments
from assay.stats.accuracy.losses import LossMean, two_sum
from assay.stats.arrays import BoolArray, FloatArray

Family = Literal["poisson", "gamma", "tweedie"]
"""Tweedie means power 1.5."""

UnitDeviance = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
"""Takes actual, predicted and their difference, which may be known to more digits than the two themselves."""

_SERIES_TERMS = 8


def poisson(actual: FloatArray, predicted: FloatArray, distance: FloatArray) -> FloatArray:
    """``2 (y ln(y / p) - y + p)`` per row for ``y >= 0``, ``p > 0``; shape (n,).

    Examples
    --------
    >>> y, p = np.array([0.0, 2.0]), np.array([3.0, 2.0])
    >>> poisson(y, p, y - p).tolist()
    [6.0, 0.0]
    """
    return 2 * _relative_entropy(actual, predicted, distance)


def gamma(actual: FloatArray, predicted: FloatArray, distance: FloatArray) -> FloatArray:
    """``2 (ln(p / y) + y / p - 1)`` per row for ``y > 0``, ``p > 0``; shape (n,)."""
    return 2 * _relative_entropy(predicted, actual, -distance) / predicted


def tweedie(actual: FloatArray, predicted: FloatArray, distance: FloatArray) -> FloatArray:
    """Tweedie's unit deviance of power 1.5 per row for ``y >= 0``, ``p > 0``; shape (n,).

    The general formula is at this power ``4 (sqrt(y) - sqrt(p)) ** 2 / sqrt(p)``.

    Examples
    --------
    >>> y, p = np.array([9.0]), np.array([4.0])
    >>> tweedie(y, p, y - p).tolist()
    [2.0]
    """
    root = np.sqrt(predicted)
    apart = distance / (np.sqrt(actual) + root)
    deviance: FloatArray = 4 * apart * apart / root
    return deviance


DEVIANCES: dict[Family, UnitDeviance] = {"poisson": poisson, "gamma": gamma, "tweedie": tweedie}


@dataclass(frozen=True, slots=True)
class OwnDeviance:
    """Sum of deviances of values from their own mean: how badly the best constant prediction does.

    Every deviance here is a Bregman divergence, so the sum splits as a variance does: about any point it is
    the sum about the mean plus the weight times the deviance of the mean from that point. Merging therefore
    adds positive terms only, and keeps the digits that the closed form with sums of logarithms loses.

    Attributes
    ----------
    family : {"poisson", "gamma", "tweedie"}
        Whose deviance; both sides of a merge share it.
    weight : float
        Sum of weights.
    high, low : float
        The mean is ``high + low``; ``low`` is what rounding would have cost.
    total : float
        Weighted sum of deviances from the mean.

    Examples
    --------
    >>> ones = np.ones(1)
    >>> parts = [OwnDeviance.of("tweedie", np.array([y]), ones) for y in (0.0, 8.0)]
    >>> round(parts[0].merge(parts[1]).total, 6)  # about 4: 4 * 2 + 4 * (8 ** 0.5 - 2) ** 2 / 2
    9.372583

    References
    ----------
    Banerjee, Merugu, Dhillon and Ghosh (2005), Journal of Machine Learning Research 6, 1705-1749.
    """

    family: Family
    weight: float
    high: float
    low: float
    total: float

    @classmethod
    def empty(cls, family: Family) -> Self:
        """Deviance of no values."""
        return cls(family, 0.0, 0.0, 0.0, 0.0)

    @classmethod
    def of(cls, family: Family, values: FloatArray, weights: FloatArray) -> Self:
        """From values in the domain of the family and their weights, both of shape (n,)."""
        if values.size == 0:
            return cls.empty(family)
        weight = float(weights.sum())
        if (values == values[0]).all():
            # A constant has no deviance at all, whatever rounding would make of its mean.
            return cls(family, weight, float(values[0]), 0.0, 0.0)
        high = float((weights * values).sum()) / weight
        low = float((weights * (values - high)).sum()) / weight
        distances = (values - high) - low
        total = float((weights * _about(family, values, high, distances)).sum())
        return cls(family, weight, *two_sum(high, low), total)

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        if self.family != other.family:
            raise BinsMismatch(f"A {self.family} deviance cannot be merged with a {other.family} deviance.")
        if other.weight == 0:
            return self
        if self.weight == 0:
            return other
        weight = self.weight + other.weight
        delta = (other.high - self.high) + (other.low - self.low)
        high, low = two_sum(self.high, self.low + delta * (other.weight / weight))
        means = np.array([self.high, other.high])
        distances = delta * np.array([-other.weight / weight, self.weight / weight])
        moved = _about(self.family, means, high, distances)
        total = self.total + other.total + self.weight * float(moved[0]) + other.weight * float(moved[1])
        return type(self)(self.family, weight, high, low, total)

    @property
    def mean(self) -> float | None:
        """Mean deviance from the values' own mean; None without values or beyond the range of a double."""
        return self.total / self.weight if self.weight > 0 and math.isfinite(self.total) else None


@dataclass(frozen=True, slots=True)
class FamilyDeviance:
    """Deviance of the predictions and of the best constant, over the rows in the family's domain.

    Attributes
    ----------
    model : LossMean
        Deviance of the actuals from the predictions.
    own : OwnDeviance
        Deviance of the actuals from their own mean.
    together : Comoments
        Of the deviance, of the actual and of a function of it: enough to say how the two deviances vary together.
    """

    model: LossMean
    own: OwnDeviance
    together: Comoments

    @classmethod
    def empty(cls, family: Family) -> Self:
        """Deviance of no rows."""
        return cls(LossMean.empty(), OwnDeviance.empty(family), Comoments.empty(3))

    @classmethod
    def of(cls, family: Family, actual: FloatArray, predicted: FloatArray, weights: FloatArray) -> Self:
        """From actual, prediction and weight of each row, shape (n,); rows outside the domain drop out."""
        inside = _domain(family, actual, predicted)
        y, p, w = actual[inside], predicted[inside], weights[inside]
        deviance = DEVIANCES[family](y, p, y - p)
        together = Comoments.of(np.column_stack([deviance, _FUNCTIONS[family](y), y]), w)
        return cls(LossMean.of(deviance, w), OwnDeviance.of(family, y, w), together)

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        return type(self)(self.model.merge(other.model), self.own.merge(other.own), self.together.merge(other.together))

    @property
    def explained_error(self) -> float | None:
        """Standard error of ``1 - model / own`` by the delta method; None where it cannot be told.

        A row's part is its deviance less its deviance from the mean times their ratio. The mean itself is where
        the latter is smallest, so that it is estimated adds nothing to the first order.
        """
        mean, own, size = self.own.high + self.own.low, self.own.mean, self.model.size
        if not own or self.model.mean is None or mean <= 0 or size.effective <= 1:
            return None
        variance = self.together.variance(_factors(self.own.family, mean, self.model.mean / own))
        return None if variance is None else math.sqrt(variance / (size.effective - 1)) / own


def _times_logarithm(values: FloatArray) -> FloatArray:
    return values * np.log(np.where(values > 0, values, 1.0))


# A unit deviance from m is linear in this function of the actual and the actual itself.
_FUNCTIONS: dict[Family, Callable[[FloatArray], FloatArray]] = {
    "poisson": _times_logarithm,
    "gamma": np.log,
    "tweedie": np.sqrt,
}


def _factors(family: Family, mean: float, ratio: float) -> tuple[float, float, float]:
    """Of the deviance, the function and the actual in ``deviance - ratio * deviance from mean``."""
    if family == "poisson":
        return 1.0, -2 * ratio, 2 * ratio * (math.log(mean) + 1)
    if family == "gamma":
        return 1.0, 2 * ratio, -2 * ratio / mean
    return 1.0, 8 * ratio, -4 * ratio / math.sqrt(mean)


def _domain(family: Family, actual: FloatArray, predicted: FloatArray) -> BoolArray:
    return (predicted > 0) & (actual > 0 if family == "gamma" else actual >= 0)


def _about(family: Family, values: FloatArray, mean: float, distances: FloatArray) -> FloatArray:
    # A mean of zero is only possible when every value is zero: no deviance.
    if mean <= 0:
        return np.zeros(values.size)
    with np.errstate(over="ignore", invalid="ignore"):
        return DEVIANCES[family](values, np.full(values.size, mean), distances)


def _relative_entropy(x: FloatArray, m: FloatArray, distance: FloatArray) -> FloatArray:
    """``x ln(x / m) - x + m`` for ``x >= 0``, ``m > 0``, where ``distance`` is ``x - m``.

    Where the two are close, the formula's terms cancel and a series takes its place.

    References
    ----------
    Loader (2000), Fast and Accurate Computation of Binomial Probabilities, function bd0.
    """
    ratio = distance / (x + m)
    logarithm = np.log(np.where(x > 0, x, m)) - np.log(m)
    return np.where(np.abs(ratio) < 0.1, _series(x, distance, ratio), x * logarithm - distance)


def _series(x: FloatArray, distance: FloatArray, ratio: FloatArray) -> FloatArray:
    square = ratio * ratio
    tail = np.zeros_like(ratio)
    for j in range(_SERIES_TERMS, 0, -1):
        tail = square * (1 / (2 * j + 1) + tail)
    return distance * ratio + 2 * x * ratio * tail
