"""Whether a profile that came from outside can have been made from rows."""

from collections.abc import Iterator

import numpy as np

from assay.errors import FormatUnreadable
from assay.stats.profile.block import Column
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.distinct import Distinct
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.profile import Profile
from assay.stats.profile.quantiles import LARGEST_KEY
from assay.stats.profile.words import TextColumn


def require_sound(profile: Profile) -> None:
    """Refuse a profile whose numbers contradict each other.

    A profile computed elsewhere is taken at its word later on; what is wrong with it would show as nonsense on a
    page long after.

    Raises
    ------
    FormatUnreadable
        With the first fault found.

    Examples
    --------
    >>> require_sound(Profile.empty({}))
    """
    for name, column in profile.columns.items():
        for fault in _faults(column, profile.rows):
            raise FormatUnreadable(f"Column {name!r} of the profile {fault}. Profile the rows again.")


def _faults(column: Column, rows: int) -> Iterator[str]:
    if column.cells().min() < 0:
        yield "has a negative count"
    if column.rows != rows:
        yield f"counts {column.rows} rows where the profile has {rows}"
    if isinstance(column, NumericColumn):
        yield from _faults_of_numbers(column)
    else:
        yield from _faults_of_levels(column) if isinstance(column, CategoricalColumn) else _faults_of_texts(column)
        yield from _faults_of_distinct(column.distinct, column.rows - column.missing)


def _faults_of_levels(column: CategoricalColumn) -> Iterator[str]:
    if not 0 <= column.new_level_rows <= int(column.counts[-1]):
        yield f"has {column.new_level_rows} rows of new levels among {column.counts[-1]} of other levels"


def _faults_of_texts(column: TextColumn) -> Iterator[str]:
    if int(column.counts[:-1].max(initial=0)) + int(column.counts[-1]) > column.texts:
        yield f"counts a word in more rows than the {column.texts} that have a text"


def _faults_of_distinct(distinct: Distinct, values: int) -> Iterator[str]:
    if (distinct.exact and distinct.estimate > values) or (values == 0 and not distinct.exact):
        yield f"has {distinct.estimate:.0f} different values among {values}"


def _faults_of_numbers(column: NumericColumn) -> Iterator[str]:
    n, moments = column.moments.n, column.moments
    if min(column.positive_infinite, column.negative_infinite, n, int(column.finite_counts.min())) < 0:
        yield "has a negative count"
    if int(column.finite_counts.sum()) != n:
        yield f"has moments of {n} values, and {column.finite_counts.sum()} finite values in its cells"
    if min(column.below, column.above) < 0 or column.below + column.above > n + column.infinite:
        yield f"has {column.below} rows below and {column.above} above the baseline's range"
    if (column.low is None, column.high is None) != (n == 0, n == 0) or (column.low or 0) > (column.high or 0):
        yield f"has {n} finite values between {column.low} and {column.high}"
    if np.isnan([moments.shifted_mean, moments.spread, moments.third, moments.fourth]).any() or moments.spread < 0:
        yield f"has moments that cannot be: {moments}"
    yield from _faults_of_buckets(column)


def _faults_of_buckets(column: NumericColumn) -> Iterator[str]:
    buckets = column.buckets
    if buckets.counts.min(initial=1) < 1 or buckets.total != column.moments.n:
        yield f"has log buckets of {buckets.total} values, and moments of {column.moments.n}"
    if (np.diff(buckets.keys) <= 0).any() or np.abs(buckets.keys).max(initial=0) > LARGEST_KEY:
        yield "has log buckets out of order"
