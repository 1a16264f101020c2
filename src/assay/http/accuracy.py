"""Accuracy, and predictions against actuals."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic.json_schema import SkipJsonSchema

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body
from assay.http.drift import BatchIds, ModelId
from assay.http.errors import documented
from assay.http.refused_queries import refuse_unserved
from assay.http.shapes import BatchRef, TimeRange, batch_ref, time_range
from assay.monitoring import accuracy
from assay.monitoring.accuracy import AccuracyQuery, MetricRow
from assay.stats.accuracy import METRICS

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    tags=["accuracy"],
    responses=documented(),
    dependencies=[Depends(refuse_unserved)],
)

METRIC_NAMES = sorted({name for names in METRICS.values() for name in names})
Metric = Annotated[
    str | SkipJsonSchema[None],
    Query(description="Which metric; all that fit the target unless told.", json_schema_extra={"enum": METRIC_NAMES}),
]


class AccuracyItem(Body):
    """One accuracy metric: its 95 % interval, what cells can have cost in exactness, and whether it is degraded."""

    model_id: str | None
    metric_name: str
    value: float | None
    sample_size: int | None
    baseline_value: float | None
    baseline_sample_size: int | None
    percent_change: float | None
    direction: str | None
    degraded: bool | None
    low: float | None
    high: float | None
    bound: float
    reason: str | None


class Accuracy(Body):
    """Accuracy of some batches pooled row by row, or of all rows."""

    batch_ids: list[str]
    period: TimeRange
    data: list[AccuracyItem]
    metrics: dict[str, Any]
    model_id: str | None


class AccuracyBucketBatch(Body):
    """One metric of one batch."""

    batch: BatchRef
    model_id: str | None
    metric: str
    value: float | None
    sample_size: int | None
    degraded: bool | None
    low: float | None
    high: float | None
    bound: float
    reason: str | None


class AccuracyOverBatch(Body):
    """One metric by batch."""

    metric: str
    baselines: list[dict[str, Any]]
    buckets: list[AccuracyBucketBatch]


def _direction(row: MetricRow) -> str | None:
    if row.higher_is_better is None:
        return None
    return "higherIsBetter" if row.higher_is_better else "lowerIsBetter"


def _item(row: MetricRow) -> AccuracyItem:
    estimate, baseline = row.estimate, row.baseline
    return AccuracyItem(
        model_id=row.model_id,
        metric_name=row.name,
        value=estimate.value,
        sample_size=row.rows,
        baseline_value=None if baseline is None else baseline.value,
        baseline_sample_size=row.baseline_rows,
        percent_change=row.percent_change,
        direction=_direction(row),
        degraded=row.degraded,
        low=estimate.low,
        high=estimate.high,
        bound=estimate.bound,
        reason=estimate.reason,
    )


def _query(batch_ids: list[str] | None, model_id: str | None, metric: str | None) -> AccuracyQuery:
    return AccuracyQuery(model_id, None if batch_ids is None else tuple(batch_ids), metric)


@router.get("/accuracy/", operation_id="getAccuracy")
def get_accuracy(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    batch_ids: BatchIds = None,
    model_id: ModelId = None,
    metric: Metric = None,
) -> Accuracy:
    """Read the accuracy of some batches taken together, beside that of the holdout."""
    found = accuracy.page(ctx, caller, deploymentId, _query(batch_ids, model_id, metric))
    items = [_item(row) for row in found.rows]
    return Accuracy(
        batch_ids=[batch.id for batch in found.batches],
        period=time_range(*found.span, ctx.clock()),
        data=items,
        metrics={
            i.metric_name: {
                "value": i.value,
                "baselineValue": i.baseline_value,
                "percentChange": i.percent_change,
                "sampleSize": i.sample_size,
            }
            for i in items
        },
        model_id=found.model_id,
    )


@router.get("/accuracyOverBatch/", operation_id="getAccuracyOverBatch")
def get_accuracy_over_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    batch_ids: BatchIds = None,
    model_id: ModelId = None,
    metric: Metric = None,
) -> AccuracyOverBatch:
    """Read one metric batch by batch; the last 50 batches, and LogLoss or RMSE, unless told."""
    found = accuracy.by_batch(ctx, caller, deploymentId, _query(batch_ids, model_id, metric))
    baseline = found.baseline.baseline
    baselines = []
    if baseline is not None:
        baselines = [{"modelId": found.model_id, "value": baseline.value, "sampleSize": found.baseline.baseline_rows}]
    return AccuracyOverBatch(
        metric=found.metric,
        baselines=baselines,
        buckets=[
            AccuracyBucketBatch(
                batch=batch_ref(batch),
                model_id=row.model_id,
                metric=row.name,
                value=row.estimate.value,
                sample_size=row.rows,
                degraded=row.degraded,
                low=row.estimate.low,
                high=row.estimate.high,
                bound=row.estimate.bound,
                reason=row.estimate.reason,
            )
            for batch, row in found.buckets
        ],
    )
