"""Casting columns to the kinds of a model's features, and counting what could not be cast."""

from datetime import UTC, datetime

import polars as pl

from assay.records.models import Feature, FeatureKind

# What writers of numbers put for "no value". In a category column the same words are ordinary levels.
NO_NUMBER = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "none", "#N/A"})

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M%z",
)


def cast(frame: pl.DataFrame, features: list[Feature]) -> tuple[pl.DataFrame, dict[str, int]]:
    """The features' columns in their own types, and per column how many values could not be read.

    Numbers and dates become Float64 (dates as seconds since 1970 UTC), everything else text. A value that
    cannot be read becomes missing and is counted. A feature that the frame does not have is left out.
    """
    # By name: Polars gives a series without a name one of its own.
    columns: dict[str, pl.Series] = {}
    unreadable: dict[str, int] = {}
    for feature in features:
        if feature.name not in frame.columns:
            continue
        column, lost = cast_column(frame[feature.name], feature.kind)
        columns[feature.name] = column
        if lost:
            unreadable[feature.name] = lost
    return pl.DataFrame(columns), unreadable


def cast_column(values: pl.Series, kind: FeatureKind) -> tuple[pl.Series, int]:
    """One column in the type of its kind, and how many values could not be read."""
    if kind is FeatureKind.NUMERIC:
        return numbers(values)
    if kind is FeatureKind.DATE:
        return dates(values)
    if kind is FeatureKind.BINARY:
        return texts(values).str.to_lowercase(), 0
    return texts(values), 0


def numbers(values: pl.Series) -> tuple[pl.Series, int]:
    """Float64; NaN is missing, infinities are values; times are seconds since 1970 UTC, durations are seconds."""
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        return values.cast(pl.Float64).fill_nan(None), 0
    if values.dtype == pl.Duration:
        return values.to_physical().cast(pl.Float64) / _per_second(values), 0
    if values.dtype in (pl.Date, pl.Datetime):
        return dates(values)
    text = _number_texts(values)
    cast_ = text.cast(pl.Float64, strict=False)
    return cast_.fill_nan(None), cast_.null_count() - text.null_count()


def _number_texts(values: pl.Series) -> pl.Series:
    text = texts(values)
    return text.set(text.is_in(list(NO_NUMBER)), None)


def unreadable_numbers(values: pl.Series) -> pl.Series:
    """Which values `numbers` counts as unreadable."""
    if numbers(values)[1] == 0:
        return pl.repeat(value=False, n=values.len(), dtype=pl.Boolean, eager=True)
    text = _number_texts(values)
    return text.is_not_null() & text.cast(pl.Float64, strict=False).is_null()


def dates(values: pl.Series) -> tuple[pl.Series, int]:
    """Float64 seconds since 1970-01-01 UTC."""
    moments, lost = times(values)
    return (moments.dt.epoch("us").cast(pl.Float64) / 1e6).rename(values.name), lost


def times(values: pl.Series) -> tuple[pl.Series, int]:
    """Moments in UTC (microseconds) of the years 1 to 9999, and how many values are none.

    A time without a zone is taken as UTC, a date as its midnight.
    """
    if values.dtype == pl.Date or isinstance(values.dtype, pl.Datetime):
        moments = values.cast(pl.Datetime("us"), strict=False) if values.dtype == pl.Date else _of_calendar(values)
        zone = getattr(moments.dtype, "time_zone", None)
        utc = moments.dt.convert_time_zone("UTC") if zone else moments.dt.replace_time_zone("UTC")
        return _in_calendar(values, utc.dt.cast_time_unit("us"))
    text = texts(values).str.strip_chars()
    text = text.set(text.is_in(list(NO_NUMBER)), None)
    parsed = pl.DataFrame({"t": text}).select(_parsed_time()).to_series().rename(values.name)
    return _in_calendar(text, parsed)


def _of_calendar(values: pl.Series) -> pl.Series:
    """Moments without those outside the calendar, on which Polars panics when it casts or prints them."""
    # Nanoseconds reach from 1677 to 2262, within the calendar.
    first, last = (int(end.timestamp()) * _per_second(values) for end in (_FIRST, _LAST))
    return values.set(~values.to_physical().is_between(max(first, -(2**63)), min(last, 2**63 - 1)), None)


def _per_second(values: pl.Series) -> int:
    return {"ms": 10**3, "us": 10**6, "ns": 10**9}[str(getattr(values.dtype, "time_unit", "us"))]


def _in_calendar(values: pl.Series, moments: pl.Series) -> tuple[pl.Series, int]:
    # Polars holds years that no datetime of Python can.
    known = moments.set(~moments.is_between(_FIRST, _LAST), None)
    return known, known.null_count() - values.null_count()


def _parsed_time() -> pl.Expr:
    """Brings every accepted spelling to one with a blank, seconds and an offset, then parses that."""
    text = pl.col("t").str.replace("T", " ", literal=True).str.replace(r"[Zz]$", "+0000")
    text = text.str.replace(r"([+-]\d{2}):(\d{2})$", "$1$2").str.replace(r"( .*:.*[+-]\d{2})$", "${1}00")
    text = pl.when(text.str.len_chars() == 10).then(text + " 00:00:00").otherwise(text)
    text = pl.when(text.str.contains(r" .*[+-]\d{4}$")).then(text).otherwise(text + "+0000")
    return pl.coalesce(
        text.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC") for form in _TIME_FORMATS
    )


def texts(values: pl.Series) -> pl.Series:
    """Exact text; an empty CSV field is missing; a whole float reads like the integer.

    Lists and structs become JSON, durations ISO 8601, and bytes that are not UTF-8 hexadecimal digits.
    """
    if values.dtype == pl.String:
        return values.set(values == "", None)
    if values.dtype == pl.Boolean:
        return values.cast(pl.String)
    if values.dtype.is_float():
        return pl.DataFrame({"v": values}).select(_number_text()).to_series().rename(values.name)
    return _uncommon_texts(values)


def _uncommon_texts(values: pl.Series) -> pl.Series:
    if values.dtype.is_nested():
        return pl.DataFrame({"v": values}).select(_json_text()).to_series().rename(values.name)
    if values.dtype == pl.Duration:
        return values.dt.to_string("iso")
    if values.dtype == pl.Datetime:
        return _of_calendar(values).cast(pl.String)
    if values.dtype == pl.Binary:
        return pl.Series(values.name, [None if v is None else _decoded(v) for v in values], dtype=pl.String)
    if values.dtype == pl.Object:
        return pl.Series(values.name, [None if v is None else str(v) for v in values], dtype=pl.String)
    return values.cast(pl.String)


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


def _json_text() -> pl.Expr:
    # Only structs can be written as JSON, so each value is wrapped, and taken out of its {"v":...} again.
    wrapped = pl.struct("v").struct.json_encode()
    return pl.when(pl.col("v").is_not_null()).then(wrapped.str.slice(5).str.head(-1))


def _number_text() -> pl.Expr:
    # JSON and pandas write 1.0 where a CSV of the same data has 1: one level, not two.
    value = pl.col("v").fill_nan(None)
    whole = value.is_finite() & (value == value.round()) & (value.abs() < 2.0**53)
    return pl.when(whole).then(value.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(value.cast(pl.String))
