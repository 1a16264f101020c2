"""``assay batch accuracy``."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.batch_versions import show_history
from assay.cli.errors import Usage
from assay.cli.models import ModelOption, former_model, former_words
from assay.cli.numbers import change, count, counted, figure, interval, percent
from assay.cli.options import BatchArgument, DeploymentOption, JsonOption
from assay.cli.output import Column, show, show_json, show_note, show_table
from assay.cli.session import batch_of, session

if TYPE_CHECKING:
    from assay.client import Accuracy, AccuracyRow, BatchOutcome


UNITS = {
    "LogLoss": "nats",
    "MAPE": "percent",
    **dict.fromkeys(("RMSE", "MAE", "MAD", "Mean Error"), "the target's unit"),
}
"""Units of the metrics that have one; the others are shares, ratios and coefficients."""


def accuracy(
    context: typer.Context,
    batch: BatchArgument,
    history: Annotated[bool, typer.Option("--history", help="Show how it moved as the actuals came.")] = False,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --history: this metric, such as LogLoss.")
    ] = None,
    model_id: ModelOption = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Show how a batch's predictions compare with the actuals."""
    if metric is not None and not history:
        raise Usage("--metric goes with --history; without it every metric is shown.")
    with session(context) as client:
        found = batch_of(client, deployment, batch)
        if history:
            show_history(client, found, metric=metric, model_id=model_id, as_json=json_)
            return

        def read(model: str | None) -> tuple["Accuracy", "tuple[BatchOutcome, ...]"]:
            metrics = client.batches.accuracy(found, model_id=model)
            return metrics, () if json_ else client.batches.predictions_vs_actuals(found, model_id=model).points

        whole, outcomes = read(model_id)
        former = None
        if model_id is None and found.predictions_count and not _rows(whole, outcomes):
            former = former_model(client, found, whole.model_id)
        if former is not None:
            whole, outcomes = read(former)
    if json_:
        show_json(whole.raw)
        return
    show(f"Accuracy of batch '{found.name}'")
    if former is not None:
        show_note(former_words(former))
    show_note(_maturity(outcomes, found.predictions_count))
    _show_metrics(whole)


def _rows(whole: "Accuracy", outcomes: "tuple[BatchOutcome, ...]") -> int:
    return max([*(row.rows or 0 for row in whole.metrics), *(one.rows for one in outcomes)], default=0)


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
    has_verdicts = any(row.degraded is not None for row in whole.metrics)
    columns = [
        Column("METRIC", folds=True),
        Column("VALUE", right=True),
        Column("95 % INTERVAL", right=True),
        Column("BASE", right=True),
        Column("CHANGE", right=True),
        Column("N", right=True),
        Column("STATUS" if has_verdicts else "BETTER"),
    ]
    show_table(columns, ([*_cells(row), _status(row) if has_verdicts else _better(row)] for row in whole.metrics))
    for note in _notes(whole):
        show_note(note)


def _cells(row: "AccuracyRow") -> list[str]:
    uncertainty = _uncertainty(row)
    return [
        row.metric,
        figure(row.value, uncertainty),
        interval(row.low, row.high, uncertainty),
        figure(row.baseline, uncertainty),
        change(row.change_percent),
        count(row.rows),
    ]


def _uncertainty(row: "AccuracyRow") -> float | None:
    """Half the interval, or how far the value can be from the exact one, whichever is greater."""
    half = 0.0 if row.low is None or row.high is None else (row.high - row.low) / 2
    return max(half, row.bound or 0.0) or None


def _status(row: "AccuracyRow") -> str:
    if row.value is None or row.degraded is None:
        return "unknown"
    return "failing" if row.degraded else "passing"


def _better(row: "AccuracyRow") -> str:
    return "-" if row.direction is None else row.direction.removesuffix("IsBetter")


def _notes(whole: "Accuracy") -> list[str]:
    notes = []
    baseline = max((row.baseline_rows or 0 for row in whole.metrics), default=0)
    if baseline:
        notes.append(f"BASE: the same of {counted(baseline, 'holdout row')}.")
    known = [row for row in whole.metrics if row.value is not None]
    units = _by_text((UNITS[row.metric], row.metric) for row in known if row.metric in UNITS)
    notes += [f"{', '.join(metrics)}: in {unit}." for unit, metrics in units.items()]
    reasons = _by_text((row.reason, row.metric) for row in whole.metrics if row.value is None and row.reason)
    notes += [f"{', '.join(metrics)}: {reason}" for reason, metrics in reasons.items()]
    bounds = [f"{row.metric} {row.bound:.1g}" for row in known if row.bound]
    if bounds:
        notes.append(f"Counted in cells, and so off by at most: {', '.join(bounds)}.")
    return notes


def _by_text(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    metrics: dict[str, list[str]] = {}
    for text, metric in pairs:
        metrics.setdefault(text, []).append(metric)
    return metrics
