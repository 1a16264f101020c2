"""Job definitions and when they are due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assay.records.job_specs import JobSpec
from assay.records.monitoring_jobs import JobDefinition, JobStatus
from assay.records.pages import Page, PageRequest
from assay.records.schedules import Schedule
from assay.storage.sql.monitoring_jobs import STATUS
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import deployments, job_definitions, jobs, monitoring_jobs, users

_updater = users.alias("updater")
_RUNS = monitoring_jobs.outerjoin(jobs, jobs.c.id == monitoring_jobs.c.task_id)
_MINE = monitoring_jobs.c.definition_id == job_definitions.c.id


def _latest(column: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    newest_first = (monitoring_jobs.c.created_at.desc(), monitoring_jobs.c.id.desc())
    query = sa.select(column).select_from(_RUNS).where(_MINE).order_by(*newest_first).limit(1)
    return query.correlate(job_definitions).scalar_subquery()


def _last(status: JobStatus) -> sa.ScalarSelect[Any]:
    ended = sa.func.coalesce(
        monitoring_jobs.c.finished_at, jobs.c.finished_at, type_=monitoring_jobs.c.finished_at.type
    )
    query = sa.select(sa.func.max(ended, type_=monitoring_jobs.c.finished_at.type)).select_from(_RUNS)
    return query.where(_MINE, STATUS.in_([status])).correlate(job_definitions).scalar_subquery()


_SELECT = (
    sa.select(
        job_definitions,
        users.c.name.label("created_by_name"),
        _updater.c.name.label("updated_by_name"),
        _latest(STATUS).label("last_status"),
        _latest(monitoring_jobs.c.created_at).label("last_time"),
        _last(JobStatus.COMPLETED).label("last_success_at"),
        _last(JobStatus.FAILED).label("last_failure_at"),
    )
    .join(users, users.c.id == job_definitions.c.created_by_id)
    .join(_updater, _updater.c.id == job_definitions.c.updated_by_id)
    .join(deployments, deployments.c.id == job_definitions.c.deployment_id)
)

_STORED = [c.name for c in job_definitions.c if c.name not in {"spec", "schedule"}]


class JobDefinitions:
    """Monitoring jobs that are stored to be run again."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, definition: JobDefinition) -> None:
        """Add a definition."""
        self._connection.execute(job_definitions.insert().values(**_values(definition)))

    def find(self, definition_id: str) -> JobDefinition | None:
        """The definition of this id, if there is one."""
        row = self._connection.execute(_SELECT.where(job_definitions.c.id == definition_id)).mappings().one_or_none()
        return _record(row) if row else None

    def list(
        self, owner_id: str | None, request: PageRequest, *, deployment_id: str | None = None
    ) -> Page[JobDefinition]:
        """Definitions of one owner's deployments or of all, newest first."""
        query = _SELECT.where(deployments.c.deleted_at.is_(None))
        if owner_id is not None:
            query = query.where(deployments.c.owner_id == owner_id)
        if deployment_id is not None:
            query = query.where(job_definitions.c.deployment_id == deployment_id)
        query = query.order_by(job_definitions.c.created_at.desc(), job_definitions.c.id)
        return page_of(self._connection, query, request, _record)

    def save(self, definition: JobDefinition) -> None:
        """Replace a definition by its new values."""
        statement = job_definitions.update().where(job_definitions.c.id == definition.id)
        self._connection.execute(statement.values(**_values(definition)))

    def delete(self, *, definition_id: str | None = None, deployment_id: str | None = None) -> None:
        """Remove one definition, or all of a deployment; their jobs stay."""
        mine = (
            job_definitions.c.id == definition_id
            if definition_id is not None
            else job_definitions.c.deployment_id == deployment_id
        )
        self._connection.execute(job_definitions.delete().where(mine))

    def due(self, now: datetime) -> Sequence[str]:
        """Ids of the definitions that are due, the longest overdue first."""
        query = sa.select(job_definitions.c.id).where(job_definitions.c.next_run_at <= now)
        return list(self._connection.execute(query.order_by(job_definitions.c.next_run_at)).scalars())

    def claim(self, definition_id: str, now: datetime) -> datetime | None:
        """The moment that a definition is due for, locked against every other process; None if it no longer is."""
        query = sa.select(job_definitions.c.next_run_at).where(
            job_definitions.c.id == definition_id, job_definitions.c.next_run_at <= now
        )
        return self._connection.execute(query.with_for_update()).scalar_one_or_none()


def _values(definition: JobDefinition) -> dict[str, Any]:
    schedule = definition.schedule
    return {
        **{name: getattr(definition, name) for name in _STORED},
        "spec": definition.spec.stored(),
        "schedule": sa.null() if schedule is None else schedule.wire(),
    }


def _record(row: sa.RowMapping) -> JobDefinition:
    last = None if row["last_status"] is None else (row["last_status"], row["last_time"])
    derived = ("created_by_name", "updated_by_name", "last_success_at", "last_failure_at")
    return JobDefinition(
        **{name: row[name] for name in (*_STORED, *derived)},
        spec=JobSpec.of(row["spec"]),
        schedule=None if row["schedule"] is None else Schedule.of(row["schedule"]),
        last_started=last,
    )
