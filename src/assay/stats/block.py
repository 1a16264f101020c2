"""Many columns' profiles side by side in a few arrays: the form in which profiles are stored and added up."""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from assay.errors import FormatUnreadable
from assay.stats.arrays import FloatArray, IntArray, read_only
from assay.stats.bins import Bins, LevelBins, NumericBins
from assay.stats.categorical import CategoricalColumn
from assay.stats.container import pack, unpack
from assay.stats.moments import Moments, merged_powers
from assay.stats.numeric import NumericColumn
from assay.stats.quantiles import LogBuckets

Column = NumericColumn | CategoricalColumn

BUCKETS_KIND = "buckets"


@dataclass(frozen=True, eq=False)
class Layout(Mapping[str, Bins]):
    """Named bins in the order of their names, and where each column lies in the arrays of a block.

    Can be given wherever bins are asked for; made once, it saves the time of making it for every profile read.

    Attributes
    ----------
    bins : mapping of str to Bins
        In the order of the names.
    starts : mapping of str to int
        First cell of each column in the block's ``counts``.
    places : mapping of str to int
        Place among the numeric columns, or among the categorical ones.
    n_cells : int
        Cells of all columns.
    """

    bins: Mapping[str, Bins]
    starts: Mapping[str, int]
    places: Mapping[str, int]
    n_cells: int

    @classmethod
    def of(cls, bins: Mapping[str, Bins]) -> "Layout":
        """Layout of columns over these bins; a layout is its own."""
        if isinstance(bins, Layout):
            return bins
        ordered = dict(sorted(bins.items()))
        starts = list(accumulate((_n_cells(b) for b in ordered.values()), initial=0))
        numeric = [name for name, b in ordered.items() if isinstance(b, NumericBins)]
        categorical = [name for name, b in ordered.items() if isinstance(b, LevelBins)]
        places = {name: place for names in (numeric, categorical) for place, name in enumerate(names)}
        return cls(ordered, dict(zip(ordered, starts, strict=False)), places, starts[-1])

    def __getitem__(self, name: str) -> Bins:
        """Bins of one column."""
        return self.bins[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.bins)

    def __len__(self) -> int:
        return len(self.bins)

    @cached_property
    def numeric(self) -> list[str]:
        """Names of the numeric columns."""
        return [name for name, b in self.bins.items() if isinstance(b, NumericBins)]

    @cached_property
    def digest(self) -> str:
        """Short text that two layouts share exactly when their names and bins are equal."""
        digest = hashlib.sha256()
        for name, bins in self.bins.items():
            digest.update(len(name.encode()).to_bytes(4, "little") + name.encode() + bins.digest)
        return digest.hexdigest()[:32]


def _n_cells(bins: Bins) -> int:
    return bins.edges.size + 1 if isinstance(bins, NumericBins) else len(bins.levels) + 1


