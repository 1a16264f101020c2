"""``assay batch log`` and ``assay deployment log``: who changed what."""

import json
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.numbers import counted, minute
from assay.cli.options import BatchArgument, DeploymentArgument, DeploymentOption, JsonOption, LimitOption
from assay.cli.output import Column, show_note, show_page, show_table
from assay.cli.session import batch_of, deployment_of, session

if TYPE_CHECKING:
    from assay.client import AuditLine, Pages

EventOption = Annotated[
    list[str] | None,
    typer.Option("--event", metavar="EVENT", help="Only these, such as batch.locked; may be said more than once."),
]


def batch_log(
    context: typer.Context,
    batch: BatchArgument,
    event: EventOption = None,
    limit: LimitOption = 50,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """List who changed a batch and how, the newest first."""
    with session(context) as client:
        pages = client.audit.list(batch_of(client, deployment, batch), events=event or (), page_size=min(limit, 100))
        _show(pages, limit, as_json=json_)


def deployment_log(
    context: typer.Context,
    deployment: DeploymentArgument = None,
    event: EventOption = None,
    limit: LimitOption = 50,
    json_: JsonOption = False,
) -> None:
    """List who changed what in a deployment, the newest first."""
    with session(context) as client:
        pages = client.audit.list(deployment_of(client, deployment), events=event or (), page_size=min(limit, 100))
        _show(pages, limit, as_json=json_)


def _show(pages: "Pages[AuditLine]", limit: int, *, as_json: bool) -> None:
    found = list(islice(pages, limit))
    total = pages.total_count
    if as_json:
        show_page([one.raw for one in found], total)
        return
    if not found:
        show_note("No line.")
        return
    show_table(
        [Column("TIME (UTC)"), Column("WHO", folds=True), Column("EVENT"), Column("WHAT", folds=True)],
        ([minute(one.at), one.user, one.event, _told(one.detail)] for one in found),
    )
    more = "" if total is None or total <= len(found) else f" of {total:,}; --limit shows more"
    show_note(f"{counted(len(found), 'line')}{more}.")


def _told(detail: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in detail.items() if value is not None)


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
