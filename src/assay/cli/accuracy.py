"""``assay batch accuracy``."""

from typing import TYPE_CHECKING

import typer

from assay.cli.numbers import change, count, counted, figure, interval, percent
from assay.cli.options import BatchArgument, DeploymentOption, JsonOption
from assay.cli.output import Column, show, show_json, show_note, show_table
from assay.cli.session import batch_of, session

if TYPE_CHECKING:
    from assay.client import Accuracy, AccuracyRow, BatchOutcome


def accuracy(
    context: typer.Context,
    batch: BatchArgument,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Show how a batch's predictions compare with the actuals."""
    with session(context) as client:
        found = batch_of(client, deployment, batch)
        whole = client.batches.accuracy(found)
        outcomes = () if json_ else client.batches.predictions_vs_actuals(found).points
    if json_:
        show_json(whole.raw)
        return
    show(f"Accuracy of batch '{found.name}'")
    show_note(_maturity(outcomes, found.predictions_count))
    _show_metrics(whole)


def _maturity(outcomes: "tuple[BatchOutcome, ...]", rows: int) -> str:
    known = sum(one.rows_with_actual for one in outcomes)
    total = sum(one.rows for one in outcomes) or rows
    if not total:
        return "The batch has no rows yet."
    return f"{known:,} of {counted(total, 'row')} have an actual ({percent(known / total)})."


def _show_metrics(whole: "Accuracy") -> None:
    if not whole.metrics:
        show_note("No metric.")
        return
    columns = [
        Column("METRIC", folds=True),
        Column("VALUE", right=True),
        Column("95 % INTERVAL", right=True),
        Column("BASELINE", right=True),
        Column("CHANGE", right=True),
        Column("N", right=True),
        Column("STATUS"),
    ]
    show_table(columns, (_cells(row) for row in whole.metrics))
    for note in _notes(whole):
        show_note(note)


def _cells(row: "AccuracyRow") -> list[str]:
    return [
        row.metric,
        figure(row.value, row.low, row.high),
        interval(row.low, row.high, row.value),
        figure(row.baseline, row.low, row.high),
        change(row.change_percent),
        count(row.rows),
        _status(row),
    ]


def _status(row: "AccuracyRow") -> str:
    if row.value is None or row.degraded is None:
        return "unknown"
    return "failing" if row.degraded else "passing"


def _notes(whole: "Accuracy") -> list[str]:
    notes = []
    baseline = sorted({row.baseline_rows for row in whole.metrics if row.baseline_rows})
    if baseline:
        notes.append(f"Baseline: {counted(baseline[-1], 'holdout row')}.")
    reasons: dict[str, list[str]] = {}
    for row in whole.metrics:
        if row.value is None and row.reason:
            reasons.setdefault(row.reason, []).append(row.metric)
    notes += [f"{', '.join(metrics)}: {reason}" for reason, metrics in reasons.items()]
    notes += [
        f"{row.metric} is exact to {row.bound:.1g}." for row in whole.metrics if row.value is not None and row.bound
    ]
    return notes
