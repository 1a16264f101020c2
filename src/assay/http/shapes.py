"""Shapes that several resources share."""

from datetime import datetime

from assay.http.bodies import Body, Moment
from assay.records.batches import Batch
from assay.records.buckets import Span


class Accepted(Body):
    """Body of a 202 that carries no data of its own. The work is tracked at the Location header."""

    message: str = ""


class TimeRange(Body):
    """A span of time."""

    start: Moment
    end: Moment


class BatchRef(Body):
    """The batch that a figure belongs to."""

    id: str
    name: str
    earliest_prediction_timestamp: Moment | None = None
    latest_prediction_timestamp: Moment | None = None


class Switch(Body):
    """An on/off setting."""

    enabled: bool


def batch_ref(batch: Batch) -> BatchRef:
    """A batch as figures name it."""
    return BatchRef(
        id=batch.id,
        name=batch.name,
        earliest_prediction_timestamp=batch.earliest,
        latest_prediction_timestamp=batch.latest,
    )


def period_of(span: Span) -> TimeRange:
    """A span of time on the wire."""
    return TimeRange(start=span.start, end=span.end)


def time_range(start: datetime | None, end: datetime | None, default: datetime) -> TimeRange:
    """A span; an open end is the default, because clients need both."""
    return TimeRange(start=start or default, end=end or default)
