"""Options and arguments that the commands of custom metrics share."""

from typing import Annotated

import typer

MetricArgument = Annotated[str, typer.Argument(metavar="METRIC", help="Id or exact name of a custom metric.")]

ValueColumn = Annotated[str | None, typer.Option(metavar="COLUMN", help="Column with the value.")]

SizeColumn = Annotated[str | None, typer.Option(metavar="COLUMN", help="Column with the sample size; 1 without it.")]

TimeColumn = Annotated[str | None, typer.Option(metavar="COLUMN", help="Column with the time of the value.")]

BatchColumn = Annotated[str | None, typer.Option(metavar="COLUMN", help="Column with the id or exact name of a batch.")]

WholeBatch = Annotated[str | None, typer.Option(metavar="BATCH", help="The batch: id or exact name.")]

ModelOption = Annotated[str | None, typer.Option(metavar="ID", help="The model; the current one unless told.")]

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only have the values checked.")]
