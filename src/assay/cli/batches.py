"""``assay batch``: create, list, show, edit, delete; the files beside this one have the other commands."""

from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.accuracy import accuracy
from assay.cli.audit import batch_log
from assay.cli.batch_versions import replace, versions
from assay.cli.drift import drift
from assay.cli.errors import Usage
from assay.cli.export import export
from assay.cli.gate import gate, verdict
from assay.cli.locks import lock, seal, unlock
from assay.cli.numbers import count, counted, day, minute
from assay.cli.options import (
    BatchArgument,
    DeploymentOption,
    JsonOption,
    LimitOption,
    SearchOption,
    YesOption,
)
from assay.cli.output import (
    Column,
    confirm,
    short,
    show,
    show_facts,
    show_json,
    show_note,
    show_page,
    show_table,
)
from assay.cli.program import group
from assay.cli.push import push
from assay.cli.service import health
from assay.cli.session import batch_of, deployment_of, session

if TYPE_CHECKING:
    from assay.client import Batch

app = group("Sets of predictions compared as a unit.")


class Order(StrEnum):
    """Sort keys of a list of batches; a leading minus sorts downwards."""

    NAME = "name"
    NAME_DOWN = "-name"
    CREATED = "createdAt"
    CREATED_DOWN = "-createdAt"
    EARLIEST = "earliestPredictionTimestamp"
    EARLIEST_DOWN = "-earliestPredictionTimestamp"
    LATEST = "latestPredictionTimestamp"
    LATEST_DOWN = "-latestPredictionTimestamp"


NameOption = Annotated[str | None, typer.Option(metavar="TEXT", help="New name.")]
DescriptionOption = Annotated[str | None, typer.Option(metavar="TEXT", help="Free text.")]
UrlOption = Annotated[str | None, typer.Option("--url", metavar="LINK", help="A link to keep with the batch.")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the batch.")],
    description: DescriptionOption = None,
    url: UrlOption = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Add an empty batch to a deployment."""
    with session(context) as client:
        owner = deployment_of(client, deployment)
        made = client.batches.create(owner, name, description=description, external_context_url=url)
    if json_:
        show_json(made.raw)
    else:
        show(f"Created batch '{made.name}' ({made.id}) in deployment '{owner.label}'.")


@app.command("list")
def list_(
    context: typer.Context,
    search: SearchOption = None,
    order_by: Annotated[Order | None, typer.Option(metavar="KEY", help=f"One of {', '.join(Order)}.")] = None,
    limit: LimitOption = 50,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """List the batches of a deployment."""
    with session(context) as client:
        owner = deployment_of(client, deployment)
        pages = client.batches.list(
            owner, search=search, order_by=order_by.value if order_by else None, page_size=min(limit, 100)
        )
        found = list(islice(pages, limit))
        total = pages.total_count
    if json_:
        show_page([one.raw for one in found], total)
        return
    if not found:
        show_note("No batch." if search is None else f"No batch with '{search}' in its name.")
        return
    show_table(
        [
            Column("BATCH", folds=True),
            Column("ROWS", right=True),
            Column("FIRST (UTC)"),
            Column("LAST (UTC)"),
            Column("SERVICE"),
            Column("STATE"),
        ],
        (_row(one) for one in found),
    )
    more = "" if total is None or total <= len(found) else f" of {total:,}; --limit shows more"
    show_note(f"{counted(len(found), 'batch', 'batches')}{more}.")


@app.command("show")
def show_one(
    context: typer.Context,
    batch: BatchArgument,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Show one batch."""
    with session(context) as client:
        found = batch_of(client, deployment, batch)
    _show(found, as_json=json_)


@app.command()
def edit(
    context: typer.Context,
    batch: BatchArgument,
    name: NameOption = None,
    description: DescriptionOption = None,
    url: UrlOption = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Change name, description or link of a batch.

    What is not named stays; an empty --url takes the link away.
    """
    changes = {
        key: value
        for key, value in (
            ("batchName", name),
            ("description", description),
            ("externalContextUrl", None if url == "" else url),
        )
        if value is not None or (key == "externalContextUrl" and url is not None)
    }
    if not changes:
        raise Usage("Say what to change: --name, --description or --url.")
    with session(context) as client:
        changed = client.batches.update(batch_of(client, deployment, batch), changes)
    _show(changed, as_json=json_)


app.command()(lock)
app.command()(unlock)
app.command()(seal)


@app.command()
def delete(
    context: typer.Context,
    batch: BatchArgument,
    yes: YesOption = False,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Delete a batch; its rows leave all statistics."""
    with session(context) as client:
        found = batch_of(client, deployment, batch)
        rows = counted(found.predictions_count, "row")
        confirm(f"Delete batch '{found.name}' ({found.id}) with {rows}?", yes=yes)
        client.batches.delete(found)
    if json_:
        show_json({"id": found.id})
    else:
        show(f"Deleted batch '{found.name}' with {rows}.")


app.command()(push)
app.command("log")(batch_log)
app.command()(replace)
app.command()(versions)
app.command()(verdict)
app.command()(gate)
app.command()(export)
app.command()(drift)
app.command()(accuracy)
app.command()(health)


def _row(batch: "Batch") -> list[str]:
    # An empty batch has no first and last prediction, though the API gives it times.
    times = [day(batch.earliest), day(batch.latest)] if batch.predictions_count else ["-", "-"]
    state = "locked" if batch.is_locked else "open"
    return [short(batch.name), count(batch.predictions_count), *times, batch.service_health or "-", state]


def _show(batch: "Batch", *, as_json: bool) -> None:
    if as_json:
        show_json(batch.raw)
        return
    show(batch.name)
    facts = [("id", batch.id), ("state", "locked" if batch.is_locked else "open"), ("rows", _rows(batch))]
    if batch.description:
        facts.append(("description", batch.description))
    if batch.external_context_url:
        facts.append(("link", batch.external_context_url))
    by = f" by {batch.created_by}" if batch.created_by else ""
    facts.append(("created", f"{minute(batch.created_at)} UTC{by}"))
    if batch.job_id:
        facts.append(("job", f"{batch.job_id} ({batch.job_status or 'unknown'})"))
    if batch.service_health:
        message = f": {batch.service_health_message}" if batch.service_health_message else ""
        facts.append(("service health", f"{batch.service_health}{message}"))
    show_facts(facts)


def _rows(batch: "Batch") -> str:
    if not batch.predictions_count:
        return "none yet"
    return f"{batch.predictions_count:,}, {minute(batch.earliest)} to {minute(batch.latest)} UTC"
