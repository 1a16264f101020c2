"""Making jobs, and records of work that is already done."""

from datetime import datetime
from typing import Any

from assay.records.ids import new_id
from assay.records.jobs import Job, JobState

MAX_ATTEMPTS = 5


def queued(
    kind: str,
    args: dict[str, Any],
    user_id: str,
    now: datetime,
    *,
    result_path: str | None = None,
    key: str | None = None,
) -> Job:
    """A job to be run as soon as possible."""
    return Job(
        id=new_id(now),
        kind=kind,
        args=args,
        key=key,
        state=JobState.QUEUED,
        user_id=user_id,
        attempt=0,
        max_attempts=MAX_ATTEMPTS,
        owner=None,
        lease_until=None,
        run_after=now,
        error=None,
        result_path=result_path,
        created_at=now,
        finished_at=None,
    )


def finished(kind: str, user_id: str, now: datetime, *, result_path: str) -> Job:
    """A status for work that was done inside the request, for clients that poll a Location all the same."""
    return Job(
        id=new_id(now),
        kind=kind,
        args={},
        key=None,
        state=JobState.DONE,
        user_id=user_id,
        attempt=1,
        max_attempts=1,
        owner=None,
        lease_until=None,
        run_after=now,
        error=None,
        result_path=result_path,
        created_at=now,
        finished_at=now,
    )
