"""How well current fits the baseline once its values are read in another unit.

A profile's cells cannot tell: after a change of unit all rows lie in one of them. The baseline's distribution
function is known exactly at its fine edges, and current's at the ends of its log buckets, so both are compared at
the edges taken through the change: a Kolmogorov-Smirnov distance at some thirty places.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.stats.arrays import FloatArray
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.quantiles import LogBuckets, bucket_ends

# A bucket with a larger share of the rows leaves too much open.
WIDEST_BUCKET = 0.4


@dataclass(frozen=True, slots=True)
class Change:
    """A reading of baseline values ``x`` as ``factor * x + offset``; the factor is not 0.

    Examples
    --------
    >>> Change(factor=5 / 9, offset=-160 / 9).of(np.array([32.0, 212.0])).round(6).tolist()
    [0.0, 100.0]
    """

    factor: float = 1.0
    offset: float = 0.0

    def of(self, values: FloatArray) -> FloatArray:
        """The values in the other unit."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.nan_to_num(values * self.factor + self.offset, nan=np.inf)


@dataclass(frozen=True, eq=False)
class Alignment:
    """The baseline's distribution function at known places, and current's buckets.

    Attributes
    ----------
    places, shares : float array, shape (n_places,)
        Fine edges of the baseline and the share of its finite rows at or below each.
    ends, below : float array, shape (n_ends,)
        Ends of current's log buckets, ascending, and the share of its finite rows at or below each.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import NumericBins
    >>> rows = pl.Series([float(i) for i in range(1, 1001)])
    >>> bins = NumericBins.of(rows)
    >>> alignment = Alignment.of(NumericColumn.of(rows, bins), NumericColumn.of(rows * 10, bins))
    >>> alignment.distance(Change()) > 0.8, alignment.distance(Change(factor=10.0)) < 0.01
    (True, True)
    """

    places: FloatArray
    shares: FloatArray
    ends: FloatArray
    below: FloatArray

    @classmethod
    def of(cls, baseline: NumericColumn, current: NumericColumn) -> Self | None:
        """Both columns, ready to be compared; None when a side has no spread or buckets too wide to tell."""
        places = baseline.bins.edges
        rows = baseline.finite_counts
        if places.size < 2 or not current.moments.n:
            return None
        ends, below = _distribution(current.buckets)
        found = cls(places, np.cumsum(rows)[:-1] / rows.sum(), ends, below)
        return None if found.coarse else found

    @property
    def coarse(self) -> bool:
        """Whether single buckets hold so many different values that no fit can be judged.

        Values such as 1e9 + noise share a bucket. A single value that fills one is fine.
        """
        spread, wide = self.ends[1::2] - self.ends[::2], np.diff(self.below)[::2]
        # A reach beyond the largest double is infinite, and no bucket is wide against it.
        reach = float(self.ends[-1]) - float(self.ends[0])
        return bool(
            ((wide > WIDEST_BUCKET) & (spread > 0.05 * max(reach, 0.0)) & (wide < 1.0)).any() or self.ends.size == 2
        )

    def distance(self, change: Change) -> float:
        """Largest difference of the two distribution functions at the places, in [0, 1].

        A place inside a bucket leaves current's share open between two values; the nearer one counts.
        """
        moved = change.of(self.places)
        least, most = self._share_at(moved)
        if change.factor < 0:
            least, most = 1.0 - most, 1.0 - least
        return float(np.maximum(least - self.shares, self.shares - most).max(initial=0.0))

    def _share_at(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Smallest and largest share of current that can lie at or below each value."""
        least = np.searchsorted(self.ends, values, side="right") - 1
        most = np.searchsorted(self.ends, values, side="left")
        known = np.append(self.below, 1.0)
        return np.where(least < 0, 0.0, known[least]), known[most]


def _distribution(buckets: LogBuckets) -> tuple[FloatArray, FloatArray]:
    low, high = bucket_ends(buckets.keys)
    upto = np.cumsum(buckets.counts) / buckets.total
    ends = np.stack([low, high], axis=1).reshape(-1)
    below = np.stack([np.concatenate([[0.0], upto[:-1]]), upto], axis=1).reshape(-1)
    return ends, below
