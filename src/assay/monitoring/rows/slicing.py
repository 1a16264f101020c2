"""Cutting rows into slices: by the time of the prediction and by segment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import polars as pl

from assay.records.buckets import BucketSize, Span, bucket_of
from assay.records.slices import Segment, Slice

_TRUNCATED = {BucketSize.HOUR: "1h", BucketSize.DAY: "1d", BucketSize.WEEK: "1w", BucketSize.MONTH: "1mo"}
_BUCKET = "bucket"
_ROW = "row"


class Cut(Protocol):
    """A way to cut rows into slices."""

    def parts(self, at: pl.Series, segments: pl.DataFrame) -> Iterator[tuple[Slice, pl.Series]]:
        """Slices that have rows, each with the places of its rows, ascending.

        Parameters
        ----------
        at : Series of UTC times, shape (n,)
        segments : DataFrame of texts, shape (n, n_attributes)
            One column an attribute; missing where a row has no value. May have no column.
        """
        ...


@dataclass
class ByBucket:
    """Every bucket of one size, and within it every value of the segment attributes.

    An attribute keeps the values that came first, up to ``most_values``; rows of later ones are in none of its
    segments, and are counted in `left_out`. What has been kept once is kept for good, so figures of a kept value
    are of all its rows.

    Attributes
    ----------
    known : mapping of str to set of str
        Values kept so far, by attribute; grows as rows are cut.
    """

    size: BucketSize
    known: Mapping[str, set[str]] = field(default_factory=dict)
    most_values: int = 100
    left_out: dict[str, int] = field(default_factory=dict)

    def again(self) -> "ByBucket":
        """The same cut for other rows: what is kept is shared, what is left out is not."""
        return ByBucket(self.size, self.known, self.most_values)

    def only(self, attributes: set[str]) -> "ByBucket":
        """The same cut by some of its attributes."""
        return ByBucket(self.size, {n: v for n, v in self.known.items() if n in attributes}, self.most_values)

    def parts(self, at: pl.Series, segments: pl.DataFrame) -> Iterator[tuple[Slice, pl.Series]]:
        """Slices of each bucket, and of each segment in each bucket."""
        starts = at.dt.truncate(_TRUNCATED[self.size]).alias(_BUCKET)
        rows = pl.DataFrame([starts]).with_row_index(_ROW)
        for (start,), some in _grouped(rows, [_BUCKET]):
            yield Slice(None, self._bucket(start)), some[_ROW]
        for name in segments.columns:
            kept = self._keep(name, segments[name])
            valued = rows.with_columns(kept.alias("value")).drop_nulls("value")
            for (start, value), some in _grouped(valued, [_BUCKET, "value"]):
                yield Slice(Segment(name, str(value)), self._bucket(start)), some[_ROW]

    def _bucket(self, start: object) -> Span:
        if not isinstance(start, datetime):
            raise TypeError(f"{start!r} is no time")
        return bucket_of(start.astimezone(UTC), self.size)

    def keeps(self, segment: Segment, rows: int) -> bool:
        """Whether rows of a segment are kept apart; if not, they are noted as left out."""
        known = self.known[segment.attribute]
        if segment.value in known or len(known) < self.most_values:
            known.add(segment.value)
            return True
        self.left_out[segment.attribute] = self.left_out.get(segment.attribute, 0) + rows
        return False

    def _keep(self, attribute: str, values: pl.Series) -> pl.Series:
        counts = values.drop_nulls().rename("value").value_counts(name="rows", sort=False)
        order = values.drop_nulls().unique(maintain_order=True)
        rows = dict(zip(counts["value"], counts["rows"], strict=True))
        kept = [value for value in order if self.keeps(Segment(attribute, value), rows[value])]
        return values if len(kept) == len(rows) else values.set(~values.is_in(kept), None)


@dataclass(frozen=True)
class BySpan:
    """Given spans of time, of one segment or of all rows; a span without rows has no part."""

    spans: Sequence[Span]
    segment: Segment | None = None

    def parts(self, at: pl.Series, segments: pl.DataFrame) -> Iterator[tuple[Slice, pl.Series]]:
        """Slices of each span that has rows."""
        rows = pl.DataFrame([at.alias("at")]).with_row_index(_ROW)
        if self.segment is not None:
            rows = rows.filter(segments[self.segment.attribute] == self.segment.value)
        for span in self.spans:
            some = rows.filter(pl.col("at").is_between(span.start, span.end, closed="left"))
            if some.height:
                yield Slice(self.segment, span), some[_ROW]


def _grouped(rows: pl.DataFrame, keys: list[str]) -> Iterator[tuple[tuple[object, ...], pl.DataFrame]]:
    yield from rows.group_by(keys, maintain_order=True)
