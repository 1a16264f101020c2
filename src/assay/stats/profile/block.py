"""Many columns' profiles side by side in a few arrays: the form in which profiles are stored and added up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from assay.stats.arrays import FloatArray, IntArray, read_only
from assay.stats.profile import stored_distinct
from assay.stats.profile.bins import LevelBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.distinct import Distinct
from assay.stats.profile.layout import Layout, n_cells_of
from assay.stats.profile.moments import Moments, merged_powers
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.quantiles import LogBuckets
from assay.stats.profile.stored_arrays import integers, narrow, shaped
from assay.stats.profile.stored_buckets import StoredBuckets, deferred
from assay.stats.profile.stored_distinct import StoredDistinct
from assay.stats.profile.words import TextColumn, WordBins

Column = NumericColumn | CategoricalColumn | TextColumn


@dataclass(frozen=True, eq=False)
class Block:
    """Profiles of all columns of a layout.

    Attributes
    ----------
    layout : Layout
    counts : int array, shape (n_cells,)
        Rows per cell, column after column.
    numeric : int array, shape (6, n_numeric)
        Missing, +inf, -inf, below, above, finite values.
    levels : int array, shape (2, n_categorical)
        Missing, rows of new levels.
    texts : int array, shape (2, n_text)
        Missing, rows that are not.
    floats : float array, shape (6, n_numeric)
        Low, high (NaN for none), shifted mean, spread, third and fourth moment.
    buckets : sequence of StoredBuckets
        Their sum; each has every numeric column.
    distinct : sequence of StoredDistinct
        Their union; each has every categorical column, then every text column.
    """

    layout: Layout
    counts: IntArray
    numeric: IntArray
    levels: IntArray
    texts: IntArray
    floats: FloatArray
    buckets: Sequence[StoredBuckets]
    distinct: Sequence[StoredDistinct]

    @classmethod
    def of_columns(cls, columns: Mapping[str, Column], layout: Layout) -> Self:
        """Block of columns profiled one by one."""
        ordered = [columns[name] for name in layout.bins]
        numeric = [c for c in ordered if isinstance(c, NumericColumn)]
        categorical = [c for c in ordered if isinstance(c, CategoricalColumn)]
        texts = [c for c in ordered if isinstance(c, TextColumn)]
        return cls(
            layout,
            counts=np.concatenate([np.empty(0, np.int64), *(c.counts for c in ordered)]),
            numeric=np.array(
                [(c.missing, c.positive_infinite, c.negative_infinite, c.below, c.above, c.moments.n) for c in numeric],
                dtype=np.int64,
            )
            .reshape(-1, 6)
            .T,
            levels=np.array([(c.missing, c.new_level_rows) for c in categorical], dtype=np.int64).reshape(-1, 2).T,
            texts=np.array([(c.missing, c.texts) for c in texts], dtype=np.int64).reshape(-1, 2).T,
            floats=np.array([(_or_nan(c.low), _or_nan(c.high), *_sums(c.moments)) for c in numeric], dtype=np.float64)
            .reshape(-1, 6)
            .T,
            buckets=[StoredBuckets.of([c.buckets for c in numeric])],
            distinct=[StoredDistinct.of([*(c.distinct for c in categorical), *(c.distinct for c in texts)])],
        )

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], buckets: bytes, distinct: bytes, layout: Layout) -> Self:
        """Block of what `arrays`, `bucket_bytes` and `distinct_bytes` gave.

        Raises
        ------
        FormatUnreadable
            When an array is absent or has not the size that the layout needs.
        """
        n_numeric, n_categorical, n_text = len(layout.numeric), len(layout.categorical), len(layout.texts)
        return cls(
            layout,
            counts=read_only(integers(arrays, "counts", (layout.n_cells,))),
            numeric=integers(arrays, "numeric", (6, n_numeric)),
            levels=integers(arrays, "levels", (2, n_categorical)),
            texts=integers(arrays, "texts", (2, n_text)),
            floats=shaped(arrays, "floats", (6, n_numeric)).astype(np.float64),
            buckets=[StoredBuckets(buckets, n_numeric)],
            distinct=[StoredDistinct(distinct, n_categorical + n_text)],
        )

    @classmethod
    def sum(cls, blocks: Sequence[Self]) -> Self:
        """Block of all rows of the blocks, at least one; they share a layout."""
        floats = np.stack([b.floats for b in blocks])
        n = np.stack([b.numeric[5] for b in blocks])
        return cls(
            blocks[0].layout,
            counts=read_only(np.sum([b.counts for b in blocks], axis=0)),
            numeric=np.sum([b.numeric for b in blocks], axis=0),
            levels=np.sum([b.levels for b in blocks], axis=0),
            texts=np.sum([b.texts for b in blocks], axis=0),
            floats=np.concatenate(
                [
                    [np.fmin.reduce(floats[:, 0]), np.fmax.reduce(floats[:, 1])],
                    _merged_moments(n, floats[:, 2:]),
                ]
            ),
            buckets=[part for b in blocks for part in b.buckets],
            distinct=[part for b in blocks for part in b.distinct],
        )

    @property
    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything but the layout and the buckets, as one-dimensional arrays."""
        return {
            "counts": narrow(self.counts),
            "numeric": narrow(self.numeric.reshape(-1)),
            "levels": narrow(self.levels.reshape(-1)),
            "texts": narrow(self.texts.reshape(-1)),
            "floats": np.ascontiguousarray(self.floats).reshape(-1),
        }

    @property
    def bucket_bytes(self) -> bytes:
        """The buckets of every numeric column, summed and compressed."""
        if len(self.buckets) == 1:
            return self.buckets[0].data
        return StoredBuckets.of([self._buckets(place) for place in range(len(self.layout.numeric))]).data

    @property
    def distinct_bytes(self) -> bytes:
        """The distinct counts of every categorical and text column, united and compressed."""
        if len(self.distinct) == 1:
            return self.distinct[0].data
        places = range(len(self.layout.categorical) + len(self.layout.texts))
        return StoredDistinct.of([stored_distinct.merged(self.distinct, place) for place in places]).data

    def column(self, name: str) -> Column:
        """Profile of one column."""
        bins, start, place = self.layout.bins[name], self.layout.starts[name], self.layout.places[name]
        counts = self.counts[start : start + n_cells_of(bins)]
        if isinstance(bins, LevelBins):
            missing, new = self.levels[:, place].tolist()
            return CategoricalColumn(bins, counts, missing, new, self._distinct(place))
        if isinstance(bins, WordBins):
            missing, texts = self.texts[:, place].tolist()
            return TextColumn(bins, counts, missing, texts, self._distinct(len(self.layout.categorical) + place))
        missing, positive, negative, below, above, n = self.numeric[:, place].tolist()
        low, high, *sums = self.floats[:, place].tolist()
        return NumericColumn(
            bins,
            counts,
            missing,
            positive_infinite=positive,
            negative_infinite=negative,
            below=below,
            above=above,
            low=None if np.isnan(low) else low,
            high=None if np.isnan(high) else high,
            moments=Moments(n, bins.pivot, *sums),
            buckets=deferred(lambda: self._buckets(place)),
        )

    def _distinct(self, place: int) -> Distinct:
        return stored_distinct.deferred(lambda: stored_distinct.merged(self.distinct, place))

    def _buckets(self, place: int) -> LogBuckets:
        return LogBuckets.merge_all(part.columns[place] for part in self.buckets)


