"""The job table: queue, leases and outcomes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from assay.errors import LeaseLost
from assay.records.jobs import Backlog, Job, JobState
from assay.records.pages import Page, PageRequest
from assay.storage.sql.alone import alone
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import jobs


class Jobs:
    """Queued work. Every write of a worker is fenced by owner, attempt and state."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, job: Job) -> None:
        """Add a job; it can be claimed as soon as the transaction has committed."""
        values = {field: getattr(job, field) for field in Job.__slots__}
        self._connection.execute(jobs.insert().values(**values))

    def create_once(self, job: Job) -> Job:
        """Add a job unless the same user has one of its key queued; returns the one that will run."""
        waiting = jobs.select().where(
            jobs.c.key == job.key, jobs.c.user_id == job.user_id, jobs.c.state == JobState.QUEUED
        )
        # Locked against being claimed before this transaction's changes can be seen.
        locked = waiting.limit(1).with_for_update(skip_locked=True)
        row = self._connection.execute(locked).mappings().one_or_none()
        if row is not None:
            return _record(row)
        self.create(job)
        return job

    def find_open(self, key: str) -> Job | None:
        """A job of this key that waits or runs, whoever asked for it."""
        open_states = (JobState.QUEUED, JobState.RUNNING)
        query = jobs.select().where(jobs.c.key == key, jobs.c.state.in_(open_states)).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return _record(row) if row else None

    def find(self, job_id: str) -> Job | None:
        """The job of this id, if there is one."""
        row = self._connection.execute(jobs.select().where(jobs.c.id == job_id)).mappings().one_or_none()
        return _record(row) if row else None

    def get(self, job_id: str) -> Job:
        """The job of this id, which must exist."""
        found = self.find(job_id)
        if found is None:
            raise LookupError(f"job {job_id}")
        return found

    def list(self, user_id: str | None, request: PageRequest) -> Page[Job]:
        """Jobs of one user or of all, newest first."""
        query = jobs.select().order_by(jobs.c.created_at.desc(), jobs.c.id)
        if user_id is not None:
            query = query.where(jobs.c.user_id == user_id)
        return page_of(self._connection, query, request, _record)

    def claim(self, owner: str, now: datetime, lease: timedelta) -> Job | None:
        """Take the oldest job that is due, or whose worker has gone silent; None if there is none."""
        # Of two workers that claim at once, each would not see yet that the other runs a job of the same key.
        alone(self._connection, "claim")
        due = sa.or_(
            sa.and_(jobs.c.state == JobState.QUEUED, jobs.c.run_after <= now),
            sa.and_(jobs.c.state == JobState.RUNNING, jobs.c.lease_until < now),
        )
        other = jobs.alias()
        running = sa.exists().where(
            other.c.key == jobs.c.key,
            other.c.id != jobs.c.id,
            other.c.state == JobState.RUNNING,
            other.c.lease_until >= now,
        )
        # A job that somebody is writing to just now, or counts on to wait, is none of the due ones.
        oldest = (
            sa.select(jobs.c.id).where(due, ~running).order_by(jobs.c.run_after, jobs.c.id).limit(1)
        ).with_for_update(skip_locked=True)
        claimed = (
            jobs.update()
            .where(jobs.c.id == oldest.scalar_subquery())
            .values(
                state=JobState.RUNNING,
                owner=owner,
                attempt=jobs.c.attempt + 1,
                lease_until=now + lease,
            )
            .returning(*jobs.c)
        )
        row = self._connection.execute(claimed).mappings().one_or_none()
        return _record(row) if row else None

    def renew(self, job: Job, until: datetime) -> bool:
        """Keep the lease; False when another worker has it, or the job was cancelled."""
        return self._fenced(job, lease_until=until) == 1

    def hold(self, job: Job) -> None:
        """Make sure, in the transaction that stores part of an effect, that the job is still this worker's.

        Raises
        ------
        LeaseLost
            When it is not; the transaction must not commit.
        """
        if self._fenced(job, attempt=job.attempt) != 1:
            raise _lost(job)

    def complete(self, job: Job, now: datetime, result_path: str | None = None) -> None:
        """Mark a job done, in the transaction that stores its effect.

        Raises
        ------
        LeaseLost
            When the job is no longer this worker's; the transaction must not commit.
        """
        path = result_path if result_path is not None else job.result_path
        if self._fenced(job, state=JobState.DONE, finished_at=now, result_path=path, error=None) != 1:
            raise _lost(job)

    def fail(
        self, job: Job, error: str, now: datetime, retry_at: datetime | None, *, is_forgiven: bool = False
    ) -> None:
        """Note why an attempt failed; queue the job again at ``retry_at``, or leave it failed for good.

        An attempt that is forgiven takes none from those that the job has left.
        """
        if retry_at is None:
            self._fenced(job, state=JobState.FAILED, finished_at=now, error=error)
        else:
            left = job.max_attempts + is_forgiven
            self._fenced(job, state=JobState.QUEUED, run_after=retry_at, error=error, owner=None, max_attempts=left)

    def release(self, job: Job, run_after: datetime) -> bool:
        """Give a job back that has not ended, to be claimed from a time on; False when it is not this worker's.

        The attempt does not count against the limit. Its number is used up all the same: it names what the attempt
        has written, which the next one must not share.
        """
        given_up = {"owner": None, "lease_until": None, "max_attempts": jobs.c.max_attempts + 1}
        return self._fenced(job, state=JobState.QUEUED, run_after=run_after, **given_up) == 1

    def latest(self, key: str) -> Job | None:
        """The job of this key that was made last, whatever its state."""
        query = jobs.select().where(jobs.c.key == key).order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return _record(row) if row else None

    def forget(self, key: str) -> None:
        """Remove the jobs of a key that have ended well."""
        self._connection.execute(jobs.delete().where(jobs.c.key == key, jobs.c.state == JobState.DONE))

    def of_states(self, states: Sequence[JobState], request: PageRequest) -> Page[Job]:
        """Jobs in some states, those that changed last first."""
        latest = sa.func.coalesce(jobs.c.finished_at, jobs.c.run_after)
        query = jobs.select().where(jobs.c.state.in_(states)).order_by(latest.desc(), jobs.c.id)
        return page_of(self._connection, query, request, _record)

    def revive(self, job_id: str, now: datetime, attempts: int) -> bool:
        """Queue a failed job anew, for so many attempts more; False when it has not failed."""
        statement = jobs.update().where(jobs.c.id == job_id, jobs.c.state == JobState.FAILED)
        values = {"state": JobState.QUEUED, "owner": None, "lease_until": None, "finished_at": None}
        more = {"run_after": now, "max_attempts": jobs.c.attempt + attempts}
        return self._connection.execute(statement.values(**values, **more)).rowcount == 1

    def backlog(self, now: datetime) -> Backlog:
        """How the queue stands."""
        told = (JobState.QUEUED, JobState.RUNNING, JobState.FAILED)
        states = sa.select(jobs.c.state, sa.func.count()).where(jobs.c.state.in_(told)).group_by(jobs.c.state)
        by_state: dict[str, int] = {row[0]: row[1] for row in self._connection.execute(states)}
        due = self._connection.execute(
            sa.select(sa.func.count(), sa.func.min(jobs.c.run_after, type_=jobs.c.run_after.type)).where(
                jobs.c.state == JobState.QUEUED, jobs.c.run_after <= now
            )
        ).one()
        leases = self._connection.execute(
            sa.select(
                sa.func.count().filter(jobs.c.lease_until < now),
                sa.func.min(jobs.c.lease_until, type_=jobs.c.lease_until.type),
            ).where(jobs.c.state == JobState.RUNNING)
        ).one()
        return Backlog(
            queued=by_state.get(JobState.QUEUED, 0),
            running=by_state.get(JobState.RUNNING, 0),
            failed=by_state.get(JobState.FAILED, 0),
            due=due[0],
            oldest_seconds=0.0 if due[1] is None else (now - due[1]).total_seconds(),
            expired=leases[0],
            oldest_lease=leases[1],
        )

    def cancel(self, job_id: str, now: datetime) -> bool:
        """Cancel a job that has not ended; False when it has."""
        open_states = (JobState.QUEUED, JobState.RUNNING)
        statement = jobs.update().where(jobs.c.id == job_id, jobs.c.state.in_(open_states))
        changed = self._connection.execute(statement.values(state=JobState.CANCELLED, finished_at=now))
        return changed.rowcount == 1

    def _fenced(self, job: Job, **values: Any) -> int:
        statement = jobs.update().where(
            jobs.c.id == job.id,
            jobs.c.owner == job.owner,
            jobs.c.attempt == job.attempt,
            jobs.c.state == JobState.RUNNING,
        )
        return self._connection.execute(statement.values(**values)).rowcount


def _lost(job: Job) -> LeaseLost:
    return LeaseLost(f"Job {job.id} ({job.kind}), attempt {job.attempt}, is no longer held by {job.owner}.")


def _record(row: sa.RowMapping) -> Job:
    return Job(**{**row, "state": JobState(row["state"])})
