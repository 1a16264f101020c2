"""``assay batch push``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.activity import Activity
from assay.cli.errors import Usage
from assay.cli.numbers import counted, minute
from assay.cli.options import BatchArgument, DeploymentOption, JsonOption
from assay.cli.output import show, show_facts, show_json
from assay.cli.session import batch_of, session

if TYPE_CHECKING:
    from assay.client import UploadReport


def push(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    batch: BatchArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Parquet or Arrow stream.")],
    *,
    key: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Name of this delivery. [the hash of the file's bytes]")
    ] = None,
    timestamp_column: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column with the time of the prediction. [time of arrival]"),
    ] = None,
    prediction_column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Column with the positive class's probability or the predicted value; or one a class, in "
            "their order. [the target's]",
        ),
    ] = None,
    class_name: Annotated[
        list[str] | None,
        typer.Option(metavar="CLASS", help="Class of each prediction column. [the target's order]"),
    ] = None,
    association_id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the association id. [the settings']")
    ] = None,
    model_id: Annotated[str | None, typer.Option(metavar="ID", help="The model. [the current one]")] = None,
    create_: Annotated[bool, typer.Option("--create", help="Create the batch if there is none of this name.")] = False,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Send a file of prediction rows to a batch.

    The same file again changes nothing, so that a job may simply be run again.
    """
    if key is not None and "/" in key:
        raise Usage(f"--key: found '{key}', expected a name without a slash.")
    activity = Activity(f"Sending {file.name}", afterwards=f"The server counts the rows of {file.name}")
    with session(context) as client, activity:
        from assay.client import Columns

        columns = Columns(tuple(prediction_column or ()), tuple(class_name or ()), association_id, timestamp_column)
        found = batch_of(client, deployment, batch, create=create_)
        report = client.batches.push(found, file, key=key, columns=columns, model_id=model_id, progress=activity.sent)
    if json_:
        show_json(report.raw)
        return
    rows = counted(report.rows, "row")
    before = "had been counted before" if report.is_repeated else "counted"
    show(f"{rows} of '{file.name}' {before} in batch '{found.name}'.")
    show_facts(_report_facts(report))


def _report_facts(report: "UploadReport") -> list[tuple[str, str]]:
    facts = []
    if report.first and report.last:
        facts.append(("predictions", f"{minute(report.first)} to {minute(report.last)} UTC"))
    facts.append(("upload key", report.key))
    if report.with_repeated_association_id:
        ids = counted(report.with_repeated_association_id, "association id")
        facts.append(("repeated", f"{ids} that the batch held before: the newest prediction counts for accuracy"))
    if report.without_association_id:
        rows = counted(report.without_association_id, "row")
        facts.append(("no id", f"{rows} without an association id: they can never have an actual"))
    if report.unreadable:
        unreadable = (f"{counted(number, 'value')} of {name}" for name, number in report.unreadable.items())
        facts.append(("unreadable", f"{', '.join(unreadable)} (taken as missing)"))
    if report.ignored_columns:
        facts.append(("ignored", _columns(report.ignored_columns)))
    if report.missing_columns:
        facts.append(("missing", _columns(report.missing_columns)))
    return facts


def _columns(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"{counted(len(names), 'column')}: {', '.join(names[:12])}{more}"