def _sums(moments: Moments) -> tuple[float, float, float, float]:
    return moments.shifted_mean, moments.spread, moments.third, moments.fourth


def _merged_moments(n: IntArray, moments: FloatArray) -> FloatArray:
    """Mean, spread, third and fourth moment of all blocks together, shape (4, n_numeric).

    ``n`` has shape (n_blocks, n_numeric) and ``moments`` (n_blocks, 4, n_numeric).
    """
    merged: FloatArray = moments[0]
    rows = n[0]
    with np.errstate(over="ignore", invalid="ignore"):
        for more, more_rows in zip(moments[1:], n[1:], strict=True):
            both = _merged_pair(merged, rows, more, more_rows)
            merged = np.where(more_rows == 0, merged, np.where(rows == 0, more, both))
            rows = rows + more_rows
    return merged


def _merged_pair(one: FloatArray, n: IntArray, other: FloatArray, m: IntArray) -> FloatArray:
    """What `Moments.merge` does, for many columns at once."""
    a, b = n / np.maximum(n + m, 1), m / np.maximum(n + m, 1)
    (mean, spread_a, *powers_a), (mean_b, spread_b, *powers_b) = one, other
    delta = mean_b - mean
    spread = np.hypot(np.hypot(np.sqrt(a) * spread_a, np.sqrt(b) * spread_b), np.sqrt(a * b) * delta)
    known = (spread > 0) & np.isfinite(spread)
    unit = np.where(known, spread, 1.0)
    powers = merged_powers((a, spread_a / unit, *powers_a), (b, spread_b / unit, *powers_b), delta / unit)
    held = np.stack([mean + delta * b, spread])
    merged: FloatArray = np.concatenate(
        [np.where(np.isfinite(held), held, np.inf), np.where(known, np.stack(powers), 0.0)]
    )
    return merged


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
