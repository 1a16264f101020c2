"""What custom metrics come to: in one figure, by batch, in spans of time."""

from typing import Any

from fastapi import APIRouter

from assay.http import bodies
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Moment
from assay.http.custom_metric_queries import ByBatch, ByTime, OverBatches, OverTime
from assay.http.custom_metrics import CustomMetricBody, metric_body
from assay.http.errors import documented
from assay.http.shapes import TimeRange, period_of
from assay.monitoring.custom_metrics import custom_metric_figures
from assay.monitoring.custom_metrics.custom_metric_figures import CategoryFigure, MetricFigure
from assay.monitoring.custom_metrics.custom_metric_tallies import FigureQuery
from assay.records.batches import Batch
from assay.records.times import format_time

router = APIRouter(prefix="/api/v2/deployments/{deploymentId}", tags=["customMetrics"], responses=documented())


class CategoryChange(bodies.Body):
    """How often a category was reported, beside its baseline."""

    category_name: str
    value: int
    baseline_value: int | None
    percent_change: float | None


class CategoryCount(bodies.Body):
    """How often a category was reported."""

    category_name: str
    count: int


class CustomMetricSummaryItem(bodies.Body):
    """One metric taken together; the last two fields are those of categorical metrics."""

    id: str
    name: str
    value: float | None
    sample_count: int | None
    baseline_value: float | None
    percent_change: float | None
    unknown_categories_count: int = bodies.optional()
    categories: list[CategoryChange] = bodies.optional()


class CustomMetricSummary(bodies.Body):
    """A custom metric over a span of time."""

    period: TimeRange
    metric: CustomMetricSummaryItem


class CustomMetricBatchSummary(bodies.Body):
    """A custom metric over some batches."""

    metric: CustomMetricSummaryItem


class CustomMetricBatchRef(bodies.Body):
    """The batch of a custom metric value; without a last prediction while it is empty."""

    id: str
    name: str
    created_at: Moment
    last_prediction_timestamp: str = bodies.optional("date-time")


class MetricPoint(bodies.Body):
    """A custom metric at one place of a series; the last two fields are those of categorical metrics."""

    value: float | None
    sample_size: int
    unknown_categories_count: int = bodies.optional()
    categories: list[CategoryCount] = bodies.optional()


class CustomMetricBucketBatch(MetricPoint):
    """A custom metric in one batch."""

    batch: CustomMetricBatchRef


class CustomMetricBucketTime(MetricPoint):
    """A custom metric in one span."""

    period: TimeRange


class CustomMetricValuesOverBatch(bodies.Body):
    """A custom metric by batch."""

    buckets: list[CustomMetricBucketBatch]
    metric: CustomMetricBody
    segment_attribute: str = bodies.optional()
    segment_value: str = bodies.optional()


class CustomMetricValuesOverTime(bodies.Body):
    """A custom metric over time."""

    buckets: list[CustomMetricBucketTime]
    summary: TimeRange
    metric: CustomMetricBody
    segment_attribute: str = bodies.optional()
    segment_value: str = bodies.optional()


class CustomMetricsBulk(bodies.Body):
    """All custom metrics of a deployment; over time, with the span."""

    metrics: list[CustomMetricSummaryItem]
    period: TimeRange = bodies.optional()


@router.get(
    "/customMetrics/{customMetricId}/summary/",
    operation_id="getCustomMetricSummary",
    response_model_exclude_unset=True,
)
def get_summary(
    ctx: Ctx, caller: Caller, deploymentId: str, customMetricId: str, query: OverTime
) -> CustomMetricSummary:
    """Read a custom metric over a span of time in one figure."""
    span, found = custom_metric_figures.summary(ctx, caller, deploymentId, customMetricId, query)
    return CustomMetricSummary(period=period_of(span), metric=_item(found))


@router.get(
    "/customMetrics/{customMetricId}/batchSummary/",
    operation_id="getCustomMetricBatchSummary",
    response_model_exclude_unset=True,
)
def get_batch_summary(
    ctx: Ctx, caller: Caller, deploymentId: str, customMetricId: str, query: OverBatches
) -> CustomMetricBatchSummary:
    """Read a custom metric over some batches in one figure; over every batch unless told."""
    found = custom_metric_figures.batch_summary(ctx, caller, deploymentId, customMetricId, query)
    return CustomMetricBatchSummary(metric=_item(found))


