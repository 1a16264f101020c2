"""Spans of time and the buckets of a chart: hours, days, weeks from Monday on, calendar months; all in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from assay.errors import Invalid

MAX_BUCKETS = 10_000
"""Most buckets of one series: a year by the hour has 8,784."""

_LATEST = datetime.max.replace(tzinfo=UTC)


class BucketSize(StrEnum):
    """Length of a bucket, as the ISO 8601 duration that the API uses."""

    HOUR = "PT1H"
    DAY = "P1D"
    WEEK = "P7D"
    MONTH = "P1M"


DEFAULT_BUCKET_SIZE = BucketSize.DAY
DEFAULT_SPAN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Span:
    """The moments from ``start``, which belongs to it, to ``end``, which does not; both in UTC."""

    start: datetime
    end: datetime

    def holds(self, other: "Span") -> bool:
        """Whether the other span lies within this one."""
        return self.start <= other.start and other.end <= self.end


def asked_span(start: datetime | None, end: datetime | None, now: datetime) -> Span:
    """The span that a caller asks for; by default the seven days before the next full hour.

    Raises
    ------
    Invalid
        When it would not end after it starts.

    Examples
    --------
    >>> span = asked_span(None, None, datetime(2026, 11, 23, 10, 31, tzinfo=UTC))
    >>> span.start.isoformat(), span.end.isoformat()
    ('2026-11-16T11:00:00+00:00', '2026-11-23T11:00:00+00:00')
    """
    last = _following(bucket_start(now, BucketSize.HOUR), BucketSize.HOUR) if end is None else end.astimezone(UTC)
    first = _week_before(last) if start is None else start.astimezone(UTC)
    if first >= last:
        raise Invalid(f"start: found {first.isoformat()}, expected a time before the end, {last.isoformat()}.")
    return Span(first, last)


def bucket_start(moment: datetime, size: BucketSize) -> datetime:
    """First moment of the bucket that holds a moment.

    Examples
    --------
    >>> moment = datetime(2026, 11, 26, 10, 31, tzinfo=UTC)  # a Thursday
    >>> [bucket_start(moment, size).isoformat()[:16] for size in BucketSize]
    ['2026-11-26T10:00', '2026-11-26T00:00', '2026-11-23T00:00', '2026-11-01T00:00']
    """
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if size is BucketSize.HOUR:
        return hour
    day = hour.replace(hour=0)
    if size is BucketSize.DAY:
        return day
    # The first of January of the year 1 was a Monday, so no week begins before time does.
    return day - timedelta(days=day.weekday()) if size is BucketSize.WEEK else day.replace(day=1)


def bucket_of(moment: datetime, size: BucketSize) -> Span:
    """The whole bucket that holds a moment.

    Examples
    --------
    >>> bucket = bucket_of(datetime(2026, 2, 26, 10, 31, tzinfo=UTC), BucketSize.MONTH)
    >>> bucket.start.isoformat()[:10], bucket.end.isoformat()[:10]
    ('2026-02-01', '2026-03-01')
    """
    start = bucket_start(moment, size)
    return Span(start, _following(start, size))


def buckets(span: Span, size: BucketSize) -> list[Span]:
    """The buckets of a span, in order and without gaps.

    The first and the last one are cut off where the span is: a bucket never claims moments that were not asked for.

    Raises
    ------
    Invalid
        When there would be more than ``MAX_BUCKETS``.

    Examples
    --------
    >>> span = Span(datetime(2026, 11, 21, 6, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
    >>> [(b.start.isoformat()[:13], b.end.isoformat()[:13]) for b in buckets(span, BucketSize.WEEK)]
    [('2026-11-21T06', '2026-11-23T00'), ('2026-11-23T00', '2026-11-24T00')]
    """
    found: list[Span] = []
    start = span.start
    while start < span.end:
        if len(found) == MAX_BUCKETS:
            raise Invalid(
                f"The span from {span.start.isoformat()} to {span.end.isoformat()} has more than {MAX_BUCKETS:,} "
                f"buckets of {size}. Ask for a shorter span or longer buckets."
            )
        end = min(_following(bucket_start(start, size), size), span.end)
        found.append(Span(start, end))
        start = end
    return found


def _following(start: datetime, size: BucketSize) -> datetime:
    try:
        if size is BucketSize.MONTH:
            return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
        return start + _LENGTHS[size]
    except (OverflowError, ValueError):
        return _LATEST


def _week_before(end: datetime) -> datetime:
    try:
        return end - DEFAULT_SPAN
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


_LENGTHS = {
    BucketSize.HOUR: timedelta(hours=1),
    BucketSize.DAY: timedelta(days=1),
    BucketSize.WEEK: timedelta(days=7),
}
