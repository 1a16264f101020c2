"""Replacing the content of a batch: the draft that is to take its place, and the versions that had it before."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReplacementState(StrEnum):
    """Where a replacement stands."""

    OPEN = "open"
    COMMITTED = "committed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class BatchReplacement:
    """New content for a batch; its id is that of the hidden batch that takes it in, the draft.

    Attributes
    ----------
    ended_at, ended_by_id, ended_by_name
        When and by whom it was committed or abandoned; None while it is open.
    predictions_count, requests_count, uploads_count : int
        What the draft had when it was committed; 0 before.
    version_id : str or None
        The hidden batch that keeps what the commit superseded.
    version_hash : str or None
        Content hash of that, as of the commit.
    """

    id: str
    deployment_id: str
    batch_id: str
    state: ReplacementState
    opened_at: datetime
    opened_by_id: str
    opened_by_name: str
    ended_at: datetime | None = None
    ended_by_id: str | None = None
    ended_by_name: str | None = None
    predictions_count: int = 0
    requests_count: int = 0
    uploads_count: int = 0
    version_id: str | None = None
    version_hash: str | None = None


@dataclass(frozen=True, slots=True)
class BatchVersion:
    """What a batch holds, or held before a replacement.

    Attributes
    ----------
    id : str
        By which its figures are asked for: the batch's own for the current version.
    number : int
        1 for the first content of the batch.
    since, since_by_id, since_by_name
        When, and by whom, it became the batch's content: by a commit, or when the batch was made.
    until : datetime or None
        When a commit superseded it; None for the current version.
    predictions_count, requests_count : int or None
        None once the version has been removed.
    content_hash : str
        SHA-256 over its deliveries in order: the same deliveries give the same hash.
    """

    id: str
    number: int
    since: datetime
    since_by_id: str
    since_by_name: str
    until: datetime | None
    predictions_count: int | None
    requests_count: int | None
    content_hash: str

    @property
    def is_current(self) -> bool:
        """Whether it is what the batch holds now."""
        return self.until is None
