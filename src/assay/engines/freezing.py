"""Which bins a baseline column is frozen into."""

import polars as pl

from assay.records.models import FeatureKind
from assay.stats.profile.bins import Bins, LevelBins, NumericBins
from assay.stats.profile.words import WordBins

NUMBERS = frozenset({FeatureKind.NUMERIC, FeatureKind.DATE})
"""Kinds that `assay.engines.casting.cast_column` turns into numbers."""


def bins_of(values: pl.Series, kind: FeatureKind) -> Bins:
    """Bins of a baseline column that was cast to its kind.

    Examples
    --------
    >>> bins_of(pl.Series(["a", "b", "a"]), FeatureKind.CATEGORICAL).levels
    ('a', 'b')
    >>> bins_of(pl.Series(["not good", "good"]), FeatureKind.TEXT).words
    ('good', 'not')
    """
    if kind in NUMBERS:
        return NumericBins.of(values)
    return WordBins.of(values) if kind is FeatureKind.TEXT else LevelBins.of(values)
