"""Predictions by batch, alone and against actuals."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body
from assay.http.drift import BatchIds, ModelId
from assay.http.errors import documented
from assay.http.refused_queries import refuse_unserved
from assay.http.shapes import BatchRef, batch_ref
from assay.monitoring import prediction_stats
from assay.monitoring.prediction_stats import ClassCount, ComparedRows, PredictionSummary, StatsQuery

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    tags=["predictions"],
    responses=documented(),
    dependencies=[Depends(refuse_unserved)],
)


class ClassCountBody(Body):
    """How many rows fell to one class."""

    class_name: str
    count: int
    percent: float


class ClassMean(Body):
    """Mean predicted probability of one class."""

    class_name: str
    value: float | None


class Percentile(Body):
    """One percentile of the predicted values."""

    percent: float
    value: float | None


class PredictionsBaseline(Body):
    """Predictions on the baseline data."""

    model_id: str | None
    row_count: int | None
    mean_predicted_value: float | None
    percentiles: list[Percentile]
    mean_probabilities: list[ClassMean]
    class_distribution: list[ClassCountBody]


class PredictionsBucketBatch(PredictionsBaseline):
    """Predictions in one batch."""

    batch: BatchRef


class PredictionsOverBatch(Body):
    """Predictions by batch."""

    baselines: list[PredictionsBaseline]
    buckets: list[PredictionsBucketBatch]


class PvaSummary(Body):
    """Rows in all."""

    row_count_total: int
    row_count_with_actual: int


class PvaBaseline(Body):
    """Predictions against actuals on the baseline data."""

    model_id: str | None
    row_count_total: int
    row_count_with_actual: int
    mean_predicted_value: float | None
    mean_actual_value: float | None
    predicted_class_distribution: list[ClassCountBody] | None
    actual_class_distribution: list[ClassCountBody] | None


class PvaBucketBatch(PvaBaseline):
    """Predictions against actuals in one batch."""

    batch: BatchRef


class PredictionsVsActualsOverBatch(Body):
    """Predictions against actuals by batch."""

    summary: PvaSummary
    baselines: list[PvaBaseline]
    buckets: list[PvaBucketBatch]


def _classes(counts: list[ClassCount]) -> list[ClassCountBody]:
    return [ClassCountBody(class_name=c.name, count=c.count, percent=c.percent) for c in counts]


def _summary(found: PredictionSummary) -> PredictionsBaseline:
    return PredictionsBaseline(
        model_id=found.model_id,
        row_count=found.rows,
        mean_predicted_value=found.mean,
        percentiles=[Percentile(percent=p, value=v) for p, v in found.percentiles],
        mean_probabilities=[ClassMean(class_name=n, value=v) for n, v in found.mean_probabilities],
        class_distribution=_classes(found.classes),
    )


def _compared(found: ComparedRows) -> PvaBaseline:
    predicted, actual = found.predicted_classes, found.actual_classes
    return PvaBaseline(
        model_id=found.model_id,
        row_count_total=found.rows,
        row_count_with_actual=found.rows_with_actual,
        mean_predicted_value=found.mean_predicted,
        mean_actual_value=found.mean_actual,
        predicted_class_distribution=None if predicted is None else _classes(predicted),
        actual_class_distribution=None if actual is None else _classes(actual),
    )


def _query(batch_ids: list[str] | None, model_id: str | None, *, percentiles: bool = False) -> StatsQuery:
    return StatsQuery(model_id, None if batch_ids is None else tuple(batch_ids), percentiles)


@router.get("/predictionsOverBatch/", operation_id="getPredictionsOverBatch")
def get_predictions_over_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    batch_ids: BatchIds = None,
    model_id: ModelId = None,
    includePercentiles: Annotated[
        Literal["false", "False", "true", "True"], Query(description="Whether percentiles are wanted.")
    ] = "false",
) -> PredictionsOverBatch:
    """Tell what was predicted in each batch, beside the holdout; the last 50 batches unless told."""
    query = _query(batch_ids, model_id, percentiles=includePercentiles.lower() == "true")
    found = prediction_stats.predictions_by_batch(ctx, caller, deploymentId, query)
    return PredictionsOverBatch(
        baselines=[_summary(one) for one in found.baselines],
        buckets=[PredictionsBucketBatch(batch=batch_ref(batch), **dict(_summary(one))) for batch, one in found.buckets],
    )


@router.get("/predictionsVsActualsOverBatch/", operation_id="getPredictionsVsActualsOverBatch")
def get_predictions_vs_actuals_over_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    batch_ids: BatchIds = None,
    model_id: ModelId = None,
) -> PredictionsVsActualsOverBatch:
    """Set predictions against actuals, on the rows that have both; the last 50 batches unless told."""
    found = prediction_stats.compared_by_batch(ctx, caller, deploymentId, _query(batch_ids, model_id))
    total, with_actual = found.totals
    return PredictionsVsActualsOverBatch(
        summary=PvaSummary(row_count_total=total, row_count_with_actual=with_actual),
        baselines=[_compared(one) for one in found.baselines],
        buckets=[PvaBucketBatch(batch=batch_ref(batch), **dict(_compared(one))) for batch, one in found.buckets],
    )
