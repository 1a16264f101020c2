"""Profile of one numeric column."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from assay.errors import BinsMismatch
from assay.stats.arrays import IntArray, read_only, same_content
from assay.stats.profile.bins import NumericBins
from assay.stats.profile.moments import Moments
from assay.stats.profile.quantiles import LogBuckets
from assay.stats.series import numbers


@dataclass(frozen=True, eq=False)
class NumericColumn:
    """Rows per fine cell of a numeric column, with its moments, range and quantiles.

    A commutative monoid over one set of bins. Missing is null or NaN. Infinities are values: they are counted
    in the outer cells, apart, and as outside the baseline's range; moments and quantiles leave them out.

    Attributes
    ----------
    bins : NumericBins
        Fixed by the baseline.
    counts : int array, shape (n_edges + 1,)
        Rows per fine cell, missing ones left out.
    missing, positive_infinite, negative_infinite : int
        Rows.
    below, above : int
        Rows below ``bins.low`` and above ``bins.high``, infinities included; 0 without a baseline range.
    low, high : float or None
        Smallest and largest finite value; None when there is none.
    moments : Moments
        Of the finite values, about ``bins.pivot``.
    buckets : LogBuckets
        Of the finite values.

    Examples
    --------
    >>> bins = NumericBins.of(pl.Series([1.0, 2.0, 3.0, 4.0]), bin_counts=(2,))
    >>> column = NumericColumn.of(pl.Series([0.0, 2.0, 9.0, None]), bins)
    >>> column.cells(2).tolist(), column.below, column.above, column.moments.n
    ([2, 1, 1], 1, 1, 3)
    """

    bins: NumericBins
    counts: IntArray
    missing: int
    positive_infinite: int
    negative_infinite: int
    below: int
    above: int
    low: float | None
    high: float | None
    moments: Moments
    buckets: LogBuckets

    @classmethod
    def empty(cls, bins: NumericBins) -> Self:
        """Profile of no rows."""
        counts = read_only(np.zeros(bins.edges.size + 1, dtype=np.int64))
        return cls(bins, counts, 0, 0, 0, 0, 0, None, None, Moments.empty(bins.pivot), LogBuckets.empty())

    @classmethod
    def of(cls, values: pl.Series, bins: NumericBins) -> Self:
        """Profile of a column of numbers, booleans or times (see `assay.stats.series.numbers`).

        Raises
        ------
        Invalid
            When the column holds text.
        """
        # Once sorted (NaN last), every count is a difference of a few places found by bisection.
        ordered = np.sort(numbers(values))
        ordered = ordered[: np.searchsorted(ordered, np.nan)]
        # Bisecting for the next value above an edge finds the rows at or below it: cells are right-closed.
        upto = np.searchsorted(ordered, bins.edges, side="right")
        negative = int(np.searchsorted(ordered, -np.inf, side="right"))
        positive = ordered.size - int(np.searchsorted(ordered, np.inf, side="left"))
        # Adding zero turns -0.0 into 0.0.
        known = ordered[negative : ordered.size - positive] + 0.0
        return cls(
            bins=bins,
            counts=read_only(np.diff(upto, prepend=0, append=ordered.size)),
            missing=values.len() - ordered.size,
            positive_infinite=positive,
            negative_infinite=negative,
            below=0 if bins.low is None else int(np.searchsorted(ordered, bins.low, side="left")),
            above=0 if bins.high is None else ordered.size - int(np.searchsorted(ordered, bins.high, side="right")),
            low=float(known[0]) if known.size else None,
            high=float(known[-1]) if known.size else None,
            moments=Moments.of(known, bins.pivot),
            buckets=LogBuckets.of_sorted(known),
        )

    def merge(self, other: Self) -> Self:
        """Profile of both inputs' rows; neither is changed.

        Raises
        ------
        BinsMismatch
            When the two were counted over different bins.
        """
        if self.bins is not other.bins and self.bins != other.bins:
            raise BinsMismatch(
                "Two profiles of a numeric column were counted over different bins. Profile both with one baseline."
            )
        return type(self)(
            bins=self.bins,
            counts=read_only(self.counts + other.counts),
            missing=self.missing + other.missing,
            positive_infinite=self.positive_infinite + other.positive_infinite,
            negative_infinite=self.negative_infinite + other.negative_infinite,
            below=self.below + other.below,
            above=self.above + other.above,
            low=min((v for v in (self.low, other.low) if v is not None), default=None),
            high=max((v for v in (self.high, other.high) if v is not None), default=None),
            moments=self.moments.merge(other.moments),
            buckets=self.buckets.merge(other.buckets),
        )

    @property
    def rows(self) -> int:
        """Rows seen, missing ones included."""
        return int(self.counts.sum()) + self.missing

    @property
    def out_of_range(self) -> int | None:
        """Rows outside the baseline's finite range, infinities included; None when it has no range."""
        return None if self.bins.low is None else self.below + self.above

    @property
    def infinite(self) -> int:
        """Rows that are plus or minus infinity."""
        return self.positive_infinite + self.negative_infinite

    @property
    def finite_counts(self) -> IntArray:
        """Rows per fine cell without the infinities, which sit in the outer cells; shape (n_edges + 1,)."""
        counts = self.counts.copy()
        counts[0] -= self.negative_infinite
        counts[-1] -= self.positive_infinite
        return counts

    def cells(self, n_bins: int = 10) -> IntArray:
        """Rows per coarse cell, then missing rows last; shape (n_coarse_edges + 2,).

        Raises
        ------
        Invalid
            When the bins were not cut for ``n_bins``.
        """
        places = self.bins.coarse_cells(n_bins)
        coarse = np.zeros(int(places[-1]) + 2, dtype=np.int64)
        np.add.at(coarse, places, self.counts)
        coarse[-1] = self.missing
        return coarse

    def quantile(self, q: float) -> float | None:
        """Value of rank ``ceil(q * n)`` among the finite values, within 2**-8 of it; exact at 0 and 1."""
        if self.low is None or self.high is None:
            return None
        if q in (0.0, 1.0):
            return self.low if q == 0.0 else self.high
        value = self.buckets.quantile(q)
        return None if value is None else min(max(value, self.low), self.high)

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash
