"""Mean, spread, skewness and kurtosis that merge."""

import math
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from assay.stats.arrays import FloatArray

Number = TypeVar("Number", float, FloatArray)
Part = tuple[Number, Number, Number, Number]


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean, and standardised central moments of the finite values seen. See docs/methods/moments.md.

    A commutative monoid: ``merge`` is associative, ``empty()`` is its identity, and profiling rows in any
    partition gives the same result up to rounding. Values are taken relative to a fixed ``pivot`` (the baseline's
    median), so that a large common offset costs no digits. The third and fourth moment are kept without unit, so
    that neither huge nor tiny values leave the range of doubles.

    Attributes
    ----------
    n : int
        Finite values seen. Missing and non-finite values are counted elsewhere.
    pivot : float
        Subtracted from every value before anything else; both sides of a merge share it.
    shifted_mean : float
        Mean of ``value - pivot``, in the column's own unit. 0.0 when ``n == 0``.
    spread : float
        Root of the mean squared deviation from the mean, in the column's own unit.
    third, fourth : float
        Mean third and fourth power of ``deviation / spread``; 0.0 without spread.

    Examples
    --------
    >>> Moments.of([1.0, 2.0]).merge(Moments.of([3.0, 4.0])).mean
    2.5
    >>> Moments.empty().variance is None
    True

    References
    ----------
    Chan, Golub and LeVeque (1983), The American Statistician 37(3), 242-247. Pebay (2008), SAND2008-6212.
    """

    n: int
    pivot: float
    shifted_mean: float
    spread: float
    third: float
    fourth: float

    @classmethod
    def empty(cls, pivot: float = 0.0) -> Self:
        """Moments of no values."""
        return cls(0, pivot, 0.0, 0.0, 0.0, 0.0)

    @classmethod
    def of(cls, values: npt.ArrayLike, pivot: float = 0.0) -> Self:
        """Moments of finite values, shape (n,), by two passes over the values."""
        values = np.asarray(values, dtype=np.float64)
        if values.size == 0:
            return cls.empty(pivot)
        # A spread beyond the largest double is held as infinity, and what depends on it is None.
        with np.errstate(over="ignore", invalid="ignore"):
            deviations = values - pivot
            mean = _mean(deviations)
            deviations -= mean
            # Rounding left in the mean is the mean of the deviations; adding it back keeps small spreads.
            residue = _mean(deviations)
            deviations -= residue
            return cls(values.size, pivot, _held(mean + residue), *_shape(deviations))

    def merge(self, other: Self) -> Self:
        """Moments of both inputs together; neither is changed. Pivots must agree."""
        if other.n == 0:
            return self
        if self.n == 0:
            return other
        n = self.n + other.n
        a, b = self.n / n, other.n / n
        delta = other.shifted_mean - self.shifted_mean
        mean = self.shifted_mean + delta * b
        spread = math.hypot(math.sqrt(a) * self.spread, math.sqrt(b) * other.spread, math.sqrt(a * b) * delta)
        if spread == 0.0 or not math.isfinite(spread):
            return type(self)(n, self.pivot, _held(mean), _held(spread), 0.0, 0.0)
        third, fourth = merged_powers(
            (a, self.spread / spread, self.third, self.fourth),
            (b, other.spread / spread, other.third, other.fourth),
            delta / spread,
        )
        return type(self)(n, self.pivot, mean, spread, third, fourth)

    @property
    def mean(self) -> float | None:
        """Mean in the column's own unit; None without values, or beyond the largest double."""
        return _finite(self.pivot + self.shifted_mean) if self.n else None

    @property
    def m2(self) -> float:
        """Sum of squared deviations from the mean; the unit is the column's, squared."""
        return self.n * self.spread * self.spread

    @property
    def variance(self) -> float | None:
        """Sample variance (divisor ``n - 1``); None below two values, or beyond the largest double."""
        return _finite(self.spread * self.spread * (self.n / (self.n - 1))) if self.n > 1 else None

    @property
    def std(self) -> float | None:
        """Square root of the sample variance; None below two values, or beyond the largest double."""
        return _finite(self.spread * math.sqrt(self.n / (self.n - 1))) if self.n > 1 else None

    @property
    def population_std(self) -> float | None:
        """Square root of the mean squared deviation (divisor ``n``); None without values."""
        return _finite(self.spread) if self.n else None

    @property
    def skewness(self) -> float | None:
        """Population skewness, no unit; None when all values are equal."""
        return self.third if self._has_shape else None

    @property
    def kurtosis(self) -> float | None:
        """Population excess kurtosis, no unit, at least -2; None when all values are equal."""
        return self.fourth - 3.0 if self._has_shape else None

    @property
    def _has_shape(self) -> bool:
        return 0.0 < self.spread < math.inf


def merged_powers(one: Part[Number], other: Part[Number], step: Number) -> tuple[Number, Number]:
    """Third and fourth standardised moment of two groups of values together; scalars, or arrays of one shape.

    Parameters
    ----------
    one, other : tuple
        The group's share of all values, its spread divided by that of all, and its own standardised moments.
    step : float or float array
        Difference of the groups' means, other less one, divided by the spread of all.

    Examples
    --------
    >>> merged_powers((0.5, 0.0, 0.0, 0.0), (0.5, 0.0, 0.0, 0.0), 2.0)  # two values: deviations -1 and 1
    (0.0, 1.0)

    References
    ----------
    Pebay (2008), SAND2008-6212, equation 2.1 at third and fourth order.
    """
    a, ratio_a, third_a, fourth_a = one
    b, ratio_b, third_b, fourth_b = other
    square_a, square_b, between = ratio_a * ratio_a, ratio_b * ratio_b, a * b * step
    cube_a, cube_b = square_a * ratio_a * third_a, square_b * ratio_b * third_b
    third = a * cube_a + b * cube_b + between * (step * step * (a - b) + 3.0 * (square_b - square_a))
    fourth = (
        a * square_a * square_a * fourth_a
        + b * square_b * square_b * fourth_b
        + between * step * (step * step * (a * a - a * b + b * b) + 6.0 * (a * square_b + b * square_a))
        + 4.0 * between * (cube_b - cube_a)
    )
    return third, fourth


def _mean(values: FloatArray) -> float:
    mean = float(values.mean())
    # The sum of huge values overflows where their mean does not.
    return mean if math.isfinite(mean) else float((values / values.size).sum())


def _shape(deviations: FloatArray) -> tuple[float, float, float]:
    """Spread, third and fourth moment of deviations from their mean."""
    largest = float(np.abs(deviations).max())
    if largest == 0.0 or not math.isfinite(largest):
        return _held(largest), 0.0, 0.0
    # Dividing by the largest keeps every power within the range of doubles.
    scaled = deviations / largest
    squares = scaled * scaled
    variance = float(squares.mean())
    third, fourth = float((squares * scaled).mean()), float((squares * squares).mean())
    return largest * math.sqrt(variance), third / (variance * math.sqrt(variance)), fourth / (variance * variance)


def _held(value: float) -> float:
    # inf - inf is NaN, which would not equal itself.
    return value if math.isfinite(value) else math.inf


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
