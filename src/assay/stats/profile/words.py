"""Profile of one column of free text: in how many rows each frequent training word occurs.

See docs/methods/words.md.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl

from assay.errors import BinsMismatch
from assay.stats.arrays import IntArray, read_only, same_content
from assay.stats.profile.distinct import Distinct, hashes_of_texts
from assay.stats.series import levels

ROWS_AT_ONCE = 65_536
WORD = r"[\p{L}\p{M}\p{N}]+"
"""A word: letters, combining marks and digits in a row, in lower case. Everything else separates."""


@dataclass(frozen=True, eq=False)
class WordBins:
    """Cells of a text column: the baseline's most frequent words, by the rows that contain them.

    Attributes
    ----------
    words : tuple of str
        Most frequent first; equally frequent ones in code-point order.

    Examples
    --------
    >>> WordBins.of(pl.Series(["Not good", "good, good!", None]), top=2).words
    ('good', 'not')
    """

    words: tuple[str, ...]

    @classmethod
    def of(cls, values: pl.Series, *, top: int = 1000) -> Self:
        """Bins of a baseline column, read as text by `assay.stats.series.levels`; null: missing."""
        counted = [
            _words_of_rows(some)["word"].value_counts(name="rows") for some in _slices(levels(values).drop_nulls())
        ]
        rows = pl.concat(counted).group_by("word").agg(pl.col("rows").sum())
        ranked = rows.sort("rows", "word", descending=[True, False])
        return cls(tuple(ranked["word"].head(top).to_list()))

    @cached_property
    def digest(self) -> bytes:
        """32 bytes that two bins share exactly when they are equal."""
        return hashlib.sha256(b"words" + json.dumps(self.words, ensure_ascii=False).encode()).digest()

    @cached_property
    def dtype(self) -> pl.Enum:
        """The words as a Polars type: casting to it gives each string its cell."""
        return pl.Enum(self.words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WordBins) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@dataclass(frozen=True, eq=False)
class TextColumn:
    """Rows that contain each word of a text column.

    A commutative monoid over one set of bins. A row counts once for a word, however often it repeats it, and for
    every word it has: counts of words add up to more than the rows. Missing is null; "" is a text without words.

    Attributes
    ----------
    bins : WordBins
        Fixed by the baseline.
    counts : int array, shape (n_words + 1,)
        Rows that contain each word of ``bins.words``; last, rows with a text that has none of them.
    missing : int
        Rows.
    texts : int
        Rows that are not missing.
    distinct : Distinct
        Of the texts.

    Examples
    --------
    >>> bins = WordBins.of(pl.Series(["good", "not good"]))
    >>> column = TextColumn.of(pl.Series(["Good, good", "bad", None, "not good"]), bins)
    >>> column.cells().tolist(), column.shares.round(2).tolist()  # good, not, no word known, missing
    ([2, 1, 1, 1], [0.5, 0.25])
    """

    bins: WordBins
    counts: IntArray
    missing: int
    texts: int
    distinct: Distinct

    @classmethod
    def empty(cls, bins: WordBins) -> Self:
        """Profile of no rows."""
        return cls(bins, read_only(np.zeros(len(bins.words) + 1, dtype=np.int64)), 0, 0, Distinct.empty())

    @classmethod
    def of(cls, values: pl.Series, bins: WordBins) -> Self:
        """Profile of a column read as text (see `assay.stats.series.levels`).

        Raises
        ------
        Invalid
            When the column holds bytes or nested values.
        """
        texts = levels(values).drop_nulls()
        counts = np.sum([_counts(some, bins) for some in _slices(texts)], axis=0)
        distinct = Distinct.of(hashes_of_texts(texts.unique()))
        return cls(bins, read_only(counts), values.len() - texts.len(), texts.len(), distinct)

    def merge(self, other: Self) -> Self:
        """Profile of both inputs' rows; neither is changed.

        Raises
        ------
        BinsMismatch
            When the two were counted over different bins.
        """
        if self.bins is not other.bins and self.bins != other.bins:
            raise BinsMismatch(
                "Two profiles of a text column were counted over different words. Profile both with one baseline."
            )
        return type(self)(
            bins=self.bins,
            counts=read_only(self.counts + other.counts),
            missing=self.missing + other.missing,
            texts=self.texts + other.texts,
            distinct=self.distinct.merge(other.distinct),
        )

    @property
    def rows(self) -> int:
        """Rows seen, missing ones included."""
        return self.texts + self.missing

    @property
    def shares(self) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        """Share of the rows that contain each word, in [0, 1], shape (n_words,); NaN without rows."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.counts[:-1] / np.float64(self.rows), dtype=np.float64)

    def cells(self) -> IntArray:
        """Rows per word, with none of the words, and missing; shape (n_words + 2,). They overlap."""
        return np.append(self.counts, self.missing)

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


def _counts(texts: pl.Series, bins: WordBins) -> IntArray:
    found = _words_of_rows(texts)
    cells = found["word"].cast(bins.dtype, strict=False).to_physical()
    known = cells.is_not_null()
    counts = np.bincount(cells.filter(known).to_numpy(), minlength=len(bins.words) + 1).astype(np.int64)
    counts[-1] = texts.len() - found["row"].filter(known).n_unique()
    return counts


def _slices(texts: pl.Series) -> Iterator[pl.Series]:
    """The rows, some at a time, at least once: every word of a row is held while they are counted."""
    for start in range(0, max(texts.len(), 1), ROWS_AT_ONCE):
        yield texts.slice(start, ROWS_AT_ONCE)


def _words_of_rows(texts: pl.Series) -> pl.DataFrame:
    """The different words of every row: columns ``row`` and ``word``."""
    words = texts.alias("word").str.to_lowercase().str.extract_all(WORD).list.unique()
    return (
        pl.DataFrame({"row": pl.int_range(texts.len(), eager=True), "word": words})
        .explode("word")
        .filter(pl.col("word").is_not_null())
    )
