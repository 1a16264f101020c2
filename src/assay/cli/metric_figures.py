"""``assay metric show``."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.errors import Usage
from assay.cli.metric_options import MetricArgument, ModelOption
from assay.cli.numbers import change, count, figure, minute
from assay.cli.options import DeploymentOption, JsonOption
from assay.cli.output import Column, short, show, show_json, show_note, show_table
from assay.cli.session import batch_of, deployment_of, metric_of, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.client import BatchMetric, Client, CustomMetric, MetricSeries, MetricSummary, TimeMetric
    from assay.client.custom_metric import BucketSize, MetricPoint


class By(StrEnum):
    """What a series goes by."""

    BATCH = "batch"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_SIZES: "dict[By, BucketSize]" = {By.HOUR: "PT1H", By.DAY: "P1D", By.WEEK: "P7D", By.MONTH: "P1M"}


def show_one(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    metric: MetricArgument,
    *,
    by: Annotated[By, typer.Option(metavar="WHAT", help=f"What the series goes by: {', '.join(By)}.")] = By.BATCH,
    batch: Annotated[
        list[str] | None, typer.Option(metavar="BATCH", help="Only this batch; may be said several times.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="From this time on; seven days before the end unless told.")
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Until this time; now unless told.")] = None,
    model_id: ModelOption = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Show what a custom metric comes to, batch by batch or in spans of time."""
    if by is By.BATCH and (start or end):
        raise Usage("--start and --end are for series over time: say --by hour, day, week or month.")
    if by is not By.BATCH and batch:
        raise Usage("--batch is for a series by batch: leave --by out.")
    with session(context) as client:
        owner = deployment_of(client, deployment)
        found = metric_of(client, owner, metric)
        if by is By.BATCH:
            ids = [batch_of(client, owner.id, one).id for one in batch] if batch else None
            series, whole = _by_batch(client, found, ids, model_id)
        else:
            series, whole = _by_time(client, found, (start, end), by, model_id)
    if json_:
        show_json(series.raw)
    else:
        _show(found, series.points, whole)


Read = tuple["MetricSeries[BatchMetric] | MetricSeries[TimeMetric]", "MetricSummary | None"]


def _by_batch(client: "Client", metric: "CustomMetric", ids: list[str] | None, model_id: str | None) -> Read:
    series = client.custom_metrics.over_batch(metric, batches=ids, model_id=model_id)
    shown = [point.batch_id for point in series.points]
    return series, client.custom_metrics.batch_summary(metric, batches=shown, model_id=model_id) if shown else None


def _by_time(
    client: "Client", metric: "CustomMetric", span: tuple[str | None, str | None], by: By, model_id: str | None
) -> Read:
    series = client.custom_metrics.over_time(
        metric, start=span[0], end=span[1], bucket_size=_SIZES[by], model_id=model_id
    )
    # The very span of the series, because an hour may have ended between the two calls.
    start, end = series.points[0].start, series.points[-1].end
    return series, client.custom_metrics.summary(metric, start=start, end=end, model_id=model_id)


def _show(metric: "CustomMetric", points: "Sequence[BatchMetric | TimeMetric]", whole: "MetricSummary | None") -> None:
    """Print a metric place by place, and all of it together."""
    words = [metric.type, metric.units, *([f"{_better(metric)} is better"] if _better(metric) else [])]
    base = "" if metric.baseline is None else f"; baseline {figure(metric.baseline)}"
    show(f"{metric.name} ({', '.join(words)}){base}")
    if not points or whole is None:
        show_note("The deployment has no batch yet. Series over time: --by day.")
        return
    categorical = metric.type == "categorical"
    by_batch = hasattr(points[0], "batch_name")
    columns = [
        Column("BATCH" if by_batch else "FROM (UTC)", folds=by_batch),
        *([Column("COUNTS", folds=True)] if categorical else [Column("VALUE", right=True)]),
        Column("N", right=True),
    ]
    show_table(
        columns, ([_place(one), _counts(one) if categorical else figure(one.value), count(one.rows)] for one in points)
    )
    together = _together(whole, categorical=categorical)
    show_note(f"Together: {together}, n = {whole.rows:,}.")


def _place(point: "BatchMetric | TimeMetric") -> str:
    from assay.client import BatchMetric

    return short(point.batch_name) if isinstance(point, BatchMetric) else minute(point.start)


def _counts(point: "MetricPoint") -> str:
    named = [f"{one['categoryName']} {one['count']:,}" for one in point.categories]
    return ", ".join([*named, *([f"other {point.unknown_categories:,}"] if point.unknown_categories else [])])


def _together(whole: "MetricSummary", *, categorical: bool) -> str:
    if not categorical:
        compared = "" if whole.change_percent is None else f" ({change(whole.change_percent)} from the baseline)"
        return f"{figure(whole.value)}{compared}"
    named = [
        f"{one['categoryName']} {one['value']:,}"
        + ("" if one.get("percentChange") is None else f" ({change(one['percentChange'])})")
        for one in whole.categories
    ]
    return ", ".join([*named, *([f"other {whole.unknown_categories:,}"] if whole.unknown_categories else [])])


def _better(metric: "CustomMetric") -> str | None:
    return None if metric.directionality is None else metric.directionality.removesuffix("IsBetter")
