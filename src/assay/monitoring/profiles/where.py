"""Which rows a page is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.rows import segments
from assay.records.batches import Batch
from assay.records.buckets import BucketSize, Span, asked_span, bucket_of, bucket_start, buckets
from assay.records.deployments import Deployment
from assay.records.slices import Selection

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Where:
    """The rows that a caller names.

    Attributes
    ----------
    model_id : str or None
        None: the current model.
    batch_ids : tuple of str, or None
        None: whatever batch, and rows of no batch.
    start, end : datetime or None
        Of the prediction's time. None at both: any time, but for a deployment without batches the last seven days.
    segment_attribute, segment_value : str or None
        None: whatever segment.
    """

    model_id: str | None = None
    batch_ids: tuple[str, ...] | None = None
    start: datetime | None = None
    end: datetime | None = None
    segment_attribute: str | None = None
    segment_value: str | None = None


ANYWHERE = Where()


@dataclass(frozen=True)
class Chosen:
    """What a caller's words come to."""

    selection: Selection
    batches: list[Batch]
    span: tuple[datetime | None, datetime | None]


def chosen(ctx: Context, tx: "Transaction", deployment: Deployment, where: Where) -> Chosen:
    """The named batches or the named span, or all rows of a deployment with batches.

    Raises
    ------
    UnknownBatch
        When the deployment has no such batch.
    Invalid
        When the span ends before it starts, or there is no such segment.
    """
    batches = [] if where.batch_ids is None else list(tx.batches.get_many(deployment.id, where.batch_ids))
    timed = where.start is not None or where.end is not None
    untold = where.batch_ids is None and not timed and not deployment.settings.batch_monitoring
    span = span_of(ctx, deployment, where) if timed or untold else None
    model_id = where.model_id or deployment.model_id
    shown = access.span(tx, deployment.id, batches, model_id) if span is None else (span.start, span.end)
    return Chosen(_selection(deployment, where, where.batch_ids, span), batches, shown)


def chosen_batches(tx: "Transaction", deployment: Deployment, where: Where) -> Chosen:
    """The named batches, or the deployment's last ones, oldest first."""
    batches = access.chosen_batches(tx, deployment.id, where.batch_ids)
    ids = tuple(batch.id for batch in batches)
    return Chosen(_selection(deployment, where, ids, None), batches, access.span(tx, deployment.id, batches))


def chosen_spans(ctx: Context, deployment: Deployment, where: Where, size: BucketSize) -> tuple[list[Span], Selection]:
    """The buckets of the named span, or of the last seven days, and the selection that they make up."""
    span = span_of(ctx, deployment, where)
    return buckets(span, size), _selection(deployment, where, where.batch_ids, span)


def span_of(ctx: Context, deployment: Deployment, where: Where) -> Span:
    """The span from start to end; what is not told is set where a stored bucket begins and ends."""
    size = deployment.settings.bucket_size
    span = asked_span(where.start, where.end, ctx.clock())
    start = bucket_start(span.start, size) if where.start is None else span.start
    end = bucket_of(span.end - timedelta(microseconds=1), size).end if where.end is None else span.end
    return Span(start, end)


def _selection(deployment: Deployment, where: Where, batch_ids: Sequence[str] | None, span: Span | None) -> Selection:
    segment = segments.asked(deployment, where.segment_attribute, where.segment_value)
    return Selection(None if batch_ids is None else tuple(batch_ids), span, segment)
