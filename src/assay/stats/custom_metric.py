"""How the values of a user's own metric are put together: added, averaged by sample size, the last one, counted.

See docs/methods/custom_metrics.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
import numpy.typing as npt

from assay.errors import BinsMismatch

Order = tuple[datetime, int]
"""When a value was, and which of the values of that moment came last; no two values of a metric share one."""


@dataclass(frozen=True, slots=True)
class WeightedSum:
    """Values with their sample sizes, for their sum and their weighted average.

    A commutative monoid up to rounding of the two sums.

    Attributes
    ----------
    n : int
        Values.
    sample_size : int
        Sum of their sample sizes.
    total : float
        Sum of the values, in the metric's unit.
    weighted : float
        Sum of value times sample size, in the metric's unit.

    Examples
    --------
    >>> values = WeightedSum.of([2.0, 5.0], [1, 2])
    >>> values.sum, values.average
    (7.0, 4.0)
    >>> values.merge(WeightedSum.of([1.0], [3])) == WeightedSum.of([2.0, 5.0, 1.0], [1, 2, 3])
    True
    >>> WeightedSum.empty().sum is None
    True
    """

    n: int
    sample_size: int
    total: float
    weighted: float

    @classmethod
    def empty(cls) -> Self:
        """No values."""
        return cls(0, 0, 0.0, 0.0)

    @classmethod
    def of(cls, values: npt.ArrayLike, sample_sizes: npt.ArrayLike) -> Self:
        """From finite values and their sample sizes (whole, 0 or more), both of shape (n,)."""
        numbers, sizes = np.asarray(values, dtype=np.float64), np.asarray(sample_sizes, dtype=np.int64)
        # A sum beyond the largest double is infinite, and then unknown; that is no reason to warn.
        with np.errstate(over="ignore", invalid="ignore"):
            return cls(numbers.size, int(sizes.sum()), float(numbers.sum()), float((numbers * sizes).sum()))

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        return type(self)(
            self.n + other.n,
            self.sample_size + other.sample_size,
            self.total + other.total,
            self.weighted + other.weighted,
        )

    @property
    def sum(self) -> float | None:
        """Sum of the values in their unit; None without values, or when it is no finite double."""
        return _known(self.total) if self.n else None

    @property
    def average(self) -> float | None:
        """Mean weighted by sample size, in the values' unit; None without samples, or when it is no finite double."""
        return _known(self.weighted / self.sample_size) if self.sample_size else None


@dataclass(frozen=True, slots=True)
class Latest:
    """The last of some values, with its own sample size.

    A commutative monoid.

    Attributes
    ----------
    order : (datetime, int) or None
        Place of the value in time; None when there is no value.
    value : float or None
        In the metric's unit; None when there is no value.
    sample_size : int
        Of this one value.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon, evening = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 18, tzinfo=UTC)
    >>> Latest.of([7.0, 3.0], [1, 1], [(evening, 1), (noon, 2)]).value
    7.0
    >>> Latest.empty().value is None
    True
    """

    order: Order | None
    value: float | None
    sample_size: int

    @classmethod
    def empty(cls) -> Self:
        """No value."""
        return cls(None, None, 0)

    @classmethod
    def of(cls, values: Sequence[float], sample_sizes: Sequence[int], orders: Sequence[Order]) -> Self:
        """From values with their sample sizes and places in time, in any order."""
        if not values:
            return cls.empty()
        order, value, size = max(zip(orders, values, sample_sizes, strict=True), key=lambda one: one[0])
        return cls(order, value, size)

    def merge(self, other: Self) -> Self:
        """The later of both; neither is changed."""
        if other.order is None:
            return self
        return other if self.order is None or other.order > self.order else self


@dataclass(frozen=True, slots=True)
class CategoryCounts:
    """How often each category of a categorical metric was reported; a value counts by its sample size.

    A commutative monoid for one list of categories.

    Attributes
    ----------
    categories : tuple of str
    counts : tuple of int
        One for each category.
    unknown : int
        What was reported under any other name.

    Examples
    --------
    >>> counts = CategoryCounts.of(["ok", "late", "lost"], [1, 2, 1], ("ok", "late"))
    >>> counts.counts, counts.unknown, counts.sample_size
    ((1, 2), 1, 4)
    """

    categories: tuple[str, ...]
    counts: tuple[int, ...]
    unknown: int

    @classmethod
    def empty(cls, categories: tuple[str, ...]) -> Self:
        """No values."""
        return cls(categories, (0,) * len(categories), 0)

    @classmethod
    def of(cls, values: Sequence[str | None], sample_sizes: Sequence[int], categories: tuple[str, ...]) -> Self:
        """From names and sample sizes; None stands for any name that is no category."""
        found = dict.fromkeys(categories, 0)
        unknown = 0
        for name, size in zip(values, sample_sizes, strict=True):
            if name in found:
                found[name] += size
            else:
                unknown += size
        return cls(categories, tuple(found.values()), unknown)

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed.

        Raises
        ------
        BinsMismatch
            When the categories are not the same.
        """
        if self.categories != other.categories:
            raise BinsMismatch(f"Counts of {other.categories} cannot be added to counts of {self.categories}.")
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        return type(self)(self.categories, counts, self.unknown + other.unknown)

    @property
    def sample_size(self) -> int:
        """All that was reported, unknown names included."""
        return sum(self.counts) + self.unknown


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None
