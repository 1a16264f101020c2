"""``assay batch health``."""

from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.numbers import counted, figure, minute, percent
from assay.cli.options import BatchArgument, DeploymentOption, JsonOption
from assay.cli.output import show, show_facts, show_json
from assay.cli.session import batch_of, session

if TYPE_CHECKING:
    from assay.client import Batch, ServiceStats


def health(
    context: typer.Context,
    batch: BatchArgument,
    slow_ms: Annotated[
        int, typer.Option(metavar="MS", min=0, help="Milliseconds above which a request is slow.")
    ] = 1000,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Show how a batch's prediction requests went."""
    with session(context) as client:
        found = batch_of(client, deployment, batch)
        stats = client.batches.service_stats(found, slow_ms=slow_ms)
    if json_:
        show_json(stats.raw)
        return
    word = found.service_health or "unknown"
    message = f" - {found.service_health_message}" if found.service_health_message else ""
    show(f"Service health of batch '{found.name}': {word}{message}")
    show_facts(_facts(found, stats, slow_ms))


def _facts(batch: "Batch", stats: "ServiceStats", slow_ms: int) -> list[tuple[str, str]]:
    facts = []
    if batch.predictions_count:
        span = f"{minute(batch.earliest)} to {minute(batch.latest)} UTC"
        facts.append(("rows", f"{batch.predictions_count:,}, {span}"))
    requests = stats.total_requests
    if not requests:
        return [*facts, ("requests", "none reported")]
    of_all = f"of {counted(requests, 'request')}"
    time = "-" if stats.execution_ms is None else f"{figure(stats.execution_ms)} ms, median"
    return [
        *facts,
        ("requests", f"{requests:,}, with {counted(stats.total_predictions, 'prediction')}"),
        ("user errors", f"{percent(stats.user_error_rate)} {of_all}"),
        ("server errors", f"{percent(stats.server_error_rate)} {of_all}"),
        (f"over {slow_ms:,} ms", f"{stats.slow_requests:,} {of_all}"),
        ("execution time", f"{time} {of_all}"),
    ]
