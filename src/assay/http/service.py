"""Service health by batch."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body
from assay.http.drift import BatchIds, ModelId
from assay.http.errors import documented
from assay.http.refused_queries import refuse_unserved
from assay.http.shapes import BatchRef, batch_ref
from assay.monitoring import service
from assay.monitoring.service import DEFAULT_QUANTILE, DEFAULT_SLOW_MS, ServiceFigures, ServiceQuery

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    tags=["service"],
    responses=documented(),
    dependencies=[Depends(refuse_unserved)],
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


class ServiceMetrics(Body):
    """Service figures over batches. Reports carry no response times, consumers or cache figures: null and 0."""

    total_predictions: int
    total_requests: int
    slow_requests: int
    execution_time: float | None
    response_time: float | None
    user_error_rate: float
    server_error_rate: float
    num_consumers: int
    cache_hit_ratio: float


class BatchServiceStats(Body):
    """Service figures of some batches taken together."""

    batches: list[BatchRef]
    metrics: ServiceMetrics


class ServiceBucketBatch(Body):
    """One figure of one batch."""

    batch: BatchRef
    model_id: str | None
    value: float | None


class ServiceStatsOverBatch(Body):
    """One service figure by batch."""

    metric: Metric
    model_id: str | None
    buckets: list[ServiceBucketBatch]


def _metrics(found: ServiceFigures) -> ServiceMetrics:
    return ServiceMetrics(
        total_predictions=found.predictions,
        total_requests=found.requests,
        slow_requests=found.slow,
        execution_time=found.execution_ms,
        response_time=None,
        user_error_rate=found.user_error_rate,
        server_error_rate=found.server_error_rate,
        num_consumers=0,
        cache_hit_ratio=0.0,
    )


Quantile = Annotated[float, Query(ge=0, le=1, description="Quantile of the time.")]
Slow = Annotated[int, Query(ge=0, description="Milliseconds above which a request is slow.")]


@router.get("/batchServiceStats/", operation_id="getBatchServiceStats")
def get_batch_service_stats(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    batch_ids: BatchIds = None,
    model_id: ModelId = None,
    executionTimeQuantile: Quantile = DEFAULT_QUANTILE,
    responseTimeQuantile: Quantile = DEFAULT_QUANTILE,  # noqa: ARG001  # no report carries response times
    slowRequestsThreshold: Slow = DEFAULT_SLOW_MS,
) -> BatchServiceStats:
    """Read the service figures of some batches taken together; of every batch unless told."""
    query = ServiceQuery(
        None if batch_ids is None else tuple(batch_ids), model_id, executionTimeQuantile, slowRequestsThreshold
    )
    found = service.batch_figures(ctx, caller, deploymentId, query)
    return BatchServiceStats(batches=[batch_ref(b) for b in found.batches], metrics=_metrics(found.figures))


@router.get("/serviceStatsOverBatch/", operation_id="getServiceStatsOverBatch")
def get_service_stats_over_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    batch_ids: BatchIds = None,
    model_id: ModelId = None,
    metric: Annotated[Metric, Query(description="Which figure.")] = "totalPredictions",
    quantile: Quantile = DEFAULT_QUANTILE,
    threshold: Slow = DEFAULT_SLOW_MS,
) -> ServiceStatsOverBatch:
    """Read one service figure batch by batch; the last 50 batches unless told."""
    query = ServiceQuery(None if batch_ids is None else tuple(batch_ids), model_id, quantile, threshold)
    found = service.figures_by_batch(ctx, caller, deploymentId, query)
    return ServiceStatsOverBatch(
        metric=metric,
        model_id=model_id,
        buckets=[
            ServiceBucketBatch(
                batch=batch_ref(batch),
                model_id=model_id,
                value=_metrics(figures).model_dump(by_alias=True)[metric],
            )
            for batch, figures in found
        ],
    )
