"""What can be asked of a custom metric's values: which model, segment and batches, and when."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic.json_schema import SkipJsonSchema

from assay.http.times import QueryTime
from assay.http.where import BatchIds, ModelId
from assay.monitoring.custom_metrics.custom_metric_tallies import FigureQuery
from assay.records.buckets import DEFAULT_BUCKET_SIZE, BucketSize

Text = str | SkipJsonSchema[None]

Start = Annotated[QueryTime, Query(description="Start of the span; seven days before the end unless told.")]
End = Annotated[QueryTime, Query(description="End of the span, not part of it; the next full hour unless told.")]


def _scope(
    modelPackageId: Annotated[Text, Query(description="The package, instead of the model.")] = None,
    model_id: ModelId = None,
    segmentAttribute: Annotated[Text, Query(description="Only values with this segment attribute.")] = None,
    segmentValue: Annotated[Text, Query(description="Only those with this value of the attribute.")] = None,
) -> FigureQuery:
    return FigureQuery(
        model_id=model_id,
        model_package_id=modelPackageId,
        segment_attribute=segmentAttribute or None,
        segment_value=segmentValue,
    )


Scope = Annotated[FigureQuery, Depends(_scope)]


def _by_batch(scope: Scope, batch_ids: BatchIds = None) -> FigureQuery:
    return scope if batch_ids is None else replace(scope, batch_ids=tuple(batch_ids))


ByBatch = Annotated[FigureQuery, Depends(_by_batch)]
"""Values of some batches."""


def _over_batches(
    named: ByBatch,
    start: Annotated[QueryTime, Query(description="Only values of this time or later.")] = None,
    end: Annotated[QueryTime, Query(description="Only values earlier than this.")] = None,
) -> FigureQuery:
    return replace(named, start=start, end=end)


OverBatches = Annotated[FigureQuery, Depends(_over_batches)]
"""Values of some batches, of all times unless told."""


def _over_time(named: ByBatch, start: Start = None, end: End = None) -> FigureQuery:
    return replace(named, start=start, end=end)


OverTime = Annotated[FigureQuery, Depends(_over_time)]
"""Values of a span of time, of some batches or whether in one or not."""


def _by_time(
    scope: Scope,
    start: Start = None,
    end: End = None,
    bucketSize: Annotated[
        Literal["PT1H", "P1D", "P7D", "P1M"],
        Query(description="Length of a bucket: an hour, a day, a week from Monday on, a calendar month."),
    ] = DEFAULT_BUCKET_SIZE.value,
) -> FigureQuery:
    return replace(scope, start=start, end=end, bucket_size=BucketSize(bucketSize))


ByTime = Annotated[FigureQuery, Depends(_by_time)]
"""Values of a span of time, cut into buckets."""
