"""``assay metric``: create, list, show, push, add, delete."""

from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.errors import Usage
from assay.cli.metric_figures import show_one
from assay.cli.metric_options import BatchColumn, MetricArgument, SizeColumn, TimeColumn, ValueColumn
from assay.cli.metric_values import add, push
from assay.cli.numbers import counted, figure
from assay.cli.options import DeploymentOption, JsonOption, LimitOption, YesOption
from assay.cli.output import Column, confirm, short, show, show_json, show_note, show_page, show_table
from assay.cli.program import group
from assay.cli.session import deployment_of, metric_of, session

if TYPE_CHECKING:
    from assay.client import CustomMetric
    from assay.client.custom_metric import Direction

app = group("Figures of your own, by batch and by time.")


class Type(StrEnum):
    """How values are put together."""

    SUM = "sum"
    AVERAGE = "average"
    GAUGE = "gauge"
    CATEGORICAL = "categorical"


class Better(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"


_DIRECTIONS: "dict[Better, Direction]" = {Better.HIGHER: "higherIsBetter", Better.LOWER: "lowerIsBetter"}


@app.command()
def create(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the metric, free in the deployment.")],
    *,
    units: Annotated[str, typer.Option(metavar="TEXT", help="Unit of the values.")],
    type_: Annotated[
        Type, typer.Option("--type", metavar="TYPE", help=f"How values are put together: {', '.join(Type)}.")
    ] = Type.AVERAGE,
    better: Annotated[Better | None, typer.Option(metavar="higher|lower", help="Which way is better.")] = None,
    model_specific: Annotated[
        bool, typer.Option("--model-specific", help="Values belong to a model, not to the deployment.")
    ] = False,
    baseline: Annotated[float | None, typer.Option(metavar="NUMBER", help="What figures are compared with.")] = None,
    category: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A category; may be said several times.")
    ] = None,
    description: Annotated[str | None, typer.Option(metavar="TEXT", help="Free text.")] = None,
    value_column: ValueColumn = None,
    sample_size_column: SizeColumn = None,
    timestamp_column: TimeColumn = None,
    batch_column: BatchColumn = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Add a custom metric; the columns that are named here need not be named when files are sent."""
    with session(context) as client:
        from assay.client import MetricColumns, NewMetric

        columns = [sample_size_column, timestamp_column, batch_column]
        if value_column is None and any(columns):
            raise Usage("Say --value-column too, where other columns are named.")
        new = NewMetric(
            name,
            units,
            type_.value,
            directionality=None if better is None else _DIRECTIONS[better],
            is_model_specific=model_specific,
            baseline=baseline,
            categories=category or (),
            description=description,
            columns=None if value_column is None else MetricColumns(value_column, *columns),
        )
        owner = deployment_of(client, deployment)
        made = client.custom_metrics.create(owner, new)
    if json_:
        show_json(made.raw)
    else:
        show(f"Created metric '{made.name}' ({made.id}) in deployment '{owner.label}'.")


@app.command("list")
def list_(
    context: typer.Context,
    limit: LimitOption = 50,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """List the custom metrics of a deployment."""
    with session(context) as client:
        pages = client.custom_metrics.list(deployment_of(client, deployment), page_size=min(limit, 100))
        found = list(islice(pages, limit))
        total = pages.total_count
    if json_:
        show_page([one.raw for one in found], total)
        return
    if not found:
        show_note("No custom metric. 'assay metric create' makes one.")
        return
    _show_metrics(found)
    more = "" if total is None or total <= len(found) else f" of {total:,}; --limit shows more"
    show_note(f"{counted(len(found), 'metric')}{more}.")


app.command("show")(show_one)
app.command()(push)
app.command()(add)


@app.command()
def delete(
    context: typer.Context,
    metric: MetricArgument,
    yes: YesOption = False,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Delete a custom metric with all its values."""
    with session(context) as client:
        found = metric_of(client, deployment_of(client, deployment), metric)
        confirm(f"Delete metric '{found.name}' with all its values?", yes=yes)
        client.custom_metrics.delete(found)
    if json_:
        show_json(found.raw)
    else:
        show(f"Deleted metric '{found.name}'.")


def _show_metrics(metrics: "list[CustomMetric]") -> None:
    """Print metrics, one a line."""
    columns = [
        Column("METRIC", folds=True),
        Column("TYPE"),
        Column("UNITS", folds=True),
        Column("BETTER"),
        Column("BASE", right=True),
        Column("OF"),
    ]
    show_table(columns, (_metric_row(one) for one in metrics))


def _metric_row(metric: "CustomMetric") -> list[str]:
    return [
        short(metric.name),
        metric.type,
        short(metric.units),
        "-" if metric.directionality is None else metric.directionality.removesuffix("IsBetter"),
        figure(metric.baseline),
        "model" if metric.is_model_specific else "deployment",
    ]
