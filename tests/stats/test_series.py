import datetime as dt
import math

import polars as pl
import pytest

from assay.errors import Invalid
from assay.stats.series import distinct, levels, numbers


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series([1, None, 3]), [1.0, math.nan, 3.0]),
        (pl.Series([1.5, math.nan, None]), [1.5, math.nan, math.nan]),
        (pl.Series([True, False, None]), [1.0, 0.0, math.nan]),
        (pl.Series([None, None]), [math.nan, math.nan]),
        (pl.Series([dt.date(1970, 1, 3), None]), [2.0, math.nan]),
        (pl.Series([dt.timedelta(seconds=1)], dtype=pl.Duration("ms")), [1000.0]),
        (pl.Series([1, 2], dtype=pl.Decimal(10, 2)), [1.0, 2.0]),
        (pl.Series([7], dtype=pl.UInt8), [7.0]),
        (pl.Series([0.5], dtype=pl.Float32), [0.5]),
        (pl.Series([], dtype=pl.Float64), []),
    ],
)
def test_numbers_reads_every_kind_of_number_and_missing_as_nan(values: pl.Series, expected: list[float]) -> None:
    assert numbers(values).tolist() == pytest.approx(expected, nan_ok=True, abs=0)


def test_numbers_refuses_text_in_words() -> None:
    with pytest.raises(Invalid, match="Column 'age' holds String, expected numbers"):
        numbers(pl.Series("age", ["12"]))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series(["a", " a", "", None]), ["a", " a", "", None]),
        (pl.Series([True, False, None]), ["true", "false", None]),
        (pl.Series([1, None]), ["1", None]),
        (pl.Series([1.0, math.nan]), ["1.0", None]),
        (pl.Series(["b", "a", None], dtype=pl.Categorical), ["b", "a", None]),
        (pl.Series(["b"], dtype=pl.Enum(["a", "b"])), ["b"]),
        (pl.Series([None]), [None]),
        (pl.Series([dt.date(2024, 2, 29)]), ["2024-02-29"]),
    ],
)
def test_levels_are_exact_strings(values: pl.Series, expected: list[str | None]) -> None:
    assert levels(values).to_list() == expected


@pytest.mark.parametrize("values", [pl.Series([[1], [2]]), pl.Series([b"a"])])
def test_levels_refuses_nested_values_and_bytes(values: pl.Series) -> None:
    with pytest.raises(Invalid, match="expected text, numbers or booleans"):
        levels(values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series([0.0, -0.0, math.nan, None, 1.0]), 2),
        (pl.Series(["é", "e\u0301", None]), 2),
        (pl.Series([None, None]), 0),
        (pl.Series([], dtype=pl.Int64), 0),
    ],
)
def test_distinct_leaves_missing_out_and_knows_one_zero(values: pl.Series, expected: int) -> None:
    assert distinct(values) == expected
