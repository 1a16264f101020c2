"""Which kind each column of a table is, from all of its values."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import polars as pl

from assay.engines.casting import NO_NUMBER, texts, times
from assay.records.models import FeatureKind

# Text is told from categories by its words: free text has several to a row and hardly repeats itself.
TEXT_WORDS = 4.0
TEXT_DISTINCT_SHARE = 0.5
FIRST = 1_000


@dataclass(frozen=True, slots=True)
class ColumnEvidence:
    """What some values of a column could be; merges by addition.

    Attributes
    ----------
    values : int
        Values that are not missing.
    numbers, flags, times : int
        Of these, how many read as a number, as true or false, as a time; where one of the first thousand does not, how
        many of that thousand. What a column is hangs on whether all of its values do.
    words : int
        Words in all of them.
    distinct : int
        Distinct values, added up over chunks: an upper bound, which is all that is needed here.
    typed : FeatureKind or None
        The kind that the file itself declares.
    """

    values: int = 0
    numbers: int = 0
    flags: int = 0
    times: int = 0
    words: int = 0
    distinct: int = 0
    typed: FeatureKind | None = None

    @classmethod
    def of(cls, column: pl.Series) -> Self:
        """Evidence of one chunk of a column."""
        typed = _declared(column.dtype)
        if typed is not None:
            return cls(values=column.len() - column.null_count(), typed=typed)
        text = texts(column)
        text = text.set(text.is_in(list(NO_NUMBER)), None).drop_nulls()
        return cls(
            values=text.len(),
            numbers=_fitting(text, _numbers),
            flags=_fitting(text, _flags),
            times=_fitting(text, _times),
            words=int(text.str.count_matches(r"\S+").sum()),
            distinct=text.n_unique(),
        )

    def merge(self, other: Self) -> Self:
        """Evidence of both chunks together."""
        return replace(
            self,
            values=self.values + other.values,
            numbers=self.numbers + other.numbers,
            flags=self.flags + other.flags,
            times=self.times + other.times,
            words=self.words + other.words,
            distinct=self.distinct + other.distinct,
            typed=self.typed or other.typed,
        )

    @property
    def kind(self) -> FeatureKind:
        """The kind that fits every value; a column without values is numeric."""
        if self.typed is not None:
            return self.typed
        for kind, fitting in (
            (FeatureKind.NUMERIC, self.numbers),
            (FeatureKind.BINARY, self.flags),
            (FeatureKind.DATE, self.times),
        ):
            if fitting == self.values:
                return kind
        wordy = self.words >= TEXT_WORDS * self.values
        return (
            FeatureKind.TEXT
            if wordy and self.distinct >= TEXT_DISTINCT_SHARE * self.values
            else FeatureKind.CATEGORICAL
        )


def _fitting(text: pl.Series, count: Callable[[pl.Series], int]) -> int:
    # Reading a million texts as times takes seconds; the first ones mostly tell that they are none.
    first = text.head(FIRST)
    found = count(first)
    return found if found < first.len() or text.len() <= FIRST else count(text)


def _numbers(text: pl.Series) -> int:
    return text.len() - text.cast(pl.Float64, strict=False).null_count()


def _flags(text: pl.Series) -> int:
    return int(text.str.to_lowercase().is_in(["true", "false"]).sum())


def _times(text: pl.Series) -> int:
    parsed, lost = times(text)
    return parsed.len() - lost


def _declared(dtype: pl.DataType) -> FeatureKind | None:
    if dtype.is_numeric() or dtype == pl.Duration:
        return FeatureKind.NUMERIC
    if dtype == pl.Boolean:
        return FeatureKind.BINARY
    if dtype in (pl.Date, pl.Datetime):
        return FeatureKind.DATE
    if isinstance(dtype, (pl.Categorical, pl.Enum)):
        return FeatureKind.CATEGORICAL
    return None
