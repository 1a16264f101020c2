"""The printed table: lines of 80 columns that say what is known, and nothing that steers a terminal."""

import polars as pl

import assay

N = 300


def test_names_that_differ_at_their_ends_are_told_apart() -> None:
    then = pl.DataFrame({f"a_rather_long_name_{i}": range(N) for i in (1, 2)})
    shown = str(assay.compare(then, then + 1_000, multivariate=False)).splitlines()
    assert {line[:18] for line in shown if "…" in line[:18]} == {"a_rather_lon…ame_1", "a_rather_lon…ame_2"}


def test_no_name_and_no_level_reaches_the_terminal_as_a_command() -> None:
    then = pl.DataFrame({"n\n\x1b[2J": range(N), "t": ["\x1b[31mred"] * N})
    now = pl.DataFrame({"n\n\x1b[2J": range(1_000, 1_000 + N), "t": ["\x07\u202eblue\u2028"] * N})
    for shown in (str(assay.compare(then, now, multivariate=False)), str(assay.profile(then))):
        assert all(mark.isprintable() for line in shown.split("\n") for mark in line)
        assert all(len(line) <= 80 for line in shown.split("\n"))


def test_columns_without_a_verdict_are_not_said_to_be_without_drift() -> None:
    then = pl.DataFrame({"x": range(N), "empty": [None] * N}, schema_overrides={"empty": pl.Float64})
    shown = str(assay.compare(then, then, multivariate=False))
    assert "1 column without a verdict: 'empty' (every value is missing," in shown


def test_an_unknown_metric_says_why() -> None:
    then = pl.DataFrame({"x": range(N), "y": [True, False, True] * (N // 3), "p": [0.9, 0.2, 0.6] * (N // 3)})
    shown = str(assay.compare(then, then.filter("y"), target="y", prediction="p", multivariate=False))
    assert "AUC        unknown: no row is actually negative" in shown


def test_one_row_is_one_row() -> None:
    then = pl.DataFrame({"x": range(N)})
    shown = str(assay.compare(then, then.head(1)))
    assert "1 row against 300" in shown
    assert "in 1 row: the batch has 1 row; a verdict needs 10" in shown
    assert str(assay.profile(then.head(1))).startswith("1 row, 1 column\n")
