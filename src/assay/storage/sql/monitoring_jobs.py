"""Monitoring jobs and the parts of their uploads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assay.records.job_specs import JobSpec
from assay.records.jobs import JobState
from assay.records.monitoring_jobs import JobPart, JobQuery, JobStatus, MonitoringJob
from assay.records.pages import Page, PageRequest
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import deployments, job_parts, jobs, monitoring_jobs, users
from assay.storage.sql.upsert import upsert

ENDED = (JobStatus.COMPLETED, JobStatus.ABORTED, JobStatus.FAILED)

# The work behind a job may end without the job's own doing: cancelled by its status, or given up after its workers
# died. Then its state is the job's.
STATUS = sa.case(
    (monitoring_jobs.c.status.in_(ENDED), monitoring_jobs.c.status),
    (jobs.c.state == JobState.FAILED, JobStatus.FAILED.value),
    (jobs.c.state == JobState.CANCELLED, JobStatus.ABORTED.value),
    else_=monitoring_jobs.c.status,
)

_ahead = jobs.alias("ahead")
_POSITION = (
    sa.select(sa.func.count() + 1)
    .where(
        _ahead.c.state == JobState.QUEUED,
        sa.or_(
            _ahead.c.run_after < jobs.c.run_after,
            sa.and_(_ahead.c.run_after == jobs.c.run_after, _ahead.c.id < jobs.c.id),
        ),
    )
    .correlate(jobs)
    .scalar_subquery()
)

_TABLES = (
    monitoring_jobs.join(users, users.c.id == monitoring_jobs.c.created_by_id)
    .join(deployments, deployments.c.id == monitoring_jobs.c.deployment_id)
    .outerjoin(jobs, jobs.c.id == monitoring_jobs.c.task_id)
)
_SELECT = sa.select(
    monitoring_jobs,
    users.c.name.label("created_by_name"),
    STATUS.label("effective"),
    jobs.c.error.label("task_error"),
    jobs.c.finished_at.label("task_finished_at"),
    sa.case((jobs.c.state == JobState.QUEUED, _POSITION)).label("queue_position"),
).select_from(_TABLES)

ORDER: dict[str, sa.ColumnElement[Any]] = {"created": monitoring_jobs.c.created_at, "status": STATUS}

_DERIVED = {"created_by_name", "queue_position"}


class MonitoringJobs:
    """Monitoring jobs. Those of a deleted deployment stay until it is purged; callers ask for the deployment first."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, job: MonitoringJob) -> None:
        """Add a job."""
        values = {f: getattr(job, f) for f in MonitoringJob.__slots__ if f not in _DERIVED}
        values |= {"spec": job.spec.stored(), "intake_type": job.spec.intake_type, "logs": list(job.logs)}
        self._connection.execute(monitoring_jobs.insert().values(**values))

    def find(self, job_id: str) -> MonitoringJob | None:
        """The job of this id, if there is one."""
        row = self._connection.execute(_SELECT.where(monitoring_jobs.c.id == job_id)).mappings().one_or_none()
        return _record(row) if row else None

    def get(self, job_id: str) -> MonitoringJob:
        """The job of this id, which must exist."""
        found = self.find(job_id)
        if found is None:
            raise LookupError(f"monitoring job {job_id}")
        return found

    def of_batch(self, batch_id: str) -> Sequence[MonitoringJob]:
        """The job that made a batch, if one did."""
        rows = self._connection.execute(_SELECT.where(monitoring_jobs.c.batch_id == batch_id)).mappings()
        return [_record(row) for row in rows]

    def list(self, query: JobQuery, request: PageRequest) -> Page[MonitoringJob]:
        """Jobs that pass the filters, in the asked order."""
        conditions = _conditions(query)
        key = ORDER[query.order_by.removeprefix("-")]
        ordered = key.desc() if query.order_by.startswith("-") else key.asc()
        return page_of(
            self._connection,
            _SELECT.where(*conditions).order_by(ordered, monitoring_jobs.c.id),
            request,
            _record,
            count=sa.select(monitoring_jobs.c.id).select_from(_TABLES).where(*conditions),
        )

    def with_results(self, deployment_id: str, before: datetime | None = None) -> Sequence[MonitoringJob]:
        """Jobs whose result is there; those that ended before a time, or all."""
        table = monitoring_jobs.c
        query = _SELECT.where(
            table.deployment_id == deployment_id, table.status == JobStatus.COMPLETED, ~table.results_deleted
        )
        if before is not None:
            query = query.where(table.finished_at < before)
        return [_record(row) for row in self._connection.execute(query.order_by(table.created_at)).mappings()]

    def at_work(self, deployment_id: str, before: datetime) -> Sequence[MonitoringJob]:
        """Jobs that were made before a time and have not ended."""
        table = monitoring_jobs.c
        query = _SELECT.where(table.deployment_id == deployment_id, STATUS.not_in(ENDED), table.created_at <= before)
        return [_record(row) for row in self._connection.execute(query.order_by(table.created_at)).mappings()]

    def given_up(self, deployment_id: str) -> Sequence[MonitoringJob]:
        """Jobs whose work has failed or was cancelled without their own doing: their rows wait in vain."""
        table = monitoring_jobs.c
        query = _SELECT.where(table.deployment_id == deployment_id, STATUS.in_(ENDED), table.status.not_in(ENDED))
        return [_record(row) for row in self._connection.execute(query).mappings()]

    def update(self, job_id: str, *, log: str | None = None, **values: Any) -> None:
        """Change some columns, and add a line to the log."""
        if log is not None:
            query = sa.select(monitoring_jobs.c.logs).where(monitoring_jobs.c.id == job_id)
            values["logs"] = [*self._connection.execute(query).scalar_one(), log]
        self._connection.execute(monitoring_jobs.update().where(monitoring_jobs.c.id == job_id).values(**values))

    def put_part(self, job_id: str, part: JobPart) -> str | None:
        """Note a part of an upload; returns the blob that it replaces, if there was such a part already."""
        query = sa.select(job_parts.c.blob_key).where(job_parts.c.job_id == job_id, job_parts.c.number == part.number)
        old = self._connection.execute(query).scalar_one_or_none()
        row = {"job_id": job_id, "number": part.number, "blob_key": part.blob_key, "size": part.size}
        upsert(self._connection, job_parts, [row], lambda new: {"blob_key": new.blob_key, "size": new.size})
        return old

    def parts(self, job_id: str) -> Sequence[JobPart]:
        """The parts of an upload, by number."""
        query = sa.select(job_parts.c.number, job_parts.c.blob_key, job_parts.c.size)
        rows = self._connection.execute(query.where(job_parts.c.job_id == job_id).order_by(job_parts.c.number))
        return [JobPart(*row) for row in rows]

    def tasks(self, deployment_id: str) -> Sequence[str]:
        """The queued work of a deployment's jobs, by id."""
        table = monitoring_jobs.c
        query = sa.select(table.task_id).where(table.deployment_id == deployment_id, table.task_id.is_not(None))
        return list(self._connection.execute(query.order_by(table.task_id)).scalars())

    def purge(self, deployment_id: str) -> Sequence[MonitoringJob]:
        """Remove the jobs of a deployment; returns them, for their blobs to be deleted."""
        found = self._connection.execute(_SELECT.where(monitoring_jobs.c.deployment_id == deployment_id)).mappings()
        gone = [_record(row) for row in found]
        mine = sa.select(monitoring_jobs.c.id).where(monitoring_jobs.c.deployment_id == deployment_id)
        self._connection.execute(job_parts.delete().where(job_parts.c.job_id.in_(mine)))
        self._connection.execute(monitoring_jobs.delete().where(monitoring_jobs.c.deployment_id == deployment_id))
        return gone


