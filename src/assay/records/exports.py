"""Exports: rows of a deployment written to a data set."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assay.records.datasets import FileForm
from assay.records.jobs import JobState
from assay.records.times import BEGINNING_OF_TIME, END_OF_TIME


class ExportKind(StrEnum):
    """What is exported."""

    PREDICTIONS = "predictions"
    ACTUALS = "actuals"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class RowQuery:
    """Which prediction rows of a deployment are wanted.

    Attributes
    ----------
    batch_ids : tuple of str or None
        None for every row, whether it is in a batch or not.
    start, end : datetime or None
        Bounds of the prediction time; ``start`` belongs to the span and ``end`` does not. None is no bound.
    """

    deployment_id: str
    model_id: str
    batch_ids: tuple[str, ...] | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """The counted uploads of one moment, told without a list of them: what comes later is not among them.

    Attributes
    ----------
    up_to : int
        Greatest sequence number of the moment.
    pending : tuple of int
        Sequence numbers of uploads that had come and did not count yet.
    """

    up_to: int
    pending: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many uploads count, and how many of these have rows that are kept."""

    uploads: int
    with_rows: int


@dataclass(frozen=True, slots=True)
class CutCount:
    """What is still there of a cut: over the deployment, and in the batches that were named."""

    everywhere: Counted
    in_named: Counted


@dataclass(frozen=True, slots=True)
class Export:
    """One request for rows, and the data set that its job has made of it.

    Attributes
    ----------
    start, end : datetime or None
        As in `RowQuery`, with the ends of time for no bound; both None for training data.
    only_matched : bool
        Leave out actuals without a prediction (actuals only).
    include_actuals : bool
        Put the outcomes beside the predictions (predictions only).
    job_state, job_error : JobState, str or None
        How the job that fills the export stands.
    dataset_id, dataset_name : str or None
        What was made; None before, and again once the data set has been deleted.
    rows, rows_not_kept : int or None
        Rows written; and rows of the chosen uploads that were counted but not kept. None before.
    """

    id: str
    deployment_id: str
    kind: ExportKind
    model_id: str
    start: datetime | None
    end: datetime | None
    batch_ids: tuple[str, ...] | None
    only_matched: bool
    include_actuals: bool
    form: FileForm
    job_id: str
    job_state: JobState
    job_error: str | None
    dataset_id: str | None
    dataset_name: str | None
    rows: int | None
    rows_not_kept: int | None
    created_at: datetime
    created_by_id: str
    created_by_name: str

    @property
    def selection(self) -> RowQuery:
        """The prediction rows that it is about."""
        return RowQuery(self.deployment_id, self.model_id, self.batch_ids, *self.bounds)

    @property
    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """``start`` and ``end``, None where there is no bound."""
        start = None if self.start == BEGINNING_OF_TIME else self.start
        return start, None if self.end == END_OF_TIME else self.end


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """Which exports of a kind are wanted; None means no such filter.

    ``by_batch`` keeps those of named batches (True) or the others (False).
    """

    kind: ExportKind
    states: tuple[JobState, ...] | None = None
    model_id: str | None = None
    by_batch: bool | None = None
