"""Tables of many kinds as Polars frames: pandas, Polars, Arrow, and files."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assay.engines.casting import texts
from assay.engines.local import LocalEngine
from assay.errors import FileUnreadable, Invalid
from assay.records.datasets import FileForm

FORMS = {
    ".csv": FileForm.CSV,
    ".parquet": FileForm.PARQUET,
    ".pq": FileForm.PARQUET,
    ".arrow": FileForm.ARROW,
    ".arrows": FileForm.ARROW,
}
ROWS_AT_ONCE = 200_000


def table(source: Any, role: str) -> pl.DataFrame:
    """The rows of a source.

    Parameters
    ----------
    source : Polars DataFrame or LazyFrame, pandas DataFrame, Arrow table, str or Path
        Or anything with the Arrow stream interface. A path names a CSV, Parquet or Arrow stream file.
    role : str
        "baseline" or "current", for the refusal.

    Raises
    ------
    Invalid
        When it is none of these, or two of its columns share a name.
    FileUnreadable
        When the file is not there or cannot be read.
    """
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, pl.LazyFrame):
        return _collected(source, role)
    if isinstance(source, str | Path):
        return _file(Path(source), role)
    if type(source).__module__.split(".")[0] == "pandas" and hasattr(source, "columns"):
        return _pandas(source, role)
    if hasattr(source, "__arrow_c_stream__") and not isinstance(source, type) and not hasattr(source, "dtype"):
        return _arrow(source, role)
    raise Invalid(
        f"The {role} is a {type(source).__name__}. Give a pandas or Polars frame, an Arrow table, or a path to a CSV "
        "or Parquet file."
    )


def label_of(source: Any, role: str) -> str:
    """What to call a source in a report: the file's name, or its role.

    Examples
    --------
    >>> label_of("data/2026-11.parquet", "current"), label_of(None, "baseline")
    ('2026-11.parquet', 'baseline')
    """
    return Path(source).name if isinstance(source, str | Path) else role


def _collected(query: pl.LazyFrame, role: str) -> pl.DataFrame:
    try:
        return query.collect()
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise Invalid(f"The {role} is a query that fails: {_first_line(fault)}") from fault


def _arrow(source: Any, role: str) -> pl.DataFrame:
    _check_names([str(name) for name in getattr(source, "column_names", [])], role)
    try:
        return pl.DataFrame(source)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError, ValueError) as fault:
        kind = type(source).__name__
        raise Invalid(
            f"The {role}, an Arrow {kind}, cannot be read: {_first_line(fault)} Cast such columns first."
        ) from fault


def _first_line(fault: BaseException) -> str:
    words = next(iter(str(fault).strip().splitlines()), type(fault).__name__)
    return words if words.endswith(".") else f"{words}."


def _check_names(names: list[str], role: str) -> None:
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise Invalid(f"The {role} has two columns named {repeated!r}.")


def _file(path: Path, role: str) -> pl.DataFrame:
    if path.is_dir():
        raise FileUnreadable(f"The {role} '{path}' is a folder, expected a file.")
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise FileUnreadable(f"The {role} '{path}': expected a name that ends in {', '.join(FORMS)}.")
    if not path.is_file():
        fault = "is no plain file" if path.exists() else "is not there"
        raise FileUnreadable(f"The {role} '{path}' {fault}.")
    engine = LocalEngine()
    try:
        chunks = list(engine.chunks(path, form, rows=ROWS_AT_ONCE))
        names = engine.columns(path, form)
    except FileUnreadable as fault:
        raise FileUnreadable(f"The {role} '{path}': {fault}") from fault
    if not chunks:
        return pl.DataFrame({name: pl.Series([], dtype=pl.String) for name in names})
    return pl.concat(chunks, rechunk=True)


def _pandas(frame: Any, role: str) -> pl.DataFrame:
    names = [str(name) for name in frame.columns]
    _check_names(names, role)
    for name in names:
        if name != _unicode(name):
            raise Invalid(f"The {role} has a column named {name!r}, which is no Unicode text.")
    return pl.DataFrame({name: _pandas_column(name, frame.iloc[:, place]) for place, name in enumerate(names)})


def _pandas_column(name: str, column: Any) -> pl.Series:
    # Without pyarrow, which Polars' own reading of pandas frames needs.
    if str(column.dtype) == "category":
        return _pandas_category(name, column)
    kind = column.dtype.kind if hasattr(column.dtype, "kind") else "O"
    missing = column.isna().to_numpy()
    if kind in "iufb" and not missing.any():
        # pandas' own types of numbers, which can hold gaps, become plain ones when they hold none.
        dtype = {"i": "int64", "u": "uint64", "f": "float64", "b": "bool"}[kind]
        return pl.Series(name, column.to_numpy(dtype=dtype))
    if kind in "iuf":
        return pl.Series(name, column.to_numpy(dtype="float64", na_value=float("nan")), nan_to_null=True)
    if kind == "M":
        utc = column.dt.tz_convert("UTC").dt.tz_localize(None) if getattr(column.dtype, "tz", None) else column
        return pl.Series(name, _in_known_unit(utc.to_numpy()))
    if kind == "m":
        return pl.Series(name, _in_known_unit(column.to_numpy()))
    values = [None if gap else value for value, gap in zip(column.tolist(), missing.tolist(), strict=True)]
    return _objects(name, values)


def _pandas_category(name: str, column: Any) -> pl.Series:
    # What its owner calls categories stays so, as in a Polars frame, even where they look like numbers.
    levels = texts(_pandas_column(name, column.cat.categories.to_series()))
    places = pl.Series(name, column.cat.codes.to_numpy(dtype="int64"))
    return levels.gather(places.set(places < 0, None)).cast(pl.Categorical)


def _in_known_unit(values: Any) -> Any:
    # Polars knows no seconds and no days; finer units stay, since their limits do not fit the others.
    kind, unit = values.dtype.kind, np.datetime_data(values.dtype)[0]
    return values if unit in {"ms", "us", "ns"} else values.astype(f"{kind}8[ms]")


def _objects(name: str, values: list[Any]) -> pl.Series:
    """A column of Python objects; of several types, as text."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) == 1 and kinds <= {bool, bytes, list, dict}:
        with suppress(TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            return pl.Series(name, values)
    words = [None if value is None else str(value) for value in values]
    try:
        return pl.Series(name, words, dtype=pl.String)
    except UnicodeEncodeError:
        return pl.Series(name, [None if word is None else _unicode(word) for word in words], dtype=pl.String)


def _unicode(text: str) -> str:
    """The text; halves of surrogate pairs, which are no characters, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
