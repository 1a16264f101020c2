"""Profiles counted again from kept rows, for spans of time that no stored buckets make up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from assay.errors import Invalid
from assay.monitoring.blocks import FEATURES
from assay.monitoring.context import Context
from assay.monitoring.rows.row_parts import AT, FEATURE, stored_parts
from assay.monitoring.rows.segments import columns_of, segments_of
from assay.monitoring.rows.slicing import BySpan
from assay.monitoring.watched import WatchedModel
from assay.records.buckets import Span
from assay.records.slices import Selection
from assay.records.uploads import Upload
from assay.stats.profile import Profile
from assay.stats.profile.bins import Bins

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


@dataclass(frozen=True)
class RowSource:
    """Whose rows are read: a model's, of its features or predictions, the named columns or all."""

    ctx: Context
    tx: "Transaction"
    model: WatchedModel
    part: str
    names: Sequence[str] | None

    @property
    def bins(self) -> dict[str, Bins]:
        """Bins of the wanted columns."""
        baseline = self.model.ready
        known = baseline.feature_bins if self.part == FEATURES else baseline.prediction_bins
        return {name: bins for name, bins in known.items() if self.names is None or name in self.names}


def by_spans(source: RowSource, selection: Selection, spans: Sequence[Span]) -> list[Profile]:
    """The profile of each span, in order.

    Raises
    ------
    Invalid
        When rows of the spans are not kept, or are more than a call may read.
    """
    bins = source.bins
    found = {span: Profile.empty(bins) for span in spans}
    cut = BySpan(spans, selection.segment)
    attributes = [] if selection.segment is None else [selection.segment.attribute]
    for frame in _rows(source, selection, bins, attributes):
        values = frame.rename({FEATURE + n: n for n in bins if FEATURE + n in frame.columns})
        for part, places in cut.parts(frame[AT], segments_of(frame, attributes)):
            if part.bucket is not None:
                found[part.bucket] = found[part.bucket].merge(Profile.of(values[places], bins))
    return list(found.values())


def readable_uploads(source: RowSource, selection: Selection) -> Sequence[Upload]:
    """Uploads with counted rows in the selection's span, all of which can be read again.

    Raises
    ------
    Invalid
        When rows of the span are not kept, or are more than a call may read.
    """
    model = source.model
    found = source.tx.uploads.overlapping(model.deployment.id, model.model_id, selection)
    uploads = [u for u in found if u.rows and not u.report.get("withoutDrift")]
    featured = source.part == FEATURES
    if any(
        not u.parts or u.report.get("rowsSampled") or (featured and not u.report.get("rowsKept", True)) for u in uploads
    ):
        raise Invalid(
            "start, end, bucketSize: the rows of this span are not kept, so it cannot be cut finer. "
            f"Ask for a span of whole buckets of {model.deployment.settings.bucket_size} (UTC)."
        )
    check_size(source.ctx, model, uploads)
    return uploads


def check_size(ctx: Context, model: WatchedModel, uploads: Sequence[Upload]) -> None:
    """Refuse to read more rows in one call than the limit."""
    rows = sum(u.rows for u in uploads)
    if rows > ctx.limits.max_rows_read_again:
        raise Invalid(
            f"start, end, bucketSize: {rows:,} rows would have to be read again, expected at most "
            f"{ctx.limits.max_rows_read_again:,}. Ask for a span of whole buckets of "
            f"{model.deployment.settings.bucket_size} (UTC)."
        )


def _rows(
    source: RowSource, selection: Selection, bins: dict[str, Bins], attributes: list[str]
) -> Iterator[pl.DataFrame]:
    columns = (FEATURE + n for n in bins) if source.part == FEATURES else bins
    wanted = [AT, *columns, *columns_of(attributes)]
    for upload in readable_uploads(source, selection):
        yield from stored_parts(source.ctx, upload.blob_prefix, upload.parts, list(dict.fromkeys(wanted)))
