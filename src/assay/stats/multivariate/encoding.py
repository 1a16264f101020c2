"""Rows as numbers: columns of a frame as standardised columns of a matrix.

See docs/methods/domain_classifier.md and docs/methods/reconstruction_error.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import special, stats

from assay.stats.arrays import FloatArray
from assay.stats.series import levels, numbers

TOP_LEVELS = 20
MOST_INPUTS = 1000
# Products of pairs show a change of correlation; beyond this many columns there would be too many of them.
MOST_PAIRED = 20

Input = tuple[tuple[str, ...], FloatArray]


@dataclass(frozen=True, eq=False)
class Encoded:
    """A matrix, and the column of the frame that each of its columns comes from.

    Attributes
    ----------
    values : float array, shape (n_rows, n_inputs)
    sources : sequence of tuple of str
        Columns of the frame behind each input; two for a product.
    """

    values: FloatArray
    sources: Sequence[tuple[str, ...]]


def is_number(values: pl.Series) -> bool:
    """Whether a column is encoded as a number; all others are levels."""
    return values.dtype.is_numeric() or values.dtype.is_temporal()


def normal_scores(values: FloatArray) -> FloatArray:
    """Normal quantiles of the values' mid-ranks, shape (n,); missing ones 0.

    Infinities are the outermost ranks, so no value, however wild, has leverage.

    Examples
    --------
    >>> normal_scores(np.array([10.0, -np.inf, np.nan, 30.0])).round(4).tolist()
    [0.0, -0.9674, 0.0, 0.9674]
    """
    known = ~np.isnan(values)
    scores = np.zeros(values.size)
    if known.any():
        scores[known] = special.ndtri((stats.rankdata(values[known]) - 0.5) / known.sum())
    return scores


def encoded(frame: pl.DataFrame) -> Encoded:
    """Inputs of the domain classifier: normal scores, squares and products, missing flags and frequent levels.

    At most 1,000 inputs: squares and products are left out first, then the last columns.
    """
    scores = {c.name: normal_scores(numbers(c)) for c in frame if is_number(c)}
    plain: list[Input] = [((name,), values) for name, values in scores.items()]
    plain += [input_ for column in frame for input_ in _flags(column)]
    curved: list[Input] = [((name,), values * values) for name, values in scores.items()]
    if len(scores) <= MOST_PAIRED:
        names = list(scores)
        curved += [((a, b), scores[a] * scores[b]) for i, a in enumerate(names) for b in names[i + 1 :]]
    chosen = [(source, v) for source, v in plain + curved if v.min() != v.max()][:MOST_INPUTS] if frame.height else []
    if not chosen:
        return Encoded(np.empty((frame.height, 0)), ())
    matrix = np.column_stack([values for _, values in chosen])
    return Encoded((matrix - matrix.mean(axis=0)) / matrix.std(axis=0), [source for source, _ in chosen])


def _flags(column: pl.Series) -> list[Input]:
    missing = column.is_null() | column.is_nan() if column.dtype.is_float() else column.is_null()
    found: list[Input] = [((column.name,), missing.to_numpy().astype(np.float64))]
    if is_number(column):
        return found
    text = levels(column)
    return found + [
        ((column.name,), (text == level).fill_null(value=False).to_numpy().astype(np.float64))
        for level in top_levels(text)
    ]


def top_levels(text: pl.Series) -> list[str]:
    """The 20 most frequent levels; equally frequent ones in code-point order."""
    ranked = text.alias("level").drop_nulls().value_counts(name="rows")
    names: list[str] = ranked.sort("rows", "level", descending=[True, False])["level"].head(TOP_LEVELS).to_list()
    return names
