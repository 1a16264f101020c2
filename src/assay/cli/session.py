"""From the command line to the server: the client, and the objects that arguments name."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

import typer

from assay.cli.errors import Problem, Usage
from assay.cli.program import Connection

if TYPE_CHECKING:
    from assay.client import Batch, Client, CustomMetric, Deployment

_NO_TOKEN = "No token was sent: name its file with --token-file or ASSAY_TOKEN_FILE."  # noqa: S105 - prose


@contextmanager
def session(context: typer.Context) -> Iterator["Client"]:
    """A client of the server that the options name.

    Whatever the server or the network says against a call ends the command with one line.

    Raises
    ------
    Problem, Usage
    """
    # Imported here so that help does not wait for the HTTP library.
    from assay.client import AssayClientError, Unauthorized

    client = _client(context.find_root().obj)
    try:
        with client:
            yield client
    except Unauthorized as problem:
        raise Problem(problem.message if client.has_token else f"{problem.message} {_NO_TOKEN}") from problem
    except AssayClientError as problem:
        raise Problem(problem.message) from problem


def deployment_of(client: "Client", text: str | None) -> "Deployment":
    """The deployment of an id or a label, or the server's only one.

    Raises
    ------
    Problem
        When there is none.
    Usage
        When there are several to choose from.
    """
    if text:
        found = client.deployments.find(text)
        if found is None:
            raise Problem(f"No deployment has the id or label '{text}'. 'assay deployment list' shows them all.")
        return found
    first = list(islice(client.deployments.list(page_size=4), 4))
    if not first:
        raise Problem("The server has no deployment yet. 'assay deployment create' makes one.")
    if len(first) > 1:
        labels = ", ".join(f"'{one.label}'" for one in first[:3]) + (", ..." if len(first) > 3 else "")
        raise Usage(f"The server has several deployments ({labels}). Say which one with -d.")
    return first[0]


def batch_of(client: "Client", deployment: str | None, text: str, *, create: bool = False) -> "Batch":
    """The batch of an id or an exact name; made anew where there is none, if ``create``.

    Raises
    ------
    Problem
        When there is none.
    """
    owner = deployment_of(client, deployment)
    found = client.batches.find(owner, text)
    if found is None and create:
        return client.batches.create(owner, text)
    if found is None:
        raise Problem(
            f"No batch of deployment '{owner.label}' has the id or the exact name '{text}'. "
            "'assay batch list' shows them."
        )
    return found


def metric_of(client: "Client", deployment: "Deployment", text: str) -> "CustomMetric":
    """The custom metric of an id or an exact name.

    Raises
    ------
    Problem
        When there is none.
    """
    found = client.custom_metrics.find(deployment, text)
    if found is None:
        raise Problem(
            f"No custom metric of deployment '{deployment.label}' has the id or the exact name '{text}'. "
            "'assay metric list' shows them."
        )
    return found


def _client(connection: Connection) -> "Client":
    from assay.client import Client
    from assay.client.client import token_of_file

    try:
        token = connection.token
        if token is None and connection.token_file is not None:
            token = token_of_file(connection.token_file)
        return Client(connection.url, token)
    except ValueError as problem:
        raise Usage(str(problem)) from problem
