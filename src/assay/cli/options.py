"""Options and arguments that several commands share."""

from typing import Annotated

import typer

DeploymentOption = Annotated[
    str | None,
    typer.Option(
        "-d",
        "--deployment",
        metavar="ID|LABEL",
        envvar="ASSAY_DEPLOYMENT",
        show_envvar=False,
        help="The deployment. [env ASSAY_DEPLOYMENT; else the server's only one]",
    ),
]

DeploymentArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[DEPLOYMENT]",
        envvar="ASSAY_DEPLOYMENT",
        show_envvar=False,
        help="Id or label. [env ASSAY_DEPLOYMENT; else the server's only one]",
    ),
]

BatchArgument = Annotated[str, typer.Argument(metavar="BATCH", help="Id or exact name of a batch.")]

JsonOption = Annotated[bool, typer.Option("--json", help="Print the server's JSON and nothing else.")]

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

SearchOption = Annotated[str | None, typer.Option(metavar="TEXT", help="Only those with this text in their name.")]

LimitOption = Annotated[int, typer.Option(metavar="N", min=1, help="Show this many at most.")]
