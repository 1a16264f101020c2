"""How slices lie in the columns of a table: empty texts and null stand for no restriction."""

from typing import Any

import sqlalchemy as sa

from assay.records.buckets import Span
from assay.records.slices import Segment, Slice


def values_of(part: Slice) -> dict[str, Any]:
    """A slice as column values."""
    segment, bucket = part.segment, part.bucket
    return {
        # An attribute always has a name, so the empty text can stand for no segment.
        "segment_attribute": "" if segment is None else segment.attribute,
        "segment_value": "" if segment is None else segment.value,
        "bucket_start": None if bucket is None else bucket.start,
        "bucket_end": None if bucket is None else bucket.end,
    }


def slice_of(row: sa.RowMapping) -> Slice:
    """The slice that a row's columns tell."""
    attribute, start = row["segment_attribute"], row["bucket_start"]
    return Slice(
        Segment(attribute, row["segment_value"]) if attribute else None,
        None if start is None else Span(start, row["bucket_end"]),
    )


def of_segment(table: sa.Table, segment: Segment | None) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions for the rows of a segment, or of no segment."""
    attribute, value = ("", "") if segment is None else (segment.attribute, segment.value)
    return (table.c.segment_attribute == attribute, table.c.segment_value == value)


def of_span(table: sa.Table, span: Span | None) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions for every bucket that shares some time with a span, or for what is of no bucket."""
    if span is None:
        return (table.c.bucket_start.is_(None),)
    return (table.c.bucket_start < span.end, table.c.bucket_end > span.start)
