"""Erasures: everything of one association id taken out of a deployment."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Self

from assay.records.jobs import JobState


@dataclass(frozen=True, slots=True)
class Removed:
    """What an erasure has taken away so far.

    Attributes
    ----------
    rows, uploads : int
        Kept prediction rows, and the uploads that they were in.
    predictions : int
        Entries of the index by which actuals find their predictions.
    actuals : int
        Outcomes: one at most.
    waiting_files : int
        Files that had come, had not been counted, and could not be any more.
    exports, job_results : int
        Files made of the deployment's rows that held the id, and were deleted whole.
    metric_values : int
        Values of custom metrics that lost the id and what was noted beside it; the figures stay.
    """

    rows: int = 0
    uploads: int = 0
    predictions: int = 0
    actuals: int = 0
    waiting_files: int = 0
    exports: int = 0
    job_results: int = 0
    metric_values: int = 0

    def plus(self, other: Self) -> "Removed":
        """Both together."""
        return Removed(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure.

    Attributes
    ----------
    association_id : str or None
        None once it is done.
    leftovers : tuple of str
        Blobs that no row refers to any more, still to be deleted.
    rows_done_at : datetime or None
        When the last of the kept rows was gone; files that were begun before it must be looked at.
    """

    id: str
    deployment_id: str
    association_id: str | None
    job_id: str
    removed: Removed
    leftovers: tuple[str, ...]
    rows_done_at: datetime | None
    created_at: datetime
    created_by_id: str
    created_by_name: str
    finished_at: datetime | None
    job_state: JobState
    job_error: str | None
