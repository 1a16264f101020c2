"""Cells that a baseline fixes once, so that counts of any later rows can be added and compared.

See docs/methods/bins.md.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl

from assay.errors import Invalid
from assay.stats.arrays import FloatArray, IntArray, read_only
from assay.stats.profile.words import WordBins
from assay.stats.series import finite, levels, numbers

BIN_COUNTS = (2, 3, 4, 5, 6, 7, 8, 9, 10)


def _fractions(bin_counts: Iterable[int]) -> FloatArray:
    # 2/6 and 1/3 divide to the same double, so equal fractions meet in the set.
    return np.array(sorted({k / b for b in bin_counts for k in range(1, b)}), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class NumericBins:
    """Cells of a numeric column, cut at order statistics of the baseline.

    Cells are right-closed: value ``x`` is in cell ``searchsorted(edges, x, side="left")``; the outer cells
    are open to infinity. One set of fine cells serves every bin count asked for, because their edges hold
    every quantile ``k / B``: a coarse cell is a union of fine ones, and its count a sum.

    Attributes
    ----------
    fractions : float array, shape (n_fractions,)
        Sorted distinct ``k / B`` for the bin counts B asked for; 31 of them by default. In (0, 1).
    quantiles : float array, shape (n_fractions,) or (0,)
        Baseline value at each fraction: the finite value of rank ``ceil(fraction * n)``. Empty when the
        baseline has no finite value.
    low, high : float or None
        Smallest and largest finite baseline value.
    pivot : float
        Median of the finite baseline values, 0.0 when there is none; moments are taken about it.

    Examples
    --------
    >>> bins = NumericBins.of(pl.Series(range(1, 101)), bin_counts=(2, 4))
    >>> bins.edges.tolist()
    [25.0, 50.0, 75.0]
    >>> bins.coarse_edges(2).tolist(), bins.coarse_cells(2).tolist()
    ([50.0], [0, 0, 1, 1])

    References
    ----------
    Hyndman and Fan (1996), The American Statistician 50(4), 361-365: definition 1, ``inverted_cdf``.
    """

    fractions: FloatArray
    quantiles: FloatArray
    low: float | None
    high: float | None
    pivot: float

    @classmethod
    def of(cls, values: pl.Series, *, bin_counts: Iterable[int] = BIN_COUNTS) -> Self:
        """Bins of a baseline column of numbers, booleans or times. Missing and infinite ones are left out."""
        # Adding zero turns -0.0 into 0.0.
        known = finite(numbers(values)) + 0.0
        fractions = read_only(_fractions(bin_counts))
        if known.size == 0:
            return cls(fractions, read_only(np.empty(0)), None, None, 0.0)
        cuts = np.quantile(known, fractions, method="inverted_cdf") if fractions.size else np.empty(0)
        median = float(np.quantile(known, 0.5, method="inverted_cdf"))
        return cls(fractions, read_only(cuts), float(known.min()), float(known.max()), median)

    @cached_property
    def edges(self) -> FloatArray:
        """Distinct interior edges, ascending; one at the finite maximum separates nothing and is dropped."""
        return self._edges(self.quantiles)

    @cached_property
    def digest(self) -> bytes:
        """32 bytes that two bins share exactly when they are equal."""
        ends = np.array([_or_nan(self.low), _or_nan(self.high), self.pivot])
        return hashlib.sha256(
            b"".join([b"numeric", *(a.astype("<f8").tobytes() for a in (self.fractions, self.quantiles, ends))])
        ).digest()

    def coarse_edges(self, n_bins: int) -> FloatArray:
        """Interior edges of ``n_bins`` quantile bins, shape (at most n_bins - 1,).

        Raises
        ------
        Invalid
            When the bins were not cut for this number.
        """
        wanted = _fractions([n_bins])
        places = np.searchsorted(self.fractions, wanted)
        held = places < self.fractions.size
        if not (held.all() and np.array_equal(self.fractions[places], wanted)):
            raise Invalid(
                f"These bins were not cut for {n_bins} bins. Ask for it when the baseline is made, "
                f"in bin_counts; {self.fractions.size} fractions are held."
            )
        return self._edges(self.quantiles[places] if self.quantiles.size else self.quantiles)

    def coarse_cells(self, n_bins: int) -> IntArray:
        """For every fine cell the coarse cell it lies in, shape (n_edges + 1,)."""
        if n_bins not in self._coarse:
            coarse = self.coarse_edges(n_bins)
            cells = np.append(np.searchsorted(coarse, self.edges, side="left"), coarse.size)
            self._coarse[n_bins] = read_only(cells.astype(np.int64))
        return self._coarse[n_bins]

    @cached_property
    def _coarse(self) -> dict[int, IntArray]:
        """What `coarse_cells` gave so far: a page asks thousands of times."""
        return {}

    def _edges(self, cuts: FloatArray) -> FloatArray:
        distinct = np.unique(cuts)
        return read_only(distinct if self.high is None else distinct[distinct < self.high])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NumericBins) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@dataclass(frozen=True, eq=False)
class LevelBins:
    """Cells of a categorical column: the baseline's most frequent levels, one for every other level.

    Attributes
    ----------
    levels : tuple of str
        The most frequent baseline levels, most frequent first; equally frequent ones in code-point order.
    other_levels : frozenset of str
        Every other baseline level. A level in neither is new.
    singletons : int
        Baseline levels seen exactly once; their share estimates how often a new level is to be expected.

    Examples
    --------
    >>> bins = LevelBins.of(pl.Series(["b", "a", "b", "a", "c", None]), top=2)
    >>> bins.levels, sorted(bins.other_levels), bins.singletons
    (('a', 'b'), ['c'], 1)

    References
    ----------
    Good (1953), Biometrika 40(3-4), 237-264, for the meaning of ``singletons``.
    """

    levels: tuple[str, ...]
    other_levels: frozenset[str]
    singletons: int

    @classmethod
    def of(cls, values: pl.Series, *, top: int = 25) -> Self:
        """Bins of a baseline column, read as exact strings by `assay.stats.series.levels`; null: missing."""
        ranked = (
            levels(values)
            .alias("level")
            .drop_nulls()
            .value_counts(name="rows")
            .sort("rows", "level", descending=[True, False])
        )
        names = ranked["level"].to_list()
        return cls(tuple(names[:top]), frozenset(names[top:]), int((ranked["rows"] == 1).sum()))

    @cached_property
    def digest(self) -> bytes:
        """32 bytes that two bins share exactly when they are equal."""
        text = json.dumps([self.levels, sorted(self.other_levels), self.singletons], ensure_ascii=False)
        return hashlib.sha256(b"levels" + text.encode()).digest()

    @cached_property
    def top_dtype(self) -> pl.Enum:
        """The most frequent levels as a Polars type: casting to it gives each string its cell."""
        return pl.Enum(self.levels)

    @cached_property
    def other_series(self) -> pl.Series:
        """The other levels as a one-row list column, the form in which Polars looks strings up."""
        return pl.Series([sorted(self.other_levels)], dtype=pl.List(pl.String))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LevelBins) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


Bins = NumericBins | LevelBins | WordBins
"""Cells of one column: of numbers, of categories, or of text."""


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
