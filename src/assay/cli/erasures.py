"""``assay deployment erase``: one association id taken out of a deployment."""

from typing import Annotated

import typer

from assay.cli.activity import Activity
from assay.cli.options import JsonOption, YesOption
from assay.cli.output import confirm, show, show_facts, show_json, show_note
from assay.cli.session import deployment_of, session

WORDS = {
    "rows": "kept rows",
    "uploads": "in uploads",
    "predictions": "predictions in the index",
    "actuals": "actuals",
    "waitingFiles": "files that waited",
    "exports": "exports deleted",
    "jobResults": "results of jobs deleted",
    "metricValues": "values of custom metrics",
}


def erase(
    context: typer.Context,
    deployment: Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="Id or label.")],
    association_id: Annotated[str, typer.Option(help="The id that is to go.")],
    yes: YesOption = False,
    json_: JsonOption = False,
) -> None:
    """Remove everything of one association id, and say what was removed; it may be run again."""
    with session(context) as client:
        found = deployment_of(client, deployment)
        confirm(f"Erase '{association_id}' from deployment '{found.label}' ({found.id}) for good?", yes=yes)
        with Activity("Erasing"):
            done = client.erasures.erase(found, association_id)
    if json_:
        show_json(done.raw)
        return
    show(f"Erased from '{found.label}':")
    show_facts([(WORDS.get(name, name), f"{count:,}") for name, count in done.removed.items()])
    for sentence in done.stays:
        show_note(f"Stays: {sentence}")
