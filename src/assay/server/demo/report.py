"""The demo's figures for a person: two tables that fit 80 columns, and what to look at in them."""

import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assay.client import AccuracyRow
from assay.server.demo.departures import BASELINE_MONTHS, HOLDOUT_SHARE, WEATHER, YEAR, batch_name
from assay.server.demo.figures import BatchFigures, SubjectFigures
from assay.server.demo.subjects import LATE_FLIGHTS, LATE_MINUTES

DRIFTS = 0.15
"""PSI from which on a feature counts as drifted: the default of the API that Assay speaks."""

FEATURES_SHOWN = 2
WIDTH = 80


def show(deployments: Sequence[SubjectFigures]) -> None:
    """Print the tables and the words."""
    _print(Group(Text(), _title(deployments), *(part for one in deployments for part in _deployment(one))))
    for title, points in (("What to look at", findings(deployments)), ("How to read it", explanations(deployments))):
        _print(Group(Text(), Text(title, style="bold"), *map(_point, points)))
    if _console().is_terminal:
        _print(_point("Yellow: the drift counts. Red: worse than the baseline, beyond chance and by 5 % or more."))
    _print(Text())


def show_address(url: str, token_file: Path, *, is_temporary: bool, stream: TextIO) -> None:
    """Say where the server goes on running, and what to try there."""
    program = _program()
    # Not wrapped: what follows is to be copied.
    end = " and deletes its data" if is_temporary else ""
    lines = [
        f"The server goes on at {url}. Ctrl-C stops it{end}.",
        "Try in another terminal:",
        "",
        f"  export ASSAY_URL={url}",
        f"  export ASSAY_TOKEN_FILE={shlex.quote(str(token_file.resolve()))}",
        f'  {program} batch list -d "{LATE_FLIGHTS.label}"',
        f'  {program} batch drift {batch_name(7)} -d "{LATE_FLIGHTS.label}" --top 5',
        f'  {program} batch accuracy {batch_name(6)} -d "{LATE_FLIGHTS.label}"',
    ]
    stream.write("".join(f"{line}\n" for line in lines))
    stream.flush()


# ------------------------------------------------------------------ the tables


def _title(deployments: Sequence[SubjectFigures]) -> Text:
    rows = sum(batch.rows for batch in deployments[0].batches)
    return Text(f"{rows:,} departures from New York in {YEAR}, scored by two models, month by month", style="bold")


def _deployment(found: SubjectFigures) -> Iterator[RenderableType]:
    yield Text()
    yield Text.assemble((found.subject.label, "bold"), f": {found.subject.question}")
    yield Text()
    yield _table(found)


def _table(found: SubjectFigures) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("\nBATCH", no_wrap=True)
    table.add_column("\nROWS", justify="right", no_wrap=True)
    table.add_column("WITH\nACTUAL", justify="right", no_wrap=True)
    table.add_column("FEATURES THAT\nDRIFTED MOST (PSI)")
    table.add_column("PREDICTIONS\n(PSI)", justify="right", no_wrap=True)
    for _, title in found.subject.metrics:
        table.add_column(title if "\n" in title else f"\n{title}", justify="right", no_wrap=True)
    table.add_row(*_baseline_cells(found), style="bold")
    for batch in found.batches:
        table.add_row(*_cells(found, batch))
    return table


def _baseline_cells(found: SubjectFigures) -> list[str]:
    values = [_accuracy(found.batches[0].accuracy[metric].baseline) for metric, _ in found.subject.metrics]
    return ["baseline", f"{found.training_rows + found.holdout_rows:,}", "", "", "", *values]


def _cells(found: SubjectFigures, batch: BatchFigures) -> list[Text]:
    return [
        Text(batch.batch.name),
        Text(f"{batch.rows:,}"),
        Text(f"{100 * batch.matched / batch.rows:.1f} %" if batch.rows else "-"),
        Text(", ").join(_scored(row.feature, row.score) for row in batch.drift[:FEATURES_SHOWN]),
        Text(_psi(batch.target.score), style=_drift_style(batch.target.score)),
        *(_judged(batch.accuracy[metric]) for metric, _ in found.subject.metrics),
    ]


def _scored(feature: str, score: float | None) -> Text:
    return Text.assemble(f"{feature} ", (_psi(score), _drift_style(score)))


def _judged(row: AccuracyRow) -> Text:
    return Text(_accuracy(row.value), style="red" if row.degraded else "")


def _drift_style(score: float | None) -> str:
    return "yellow" if score is not None and score >= DRIFTS else ""


def _psi(score: float | None) -> str:
    """A PSI with two decimals, one from 10 on.

    Examples
    --------
    >>> _psi(10.364), _psi(0.156), _psi(0.004), _psi(None)
    ('10.4', '0.16', '0.00', '-')
    """
    if score is None:
        return "-"
    return f"{score:.2f}" if score < 10 else f"{score:.1f}"


def _accuracy(value: float | None) -> str:
    """An accuracy metric: scores with three decimals, minutes with one.

    Examples
    --------
    >>> _accuracy(0.74351), _accuracy(36.4666), _accuracy(None)
    ('0.744', '36.5', '-')
    """
    if value is None:
        return "-"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


