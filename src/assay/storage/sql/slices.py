"""How slices lie in the columns of a table: empty texts and null stand for no restriction."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from assay.records.buckets import Span
from assay.records.slices import Segment, Slice
from assay.records.uploads import HELD, UploadState
from assay.storage.sql.tables import batches, uploads


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


def of_batches(
    table: sa.Table, deployment_id: str, batch_ids: Sequence[str] | None
) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions for the rows of named batches, or for all that count for the deployment as a whole.

    Drafts and superseded versions are read where they are named, and nowhere else.
    """
    if batch_ids is not None:
        return (table.c.batch_id.in_(list(batch_ids)),)
    hidden = sa.select(batches.c.id).where(batches.c.deployment_id == deployment_id, batches.c.version_of.is_not(None))
    return (sa.or_(table.c.batch_id.is_(None), table.c.batch_id.not_in(hidden)),)


def uploads_in(batch_ids: Sequence[str] | None) -> tuple[sa.ColumnElement[bool], ...]:
    """The same for uploads, whose state tells it."""
    if batch_ids is None:
        return (uploads.c.state == UploadState.COUNTED,)
    return (uploads.c.batch_id.in_(list(batch_ids)), uploads.c.state.in_(HELD))
