"""Drift of features and of the target."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic.json_schema import SkipJsonSchema

from assay.errors import Invalid
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body
from assay.http.errors import documented
from assay.http.paging import page_body
from assay.http.refused_queries import refuse_unserved
from assay.http.shapes import BatchRef, TimeRange, batch_ref, time_range
from assay.monitoring import drift
from assay.monitoring.drift import DriftQuery, DriftRow
from assay.records.pages import PageRequest

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    tags=["drift"],
    responses=documented(409),
    dependencies=[Depends(refuse_unserved)],
)

Metric = Literal["psi", "kl_divergence", "dissimilarity", "hellinger", "js_divergence"]
BatchIds = Annotated[
    list[str] | SkipJsonSchema[None],
    Query(alias="batchId", description="A batch. May come more than once; all rows unless told."),
]
ModelId = Annotated[
    str | SkipJsonSchema[None], Query(alias="modelId", description="The model; the current one unless told.")
]
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


class FeatureDrift(Body):
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


class TargetDrift(Body):
    """Drift of the target (the predictions)."""

    batch_id: list[str]
    period: TimeRange
    metric: Metric | None
    model_id: str | None
    target_name: str | None
    drift_score: float | None
    sample_size: int | None
    baseline_sample_size: int | None
    segment_value: str | None
    low: float | None
    high: float | None


class FeatureDriftBucketBatch(Body):
    """Drift of one feature in one batch."""

    batch: BatchRef
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


class FeatureDriftOverBatch(Body):
    """Drift of features by batch."""

    metric: Metric
    buckets: list[FeatureDriftBucketBatch]


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
    )


def _query(batch_ids: list[str] | None, model_id: str | None, metric: str) -> DriftQuery:
    return DriftQuery(model_id, None if batch_ids is None else tuple(batch_ids), metric)


@router.get("/featureDrift/", operation_id="getFeatureDrift", response_model=FeatureDrift)
def get_feature_drift(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    batch_ids: BatchIds = None,
    model_id: ModelId = None,
    metric: Annotated[Metric, Query(description="Which distance.")] = "psi",
    offset: Annotated[int, Query(ge=0, description="Items to leave out from the start.")] = 0,
    limit: Annotated[int, Query(ge=0, description="Most items of the page; 0 means all.")] = FEATURES_A_PAGE,
) -> dict[str, Any]:
    """Compare the features of some batches, taken together, with the training data; most important first."""
    query = _query(batch_ids, model_id, metric)
    found = drift.feature_drift(ctx, caller, deploymentId, query, PageRequest(offset, limit or None))
    return {
        **page_body(request, found.rows, _item),
        "batchId": [batch.id for batch in found.batches],
        "metric": found.metric,
        "modelId": found.model_id,
        "period": time_range(*found.span, ctx.clock()),
    }


@router.get("/targetDrift/", operation_id="getTargetDrift")
def get_target_drift(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    batch_ids: BatchIds = None,
    model_id: ModelId = None,
    metric: Annotated[Metric, Query(description="Which distance.")] = "psi",
) -> TargetDrift:
    """Compare the predictions of some batches, taken together, with those of the holdout."""
    found = drift.target_drift(ctx, caller, deploymentId, _query(batch_ids, model_id, metric))
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
        segment_value=None,
        low=None if row is None else row.low,
        high=None if row is None else row.high,
    )


@router.get("/featureDriftOverBatch/", operation_id="getFeatureDriftOverBatch")
def get_feature_drift_over_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    featureNames: Annotated[str, Query(description="Names of features, with commas between.")],
    batch_ids: BatchIds = None,
    model_id: ModelId = None,
    driftMetric: Annotated[Metric, Query(description="Which distance.")] = "psi",
) -> FeatureDriftOverBatch:
    """Compare some features of each batch with the training data; the last 50 batches unless told."""
    names = [name.strip() for name in featureNames.split(",") if name.strip()]
    if not names:
        raise Invalid("featureNames: found no name, expected names of features with commas between.")
    query = _query(batch_ids, model_id, driftMetric)
    found = drift.feature_drift_by_batch(ctx, caller, deploymentId, query, names)
    return FeatureDriftOverBatch(
        metric=driftMetric,
        buckets=[
            FeatureDriftBucketBatch(
                batch=batch_ref(batch),
                model_id=found.model_id,
                feature_name=row.name,
                drift_score=row.score,
                feature_impact=row.importance,
                sample_size=row.sample_size,
                baseline_sample_size=row.baseline_sample_size,
                low=row.low,
                high=row.high,
                missing_rate=row.missing_rate,
                baseline_missing_rate=row.baseline_missing_rate,
            )
            for batch, row in found.buckets
        ],
    )
