"""``assay batch replace`` and ``versions``; how accuracy matured, for ``assay batch accuracy --history``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.activity import Activity
from assay.cli.models import former_model, former_words
from assay.cli.numbers import count, counted, figure, interval, minute, percent
from assay.cli.options import BatchArgument, DeploymentOption, JsonOption
from assay.cli.output import Column, show, show_json, show_note, show_page, show_table
from assay.cli.session import batch_of, session

if TYPE_CHECKING:
    from assay.client import AccuracyRevision, Batch, Client

USUAL = ("LogLoss", "RMSE")
"""Of these two every target has one."""


def replace(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    batch: BatchArgument,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, Parquet or Arrow files.")],
    *,
    timestamp_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column with the prediction time; rows get the time of arrival without it."
        ),
    ] = None,
    prediction_column: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="As for 'push'. [the target's]")
    ] = None,
    class_name: Annotated[
        list[str] | None, typer.Option(metavar="CLASS", help="As for 'push'. [the target's order]")
    ] = None,
    association_id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the association id. [the settings']")
    ] = None,
    model_id: Annotated[str | None, typer.Option(metavar="ID", help="The model. [the current one]")] = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Put the rows of files in the place of what a batch holds, all at once.

    When a file is refused, the batch stays as it is. What was there can still be read: see 'assay batch versions'.
    """
    names = ", ".join(file.name for file in files)
    activity = Activity(f"Sending {names}", afterwards=f"The server counts the rows of {names}")
    with session(context) as client, activity:
        from assay.client import Columns

        found = batch_of(client, deployment, batch)
        columns = Columns(tuple(prediction_column or ()), tuple(class_name or ()), association_id, timestamp_column)
        done = client.batches.replace(found, *files, columns=columns, model_id=model_id, progress=activity.sent)
    if json_:
        show_json(done.raw)
        return
    show(f"Batch '{found.name}' holds {counted(done.predictions_count, 'row')} now.")
    show_note(f"What it held before is version {done.version_id}: {counted(found.predictions_count, 'row')}.")


def versions(
    context: typer.Context, batch: BatchArgument, deployment: DeploymentOption = None, json_: JsonOption = False
) -> None:
    """List what a batch holds and held, the current version first."""
    with session(context) as client:
        found = list(client.batches.versions(batch_of(client, deployment, batch)))
    if json_:
        show_page([one.raw for one in found], len(found))
        return
    show_table(
        [Column("NO."), Column("VERSION"), Column("ROWS", right=True), Column("FROM"), Column("UNTIL"), Column("BY")],
        (
            [
                str(one.number),
                one.id,
                "removed" if one.predictions_count is None else count(one.predictions_count),
                minute(one.since),
                "now" if one.until is None else minute(one.until),
                one.created_by or "-",
            ]
            for one in found
        ),
    )


def show_history(client: "Client", batch: "Batch", *, metric: str | None, model_id: str | None, as_json: bool) -> None:
    """Show how the accuracy of a batch moved as its actuals came."""
    metrics = () if metric is None else (metric,)
    pages = client.batches.accuracy_revisions(batch, metrics=metrics, model_id=model_id)
    found, former = list(pages), None
    if not found and model_id is None and batch.predictions_count:
        former = former_model(client, batch, pages.first_page.get("modelId"))
    if former is not None:
        found = list(client.batches.accuracy_revisions(batch, metrics=metrics, model_id=former))
    if as_json:
        show_page([one.raw for one in found], len(found))
        return
    show(f"Accuracy of batch '{batch.name}' as its actuals came")
    if former is not None:
        show_note(former_words(former))
    if not found:
        show_note("No actual has come yet.")
        return
    shown = metric or next(one.name for one in found[-1].metrics if one.name in USUAL)
    columns = [
        Column("TIME (UTC)"),
        Column("WITH ACTUAL", right=True),
        Column("SHARE", right=True),
        Column(shown.upper(), right=True),
        Column("95 % INTERVAL", right=True),
    ]
    show_table(columns, (_cells(one, shown) for one in found))


def _cells(revision: "AccuracyRevision", name: str) -> list[str]:
    one = next(found for found in revision.metrics if found.name == name)
    half = None if one.low is None or one.high is None else (one.high - one.low) / 2 or None
    return [
        minute(revision.at),
        count(revision.rows_with_actual),
        percent(revision.matched_share),
        figure(one.value, half),
        interval(one.low, one.high, half),
    ]
