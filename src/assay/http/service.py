"""Service health by batch and over time."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body
from assay.http.errors import documented
from assay.http.shapes import BatchRef, TimeRange, batch_ref, period_of
from assay.http.where import ModelId, Segmented, Size, WhichBatches, WhichSpan, segment_of
from assay.monitoring.figures import service
from assay.monitoring.figures.service import (
    DEFAULT_QUANTILE,
    DEFAULT_SLOW_MS,
    ServiceFigures,
    ServiceQuery,
    ServiceSpan,
)
from assay.records.buckets import DEFAULT_BUCKET_SIZE

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    tags=["service"],
    responses=documented(),
)

Metric = Literal[
    "totalPredictions",
    "totalRequests",
    "slowRequests",
    "executionTime",
    "responseTime",
    "userErrorRate",
    "serverErrorRate",
    "numConsumers",
    "cacheHitRatio",
]


TimeMetric = Literal[
    "totalPredictions",
    "totalRequests",
    "slowRequests",
    "executionTime",
    "responseTime",
    "userErrorRate",
    "serverErrorRate",
    "numConsumers",
    "cacheHitRatio",
    "medianLoad",
    "peakLoad",
]


class ServiceMetrics(Body):
    """Service figures. Reports carry no response times and no cache figures: null and 0. A consumer is who reported."""

    total_predictions: int
    total_requests: int
    slow_requests: int
    execution_time: float | None
    response_time: float | None
    user_error_rate: float
    server_error_rate: float
    num_consumers: int
    cache_hit_ratio: float


class ServiceMetricsTime(ServiceMetrics):
    """Service figures of a span of time; load is in requests a minute, empty minutes included."""

    median_load: float
    peak_load: float


class BatchServiceStats(Segmented):
    """Service figures of some batches taken together."""

    batches: list[BatchRef]
    metrics: ServiceMetrics


class ServiceStats(Segmented):
    """Service figures of a span of time."""

    period: TimeRange
    metrics: ServiceMetricsTime
    model_id: str | None


class ServiceBucketBatch(Body):
    """One figure of one batch."""

    batch: BatchRef
    model_id: str | None
    value: float | None


class ServiceBucketTime(Body):
    """One figure of one span of time."""

    period: TimeRange
    model_id: str | None
    value: float | None


class ServiceStatsOverBatch(Segmented):
    """One service figure by batch."""

    metric: Metric
    model_id: str | None
    buckets: list[ServiceBucketBatch]


class ServiceStatsOverTime(Segmented):
    """One service figure over time; the summary is over the whole span."""

    metric: TimeMetric
    model_id: str | None
    summary: ServiceBucketTime
    buckets: list[ServiceBucketTime]


def _metrics(found: ServiceFigures) -> ServiceMetricsTime:
    return ServiceMetricsTime(
        total_predictions=found.predictions,
        total_requests=found.requests,
        slow_requests=found.slow,
        execution_time=found.execution_ms,
        response_time=None,
        user_error_rate=found.user_error_rate,
        server_error_rate=found.server_error_rate,
        num_consumers=found.consumers,
        cache_hit_ratio=0.0,
        median_load=found.median_load,
        peak_load=found.peak_load,
    )


def _value(found: ServiceFigures, metric: str) -> float | None:
    value: float | None = _metrics(found).model_dump(by_alias=True)[metric]
    return value


Quantile = Annotated[float, Query(ge=0, le=1, description="Quantile of the time.")]
Slow = Annotated[int, Query(ge=0, description="Milliseconds above which a request is slow.")]


@router.get("/batchServiceStats/", operation_id="getBatchServiceStats", response_model_exclude_unset=True)
def get_batch_service_stats(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichBatches,
    model_id: ModelId = None,
    executionTimeQuantile: Quantile = DEFAULT_QUANTILE,
    responseTimeQuantile: Quantile = DEFAULT_QUANTILE,  # noqa: ARG001  # no report carries response times
    slowRequestsThreshold: Slow = DEFAULT_SLOW_MS,
) -> BatchServiceStats:
    """Read the service figures of some batches taken together; of every batch unless told."""
    query = ServiceQuery(replace(which, model_id=model_id), executionTimeQuantile, slowRequestsThreshold)
    found = service.batch_figures(ctx, caller, deploymentId, query)
    metrics = ServiceMetrics(**_metrics(found.figures).model_dump(exclude={"median_load", "peak_load"}))
    return BatchServiceStats(batches=[batch_ref(b) for b in found.batches], metrics=metrics, **segment_of(which))


@router.get("/serviceStatsOverBatch/", operation_id="getServiceStatsOverBatch", response_model_exclude_unset=True)
def get_service_stats_over_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichBatches,
    model_id: ModelId = None,
    metric: Annotated[Metric, Query(description="Which figure.")] = "totalPredictions",
    quantile: Quantile = DEFAULT_QUANTILE,
    threshold: Slow = DEFAULT_SLOW_MS,
) -> ServiceStatsOverBatch:
    """Read one service figure batch by batch; the last 50 batches unless told."""
    query = ServiceQuery(replace(which, model_id=model_id), quantile, threshold)
    found = service.figures_by_batch(ctx, caller, deploymentId, query)
    return ServiceStatsOverBatch(
        metric=metric,
        model_id=found.model_id,
        buckets=[
            ServiceBucketBatch(batch=batch_ref(batch), model_id=found.model_id, value=_value(figures, metric))
            for batch, figures in found.buckets
        ],
        **segment_of(which),
    )


@router.get("/serviceStats/", operation_id="getServiceStats", response_model_exclude_unset=True)
def get_service_stats(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichSpan,
    model_id: ModelId = None,
    executionTimeQuantile: Quantile = DEFAULT_QUANTILE,
    responseTimeQuantile: Quantile = DEFAULT_QUANTILE,  # noqa: ARG001  # no report carries response times
    slowRequestsThreshold: Slow = DEFAULT_SLOW_MS,
) -> ServiceStats:
    """Read the service figures of a span of time, in batches or not; of the last seven days unless told."""
    query = ServiceQuery(replace(which, model_id=model_id), executionTimeQuantile, slowRequestsThreshold)
    found = service.span_figures(ctx, caller, deploymentId, query)
    return ServiceStats(
        period=period_of(found.span), metrics=_metrics(found.figures), model_id=found.model_id, **segment_of(which)
    )


@router.get("/serviceStatsOverTime/", operation_id="getServiceStatsOverTime", response_model_exclude_unset=True)
def get_service_stats_over_time(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichSpan,
    model_id: ModelId = None,
    metric: Annotated[TimeMetric, Query(description="Which figure.")] = "totalPredictions",
    quantile: Quantile = DEFAULT_QUANTILE,
    threshold: Slow = DEFAULT_SLOW_MS,
    size: Size = DEFAULT_BUCKET_SIZE,
) -> ServiceStatsOverTime:
    """Read one service figure bucket by bucket of time; the last seven days unless told."""
    query = ServiceQuery(replace(which, model_id=model_id), quantile, threshold)
    whole, *found = service.figures_by_span(ctx, caller, deploymentId, query, size)

    def bucket(one: ServiceSpan) -> ServiceBucketTime:
        return ServiceBucketTime(period=period_of(one.span), model_id=one.model_id, value=_value(one.figures, metric))

    return ServiceStatsOverTime(
        metric=metric,
        model_id=whole.model_id,
        summary=bucket(whole),
        buckets=[bucket(one) for one in found],
        **segment_of(which),
    )
