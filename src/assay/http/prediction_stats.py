"""Predictions by batch and over time, alone and against actuals."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body
from assay.http.errors import documented
from assay.http.shapes import BatchRef, TimeRange, batch_ref, period_of
from assay.http.where import Classes, ModelId, Segmented, Size, WhichBatches, WhichSpan, segment_of
from assay.monitoring.figures import prediction_stats
from assay.monitoring.figures.prediction_stats import ClassCount, ComparedRows, PredictionSummary, StatsQuery
from assay.records.buckets import DEFAULT_BUCKET_SIZE

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    tags=["predictions"],
    responses=documented(),
)

Percentiles = Annotated[
    Literal["false", "False", "true", "True"],
    Query(alias="includePercentiles", description="Whether percentiles are wanted."),
]


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


class PredictionsBucketTime(PredictionsBaseline):
    """Predictions in one span of time."""

    period: TimeRange


class PredictionsOverBatch(Segmented):
    """Predictions by batch."""

    baselines: list[PredictionsBaseline]
    buckets: list[PredictionsBucketBatch]


class PredictionsOverTime(Segmented):
    """Predictions over time."""

    baselines: list[PredictionsBaseline]
    buckets: list[PredictionsBucketTime]


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


class PvaBucketTime(PvaBaseline):
    """Predictions against actuals in one span of time."""

    period: TimeRange


class PredictionsVsActualsOverBatch(Segmented):
    """Predictions against actuals by batch."""

    summary: PvaSummary
    baselines: list[PvaBaseline]
    buckets: list[PvaBucketBatch]


class PredictionsVsActualsOverTime(Segmented):
    """Predictions against actuals over time, by the time of the prediction."""

    summary: PvaSummary
    baselines: list[PvaBaseline]
    buckets: list[PvaBucketTime]


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


@router.get("/predictionsOverBatch/", operation_id="getPredictionsOverBatch", response_model_exclude_unset=True)
def get_predictions_over_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichBatches,
    model_id: ModelId = None,
    percentiles: Percentiles = "false",
) -> PredictionsOverBatch:
    """Tell what was predicted in each batch, beside the holdout; the last 50 batches unless told."""
    query = StatsQuery(replace(which, model_id=model_id), percentiles=percentiles.lower() == "true")
    found = prediction_stats.predictions_by_batch(ctx, caller, deploymentId, query)
    return PredictionsOverBatch(
        baselines=[_summary(one) for one in found.baselines],
        buckets=[PredictionsBucketBatch(batch=batch_ref(batch), **dict(_summary(one))) for batch, one in found.buckets],
        **segment_of(which),
    )


@router.get("/predictionsOverTime/", operation_id="getPredictionsOverTime", response_model_exclude_unset=True)
def get_predictions_over_time(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichSpan,
    model_id: ModelId = None,
    percentiles: Percentiles = "false",
    classes: Classes = None,
    size: Size = DEFAULT_BUCKET_SIZE,
) -> PredictionsOverTime:
    """Tell what was predicted in each bucket of time, beside the holdout; the last seven days unless told."""
    query = StatsQuery(replace(which, model_id=model_id), percentiles.lower() == "true", tuple(classes or ()))
    found = prediction_stats.predictions_by_span(ctx, caller, deploymentId, query, size)
    return PredictionsOverTime(
        baselines=[_summary(one) for one in found.baselines],
        buckets=[PredictionsBucketTime(period=period_of(span), **dict(_summary(one))) for span, one in found.buckets],
        **segment_of(which),
    )


@router.get(
    "/predictionsVsActualsOverBatch/",
    operation_id="getPredictionsVsActualsOverBatch",
    response_model_exclude_unset=True,
)
def get_predictions_vs_actuals_over_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichBatches,
    model_id: ModelId = None,
    classes: Classes = None,
) -> PredictionsVsActualsOverBatch:
    """Set predictions against actuals, on the rows that have both; the last 50 batches unless told."""
    query = StatsQuery(replace(which, model_id=model_id), classes=tuple(classes or ()))
    found = prediction_stats.compared_by_batch(ctx, caller, deploymentId, query)
    return PredictionsVsActualsOverBatch(
        summary=_totals(found.totals),
        baselines=[_compared(one) for one in found.baselines],
        buckets=[PvaBucketBatch(batch=batch_ref(batch), **dict(_compared(one))) for batch, one in found.buckets],
        **segment_of(which),
    )


@router.get(
    "/predictionsVsActualsOverTime/",
    operation_id="getPredictionsVsActualsOverTime",
    response_model_exclude_unset=True,
)
def get_predictions_vs_actuals_over_time(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    which: WhichSpan,
    model_id: ModelId = None,
    classes: Classes = None,
    size: Size = DEFAULT_BUCKET_SIZE,
) -> PredictionsVsActualsOverTime:
    """Set predictions against actuals in each bucket of the predictions' times; the last seven days unless told."""
    query = StatsQuery(replace(which, model_id=model_id), classes=tuple(classes or ()))
    found = prediction_stats.compared_by_span(ctx, caller, deploymentId, query, size)
    return PredictionsVsActualsOverTime(
        summary=_totals(found.totals),
        baselines=[_compared(one) for one in found.baselines],
        buckets=[PvaBucketTime(period=period_of(span), **dict(_compared(one))) for span, one in found.buckets],
        **segment_of(which),
    )


def _totals(totals: tuple[int, int]) -> PvaSummary:
    return PvaSummary(row_count_total=totals[0], row_count_with_actual=totals[1])
