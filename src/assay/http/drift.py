"""Drift of features and of the target."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from assay.errors import Invalid
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body
from assay.http.errors import documented
from assay.http.paging import page_body
from assay.http.shapes import BatchRef, TimeRange, batch_ref, period_of, time_range
from assay.http.where import ModelId, Segmented, Size, WhichBatches, WhichRows, WhichSpan, segment_of
from assay.monitoring.figures import drift
from assay.monitoring.figures.drift import DriftQuery, DriftRow
from assay.records.buckets import DEFAULT_BUCKET_SIZE
from assay.records.pages import PageRequest

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    tags=["drift"],
    responses=documented(409),
)

Metric = Literal["psi", "kl_divergence", "dissimilarity", "hellinger", "js_divergence"]
Distance = Annotated[Metric, Query(alias="metric", description="Which distance.")]
FEATURES_A_PAGE = 25


class FeatureDriftItem(Body):
    """Drift of one feature, with what it rests on; low and high are the ends of PSI's 95 % interval."""

    name: str
    drift_score: float | None
    feature_impact: float | None
    sample_size: int | None
    baseline_sample_size: int | None
    feature_type: str
    low: float | None
    high: float | None
    missing_rate: float | None
    baseline_missing_rate: float | None
    new_level_rows: int | None
    estimated: bool


