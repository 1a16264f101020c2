"""Cells of CSV files that are given out: none of them may be taken for a formula by a spreadsheet.

A text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return gets an apostrophe in front, unless it is
a number. See "CSV Injection", OWASP.
"""

import polars as pl

from assay.engines.casting import texts

FORMULA = r"^[=+\-@\t\r]"


def safe_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its text cells and names made safe; what CSV cannot hold becomes text.

    Examples
    --------
    >>> safe_cells(pl.DataFrame({"a": ["=1+1", "-1.5", "plain", None], "n": [-1, 2, 3, 4]}))["a"].to_list()
    ["'=1+1", '-1.5', 'plain', None]
    """
    columns = []
    for column in frame:
        plain = column.dtype.is_numeric() or column.dtype == pl.Boolean or column.dtype.is_temporal()
        safe = column if plain and column.dtype != pl.Duration else _safe(texts(column))
        columns.append(safe.rename(safe_name(column.name)))
    return pl.DataFrame(columns)


def safe_name(name: str) -> str:
    """A column's name made safe.

    Examples
    --------
    >>> safe_name("@SUM(A1)"), safe_name("age")
    ("'@SUM(A1)", 'age')
    """
    return f"'{name}" if name[:1] in set("=+-@\t\r") else name


def _safe(text: pl.Series) -> pl.Series:
    risky = text.str.contains(FORMULA) & text.cast(pl.Float64, strict=False).is_null()
    return pl.select(pl.when(risky).then("'" + text).otherwise(text)).to_series()
