"""Jobs: queued work."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of queued work.

    Attributes
    ----------
    key : str or None
        Jobs of one key never run at the same time, and while one is queued no second one need be.
    owner, attempt : str or None, int
        Which worker holds it, for the how-manieth time; together they fence its writes.
    result_path : str or None
        Path, below the server's root, of what the job made; where a finished status points.
    """

    id: str
    kind: str
    args: dict[str, Any]
    key: str | None
    state: JobState
    user_id: str
    attempt: int
    max_attempts: int
    owner: str | None
    lease_until: datetime | None
    run_after: datetime
    error: str | None
    result_path: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How the queue stands.

    Attributes
    ----------
    queued, running, failed : int
        Jobs by state; failed ones are those that were given up.
    due : int
        Queued jobs that could run now.
    oldest_seconds : float
        How long the oldest of the due ones could have run; 0 without any.
    expired : int
        Running jobs whose lease has ended: their worker has died.
    oldest_lease : datetime or None
        The lease of a running job that ends, or has ended, first.
    """

    queued: int
    running: int
    failed: int
    due: int
    oldest_seconds: float
    expired: int
    oldest_lease: datetime | None
