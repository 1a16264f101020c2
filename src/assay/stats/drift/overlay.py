"""Two columns' finite rows over the same intervals: what profiles know of two distribution functions.

Profiles hold counts between known places (edges of cells, ends of log buckets), not rows. At those places the
two distribution functions are known exactly, and between them their difference is bounded.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.stats.arrays import FloatArray, IntArray
from assay.stats.drift.distances import require_same_bins
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.quantiles import bucket_ends


@dataclass(frozen=True, eq=False)
class Overlay:
    """Finite rows of baseline and current per interval; each side has some.

    Attributes
    ----------
    baseline, current : int array, shape (n_intervals,)
        Rows.
    ends : float array, shape (n_intervals + 1,)
        Ascending; interval i reaches from ``ends[i]`` to ``ends[i + 1]``, in the column's own unit.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import NumericBins
    >>> bins = NumericBins.of(pl.Series([1.0, 2.0, 3.0, 4.0]), bin_counts=(2,))
    >>> one, other = (NumericColumn.of(pl.Series(rows), bins) for rows in ([1.0, 2.0, 3.0, 4.0], [2.5, 9.0]))
    >>> overlay = Overlay.of_cells(one, other)
    >>> overlay.ends.tolist(), overlay.current.tolist(), overlay.differences.tolist()
    ([1.0, 1.0, 2.0, 4.0, 9.0], [0, 0, 1, 1], [0.0, 0.0, 0.5, 0.5, 0.0])
    """

    baseline: IntArray
    current: IntArray
    ends: FloatArray

    @classmethod
    def of_cells(cls, baseline: NumericColumn, current: NumericColumn) -> Self | None:
        """Fine cells, the outer ones cut at the ends of the baseline's range; None when a side has no value.

        Raises
        ------
        BinsMismatch
            When the two were counted over different bins.
        """
        require_same_bins(baseline, current)
        reach = _reach(baseline, current)
        if reach is None:
            return None
        bins = baseline.bins
        if bins.low is None or bins.high is None:
            return cls(baseline.finite_counts, current.finite_counts, np.array(reach))
        ends = np.concatenate([[min(reach[0], bins.low), bins.low], bins.edges, [bins.high, max(reach[1], bins.high)]])
        return cls(_cut_at_range(baseline), _cut_at_range(current), ends)

    @classmethod
    def of_buckets(cls, baseline: NumericColumn, current: NumericColumn) -> Self | None:
        """Log buckets of both sides and the gaps between them; None when a side has no value."""
        reach = _reach(baseline, current)
        if reach is None:
            return None
        keys = np.union1d(baseline.buckets.keys, current.buckets.keys)
        ends = np.clip(np.stack(bucket_ends(keys), axis=1).reshape(-1), *reach)
        return cls(_with_gaps(baseline, keys), _with_gaps(current, keys), ends)

    @property
    def shares(self) -> tuple[FloatArray, FloatArray]:
        """Shares of the rows per interval, of baseline and of current."""
        return self.baseline / self.baseline.sum(), self.current / self.current.sum()

    @property
    def differences(self) -> FloatArray:
        """Baseline's distribution function less current's at every end, shape (n_intervals + 1,)."""
        m, n = self.baseline.sum(), self.current.sum()
        # Integers add up exactly; dividing once keeps the difference at the last end at 0.
        return np.concatenate([[0.0], np.cumsum(self.baseline) / m - np.cumsum(self.current) / n])


def _reach(baseline: NumericColumn, current: NumericColumn) -> tuple[float, float] | None:
    if baseline.low is None or baseline.high is None or current.low is None or current.high is None:
        return None
    return min(baseline.low, current.low), max(baseline.high, current.high)


def _with_gaps(column: NumericColumn, keys: IntArray) -> IntArray:
    """Rows per bucket, and no rows in the gap behind it."""
    rows = np.zeros(2 * keys.size - 1, dtype=np.int64)
    rows[2 * np.searchsorted(keys, column.buckets.keys)] = column.buckets.counts
    return rows


def _cut_at_range(column: NumericColumn) -> IntArray:
    below, above = column.below - column.negative_infinite, column.above - column.positive_infinite
    inside = column.finite_counts
    inside[0] -= below
    inside[-1] -= above
    return np.concatenate([[below], inside, [above]])
