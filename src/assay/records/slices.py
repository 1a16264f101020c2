"""Slices: which of an upload's rows a stored figure is of."""

from dataclasses import dataclass

from assay.records.buckets import Span


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """The rows whose attribute has this value. Rows without a value are in no segment of the attribute."""

    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of one segment, of one bucket of time, of both, or all rows.

    Attributes
    ----------
    segment : Segment or None
        None: of every segment and of none.
    bucket : Span or None
        By the time of the prediction; None: of any time.
    """

    segment: Segment | None = None
    bucket: Span | None = None


WHOLE = Slice()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows of a model a figure is asked for; None asks for no such restriction."""

    batch_ids: tuple[str, ...] | None = None
    span: Span | None = None
    segment: Segment | None = None


ALL_ROWS = Selection()
