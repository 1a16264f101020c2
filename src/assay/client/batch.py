"""A batch, as the server shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from assay.client.shapes import At, Json, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Shape):
    """A batch of predictions.

    Attributes
    ----------
    earliest, latest : datetime
        Least and greatest prediction time; the time when it was made, while it is empty.
    predictions_count : int
        Prediction rows, each counted once.
    service_health : str or None
        ``passing``, ``warning``, ``failing`` or ``unknown``; `service_health_message` says why.
    job_id, job_status : str or None
        The job that filled the batch, if one did.
    """

    deployment_id: str
    id: str
    name: str
    description: str | None = None
    external_context_url: str | None = None
    is_locked: bool
    created_at: datetime
    created_by: Annotated[str | None, At("createdBy.name")] = None
    earliest: Annotated[datetime, At("earliestPredictionTimestamp")]
    latest: Annotated[datetime, At("latestPredictionTimestamp")]
    predictions_count: int
    service_health: Annotated[str | None, At("serviceHealth.status")] = None
    service_health_message: Annotated[str | None, At("serviceHealth.message")] = None
    job_id: Annotated[str | None, At("batchPredictionJobId")] = None
    job_status: Annotated[str | None, At("batchPredictionJobStatus")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealDifference(Shape):
    """One value of a batch that is not as it was sealed; None where it is not there on one side."""

    path: str
    sealed: Any = None
    found: Any = None

    def __str__(self) -> str:
        """In words."""
        return f"{self.path}: {self.sealed!r} was sealed, {self.found!r} is there now"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSeal(Shape):
    """What a batch held when it was locked.

    Attributes
    ----------
    hash : str
        SHA-256 of `content`, 64 hexadecimal digits.
    content : str
        Uploads, requests, models and settings as canonical JSON.
    matches : bool
        Whether the batch still is as it was sealed; `differences` says where it is not.
    """

    batch_id: str
    hash: str
    sealed_at: datetime
    sealed_by: Annotated[str | None, At("sealedBy.name")] = None
    matches: bool
    content: str
    differing: Annotated[tuple[Json, ...], At("differences")] = ()

    @property
    def differences(self) -> tuple[SealDifference, ...]:
        """What is not as it was sealed."""
        return tuple(SealDifference.of(one) for one in self.differing)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchModel(Shape):
    """The part of a batch that belongs to one model."""

    batch_id: str
    model_id: str
    predictions_count: int
    start_time: datetime
    end_time: datetime


SomeBatches = Batch | Sequence[Batch]
"""One batch, or several of one deployment to be taken together."""
