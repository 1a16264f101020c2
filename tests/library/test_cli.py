"""`assay compare`: what it prints and how it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assay.__main__ import app


@pytest.fixture
def files(baseline, clean, shifted, tmp_path: Path) -> dict[str, str]:
    made = {"baseline": baseline, "clean": clean, "shifted": shifted}
    for name, frame in made.items():
        frame.write_parquet(tmp_path / f"{name}.parquet")
    return {name: str(tmp_path / f"{name}.parquet") for name in made}


def run(*arguments: str):
    return CliRunner().invoke(app, ["compare", *arguments])


def test_a_clean_batch_ends_with_0(files) -> None:
    ended = run(files["baseline"], files["clean"], "--target", "late", "--prediction", "p", "--fail-on", "warn")
    assert ended.exit_code == 0
    assert ended.stdout.startswith("Passing.")


def test_a_drifted_batch_ends_with_1_and_says_why(files) -> None:
    ended = run(files["baseline"], files["shifted"])
    assert ended.exit_code == 1
    assert "shift of location +1.9 sd" in ended.stdout
    assert ended.stderr == "Ends with 1: the verdict is failing, and --fail-on is fail.\n"


@pytest.mark.parametrize("rows", [0, 9])
def test_too_few_rows_end_with_0_and_are_not_called_good(files, clean, tmp_path: Path, rows: int) -> None:
    clean.head(rows).write_parquet(tmp_path / "few.parquet")
    ended = run(files["baseline"], str(tmp_path / "few.parquet"), "--fail-on", "warn")
    assert ended.exit_code == 0
    assert ended.stdout.startswith("Unknown.")
    assert ended.stderr == "Ends with 0, and the verdict is unknown: nothing says that the rows are good.\n"


@pytest.mark.parametrize(("columns", "widest"), [("60", 80), ("100", 100), ("300", 120)])
def test_the_table_is_as_wide_as_the_terminal_within_reason(files, monkeypatch, columns: str, widest: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert max(map(len, run(files["baseline"], files["shifted"]).stdout.splitlines())) == widest


def test_json_is_one_document_and_html_is_written(files, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ended = run(files["baseline"], files["shifted"], "--json", "--html", str(page))
    assert json.loads(ended.stdout)["verdict"]["status"] == "failing"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_importance_and_weights_come_from_options(files, baseline, shifted, tmp_path: Path) -> None:
    known = tmp_path / "importance.json"
    known.write_text(json.dumps(dict.fromkeys(baseline.columns, 0) | {"hour": 1}))
    quiet = run(files["baseline"], files["shifted"], "--importance", str(known))
    assert (quiet.exit_code, quiet.stdout.splitlines()[0]) == (0, "Warning. 2 of 7 features drifted.")
    assert run(files["baseline"], files["shifted"], "--importance", str(known), "--fail-on", "warn").exit_code == 1
    shifted.with_columns(w=2.0).write_parquet(tmp_path / "weighed.parquet")
    weighed = run(files["baseline"], str(tmp_path / "weighed.parquet"), "--weight", "w")
    assert "1,000 rows (worth 1,000) against 4,000 of the baseline (worth 4,000)" in weighed.stdout


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"hour": "much"}', '{"hour": true}', '{"nothing": 1}', '{"hour": NaN}']
)
def test_importance_that_cannot_be_read_ends_with_2(files, tmp_path: Path, content: str) -> None:
    (tmp_path / "importance.json").write_text(content)
    ended = run(files["baseline"], files["shifted"], "--importance", str(tmp_path / "importance.json"))
    assert ended.exit_code == 2
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("baseline", "none.csv"),
        ("baseline", "clean", "--weight", "nothing"),
        ("baseline", "clean", "--importance", "none.json"),
        ("baseline",),
        ("baseline", "clean", "--target", "nothing"),
        ("baseline", "clean", "--fail-on", "never"),
        ("baseline", "clean", "--html", "no-such-folder/page.html"),
    ],
)
def test_what_cannot_be_read_ends_with_2_in_one_line(files, arguments) -> None:
    ended = run(*(files.get(argument, argument) for argument in arguments))
    assert ended.exit_code == 2
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
