"""Which levels a baseline never had, and how many rows hold each: a bounded summary that merges exactly.

See docs/methods/causes.md.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import polars as pl

from assay.errors import BinsMismatch
from assay.stats.profile.bins import LevelBins
from assay.stats.series import levels

KEPT_LEVELS = 64


@dataclass(frozen=True, eq=False)
class UnseenLevels:
    """Rows per level that the baseline never had; at most 64 levels by name.

    A commutative monoid. Of more than 64 levels, those with the smallest hash are kept. A level among the 64
    smallest of all is among the 64 smallest of every part that has it, so no row of it is ever lost: **every
    count kept is exact**, in any partition, and while ``others`` is 0 the list is complete.

    Attributes
    ----------
    bins : LevelBins
        Fixed by the baseline.
    counts : mapping of str to int
        Rows per level kept, in the order of the levels' hashes.
    others : int
        Rows of the levels that are not kept.

    Examples
    --------
    >>> bins = LevelBins.of(pl.Series(["a", "b"]))
    >>> found = UnseenLevels.of(pl.Series(["a", "z", "z", None]), bins)
    >>> dict(found.counts), found.others
    ({'z': 2}, 0)
    >>> found.merge(UnseenLevels.of(pl.Series(["z"]), bins)).counts["z"]
    3

    References
    ----------
    Cohen and Kaplan (2007), Summarizing Data using Bottom-k Sketches, PODC, 225-234.
    """

    bins: LevelBins
    counts: Mapping[str, int]
    others: int

    @classmethod
    def empty(cls, bins: LevelBins) -> Self:
        """Summary of no rows."""
        return cls(bins, {}, 0)

    @classmethod
    def of(cls, values: pl.Series, bins: LevelBins) -> Self:
        """Summary of a column read as exact strings (see `assay.stats.series.levels`).

        Raises
        ------
        Invalid
            When the column holds bytes or nested values.
        """
        found = levels(values).alias("level").drop_nulls().value_counts(name="rows")
        found = found.filter(~found["level"].is_in(list(bins.levels)))
        if bins.other_levels and found.height:
            found = found.filter(~found["level"].is_in(bins.other_series))
        return cls._kept(bins, dict(found.iter_rows()), 0)

    def merge(self, other: Self) -> Self:
        """Summary of both inputs' rows; neither is changed.

        Raises
        ------
        BinsMismatch
            When the two were counted over different bins.
        """
        if self.bins is not other.bins and self.bins != other.bins:
            raise BinsMismatch("Two lists of unseen levels belong to different levels. Profile both with one baseline.")
        counts = dict(self.counts)
        for level, rows in other.counts.items():
            counts[level] = counts.get(level, 0) + rows
        return self._kept(self.bins, counts, self.others + other.others)

    @property
    def complete(self) -> bool:
        """Whether every unseen level is listed."""
        return self.others == 0

    def by_rows(self) -> list[tuple[str, int]]:
        """Levels kept and their rows, most frequent first; equally frequent ones in code-point order."""
        return sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))

    @classmethod
    def _kept(cls, bins: LevelBins, counts: Mapping[str, int], others: int) -> Self:
        ordered = sorted(counts, key=_place)
        dropped = sum(counts[level] for level in ordered[KEPT_LEVELS:])
        return cls(bins, {level: counts[level] for level in ordered[:KEPT_LEVELS]}, others + dropped)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, UnseenLevels)
            and self.bins == other.bins
            and dict(self.counts) == dict(other.counts)
            and self.others == other.others
        )

    __hash__ = None  # type: ignore[assignment]  # a mapping has no hash


def _place(level: str) -> tuple[bytes, str]:
    # Not Python's or Polars' hash: those differ between processes and versions, and merges must not.
    return hashlib.blake2b(level.encode("utf-8", "surrogatepass"), digest_size=8).digest(), level
