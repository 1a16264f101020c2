"""Batches: named, bounded sets of predictions that are compared as a unit."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BatchOrder(StrEnum):
    """Sort keys of a list of batches; a leading minus sorts downwards."""

    NAME = "name"
    NAME_DOWN = "-name"
    CREATED = "createdAt"
    CREATED_DOWN = "-createdAt"
    EARLIEST = "earliestPredictionTimestamp"
    EARLIEST_DOWN = "-earliestPredictionTimestamp"
    LATEST = "latestPredictionTimestamp"
    LATEST_DOWN = "-latestPredictionTimestamp"


class HealthStatus(StrEnum):
    """The words for how something does; accuracy alone is ``unavailable`` where it is not tracked at all."""

    PASSING = "passing"
    WARNING = "warning"
    FAILING = "failing"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"


class BatchRole(StrEnum):
    """Whose content it is: a batch's own, or that of one that is to take its place or had it before.

    Only live batches are in lists and in figures that name no batch; the others are read by their own ids.
    """

    LIVE = "live"
    DRAFT = "draft"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch with the counters that lists show.

    Attributes
    ----------
    earliest, latest : datetime or None
        Least and greatest prediction time reported for the batch; None while it is empty.
    predictions_count : int
        Prediction rows, each counted once.
    requests_count, user_errors, server_errors : int
        Reported prediction requests, and how many of them failed through their sender or the server.
    job_id, job_state : str or None
        The monitoring job that made the batch, if one did, and its state.
    role, version_of : BatchRole, str or None
        A draft and a superseded version belong to a live batch, whose id this is.
    """

    id: str
    deployment_id: str
    name: str
    description: str | None
    external_context_url: str | None
    is_locked: bool
    created_at: datetime
    created_by_id: str
    created_by_name: str
    job_id: str | None
    job_state: str | None
    earliest: datetime | None
    latest: datetime | None
    predictions_count: int
    requests_count: int
    user_errors: int
    server_errors: int
    role: BatchRole = BatchRole.LIVE
    version_of: str | None = None


@dataclass(frozen=True, slots=True)
class BatchModel:
    """The part of a batch that belongs to one model."""

    batch_id: str
    model_id: str
    predictions_count: int
    start_time: datetime
    end_time: datetime


@dataclass(frozen=True, slots=True)
class BatchQuery:
    """Which batches of a deployment are wanted, and in which order; None means no such filter."""

    created_by: str | None = None
    search: str | None = None
    order_by: BatchOrder = BatchOrder.CREATED_DOWN
    created_after: datetime | None = None
    created_before: datetime | None = None
    start_after: datetime | None = None
    end_before: datetime | None = None