@dataclass(frozen=True, eq=False)
class StoredBuckets:
    """The log buckets of all numeric columns, compressed until one of them is looked at."""

    data: bytes
    n_columns: int

    @classmethod
    def of(cls, columns: Sequence[LogBuckets]) -> Self:
        """Buckets of these columns."""
        keys = np.concatenate([np.empty(0, np.int64), *(c.keys for c in columns)])
        counts = np.concatenate([np.empty(0, np.int64), *(c.counts for c in columns)])
        return cls(
            pack(
                BUCKETS_KIND,
                1,
                {},
                {
                    "sizes": narrow(np.array([c.keys.size for c in columns], dtype=np.int64)),
                    "steps": narrow(np.diff(keys, prepend=0)),
                    "counts": narrow(counts),
                },
            ),
            len(columns),
        )

    @cached_property
    def columns(self) -> list[LogBuckets]:
        """Buckets of every numeric column."""
        arrays = unpack(self.data, kind=BUCKETS_KIND).arrays
        sizes = _integers(arrays, "sizes", (self.n_columns,))
        ends = np.cumsum(sizes, dtype=np.int64)
        total = int(ends[-1]) if ends.size else 0
        keys = read_only(np.cumsum(_integers(arrays, "steps", (total,)), dtype=np.int64))
        counts = read_only(_integers(arrays, "counts", (total,)))
        return [LogBuckets(keys[a:b], counts[a:b]) for a, b in pairwise([0, *ends.tolist()])]


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
    floats : float array, shape (6, n_numeric)
        Low, high (NaN for none), shifted mean, spread, third and fourth moment.
    buckets : sequence of StoredBuckets
        Their sum; each has every numeric column.
    """

    layout: Layout
    counts: IntArray
    numeric: IntArray
    levels: IntArray
    floats: FloatArray
    buckets: Sequence[StoredBuckets]

    @classmethod
    def of_columns(cls, columns: Mapping[str, Column], layout: Layout) -> Self:
        """Block of columns profiled one by one."""
        ordered = [columns[name] for name in layout.bins]
        numeric = [c for c in ordered if isinstance(c, NumericColumn)]
        categorical = [c for c in ordered if isinstance(c, CategoricalColumn)]
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
            floats=np.array([(_or_nan(c.low), _or_nan(c.high), *_sums(c.moments)) for c in numeric], dtype=np.float64)
            .reshape(-1, 6)
            .T,
            buckets=[StoredBuckets.of([c.buckets for c in numeric])],
        )

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], buckets: bytes, layout: Layout) -> Self:
        """Block of what `arrays` and `bucket_bytes` gave.

        Raises
        ------
        FormatUnreadable
            When an array is absent or has not the size that the layout needs.
        """
        n_numeric, n_categorical = len(layout.numeric), len(layout) - len(layout.numeric)
        return cls(
            layout,
            counts=_integers(arrays, "counts", (layout.n_cells,)),
            numeric=_integers(arrays, "numeric", (6, n_numeric)),
            levels=_integers(arrays, "levels", (2, n_categorical)),
            floats=_shaped(arrays, "floats", (6, n_numeric)).astype(np.float64),
            buckets=[StoredBuckets(buckets, n_numeric)],
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
            floats=np.concatenate(
                [
                    [np.fmin.reduce(floats[:, 0]), np.fmax.reduce(floats[:, 1])],
                    _merged_moments(n, floats[:, 2:]),
                ]
            ),
            buckets=[part for b in blocks for part in b.buckets],
        )

    @property
    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything but the layout and the buckets, as one-dimensional arrays."""
        return {
            "counts": narrow(self.counts),
            "numeric": narrow(self.numeric.reshape(-1)),
            "levels": narrow(self.levels.reshape(-1)),
            "floats": np.ascontiguousarray(self.floats).reshape(-1),
        }

    @property
    def bucket_bytes(self) -> bytes:
        """The buckets of every numeric column, summed and compressed."""
        if len(self.buckets) == 1:
            return self.buckets[0].data
        return StoredBuckets.of([self._buckets(place) for place in range(len(self.layout.numeric))]).data

    def column(self, name: str) -> Column:
        """Profile of one column."""
        bins, start, place = self.layout.bins[name], self.layout.starts[name], self.layout.places[name]
        counts = self.counts[start : start + _n_cells(bins)]
        if isinstance(bins, LevelBins):
            return CategoricalColumn(bins, counts, *self.levels[:, place].tolist())
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
            buckets=_DeferredBuckets(lambda: self._buckets(place)),
        )

    def _buckets(self, place: int) -> LogBuckets:
        return LogBuckets.merge_all(part.columns[place] for part in self.buckets)


class _DeferredBuckets(LogBuckets):
    """Log buckets that are read or merged only when somebody looks at them; few pages do."""

    def __init__(self, load: Callable[[], LogBuckets]) -> None:
        self.__dict__["_load"] = load

    @cached_property
    def _loaded(self) -> LogBuckets:
        load: Callable[[], LogBuckets] = self.__dict__.pop("_load")
        return load()

    @property
    def keys(self) -> IntArray:
        """Keys of the loaded buckets."""
        return self._loaded.keys

    @property
    def counts(self) -> IntArray:
        """Counts of the loaded buckets."""
        return self._loaded.counts


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


def _shaped(arrays: Mapping[str, npt.NDArray[Any]], name: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    array = arrays.get(name)
    if array is None or array.size != math.prod(shape):
        found = "none" if array is None else array.size
        raise FormatUnreadable(f"A stored profile's array {name} has {found} numbers, expected {math.prod(shape)}.")
    shaped: npt.NDArray[Any] = array.reshape(shape)
    return shaped


def _integers(arrays: Mapping[str, npt.NDArray[Any]], name: str, shape: tuple[int, ...]) -> IntArray:
    array = _shaped(arrays, name, shape)
    if array.dtype.kind == "f":
        raise FormatUnreadable(f"A stored profile's array {name} holds {array.dtype}, expected integers.")
    return array.astype(np.int64)


def narrow(values: IntArray) -> npt.NDArray[Any]:
    """The same integers in the smallest type that holds them all."""
    if values.size == 0:
        return values
    return values.astype(np.result_type(np.min_scalar_type(values.min()), np.min_scalar_type(values.max())))


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
