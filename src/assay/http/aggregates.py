"""Aggregates in the place of rows."""

import hashlib
from typing import Annotated

import msgspec
import numpy as np
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from assay.errors import Invalid
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import decoded
from assay.http.errors import documented
from assay.http.intake import Raw, json_body
from assay.http.shapes import Accepted
from assay.monitoring.intake import aggregates
from assay.monitoring.intake.aggregates import AggregateGroup, FeatureAggregate, ScoreAggregate, SentAggregates
from assay.monitoring.rows.json_rows import json_text
from assay.records.slices import Segment
from assay.stats.profile.aggregates import LevelAggregate, NumberAggregate

router = APIRouter(prefix="/api/v2/deployments/{deploymentId}", tags=["intake"], responses=documented(409, 413))

Rows = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Histogram(msgspec.Struct):
    """A sketch of a distribution: values, and how many rows are nearest to each."""

    centroids: list[float]
    counts: list[float]


class NumericStats(msgspec.Struct, rename="camel"):
    """Aggregates of the numbers of some rows; missing values are not among them."""

    count: Rows
    min: float | None = None
    max: float | None = None
    sum: float | None = None
    sum_of_squares: float | None = None
    histogram: Histogram | None = None
    decision_count: Rows | None = None


class Categories(msgspec.Struct):
    """Levels, or words, with the rows of each."""

    values: list[str | int | float | bool]
    counts: list[Rows]


class FeatureStats(msgspec.Struct, rename="camel"):
    """Aggregates of a feature: ``numericStats``, or ``count`` with ``categories``."""

    numeric_stats: NumericStats | None = None
    count: Rows | None = None
    missing_count: Rows = 0
    categories: Categories | None = None


class AggregatedFeature(msgspec.Struct):
    """Aggregates of one feature."""

    name: str
    stats: FeatureStats


class SegmentData(msgspec.Struct):
    """Aggregates of the rows of one segment."""

    value: str | int | float | bool | None = None
    features: list[AggregatedFeature] | None = None
    predictions: list[NumericStats] | NumericStats | None = None


class AggregatedSegment(msgspec.Struct):
    """Aggregates by the values of one segment attribute."""

    name: str = ""
    data: list[SegmentData] = []


class PredictionStat(msgspec.Struct, rename="camel"):
    """Aggregates of some rows."""

    model_id: str
    timestamp: str | None = None
    batch_id: str | None = None
    class_names: list[str] | None = None
    features: list[AggregatedFeature] | None = None
    predictions: list[NumericStats] | NumericStats | None = None
    segments: list[AggregatedSegment] | None = None


class PredictionStats(msgspec.Struct):
    """Aggregates instead of rows."""

    data: list[PredictionStat]


@router.post(
    "/predictionStats/fromJSON/",
    operation_id="addPredictionStats",
    status_code=202,
    openapi_extra=json_body(PredictionStats),
)
async def add_prediction_stats(ctx: Ctx, caller: Caller, deploymentId: str, raw: Raw) -> Accepted:
    """Add aggregates of rows; they count when the answer arrives, and what they leave open is marked as estimated."""
    sent = decoded(raw, PredictionStats)
    rows = await run_in_threadpool(
        aggregates.accept,
        ctx,
        caller,
        deploymentId,
        [_sent(one) for one in sent.data],
        content_hash=hashlib.sha256(raw).hexdigest(),
    )
    return Accepted(message=f"{rows} rows counted.")


def _sent(one: PredictionStat) -> SentAggregates:
    return SentAggregates(
        timestamp=one.timestamp,
        model_id=one.model_id,
        batch_id=one.batch_id,
        class_names=one.class_names or (),
        group=_group(one.features, one.predictions),
        segments={
            Segment(attribute.name, str(json_text(part.value))): _group(part.features, part.predictions)
            for attribute in one.segments or ()
            for part in attribute.data
            if part.value is not None
        },
    )


def _group(
    features: list[AggregatedFeature] | None, predictions: list[NumericStats] | NumericStats | None
) -> AggregateGroup:
    scores = [predictions] if isinstance(predictions, NumericStats) else predictions or []
    return AggregateGroup(
        features=[_feature(one) for one in features or ()],
        predictions=[ScoreAggregate(_numbers(one), one.decision_count) for one in scores],
    )


def _feature(sent: AggregatedFeature) -> FeatureAggregate:
    stats = sent.stats
    if stats.numeric_stats is not None:
        return FeatureAggregate(sent.name, stats.missing_count, numbers=_numbers(stats.numeric_stats))
    named = stats.categories or Categories([], [])
    if len(named.values) != len(named.counts):
        raise Invalid(
            f"feature '{sent.name[:64]}': found {len(named.values)} categories with {len(named.counts)} counts."
        )
    counts = tuple(named.counts)
    levels = LevelAggregate(
        sum(counts) if stats.count is None else stats.count, tuple(str(json_text(v)) for v in named.values), counts
    )
    return FeatureAggregate(sent.name, stats.missing_count, levels=levels)


def _numbers(sent: NumericStats) -> NumberAggregate:
    held = sent.histogram or Histogram([], [])
    if len(held.centroids) != len(held.counts):
        raise Invalid(f"histogram: found {len(held.centroids)} centroids with {len(held.counts)} counts.")
    return NumberAggregate(
        count=sent.count,
        low=sent.min,
        high=sent.max,
        total=sent.sum,
        squares=sent.sum_of_squares,
        centroids=np.array(held.centroids, dtype=np.float64),
        counts=np.array(held.counts, dtype=np.float64),
    )
