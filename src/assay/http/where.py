"""Query parameters that say which rows a figure is of, and how the answer tells it back."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic.json_schema import SkipJsonSchema

from assay.http.bodies import Body, optional
from assay.http.times import QueryTime
from assay.monitoring.profiles.where import Where
from assay.records.buckets import BucketSize

BatchIds = Annotated[
    list[str] | SkipJsonSchema[None],
    Query(alias="batchId", description="A batch. May come more than once; all rows unless told."),
]
ModelId = Annotated[
    str | SkipJsonSchema[None], Query(alias="modelId", description="The model; the current one unless told.")
]
ModelIds = Annotated[
    list[str] | SkipJsonSchema[None],
    Query(alias="modelId", description="A model; the current one unless told. May come more than once."),
]
Classes = Annotated[
    list[str] | SkipJsonSchema[None], Query(alias="targetClass", description="A class. May come more than once.")
]
Start = Annotated[
    QueryTime, Query(alias="start", description="Start of the span of prediction times; seven days before its end.")
]
End = Annotated[QueryTime, Query(alias="end", description="End of the span; the end of the present bucket.")]
Attribute = Annotated[
    str | SkipJsonSchema[None],
    Query(alias="segmentAttribute", description="An attribute that the deployment is segmented by."),
]
Value = Annotated[
    str | SkipJsonSchema[None],
    Query(alias="segmentValue", description="Keep rows whose attribute has this value; all of them unless told."),
]
Size = Annotated[
    BucketSize,
    Query(alias="bucketSize", description="Length of a bucket: an hour, a day, a week from Monday on, a month (UTC)."),
]


class Segmented(Body):
    """What an answer tells of the segment that was asked for; left out where none was."""

    segment_attribute: str | SkipJsonSchema[None] = optional()
    segment_value: str | None = optional()


@dataclass(frozen=True, slots=True)
class _Segment:
    attribute: Attribute = None
    value: Value = None


_Segments = Annotated[_Segment, Depends()]


def _rows(segment: _Segments, batch_ids: BatchIds = None, start: Start = None, end: End = None) -> Where:
    return replace(_batches(segment, batch_ids), start=start, end=end)


def _batches(segment: _Segments, batch_ids: BatchIds = None) -> Where:
    return Where(
        batch_ids=None if batch_ids is None else tuple(batch_ids),
        segment_attribute=segment.attribute or None,
        segment_value=segment.value,
    )


def _span(segment: _Segments, start: Start = None, end: End = None) -> Where:
    return replace(_batches(segment), start=start, end=end)


# Of whatever model: an operation that takes one, or several, says so itself.
WhichRows = Annotated[Where, Depends(_rows)]
WhichBatches = Annotated[Where, Depends(_batches)]
WhichSpan = Annotated[Where, Depends(_span)]


def segment_of(where: Where) -> dict[str, Any]:
    """The fields of `Segmented`, for the segment that was asked for."""
    if where.segment_attribute is None:
        return {}
    return {"segment_attribute": where.segment_attribute, "segment_value": where.segment_value}
