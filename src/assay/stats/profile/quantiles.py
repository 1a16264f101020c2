"""Quantiles of a stream of values within a stated relative error, from counts that simply add.

See docs/methods/quantiles.md.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assay.stats.arrays import FloatArray, IntArray, read_only
from assay.stats.series import finite

MANTISSA_BITS = 6
RELATIVE_ERROR = 2.0 ** -(MANTISSA_BITS + 1)
_SHIFT = 52 - MANTISSA_BITS
_MAGNITUDE = np.int64(0x7FFF_FFFF_FFFF_FFFF)
_SMALLEST_NORMAL = 1 << MANTISSA_BITS
LARGEST_KEY = (2047 << MANTISSA_BITS) - 1


@dataclass(frozen=True, eq=False)
class LogBuckets:
    """Rows per bucket of sign, binary exponent and first six mantissa bits of the value.

    A commutative monoid whose merge is exact: any partition and any order gives the same integers. The middle
    of a bucket is within ``RELATIVE_ERROR`` (2**-7) of every value in it. Zero and magnitudes below 2**-1022
    share one bucket that reads as 0.0.

    Attributes
    ----------
    keys : int array, shape (n_buckets,)
        Ascending, in the order of the values; negative values have negative keys.
    counts : int array, shape (n_buckets,)
        Rows per bucket, all above 0.

    Examples
    --------
    >>> buckets = LogBuckets.of(np.array([1.0, 2.0])).merge(LogBuckets.of(np.array([4.0, -8.0])))
    >>> buckets.total, round(buckets.quantile(0.5), 1)
    (4, 1.0)
    >>> LogBuckets.empty().quantile(0.5) is None
    True

    References
    ----------
    Masson, Rim and Lee (2019), DDSketch, PVLDB 12(12), 2195-2205; the bucket of a value is cut from its bits
    instead of computed by a logarithm, so that it is the same on every machine.
    """

    keys: IntArray
    counts: IntArray

    @staticmethod
    def empty() -> "LogBuckets":
        """Buckets of no rows."""
        return LogBuckets(read_only(np.empty(0, np.int64)), read_only(np.empty(0, np.int64)))

    @staticmethod
    def of(values: FloatArray) -> "LogBuckets":
        """Buckets of values, shape (n,); NaN and infinities are left out."""
        return LogBuckets.of_sorted(np.sort(finite(np.asarray(values, dtype=np.float64))))

    @staticmethod
    def of_sorted(values: FloatArray) -> "LogBuckets":
        """Buckets of finite values in ascending order, without sorting again."""
        if values.size == 0:
            return LogBuckets.empty()
        keys = _keys(values)
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        return LogBuckets(read_only(keys[starts]), read_only(np.diff(starts, append=keys.size)))

    @staticmethod
    def of_counts(values: FloatArray, rows: IntArray) -> "LogBuckets":
        """Buckets of finite values in ascending order, each of some rows above 0; shape (n,) both."""
        if values.size == 0:
            return LogBuckets.empty()
        keys = _keys(values)
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        return LogBuckets(read_only(keys[starts]), read_only(np.add.reduceat(rows, starts)))

    @staticmethod
    def merge_all(parts: Iterable["LogBuckets"]) -> "LogBuckets":
        """Buckets of all the parts' rows together."""
        held = [part for part in parts if part.keys.size]
        if len(held) < 2:
            return held[0] if held else LogBuckets.empty()
        keys = np.concatenate([part.keys for part in held])
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        counts = np.concatenate([part.counts for part in held])[order]
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        return LogBuckets(read_only(keys[starts]), read_only(np.add.reduceat(counts, starts)))

    def merge(self, other: "LogBuckets") -> "LogBuckets":
        """Buckets of both inputs together; neither is changed."""
        return LogBuckets.merge_all((self, other))

    @property
    def total(self) -> int:
        """Rows counted."""
        return int(self.counts.sum())

    def quantile(self, q: float) -> float | None:
        """Middle of the bucket that holds the value of rank ``ceil(q * total)``; None without rows.

        Parameters
        ----------
        q : float
            In [0, 1]; 0 gives the bucket of the smallest value.

        Returns
        -------
        float or None
            Within ``RELATIVE_ERROR`` of that value.
        """
        return self._at(max(1, math.ceil(q * self.total))) if self.counts.size else None

    def linear_quantile(self, q: float) -> float | None:
        """Quantile interpolated between neighbouring ranks, as numpy's default does; None without rows.

        Returns
        -------
        float or None
            Off by at most ``RELATIVE_ERROR`` times the larger magnitude of the two neighbours.
        """
        if not self.counts.size:
            return None
        place = q * (self.total - 1)
        rank = math.floor(place)
        left, right = self._at(rank + 1), self._at(min(rank + 2, self.total))
        share = place - rank
        # Not left + share * (right - left): the difference of two huge values would overflow.
        return left * (1.0 - share) + right * share

    def _at(self, rank: int) -> float:
        place = int(np.searchsorted(self._cumulative, rank, side="left"))
        return _middle(int(self.keys[min(place, self.keys.size - 1)]))

    @cached_property
    def _cumulative(self) -> IntArray:
        return np.cumsum(self.counts)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LogBuckets)
            and np.array_equal(self.keys, other.keys)
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


def _keys(values: FloatArray) -> IntArray:
    bits = values.view(np.int64)
    keys = (bits & _MAGNITUDE) >> _SHIFT
    keys[keys < _SMALLEST_NORMAL] = 0
    np.negative(keys, out=keys, where=bits < 0)
    return keys


def bucket_ends(keys: IntArray) -> tuple[FloatArray, FloatArray]:
    """Lower and upper end of each bucket, shape (n_buckets,) each; 0 and 0 for the bucket of zero.

    Examples
    --------
    >>> low, high = bucket_ends(LogBuckets.of(np.array([-1.0, 0.0, 1.0])).keys)
    >>> low.tolist(), high.tolist()
    ([-1.015625, 0.0, 1.0], [-1.0, 0.0, 1.015625])
    """
    magnitudes = np.abs(keys)
    near = (magnitudes << _SHIFT).view(np.float64)
    # The end of the last bucket would be infinity.
    far = np.minimum(((magnitudes + (magnitudes > 0)) << _SHIFT).view(np.float64), np.finfo(np.float64).max)
    return np.where(keys < 0, -far, near), np.where(keys < 0, -near, far)


def _middle(key: int) -> float:
    if key == 0:
        return 0.0
    bits = np.int64((abs(key) << _SHIFT) | (1 << (_SHIFT - 1)))
    return math.copysign(float(bits.view(np.float64)), key)