# ------------------------------------------------------------------ the words


def findings(deployments: Sequence[SubjectFigures]) -> list[str]:
    """What is worth a look, said of the figures as they are."""
    if not _later(deployments[0]):
        return ["Only the baseline's own months are there."]
    return [*_drift_points(_later(deployments[0])), *map(_accuracy_point, deployments)]


def explanations(deployments: Sequence[SubjectFigures]) -> list[str]:
    """What the figures rest on."""
    first = deployments[0]
    return [_baseline_point(first), *_flattery_points(deployments), _unmatched_point(first), _legend()]


def _is_better(row: AccuracyRow) -> bool:
    if row.value is None or row.baseline is None:
        return False
    return row.value > row.baseline if _higher_is_better(row) else row.value < row.baseline


def _higher_is_better(row: AccuracyRow) -> bool:
    return (row.direction or "").startswith("higher")


def _later(found: SubjectFigures) -> list[BatchFigures]:
    own = {batch_name(month) for month in BASELINE_MONTHS}
    return [batch for batch in found.batches if batch.batch.name not in own]


def _baseline_point(found: SubjectFigures) -> str:
    return (
        f"The baseline is January and February: features are compared with the training data ({found.training_rows:,} "
        f"flights), predictions and accuracy with the holdout ({found.holdout_rows:,})."
    )


def _flattery_points(deployments: Sequence[SubjectFigures]) -> Iterator[str]:
    own = [
        batch.accuracy[metric]
        for found in deployments
        for batch in found.batches[: len(BASELINE_MONTHS)]
        for metric, _ in found.subject.metrics
    ]
    if all(_is_better(row) for row in own):
        yield (
            f"January and February themselves look better than the baseline, because the models learned from "
            f"{100 * (1 - HOLDOUT_SHARE):.0f} % of their flights. The months after them are the honest test."
        )


def _drift_points(later: Sequence[BatchFigures]) -> Iterator[str]:
    feature = max(later, key=_top_score).drift[0].feature
    by_score = sorted(later, key=lambda batch: _score_of(batch, feature))
    low, high = by_score[0], by_score[-1]
    yield (
        f"Of all features {feature} drifts most: from PSI {_psi(_score_of(low, feature))} in {low.batch.name} to "
        f"{_psi(_score_of(high, feature))} in {high.batch.name}."
    )
    names = {batch.drift[0].feature for batch in later}
    if names <= set(WEATHER):
        yield (
            f"In every month from March on the feature that drifted most is weather ({_listed(names)}). This drift "
            "is season, not a data fault: winter taught the models, and the year went on."
        )


def _accuracy_point(found: SubjectFigures) -> str:
    later = _later(found)
    metric = found.subject.metrics[0][0]
    rows = [batch.accuracy[metric] for batch in later]
    worse = sum(bool(row.degraded) for row in rows)
    months = f"{'all' if worse == len(rows) else f'{worse} of the'} {len(rows)} months from March on"
    sign = 1 if _higher_is_better(rows[0]) else -1
    worst = min(later, key=lambda batch: sign * (batch.accuracy[metric].value or 0.0))
    return (
        f"{found.subject.label}: {metric} is worse than the baseline's {_accuracy(rows[0].baseline)}, beyond chance "
        f"and by 5 percent or more, in {months}. Worst is {worst.batch.name} with "
        f"{_accuracy(worst.accuracy[metric].value)}."
    )


def _unmatched_point(found: SubjectFigures) -> str:
    rows = sum(batch.rows for batch in found.batches)
    unmatched = sum(batch.unmatched for batch in found.batches)
    return (
        f"{unmatched:,} of {rows:,} flights were cancelled or diverted. They have no actual and stay unmatched: "
        "they count for drift, not for accuracy."
    )


def _legend() -> str:
    return (
        f"PSI: 0 is no drift, from {DRIFTS} on it counts. AUC: 0.5 is guessing, 1 is perfect. Log loss, RMSE and MAE "
        f"(minutes): less is better. Late means {LATE_MINUTES} minutes or more."
    )


def _top_score(batch: BatchFigures) -> float:
    return batch.drift[0].score or 0.0


def _score_of(batch: BatchFigures, feature: str) -> float:
    return next((row.score or 0.0 for row in batch.drift if row.feature == feature), 0.0)


def _listed(names: Iterable[str]) -> str:
    *others, last = sorted(names)
    return f"{', '.join(others)} and {last}" if others else last


# ------------------------------------------------------------------ printing


def _point(text: str) -> RenderableType:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row("-", Text(text))
    return Padding(grid, (0, 0, 0, 1))


def _console() -> Console:
    console = Console(highlight=False, markup=False, emoji=False)
    console.width = min(console.width, WIDTH)
    return console


def _print(what: RenderableType) -> None:
    console = _console()
    if console.is_terminal:
        console.print(what)
        return
    # Rich fills lines up with blanks, which are of no use in a file.
    with console.capture() as captured:
        console.print(what)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _program() -> str:
    """How this program is called from a shell."""
    called = Path(sys.argv[0])
    known = shutil.which(called.name)
    if called.name != "assay":
        return "python -m assay"
    return "assay" if known and Path(known).resolve() == called.resolve() else shlex.quote(str(called))