def _conditions(query: JobQuery) -> list[sa.ColumnElement[bool]]:
    table = monitoring_jobs.c
    conditions: list[sa.ColumnElement[bool]] = [deployments.c.deleted_at.is_(None)]
    for column, wanted in (
        (deployments.c.owner_id, query.owner_id),
        (table.created_by_id, query.created_by_id),
        (table.deployment_id, query.deployment_id),
        (table.model_id, query.model_id),
        (table.id, query.job_id),
        (table.definition_id, query.definition_id),
    ):
        if wanted is not None:
            conditions.append(column == wanted)
    for several, words in (
        (STATUS, query.statuses),
        (table.source, query.sources),
        (table.intake_type, query.intake_types),
    ):
        if words:
            conditions.append(several.in_(words))
    if query.created_from is not None:
        conditions.append(table.created_at >= query.created_from)
    if query.created_before is not None:
        conditions.append(table.created_at < query.created_before)
    return conditions


def _record(row: sa.RowMapping) -> MonitoringJob:
    values = {field: row[field] for field in MonitoringJob.__slots__}
    status = JobStatus(row["effective"])
    by_itself = status == row["status"]
    return MonitoringJob(
        **{
            **values,
            "spec": JobSpec.of(row["spec"]),
            "status": status,
            "details": row["details"] if by_itself else _given_up(status, row["task_error"]),
            "finished_at": row["finished_at"] if by_itself else row["task_finished_at"],
            "logs": tuple(row["logs"]),
        }
    )


def _given_up(status: JobStatus, error: str | None) -> str:
    return error or ("The job was cancelled." if status is JobStatus.ABORTED else "The job failed.")
