"""Accuracy: one page of every metric, and series of one metric by batch and over time."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic.json_schema import SkipJsonSchema

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body
from assay.http.errors import documented
from assay.http.shapes import BatchRef, TimeRange, batch_ref, period_of, time_range
from assay.http.where import Classes, ModelIds, Segmented, Size, WhichBatches, WhichRows, WhichSpan, segment_of
from assay.monitoring.figures import accuracy
from assay.monitoring.figures.accuracy import AccuracyPoint, AccuracyQuery, AccuracySeries, MetricRow
from assay.monitoring.profiles.where import Where
from assay.records.buckets import DEFAULT_BUCKET_SIZE
from assay.stats.accuracy import METRICS

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    tags=["accuracy"],
    responses=documented(),
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


class Accuracy(Segmented):
    """Accuracy of some batches or of a span, pooled row by row, or of all rows."""

    batch_ids: list[str]
    period: TimeRange
    data: list[AccuracyItem]
    metrics: dict[str, Any]
    model_id: str | None
    target_classes: list[str]


class AccuracyPointBody(Body):
    """One metric of one model on some rows; ``valuePerClass`` holds the classes that were asked for."""

    model_id: str | None
    metric: str
    value: float | None
    sample_size: int | None
    degraded: bool | None
    low: float | None
    high: float | None
    bound: float
    reason: str | None
    value_per_class: dict[str, float | None]


class AccuracyBucketBatch(AccuracyPointBody):
    """One metric of one batch."""

    batch: BatchRef


class AccuracyBucketTime(AccuracyPointBody):
    """One metric in one span of time; the span is null for the baseline."""

    period: TimeRange | None


class AccuracyOverBatch(Segmented):
    """One metric by batch."""

    metric: str
    baselines: list[dict[str, Any]]
    buckets: list[AccuracyBucketBatch]


class AccuracyOverTime(Segmented):
    """One metric over time, by the time of the prediction."""

    metric: str
    model_id: str | None
    baselines: list[dict[str, Any]]
    baseline: AccuracyBucketTime | None
    summary: AccuracyBucketTime | None
    buckets: list[AccuracyBucketTime]


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


def _point(row: MetricRow, by_class: dict[str, float | None]) -> dict[str, Any]:
    return {
        "model_id": row.model_id,
        "metric": row.name,
        "value": row.estimate.value,
        "sample_size": row.rows,
        "degraded": row.degraded,
        "low": row.estimate.low,
        "high": row.estimate.high,
        "bound": row.estimate.bound,
        "reason": row.estimate.reason,
        "value_per_class": by_class,
    }


def _of_point(point: AccuracyPoint[Any]) -> dict[str, Any]:
    return _point(point.row, {name: one.value for name, one in point.by_class.items()})


def _query(which: Where, model_ids: list[str] | None, metric: str | None, classes: list[str] | None) -> AccuracyQuery:
    return AccuracyQuery(which, tuple(model_ids or ()), metric, tuple(classes or ()))


def _baselines(found: AccuracySeries[Any]) -> list[dict[str, Any]]:
    return [
        {"modelId": row.model_id, "metric": row.name, "value": row.baseline.value, "sampleSize": row.baseline_rows}
        for row in found.summary
        if row.baseline is not None
    ]


@router.get("/accuracy/", operation_id="getAccuracy", response_model_exclude_unset=True)
def get_accuracy(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichRows,
    model_ids: ModelIds = None,
    metric: Metric = None,
    classes: Classes = None,
    baselineModelId: Annotated[
        str | SkipJsonSchema[None], Query(description="Compare with the holdout accuracy of this model.")
    ] = None,
) -> Accuracy:
    """Read the accuracy of some batches or of a span, taken together, beside that of the holdout."""
    query = AccuracyQuery(which, tuple(model_ids or ()), metric, tuple(classes or ()), baselineModelId)
    found = accuracy.page(ctx, caller, deploymentId, query)
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
        target_classes=classes or [],
        **segment_of(which),
    )


@router.get("/accuracyOverBatch/", operation_id="getAccuracyOverBatch", response_model_exclude_unset=True)
def get_accuracy_over_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichBatches,
    model_ids: ModelIds = None,
    metric: Metric = None,
) -> AccuracyOverBatch:
    """Read one metric batch by batch; the last 50 batches, and LogLoss or RMSE, unless told."""
    found = accuracy.by_batch(ctx, caller, deploymentId, _query(which, model_ids, metric, None))
    return AccuracyOverBatch(
        metric=found.metric,
        baselines=_baselines(found),
        buckets=[AccuracyBucketBatch(batch=batch_ref(p.bucket), **_of_point(p)) for p in found.points],
        **segment_of(which),
    )


@router.get("/accuracyOverTime/", operation_id="getAccuracyOverTime", response_model_exclude_unset=True)
def get_accuracy_over_time(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichSpan,
    model_ids: ModelIds = None,
    metric: Metric = None,
    classes: Classes = None,
    size: Size = DEFAULT_BUCKET_SIZE,
) -> AccuracyOverTime:
    """Read one metric by bucket of prediction times; the last seven days, and LogLoss or RMSE, unless told."""
    found = accuracy.by_span(ctx, caller, deploymentId, _query(which, model_ids, metric, classes), size)
    buckets = [AccuracyBucketTime(period=period_of(p.bucket), **_of_point(p)) for p in found.points]
    whole = TimeRange(start=found.points[0].bucket.start, end=found.points[-1].bucket.end)
    (first, *_) = found.summary
    return AccuracyOverTime(
        metric=found.metric,
        model_id=found.model_id,
        baselines=_baselines(found),
        baseline=None if first.baseline is None else AccuracyBucketTime(period=None, **_point(first.at_baseline, {})),
        summary=AccuracyBucketTime(period=whole, **_point(first, {})),
        buckets=buckets,
        **segment_of(which),
    )
