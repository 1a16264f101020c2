"""``assay job``: run, list, show, cancel, download."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.activity import Activity
from assay.cli.errors import Usage
from assay.cli.numbers import count, counted, minute
from assay.cli.options import DeploymentOption, JsonOption, LimitOption, YesOption
from assay.cli.output import Column, confirm, show, show_facts, show_json, show_note, show_page, show_table
from assay.cli.program import group
from assay.cli.session import deployment_of, session

if TYPE_CHECKING:
    from assay.client import MonitoringJob

app = group("Rows that the server counts as a whole, in a batch of their own.")

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="Id of a job.")]


@app.command()
def run(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="CSV, Parquet or Arrow stream; or an address: http://, https://, s3://."),
    ],
    *,
    prefix: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What the name of the new batch begins with.")
    ] = None,
    prediction_column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Column with the positive class's probability or the predicted value; or one a class, with "
            "--class-name. [the target's]",
        ),
    ] = None,
    class_name: Annotated[
        list[str] | None, typer.Option(metavar="CLASS", help="Class of each prediction column, in their order.")
    ] = None,
    association_id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the association id. [the settings']")
    ] = None,
    actual_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the outcome, where it is known already.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Store of an s3:// address. [the server's]")
    ] = None,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="Go on however many rows cannot be read.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Whether to wait until the job is done.")] = True,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows with their status to this CSV file.")
    ] = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Have a file of prediction rows counted in a new batch."""
    if output is not None and not wait:
        raise Usage("--output needs the job to be waited for: leave --no-wait out.")
    activity = Activity(f"Sending {file}", afterwards=f"The server counts the rows of {file}")
    with session(context) as client, activity:
        from assay.client import JobColumns

        owner = deployment_of(client, deployment)
        columns = JobColumns(
            _predictions(prediction_column or [], class_name or []), association_id, actual_value=actual_column
        )
        more: dict[str, Any] = {"abortOnError": False} if keep_going else {}
        job = client.jobs.run(
            owner,
            None if "://" in file else file,
            intake=_intake(file, endpoint),
            columns=columns,
            batch_prefix=prefix,
            wait=wait,
            progress=activity.sent,
            **more,
        )
        if output is not None:
            client.jobs.download(job, output)
    if json_:
        show_json(job.raw)
        return
    if not wait:
        show(f"Job {job.id} is under way. 'assay job show {job.id}' tells how it stands.")
        return
    show(f"{counted(job.scored_rows, 'row')} of '{file}' counted by job {job.id}.")
    show_facts(_result_facts(job))


def _predictions(columns: list[str], classes: list[str]) -> str | dict[str, str] | None:
    if classes:
        if len(classes) != len(columns):
            raise Usage(f"There are {len(columns)} --prediction-column and {len(classes)} --class-name.")
        return dict(zip(classes, columns, strict=True))
    if len(columns) > 1:
        raise Usage("Several --prediction-column need a --class-name each.")
    return columns[0] if columns else None


def _intake(file: str, endpoint: str | None) -> dict[str, Any] | None:
    kind, mark, _ = file.partition("://")
    if not mark:
        return None
    if kind not in {"http", "https", "s3"}:
        raise Usage(f"FILE: found '{file}', expected a file or an address that begins with http://, https:// or s3://.")
    more = {"endpointUrl": endpoint} if endpoint is not None else {}
    return {"type": "s3" if kind == "s3" else "http", "url": file, **more}


@app.command("list")
def list_(
    context: typer.Context,
    status: Annotated[str | None, typer.Option(metavar="STATUS", help="Only those in this state.")] = None,
    limit: LimitOption = 50,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """List the jobs of a deployment, newest first."""
    with session(context) as client:
        pages = client.jobs.list(deployment_of(client, deployment), page_size=min(limit, 100), status=status)
        found = list(islice(pages, limit))
        total = pages.total_count
    if json_:
        show_page([one.raw for one in found], total)
        return
    if not found:
        show_note("No job.")
        return
    columns = [
        Column("JOB"),
        Column("MADE (UTC)"),
        Column("STATUS"),
        Column("ROWS", right=True),
        Column("BAD", right=True),
    ]
    show_table(
        columns,
        ([one.id, minute(one.created_at), one.status, count(one.scored_rows), count(one.failed_rows)] for one in found),
    )
    more = "" if total is None or total <= len(found) else f" of {total:,}; --limit shows more"
    show_note(f"{counted(len(found), 'job')}{more}.")


@app.command("show")
def show_one(context: typer.Context, job: JobArgument, json_: JsonOption = False) -> None:
    """Show one job."""
    with session(context) as client:
        found = client.jobs.get(job)
    if json_:
        show_json(found.raw)
        return
    show(f"Job {found.id}: {found.status}, {found.percent:.0f} %")
    show_facts(
        [
            ("details", found.details),
            ("created", f"{minute(found.created_at)} UTC by {found.created_by or 'somebody'}"),
            ("intake", found.intake or "-"),
            ("seconds", count(found.elapsed_sec)),
            ("rows", f"{count(found.scored_rows)} counted"),
            *_result_facts(found),
        ]
    )


def _result_facts(job: "MonitoringJob") -> list[tuple[str, str]]:
    facts = [] if job.batch_id is None else [("batch", job.batch_id)]
    if job.failed_rows:
        facts.append(("bad rows", f"{job.failed_rows:,} could not be read and were left out"))
    if job.skipped_rows:
        facts.append(("skipped", f"{job.skipped_rows:,} had nothing to report"))
    if job.has_result:
        facts.append(("result", f"'assay job download {job.id}' gives the rows with their status"))
    return facts


@app.command()
def cancel(context: typer.Context, job: JobArgument, yes: YesOption = False, json_: JsonOption = False) -> None:
    """Stop a job; nothing of it counts."""
    with session(context) as client:
        confirm(f"Cancel job {job}?", yes=yes)
        stopped = client.jobs.cancel(job)
    if json_:
        show_json(stopped.raw)
    else:
        show(f"Job {stopped.id} is cancelled.")


@app.command()
def download(
    context: typer.Context,
    job: JobArgument,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write. [monitoring-job-JOB.csv]")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Write the rows of a completed job to a CSV file, with a column that tells what became of each."""
    with session(context) as client:
        found = client.jobs.get(job)
        target = client.jobs.download(found, output or Path(f"monitoring-job-{found.id}.csv"))
    if json_:
        show_json({**found.raw, "file": str(target)})
    else:
        show(f"The rows of job {found.id} are in '{target}'.")