@router.get(
    "/customMetrics/{customMetricId}/valuesOverBatch/",
    operation_id="getCustomMetricValuesOverBatch",
    response_model_exclude_unset=True,
)
def get_values_over_batch(
    ctx: Ctx, caller: Caller, deploymentId: str, customMetricId: str, query: ByBatch
) -> CustomMetricValuesOverBatch:
    """Read a custom metric batch by batch; the last 50 batches unless told."""
    found = custom_metric_figures.over_batches(ctx, caller, deploymentId, customMetricId, query)
    return CustomMetricValuesOverBatch(
        buckets=[CustomMetricBucketBatch(batch=_batch(b), **_point(f)) for b, f in found.buckets],
        metric=metric_body(found.metric),
        **_segment(query),
    )


@router.get(
    "/customMetrics/{customMetricId}/valuesOverTime/",
    operation_id="getCustomMetricValuesOverTime",
    response_model_exclude_unset=True,
)
def get_values_over_time(
    ctx: Ctx, caller: Caller, deploymentId: str, customMetricId: str, query: ByTime
) -> CustomMetricValuesOverTime:
    """Read a custom metric in every bucket of a span of time; the first and the last are cut off where the span is."""
    found = custom_metric_figures.over_time(ctx, caller, deploymentId, customMetricId, query)
    return CustomMetricValuesOverTime(
        buckets=[CustomMetricBucketTime(period=period_of(s), **_point(f)) for s, f in found.buckets],
        summary=period_of(found.span),
        metric=metric_body(found.metric),
        **_segment(query),
    )


@router.get(
    "/customMetricsBatchSummary/", operation_id="getCustomMetricsBatchSummary", response_model_exclude_unset=True
)
def get_batch_summaries(ctx: Ctx, caller: Caller, deploymentId: str, query: OverBatches) -> CustomMetricsBulk:
    """Read every custom metric over some batches; over every batch unless told."""
    found = custom_metric_figures.batch_summaries(ctx, caller, deploymentId, query)
    return CustomMetricsBulk(metrics=[_item(f) for f in found])


@router.get("/customMetricsSummary/", operation_id="getCustomMetricsSummary", response_model_exclude_unset=True)
def get_summaries(ctx: Ctx, caller: Caller, deploymentId: str, query: OverTime) -> CustomMetricsBulk:
    """Read every custom metric over a span of time."""
    span, found = custom_metric_figures.summaries(ctx, caller, deploymentId, query)
    return CustomMetricsBulk(metrics=[_item(f) for f in found], period=period_of(span))


def _batch(batch: Batch) -> CustomMetricBatchRef:
    last: dict[str, Any] = {} if batch.latest is None else {"last_prediction_timestamp": format_time(batch.latest)}
    return CustomMetricBatchRef(id=batch.id, name=batch.name, created_at=batch.created_at, **last)


def _segment(query: FigureQuery) -> dict[str, Any]:
    asked = {"segment_attribute": query.segment_attribute, "segment_value": query.segment_value}
    return {name: text for name, text in asked.items() if text is not None}


def _item(found: MetricFigure) -> CustomMetricSummaryItem:
    return CustomMetricSummaryItem(
        id=found.metric.id,
        name=found.metric.name,
        value=found.value,
        sample_count=found.sample_size,
        baseline_value=found.metric.baseline,
        percent_change=found.percent_change,
        **_categorical(found, [_change(c) for c in found.categories]),
    )


def _change(found: CategoryFigure) -> CategoryChange:
    return CategoryChange(
        category_name=found.name,
        value=found.count,
        baseline_value=found.baseline,
        percent_change=found.percent_change,
    )


def _point(found: MetricFigure) -> dict[str, Any]:
    counts = [CategoryCount(category_name=c.name, count=c.count) for c in found.categories]
    return {"value": found.value, "sample_size": found.sample_size, **_categorical(found, counts)}


def _categorical(found: MetricFigure, categories: list[Any]) -> dict[str, Any]:
    if not found.metric.is_categorical:
        return {}
    return {"unknown_categories_count": found.unknown, "categories": categories}
