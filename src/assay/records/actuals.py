"""Actuals: outcomes that were observed later."""

from dataclasses import dataclass
from datetime import datetime

from assay.records.slices import Slice


@dataclass(frozen=True, slots=True)
class Actual:
    """The newest outcome known for one association id.

    ``label`` holds a class name, ``number`` a measured value; the other one is None.
    """

    association_id: str
    label: str | None
    number: float | None
    at: datetime | None
    was_acted_on: bool | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A stored actual; ``at`` is when the outcome was observed, if that was told."""

    association_id: str
    label: str | None
    number: float | None
    at: datetime | None
    received_at: datetime
    was_acted_on: bool | None


@dataclass(frozen=True, slots=True)
class ComputedAccuracy:
    """Accuracy of some rows of a (batch, model) pair as last computed.

    Attributes
    ----------
    slice : Slice
        Which of the pair's rows it is of.
    rows_with_actual : int
        Prediction rows whose actual is known; a superseded prediction does not count.
    data : bytes
        The accumulators, written and read by ``assay.stats.accuracy``.
    """

    batch_id: str | None
    model_id: str
    slice: Slice
    rows_with_actual: int
    data: bytes


@dataclass(frozen=True, slots=True)
class StaleAccuracy:
    """A (batch, model) pair whose accuracy must be computed anew; ``wanted`` rises with every change."""

    deployment_id: str
    batch_id: str | None
    model_id: str
    wanted: int
