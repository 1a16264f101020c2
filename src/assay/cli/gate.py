"""``assay batch verdict`` and ``gate``: is this batch good?"""

import re
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.activity import Activity
from assay.cli.errors import Problem, Usage
from assay.cli.numbers import count, minute
from assay.cli.options import BatchArgument, DeploymentOption, JsonOption
from assay.cli.output import Column, show, show_json, show_note, show_page, show_table
from assay.cli.session import batch_of, session

if TYPE_CHECKING:
    from assay.client import Batch, Verdict

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
SHOWN_REASONS = 20

ModelOption = Annotated[str | None, typer.Option(metavar="ID", help="The model. [the current one]")]


class FailOn(StrEnum):
    """From which verdict on the gate is closed."""

    WARN = "warn"
    FAIL = "fail"


def verdict(
    context: typer.Context,
    batch: BatchArgument,
    *,
    history: Annotated[bool, typer.Option("--history", help="List all verdicts that the batch had.")] = False,
    model_id: ModelOption = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Say whether a batch is good, and why not."""
    with session(context) as client:
        found = batch_of(client, deployment, batch)
        if history:
            _show_history(list(client.batches.verdicts(found, model_id=model_id)), as_json=json_)
            return
        said = client.batches.verdict(found, model_id=model_id)
    if json_:
        show_json(said.raw)
        return
    _show(found, said)
    for one in said.waiting_for:
        show_note(f"May change: the server still works on {one}.")


def gate(
    context: typer.Context,
    batch: BatchArgument,
    *,
    wait: Annotated[
        str, typer.Option(metavar="TIME", help="How long to wait for what is being counted: 30s, 10m, 2h.")
    ] = "10m",
    fail_on: Annotated[FailOn, typer.Option(help="End with 1 from this verdict on: warn or fail.")] = FailOn.FAIL,
    require_actuals: Annotated[
        float, typer.Option(min=0.0, max=1.0, metavar="SHARE", help="Wait until so many rows have an actual.")
    ] = 0.0,
    model_id: ModelOption = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Let a pipeline go on with a batch, or not: ends with 0 (go on), 1 (stop) or 2 (it cannot be said)."""
    seconds = _seconds(wait)
    try:
        with session(context) as client, Activity(f"Judging batch '{batch}'") as activity:
            found = batch_of(client, deployment, batch)

            def tell(what: str) -> None:
                activity.say(f"Waiting for {what}")
                if not sys.stderr.isatty():
                    typer.echo(f"Waiting for {what}.", err=True)

            answer = client.batches.gate(
                found,
                wait=seconds,
                fail_on=fail_on.value,
                require_actuals=require_actuals,
                model_id=model_id,
                waiting=tell,
            )
    except Problem as problem:
        # A pipeline must be able to tell a bad batch from a gate that could not be asked.
        raise Usage(problem.message) from problem
    if json_:
        show_json({"exitCode": answer.exit_code, "why": answer.why, "verdict": answer.verdict.raw})
    else:
        _show(found, answer.verdict)
        show({0: "Gate: open.", 1: "Gate: closed.", 2: f"Gate: no answer. {answer.why}"}[answer.exit_code])
    raise typer.Exit(answer.exit_code)


def _seconds(text: str) -> float:
    """A time in words as seconds.

    Examples
    --------
    >>> _seconds("10m"), _seconds("1.5h"), _seconds("0")
    (600.0, 5400.0, 0.0)
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise Usage(f"--wait: found '{text}', expected a number with s, m, h or d, such as 10m.")
    return float(found[1]) * UNITS[found[2] or "s"]


def _show(batch: "Batch", said: "Verdict") -> None:
    show(f"Batch '{batch.name}': {said.status}")
    reasons = said.reasons
    if reasons:
        columns = [Column(""), Column("SECTION"), Column("WHY", folds=True)]
        show_table(columns, ((one.status, one.section, one.message) for one in reasons[:SHOWN_REASONS]))
    if len(reasons) > SHOWN_REASONS:
        show_note(f"... and {len(reasons) - SHOWN_REASONS} more reasons; --json shows all.")
    columns = [Column("SECTION"), Column(""), Column("ROWS", right=True), Column("WHAT WAS FOUND", folds=True)]
    show_table(columns, ((one.name, one.status, count(one.rows), one.message) for one in said.sections))
    alpha = said.settings.get("alpha")
    show_note(
        f"Of batches in which nothing has changed at most {alpha:.1%} are not passing. "
        f"Judged {minute(said.judged_at)} UTC; {said.hash[:12]}."
        if isinstance(alpha, float)
        else f"Judged {minute(said.judged_at)} UTC; {said.hash[:12]}."
    )


def _show_history(found: "list[Verdict]", *, as_json: bool) -> None:
    if as_json:
        show_page([one.raw for one in found], len(found))
        return
    columns = [
        Column("SINCE (UTC)"),
        Column("VERDICT"),
        Column("ACTUALS", right=True),
        Column("FIRST REASON", folds=True),
    ]
    show_table(
        columns,
        (
            (
                minute(one.judged_at),
                one.status,
                count(one.rows_with_actual),
                one.reasons[0].message if one.reasons else "-",
            )
            for one in found
        ),
    )
