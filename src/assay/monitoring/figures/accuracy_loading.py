"""Accuracy of a selection: sums of what is stored, computed again from rows where the stored buckets do not fit."""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from assay.errors import Invalid
from assay.monitoring.actuals.accuracy_refresh import MatchedRows, outcomes_of
from assay.monitoring.context import Context
from assay.monitoring.profiles.row_profiles import check_size
from assay.monitoring.rows.scored_rows import pooled
from assay.monitoring.rows.slicing import BySpan
from assay.monitoring.watched import WatchedModel
from assay.records.actuals import ComputedAccuracy
from assay.records.buckets import Span
from assay.records.slices import Selection
from assay.stats.accuracy import Accuracy, accuracy_from_bytes

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


def load(ctx: Context, tx: "Transaction", model: WatchedModel, selection: Selection) -> Accuracy | None:
    """Accuracy of all rows of a selection; None where none has an actual."""
    if selection.span is not None:
        return load_by_span(ctx, tx, model, selection, [selection.span])[0]
    return together(tx.accuracy.list(model.deployment.id, model.model_id, selection))


def together(states: Sequence[ComputedAccuracy]) -> Accuracy | None:
    """Accuracy of several stored parts; None of none."""
    return reduce(pooled, (accuracy_from_bytes(s.data) for s in states)) if states else None


def load_by_span(
    ctx: Context, tx: "Transaction", model: WatchedModel, selection: Selection, spans: Sequence[Span]
) -> list[Accuracy | None]:
    """Accuracy of each of some spans that follow one another and make up the selection's span.

    They are sums of stored buckets where these fit, and are computed again from the kept rows where they do not.
    """
    found: dict[Span, list[ComputedAccuracy]] = {span: [] for span in spans}
    for state in tx.accuracy.list(model.deployment.id, model.model_id, selection):
        bucket = state.slice.bucket
        home = next((s for s in spans if bucket is not None and s.holds(bucket)), None)
        if home is None:
            return _from_rows(ctx, tx, model, selection, spans)
        found[home].append(state)
    return [together(states) for states in found.values()]


def _from_rows(
    ctx: Context, tx: "Transaction", model: WatchedModel, selection: Selection, spans: Sequence[Span]
) -> list[Accuracy | None]:
    there = tx.uploads.overlapping(model.deployment.id, model.model_id, selection)
    uploads = [u for u in there if u.parts]
    check_size(ctx, model, uploads)
    attributes = [] if selection.segment is None else [selection.segment.attribute]
    found: dict[Span | None, Accuracy] = {}
    for batch_id in dict.fromkeys(u.batch_id for u in uploads):
        mine = [u for u in uploads if u.batch_id == batch_id]
        rows = MatchedRows(ctx, model.target, mine, outcomes_of(tx, model.deployment.id, batch_id, model.model_id))
        for part, here in rows.by_slice(BySpan(spans, selection.segment), attributes).items():
            known = found.get(part.bucket)
            found[part.bucket] = here if known is None else pooled(known, here)
    for span, gone in _closed(tx, model, selection, spans):
        known = found.get(span)
        found[span] = gone if known is None else pooled(gone, known)
    return [found.get(span) for span in spans]


def _closed(
    tx: "Transaction", model: WatchedModel, selection: Selection, spans: Sequence[Span]
) -> Iterator[tuple[Span, Accuracy]]:
    """What was counted for good of rows that are gone, each with the span that it is of."""
    for one in tx.accuracy.closed(model.deployment.id, model.model_id, selection.batch_ids):
        bucket = one.slice.bucket
        if bucket is None or one.slice.segment != selection.segment:
            continue
        home = next((span for span in spans if span.holds(bucket)), None)
        if home is not None:
            yield home, accuracy_from_bytes(one.data)
        elif any(bucket.start < span.end and span.start < bucket.end for span in spans):
            raise Invalid(
                "start, end, bucketSize: some rows of this span were deleted by age, so it cannot be cut finer. Ask "
                f"for a span of whole buckets of {model.deployment.settings.bucket_size} (UTC)."
            )