class FeatureDrift(Segmented):
    """A page of FeatureDriftItem objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[FeatureDriftItem]
    batch_id: list[str]
    metric: Metric | None
    model_id: str | None
    period: TimeRange


class TargetDrift(Segmented):
    """Drift of the target (the predictions)."""

    batch_id: list[str]
    period: TimeRange
    metric: Metric | None
    model_id: str | None
    target_name: str | None
    drift_score: float | None
    sample_size: int | None
    baseline_sample_size: int | None
    # Clients need the key, with a segment or without.
    segment_value: str | None
    estimated: bool
    low: float | None
    high: float | None


class FeatureDriftBucket(Body):
    """Drift of one feature in one batch or span."""

    model_id: str | None
    feature_name: str
    drift_score: float | None
    feature_impact: float | None
    sample_size: int | None
    baseline_sample_size: int | None
    low: float | None
    high: float | None
    missing_rate: float | None
    baseline_missing_rate: float | None
    estimated: bool


class FeatureDriftBucketBatch(FeatureDriftBucket):
    """Drift of one feature in one batch."""

    batch: BatchRef


class FeatureDriftBucketTime(FeatureDriftBucket):
    """Drift of one feature in one span of time."""

    period: TimeRange


class FeatureDriftOverBatch(Segmented):
    """Drift of features by batch."""

    metric: Metric
    buckets: list[FeatureDriftBucketBatch]


class FeatureDriftOverTime(Segmented):
    """Drift of features over time; the summaries are over the whole span."""

    metric: Metric
    model_id: str | None
    buckets: list[FeatureDriftBucketTime]
    summaries: list[FeatureDriftBucketTime]


def _item(row: DriftRow) -> FeatureDriftItem:
    return FeatureDriftItem(
        name=row.name,
        drift_score=row.score,
        feature_impact=row.importance,
        sample_size=row.sample_size,
        baseline_sample_size=row.baseline_sample_size,
        feature_type=row.kind,
        low=row.low,
        high=row.high,
        missing_rate=row.missing_rate,
        baseline_missing_rate=row.baseline_missing_rate,
        new_level_rows=row.new_level_rows,
        estimated=row.estimated,
    )


def _bucket(model_id: str, row: DriftRow) -> dict[str, Any]:
    return {
        "model_id": model_id,
        "feature_name": row.name,
        "drift_score": row.score,
        "feature_impact": row.importance,
        "sample_size": row.sample_size,
        "baseline_sample_size": row.baseline_sample_size,
        "low": row.low,
        "high": row.high,
        "missing_rate": row.missing_rate,
        "baseline_missing_rate": row.baseline_missing_rate,
        "estimated": row.estimated,
    }


@router.get(
    "/featureDrift/",
    operation_id="getFeatureDrift",
    response_model=FeatureDrift,
    response_model_exclude_unset=True,
)
def get_feature_drift(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichRows,
    model_id: ModelId = None,
    metric: Distance = "psi",
    offset: Annotated[int, Query(ge=0, description="Items to leave out from the start.")] = 0,
    limit: Annotated[int, Query(ge=0, description="Most items of the page; 0 means all.")] = FEATURES_A_PAGE,
) -> dict[str, Any]:
    """Compare the features of some batches or of a span, taken together, with the training data."""
    query = DriftQuery(replace(which, model_id=model_id), metric)
    found = drift.feature_drift(ctx, caller, deploymentId, query, PageRequest(offset, limit or None))
    return {
        **page_body(request, found.rows, _item),
        "batchId": [batch.id for batch in found.batches],
        "metric": found.metric,
        "modelId": found.model_id,
        "period": time_range(*found.span, ctx.clock()),
        **segment_of(which),
    }


@router.get("/targetDrift/", operation_id="getTargetDrift", response_model_exclude_unset=True)
def get_target_drift(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichRows,
    model_id: ModelId = None,
    metric: Distance = "psi",
) -> TargetDrift:
    """Compare the predictions of some batches or of a span, taken together, with those of the holdout."""
    found = drift.target_drift(ctx, caller, deploymentId, DriftQuery(replace(which, model_id=model_id), metric))
    row = found.rows.items[0] if found.rows.items else None
    return TargetDrift(
        batch_id=[batch.id for batch in found.batches],
        period=time_range(*found.span, ctx.clock()),
        metric=metric,
        model_id=found.model_id,
        target_name=found.target_name,
        drift_score=None if row is None else row.score,
        sample_size=None if row is None else row.sample_size,
        baseline_sample_size=None if row is None else row.baseline_sample_size,
        estimated=row is not None and row.estimated,
        low=None if row is None else row.low,
        high=None if row is None else row.high,
        **{"segment_value": None, **segment_of(which)},
    )


Names = Annotated[str, Query(alias="featureNames", description="Names of features, with commas between.")]


def _names(sent: str) -> list[str]:
    names = [name.strip() for name in sent.split(",") if name.strip()]
    if not names:
        raise Invalid("featureNames: found no name, expected names of features with commas between.")
    return names


@router.get("/featureDriftOverBatch/", operation_id="getFeatureDriftOverBatch", response_model_exclude_unset=True)
def get_feature_drift_over_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichBatches,
    feature_names: Names,
    model_id: ModelId = None,
    driftMetric: Annotated[Metric, Query(description="Which distance.")] = "psi",
) -> FeatureDriftOverBatch:
    """Compare some features of each batch with the training data; the last 50 batches unless told."""
    query = DriftQuery(replace(which, model_id=model_id), driftMetric)
    found = drift.feature_drift_by_batch(ctx, caller, deploymentId, query, _names(feature_names))
    return FeatureDriftOverBatch(
        metric=driftMetric,
        buckets=[
            FeatureDriftBucketBatch(batch=batch_ref(batch), **_bucket(found.model_id, row))
            for batch, row in found.buckets
        ],
        **segment_of(which),
    )


@router.get("/featureDriftOverTime/", operation_id="getFeatureDriftOverTime", response_model_exclude_unset=True)
def get_feature_drift_over_time(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichSpan,
    feature_names: Names,
    model_id: ModelId = None,
    metric: Distance = "psi",
    size: Size = DEFAULT_BUCKET_SIZE,
) -> FeatureDriftOverTime:
    """Compare some features of each bucket of time with the training data; the last seven days unless told."""
    query = DriftQuery(replace(which, model_id=model_id), metric)
    found = drift.feature_drift_by_span(ctx, caller, deploymentId, query, _names(feature_names), size)
    whole = TimeRange(start=found.buckets[0][0].start, end=found.buckets[-1][0].end)
    return FeatureDriftOverTime(
        metric=metric,
        model_id=found.model_id,
        buckets=[
            FeatureDriftBucketTime(period=period_of(span), **_bucket(found.model_id, row))
            for span, row in found.buckets
        ],
        summaries=[FeatureDriftBucketTime(period=whole, **_bucket(found.model_id, row)) for row in found.summary],
        **segment_of(which),
    )
