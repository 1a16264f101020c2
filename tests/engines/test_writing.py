"""Tables written a chunk at a time read back as what they were."""

import csv
import io
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from assay.engines.writing import ROWS_A_GROUP, WRITERS, Schema, csv_names, csv_pieces, parquet_pieces

EDGES = [0.1, 1 / 3, -0.0, 1e308, -1e308, 5e-324, 1e16, 2.0**53, math.inf, -math.inf, None]


def cells(content: bytes) -> list[list[str]]:
    """The fields of a CSV file, by the parser of the standard library."""
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


def written(frame: pl.DataFrame, *, parts: int = 1) -> bytes:
    cut = -(-frame.height // parts) or 1
    return b"".join(csv_pieces(frame.schema, frame.iter_slices(cut)))


def test_every_float_of_a_csv_file_reads_back_to_the_last_bit() -> None:
    found = [row[0] for row in cells(written(pl.DataFrame({"x": EDGES, "y": EDGES})))[1:]]
    assert found[-1] == ""
    for text, value in zip(found[:-1], EDGES[:-1], strict=True):
        assert value is not None
        assert (float(text), math.copysign(1.0, float(text))) == (value, math.copysign(1.0, value))


@examples(200)
@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_any_float_of_a_csv_file_reads_back_to_the_last_bit(values: list[float]) -> None:
    found = [float(row[0]) for row in cells(written(pl.DataFrame({"x": values})))[1:]]
    assert found == values


@examples(200)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1), min_size=1))
def test_any_text_of_a_csv_file_reads_back_but_for_the_mark_of_a_formula(values: list[str]) -> None:
    found = [row[0] for row in cells(written(pl.DataFrame({"t": values, "n": 1})))[1:]]
    assert found == [f"'{value}" if value[0] in "=+-@\t\r" else value for value in values]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_a_text_that_a_spreadsheet_would_run_is_marked_and_a_number_is_not(text: str) -> None:
    frame = pl.DataFrame({text: [text, None], "n": [-1.5, None], "i": [-1, 2]})
    assert cells(written(frame)) == [[f"'{text}", "n", "i"], [f"'{text}", "-1.5", "-1"], ["", "", "2"]]


def test_levels_of_a_category_are_marked_like_text() -> None:
    frame = pl.DataFrame({"c": pl.Series(["=a", "b"], dtype=pl.Categorical), "n": [1, 2]})
    assert cells(written(frame)) == [["c", "n"], ["'=a", "1"], ["b", "2"]]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        (["=a", "'=a"], ["''=a", "'=a"]),
        (["'=a", "=a"], ["'=a", "''=a"]),
        (["=a", "''=a", "'=a"], ["'''=a", "''=a", "'=a"]),
    ],
)
def test_names_of_columns_stay_distinct(names: list[str], expected: list[str]) -> None:
    assert csv_names(names) == expected


def test_times_of_a_csv_file_are_rfc_3339_in_utc() -> None:
    moments = [datetime(2026, 7, 1, 12, 0, 0, 5, UTC), datetime(1, 1, 1, tzinfo=UTC), None]
    frame = pl.DataFrame(
        {
            "utc": pl.Series(moments, dtype=pl.Datetime("us", "UTC")),
            "zone": pl.Series(moments, dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone("Asia/Tokyo"),
            "day": [date(2026, 7, 1), None, None],
        }
    )
    assert cells(written(frame))[1:] == [
        ["2026-07-01T12:00:00.000005Z", "2026-07-01T12:00:00.000005Z", "2026-07-01"],
        ["0001-01-01T00:00:00.000000Z", "0001-01-01T00:00:00.000000Z", ""],
        ["", "", ""],
    ]


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_a_file_in_parts_is_the_file_in_one(parts: int) -> None:
    frame = pl.DataFrame({"x": EDGES, "t": [f"a,{i}\n" for i in range(len(EDGES))]})
    assert written(frame, parts=parts) == written(frame)
    pieces = b"".join(parquet_pieces(frame.schema, frame.iter_slices(-(-frame.height // parts))))
    assert pl.read_parquet(io.BytesIO(pieces)).equals(frame)


@pytest.mark.parametrize("form", WRITERS)
def test_without_rows_there_are_columns(form: str) -> None:
    schema: Schema = {"=x": pl.Float64(), "at": pl.Datetime("us", "UTC"), "t": pl.String()}
    content = b"".join(WRITERS[form](schema, []))  # type: ignore[index]  # the enum is a text
    if form == "csv":
        assert content == b"'=x,at,t\n"
    else:
        assert pl.read_parquet_schema(io.BytesIO(content)) == pl.Schema(schema)


def test_parquet_keeps_every_value_and_type() -> None:
    frame = pl.DataFrame(
        {
            "x": EDGES,
            "t": ["=1", "", "é\u2028", "\r", "-", "'", '"', ",", "\n", "x" * 5_000, None],
            "b": [True, False, None] + [None] * 8,
            "at": pl.Series([datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)] * 11, dtype=pl.Datetime("us", "UTC")),
        }
    )
    found = pl.read_parquet(io.BytesIO(b"".join(parquet_pieces(frame.schema, [frame]))))
    assert found.schema == frame.schema
    assert found.equals(frame)
    assert math.copysign(1.0, found["x"][2]) == -1.0


def test_rows_keep_their_order_over_many_groups() -> None:
    rows = 3 * ROWS_A_GROUP + 5
    frame = pl.DataFrame({"n": pl.int_range(rows, eager=True)})
    content = b"".join(parquet_pieces(frame.schema, frame.iter_slices(10_000)))
    assert pl.read_parquet(io.BytesIO(content))["n"].equals(frame["n"])


@pytest.mark.parametrize("form", WRITERS)
def test_a_fault_on_the_way_comes_out_as_it_is(form: str) -> None:
    def chunks() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"n": [1]})
        raise ZeroDivisionError("in the middle")

    with pytest.raises(ZeroDivisionError, match="in the middle"):
        list(WRITERS[form]({"n": pl.Int64()}, chunks()))  # type: ignore[index]  # the enum is a text
