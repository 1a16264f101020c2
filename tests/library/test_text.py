"""The printed table: lines of 80 columns that say what is known, and nothing that steers a terminal."""

import polars as pl
import pytest

import assay

N = 300


LONG = "annual_income_of_the_household"


def test_a_long_name_goes_on_in_the_next_line() -> None:
    then = pl.DataFrame({LONG: range(N), "short": range(N)})
    shown = str(assay.compare(then, then + 1_000, multivariate=False)).splitlines()
    place = next(at for at, line in enumerate(shown) if line.startswith("annual_income_of_"))
    assert "".join(line[:18].strip() for line in shown[place : place + 2]) == LONG
    assert all(len(line) <= 80 for line in shown)


@pytest.mark.parametrize(("width", "widest"), [(40, 80), (80, 80), (120, 120)])
def test_a_wide_terminal_is_filled_and_never_overrun(width: int, widest: int) -> None:
    then = pl.DataFrame({LONG: range(N), "town": ["a" * 60, "b" * 60, "c"] * (N // 3)})
    found = assay.compare(then, then.filter(pl.col("town") == "c").with_columns(pl.col(LONG) + 1_000))
    lines = found.to_text(width=width).splitlines()
    assert max(map(len, lines)) == widest
    assert any(LONG in line.split("  ")[0] for line in lines) is (width == 120)


def test_names_that_differ_at_their_ends_are_told_apart() -> None:
    names = {f"{'x' * 200}_{i}" for i in (1, 2)}
    then = pl.DataFrame({name: range(N) for name in names})
    shown = str(assay.compare(then, then + 1_000, multivariate=False)).splitlines()
    assert {line[:18].strip()[-2:] for line in shown} >= {"_1", "_2"}


def test_the_verdict_and_the_table_tell_one_figure() -> None:
    then = pl.DataFrame({"x": range(N)})
    found = assay.compare(then, then.select(pl.col("x") + 100), multivariate=False)
    shown = f"{found.features[0].psi:.2f}"
    assert f"(PSI {shown})" in found.verdict.reasons[0]
    row = next(line for line in str(found).splitlines() if line.startswith("x "))
    assert row.split()[2] == shown


def test_figures_have_three_digits_also_where_the_last_is_zero() -> None:
    then = pl.DataFrame({"x": range(N), "y": ["yes", "no"] * (N // 2), "p": [0.9, 0.5] * (N // 2)})
    shown = str(assay.compare(then, then, target="y", prediction="p", multivariate=False))
    # Mean of -ln 0.9 and -ln 0.5.
    assert "LogLoss    0.399 " in shown
    assert "AUC        1.00 " in shown


def test_no_figure_of_a_profile_is_cut() -> None:
    then = pl.DataFrame({"a": [-1.2345e-200, 6.7891e200], "b": [f"a level of {'many ' * 12}words"] * 2})
    lines = str(assay.profile(then)).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "-1.234e-200 to 6.789e+200, mean 3.395e+200" in " ".join(" ".join(lines).split())


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
