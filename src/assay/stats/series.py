"""A column of a frame, read as numbers or as levels."""

import numpy as np
import polars as pl

from assay.errors import Invalid
from assay.stats.arrays import FloatArray


def numbers(values: pl.Series) -> FloatArray:
    """The column as float64, shape (n,), with NaN for every missing value.

    Booleans read as 0 and 1, dates and durations as their count since the epoch in their own unit.

    Raises
    ------
    Invalid
        When the column holds text or nested values.

    Examples
    --------
    >>> numbers(pl.Series([1, None, 3])).tolist()
    [1.0, nan, 3.0]
    """
    dtype = values.dtype
    if dtype == pl.Float64:
        return values.to_numpy()
    if dtype.is_temporal():
        values = values.to_physical()
    elif not (dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
        raise Invalid(f"Column {values.name!r} holds {dtype}, expected numbers. Send numbers or declare it a category.")
    return values.cast(pl.Float64).to_numpy()


def levels(values: pl.Series) -> pl.Series:
    """The column as exact strings, null where missing: no trimming, no case or Unicode folding.

    Booleans become ``"true"`` and ``"false"``; numbers are written as Polars writes them (``1`` is ``"1"``,
    ``1.0`` is ``"1.0"``); a NaN is missing.

    Raises
    ------
    Invalid
        When the column holds bytes or nested values.

    Examples
    --------
    >>> levels(pl.Series([True, None, False])).to_list()
    ['true', None, 'false']
    """
    dtype = values.dtype
    if dtype == pl.String:
        return values
    if dtype.is_nested() or dtype in (pl.Binary, pl.Object):
        raise Invalid(f"Column {values.name!r} holds {dtype}, expected text, numbers or booleans.")
    if dtype.is_float():
        values = values.fill_nan(None)
    return values.cast(pl.String)


def distinct(values: pl.Series) -> int:
    """Number of different values, missing ones left out; -0.0 and 0.0 are one value.

    Examples
    --------
    >>> distinct(pl.Series(["a", "b", "a", None]))
    2
    """
    if values.dtype.is_float():
        values = values.fill_nan(None) + 0.0
    return int(values.drop_nulls().n_unique())


def finite(values: FloatArray) -> FloatArray:
    """The values that are neither missing nor infinite, in their order."""
    return values[np.isfinite(values)]
