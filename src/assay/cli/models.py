"""Which model's figures a command shows, where a batch is older than the model in service."""

from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.errors import Usage

if TYPE_CHECKING:
    from assay.client import Batch, Client

ModelOption = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Figures of this model. [the current one; else the only one that the batch has]"),
]


def former_model(client: "Client", batch: "Batch", current: object) -> str | None:
    """The one model that scored a batch in which the current model has no row; None where it has, or nobody has.

    Parameters
    ----------
    current : object
        Id of the model whose figures the server has answered with.

    Raises
    ------
    Usage
        When several models scored it.
    """
    ids = [one.model_id for one in client.batches.models(batch) if one.predictions_count]
    if not ids or current in ids:
        return None
    if len(ids) > 1:
        raise Usage(
            f"Batch '{batch.name}' has no rows of the current model, and rows of {len(ids)} former ones: "
            f"{', '.join(ids)}. Say which one with --model-id."
        )
    return ids[0]


def former_words(model_id: str) -> str:
    """What is said above the figures of a former model."""
    return f"Figures of model {model_id}, which was in service then."
