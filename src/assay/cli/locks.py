"""``assay batch lock``, ``unlock`` and ``seal``."""

import typer

from assay.cli.numbers import counted, minute
from assay.cli.options import BatchArgument, DeploymentOption, JsonOption
from assay.cli.output import show, show_facts, show_json
from assay.cli.session import batch_of, session


def lock(
    context: typer.Context,
    batch: BatchArgument,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Close a batch to new predictions and seal what it holds; reads and actuals go on."""
    with session(context) as client:
        changed = client.batches.lock(batch_of(client, deployment, batch))
    if json_:
        show_json(changed.raw)
    else:
        show(f"Locked batch '{changed.name}' with {counted(changed.predictions_count, 'row')}.")


def unlock(
    context: typer.Context,
    batch: BatchArgument,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Open a batch to new predictions; its seal is gone, and the audit log has a line of it."""
    with session(context) as client:
        changed = client.batches.unlock(batch_of(client, deployment, batch))
    if json_:
        show_json(changed.raw)
    else:
        show(f"Unlocked batch '{changed.name}'.")


def seal(
    context: typer.Context,
    batch: BatchArgument,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Show the seal of a locked batch, and whether the batch still is as it was sealed.

    Exit status 1 when it is not.
    """
    with session(context) as client:
        found = batch_of(client, deployment, batch)
        told = client.batches.seal(found)
    if json_:
        show_json(told.raw)
    else:
        show(f"Batch '{found.name}' is {'as it was sealed' if told.matches else 'NOT as it was sealed'}.")
        by = f" by {told.sealed_by}" if told.sealed_by else ""
        facts = [("sealed", f"{minute(told.sealed_at)} UTC{by}"), ("sha256", told.hash)]
        show_facts(facts + [("differs", str(one)) for one in told.differences])
    if not told.matches:
        raise typer.Exit(1)
