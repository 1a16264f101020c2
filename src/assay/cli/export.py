"""``assay batch export``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.activity import Activity
from assay.cli.numbers import counted
from assay.cli.options import BatchArgument, DeploymentOption, JsonOption
from assay.cli.output import show, show_json, show_note
from assay.cli.session import batch_of, session


class Form(StrEnum):
    """How a table is written in a file."""

    CSV = "csv"
    PARQUET = "parquet"


def export(
    context: typer.Context,
    batch: BatchArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write; a file that is there is replaced.")],
    *,
    form: Annotated[
        Form | None,
        typer.Option("--format", metavar="csv|parquet", help="[parquet where FILE ends in .parquet or .pq, else csv]"),
    ] = None,
    actuals: Annotated[bool, typer.Option("--actuals", help="Put the outcomes beside the predictions.")] = False,
    model_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The model, where the batch holds rows of several.")
    ] = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Write a batch's prediction rows, with their features, to a file."""
    activity = Activity("The server writes the rows")

    def received(done: int, total: int) -> None:
        activity.say(f"Receiving {file.name}")
        activity.sent(done, total)

    with session(context) as client, activity:
        found = batch_of(client, deployment, batch)
        made = client.batches.export(
            found, file, form=form.value if form else None, actuals=actuals, model_id=model_id, progress=received
        )
    if json_:
        show_json(made.raw)
        return
    show(f"{counted(made.rows or 0, 'row')} of batch '{found.name}' written to '{file}'.")
    if made.rows_not_kept:
        show_note(
            f"{counted(made.rows_not_kept, 'row')} missing: they came as aggregates, or while the deployment kept none."
        )
