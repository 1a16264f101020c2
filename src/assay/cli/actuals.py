"""``assay actuals``: push."""

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.activity import Activity
from assay.cli.numbers import counted
from assay.cli.options import DeploymentOption, JsonOption
from assay.cli.output import show, show_json, show_note
from assay.cli.program import group
from assay.cli.session import deployment_of, session

app = group("Outcomes that were observed later.")


@app.command()
def push(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet.")],
    id_column: Annotated[str, typer.Option(metavar="COLUMN", help="Column with the association id.")],
    value_column: Annotated[str, typer.Option(metavar="COLUMN", help="Column with the outcome.")],
    timestamp_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the time of the outcome.")
    ] = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Send the outcomes in a file; sending them again changes nothing."""
    with session(context) as client, Activity("Reading the file", afterwards="Actuals") as activity:
        from assay.client import ActualColumns

        owner = deployment_of(client, deployment)
        columns = ActualColumns(id_column, value_column, timestamp_column)
        report = client.actuals.push_file(owner, file, columns, progress=activity.rows_sent)
    if json_:
        show_json(
            {
                "rows": report.rows,
                "calls": report.calls,
                "withoutValue": report.without_value,
                "withoutId": report.without_id,
            }
        )
        return
    show(f"{counted(report.rows, 'actual')} of '{file.name}' sent to deployment '{owner.label}'.")
    if report.without_value:
        show_note(f"{counted(report.without_value, 'row')} without an outcome left out.")
    if report.without_id:
        show_note(f"{counted(report.without_id, 'row')} without an association id left out.")
