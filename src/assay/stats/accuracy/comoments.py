"""How several numbers of a row vary together, in a form that merges: for the error of a ratio of two means.

See docs/methods/intervals.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.stats.arrays import FloatArray, read_only, same_content

_DIGITS_LOST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Comoments:
    """Weighted means of k numbers per row and the products of their deviations.

    Attributes
    ----------
    weight : float
        Sum of weights.
    mean : float array, shape (k,)
    products : float array, shape (k, k)
        Weighted sums of the products of deviations from the means. Not finite where a product is no double.

    Examples
    --------
    >>> rows = Comoments.of(np.array([[1.0, 2.0], [3.0, 6.0]]), np.ones(2))
    >>> rows.products.tolist()
    [[2.0, 4.0], [4.0, 8.0]]
    >>> rows.variance([1.0, -0.25])  # of 0.5 and 1.5
    0.25

    References
    ----------
    Chan, Golub and LeVeque (1983), The American Statistician 37(3), 242-247.
    """

    weight: float
    mean: FloatArray
    products: FloatArray

    @classmethod
    def empty(cls, k: int) -> Self:
        """Of no rows."""
        return cls(0.0, read_only(np.zeros(k)), read_only(np.zeros((k, k))))

    @classmethod
    def of(cls, values: FloatArray, weights: FloatArray) -> Self:
        """From the numbers of each row, shape (n, k), and its weight, shape (n,)."""
        if weights.size == 0:
            return cls.empty(values.shape[1])
        with np.errstate(over="ignore", invalid="ignore"):
            mean = weights @ values / weights.sum()
            deviations = values - mean
            products = (deviations * weights[:, None]).T @ deviations
        return cls(float(weights.sum()), read_only(mean), read_only(products))

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        if other.weight == 0:
            return self
        if self.weight == 0:
            return other
        weight = self.weight + other.weight
        share = other.weight / weight
        with np.errstate(over="ignore", invalid="ignore"):
            apart = other.mean - self.mean
            products = self.products + other.products + np.outer(apart, apart) * self.weight * share
            mean = self.mean + apart * share
        return type(self)(weight, read_only(mean), read_only(products))

    def variance(self, factors: Sequence[float]) -> float | None:
        """Variance among the rows of the sum of the numbers times these factors.

        Returns
        -------
        float or None
            None without rows, beyond the range of a double, or when its digits cancel out.
        """
        if self.weight <= 0:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            terms = np.outer(factors, factors) * self.products / self.weight
            variance, size = float(terms.sum()), float(np.abs(terms).sum())
        return variance if math.isfinite(size) and variance > _DIGITS_LOST * size else None

    def numbers(self) -> list[float]:
        """Everything as a flat list, for storing."""
        return [self.weight, *self.mean.tolist(), *self.products.ravel().tolist()]

    @classmethod
    def of_numbers(cls, numbers: Sequence[float], k: int) -> Self:
        """What `numbers` wrote down."""
        values = np.array(numbers, dtype=np.float64)
        return cls(float(values[0]), read_only(values[1 : k + 1]), read_only(values[k + 1 :].reshape(k, k)))

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash
