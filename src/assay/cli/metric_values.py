"""``assay metric push`` and ``assay metric add``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.activity import Activity
from assay.cli.errors import Usage
from assay.cli.metric_options import (
    BatchColumn,
    DryRunOption,
    MetricArgument,
    ModelOption,
    SizeColumn,
    TimeColumn,
    ValueColumn,
    WholeBatch,
)
from assay.cli.numbers import counted
from assay.cli.options import DeploymentOption, JsonOption
from assay.cli.output import show, show_json, show_note
from assay.cli.session import batch_of, deployment_of, metric_of, session

if TYPE_CHECKING:
    from assay.client import CustomMetric, Deployment, SubmitReport


def push(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    metric: MetricArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet.")],
    *,
    value_column: ValueColumn = None,
    sample_size_column: SizeColumn = None,
    timestamp_column: TimeColumn = None,
    batch_column: BatchColumn = None,
    batch: WholeBatch = None,
    model_id: ModelOption = None,
    dry_run: DryRunOption = False,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Send the values in a file; sending them again counts them again.

    Columns that are not named are those that the metric names.
    """
    if batch is not None and batch_column is not None:
        raise Usage("Say either --batch or --batch-column.")
    with session(context) as client, Activity("Reading the file", afterwards="Values") as activity:
        from assay.client import MetricColumns

        owner = deployment_of(client, deployment)
        found = metric_of(client, owner, metric)
        whole = None if batch is None else batch_of(client, owner.id, batch)
        columns = MetricColumns(
            _value_column(found, value_column),
            sample_size_column or found.sample_size_column,
            timestamp_column or found.timestamp_column,
            None if whole is not None else batch_column or found.batch_column,
        )
        report = client.custom_metrics.submit_file(
            found,
            file,
            columns,
            batch=whole,
            model_id=_model(owner, found, model_id),
            dry_run=dry_run,
            progress=activity.rows_sent,
        )
    _tell(report, found, dry_run=dry_run, as_json=json_)


def add(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    metric: MetricArgument,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="A number, or the name of a category.")],
    *,
    sample_size: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Observations that it rests on; 1 unless told.")
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="When it was; now unless told.")] = None,
    batch: WholeBatch = None,
    model_id: ModelOption = None,
    dry_run: DryRunOption = False,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Send a single value, such as the one that a nightly job has just computed."""
    with session(context) as client:
        from assay.client import MetricValue

        owner = deployment_of(client, deployment)
        found = metric_of(client, owner, metric)
        whole = None if batch is None else batch_of(client, owner.id, batch)
        one = MetricValue(_value(found, value), sample_size, at, whole)
        model = _model(owner, found, model_id)
        report = client.custom_metrics.submit(found, [one], model_id=model, dry_run=dry_run)
    _tell(report, found, dry_run=dry_run, as_json=json_)


def _value(metric: "CustomMetric", text: str) -> float | str:
    if metric.type == "categorical":
        return text
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if number - number != 0:
        raise Usage(f"VALUE: found '{text}', expected a finite number.")
    return number


def _value_column(metric: "CustomMetric", named: str | None) -> str:
    chosen = named or metric.value_column
    if chosen is None:
        raise Usage("Say which column of the file holds the value: --value-column.")
    return chosen


def _model(deployment: "Deployment", metric: "CustomMetric", named: str | None) -> str | None:
    return named or (deployment.model_id if metric.is_model_specific else None)


def _tell(report: "SubmitReport", metric: "CustomMetric", *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        show_json({"rows": report.rows, "calls": report.calls, "withoutValue": report.without_value})
        return
    done = "checked, and none stored" if dry_run else "sent"
    show(f"{counted(report.rows, 'value')} of metric '{metric.name}' {done}.")
    if report.without_value:
        show_note(f"{counted(report.without_value, 'row')} without a value left out.")
