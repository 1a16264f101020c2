"""Cells that a spreadsheet must not take for formulas."""

import csv
import io
from datetime import UTC, datetime

import polars as pl
import pytest

from assay.monitoring.rows.csv_cells import safe_cells


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1:A2)", "'@SUM(A1:A2)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-", "'-"),
        ("-5", "-5"),
        ("+1.5e3", "+1.5e3"),
        ("-0.0", "-0.0"),
        ("a=1", "a=1"),
        (" =1", " =1"),
        ("'=1", "'=1"),
        ("", None),
        (None, None),
    ],
)
def test_a_text_that_looks_like_a_formula_has_an_apostrophe(cell: str | None, shown: str | None) -> None:
    frame = pl.DataFrame({"a": pl.Series([cell], dtype=pl.String)})
    assert safe_cells(frame)["a"].to_list() == [shown]


def test_numbers_times_and_flags_are_left_alone() -> None:
    frame = pl.DataFrame({"n": [-1.5], "i": [-3], "b": [True], "t": [datetime(2026, 3, 1, tzinfo=UTC)]})
    assert safe_cells(frame).equals(frame)


def test_names_are_texts_too() -> None:
    assert safe_cells(pl.DataFrame({"=a": [1], "b": [2]})).columns == ["'=a", "b"]


def test_what_csv_cannot_hold_becomes_text() -> None:
    frame = pl.DataFrame({"l": [[1, 2]], "s": [{"a": "=1"}], "c": pl.Series(["-x"], dtype=pl.Categorical)})
    found = list(csv.reader(io.StringIO(safe_cells(frame).write_csv())))
    assert found == [["l", "s", "c"], ["[1,2]", '{"a":"=1"}', "'-x"]]
