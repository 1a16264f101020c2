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
