"""Profile of one categorical column."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from assay.errors import BinsMismatch
from assay.stats.arrays import IntArray, read_only, same_content
from assay.stats.profile.bins import LevelBins
from assay.stats.profile.distinct import Distinct, hashes_of_texts
from assay.stats.series import levels


@dataclass(frozen=True, eq=False)
class CategoricalColumn:
    """Rows per level of a categorical column.

    A commutative monoid over one set of bins. Values are compared as exact strings; a boolean column is read
    as ``"true"`` and ``"false"``. Missing is null (and NaN in a column of numbers); "" is a level.

    Attributes
    ----------
    bins : LevelBins
        Fixed by the baseline.
    counts : int array, shape (n_levels + 1,)
        Rows per level of ``bins.levels``; last, rows of every other level, new ones included.
    missing : int
        Rows.
    new_level_rows : int
        Rows whose level the baseline never had; they are among the last count too.
    distinct : Distinct
        Of the levels.

    Examples
    --------
    >>> bins = LevelBins.of(pl.Series(["a", "a", "b"]))
    >>> column = CategoricalColumn.of(pl.Series(["b", "c", None, "a"]), bins)
    >>> column.cells().tolist(), column.new_level_rows
    ([1, 1, 1, 1], 1)
    """

    bins: LevelBins
    counts: IntArray
    missing: int
    new_level_rows: int
    distinct: Distinct

    @classmethod
    def empty(cls, bins: LevelBins) -> Self:
        """Profile of no rows."""
        return cls(bins, read_only(np.zeros(len(bins.levels) + 1, dtype=np.int64)), 0, 0, Distinct.empty())

    @classmethod
    def of(cls, values: pl.Series, bins: LevelBins) -> Self:
        """Profile of a column read as exact strings (see `assay.stats.series.levels`).

        Raises
        ------
        Invalid
            When the column holds bytes or nested values.
        """
        found = levels(values).alias("level").drop_nulls().value_counts(name="rows")
        known = found["level"].cast(bins.top_dtype, strict=False).to_physical()
        rows = found["rows"].to_numpy().astype(np.int64)
        cells = known.fill_null(len(bins.levels)).to_numpy()
        counts = np.zeros(len(bins.levels) + 1, dtype=np.int64)
        np.add.at(counts, cells, rows)
        return cls(
            bins=bins,
            counts=read_only(counts),
            missing=values.len() - int(counts.sum()),
            new_level_rows=_new_level_rows(found.filter(known.is_null()), bins),
            distinct=Distinct.of(hashes_of_texts(found["level"])),
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
                "Two profiles of a categorical column were counted over different levels. "
                "Profile both with one baseline."
            )
        return type(self)(
            bins=self.bins,
            counts=read_only(self.counts + other.counts),
            missing=self.missing + other.missing,
            new_level_rows=self.new_level_rows + other.new_level_rows,
            distinct=self.distinct.merge(other.distinct),
        )

    @property
    def rows(self) -> int:
        """Rows seen, missing ones included."""
        return int(self.counts.sum()) + self.missing

    def cells(self) -> IntArray:
        """Rows per level, of every other level, and missing; shape (n_levels + 2,)."""
        return np.append(self.counts, self.missing)

    def cells_with_new_level(self) -> IntArray:
        """Rows per level, of other baseline levels, of new levels, and missing; shape (n_levels + 3,)."""
        known = self.counts.copy()
        known[-1] -= self.new_level_rows
        return np.append(known, [self.new_level_rows, self.missing])

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


def _new_level_rows(outside: pl.DataFrame, bins: LevelBins) -> int:
    if bins.other_levels and outside.height:
        outside = outside.filter(~outside["level"].is_in(bins.other_series))
    return int(outside["rows"].sum())
