"""Batches and their counters."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assay.errors import NotFound, ReplacementEnded, UnknownBatch
from assay.records.batches import Batch, BatchModel, BatchOrder, BatchQuery, BatchRole
from assay.records.pages import Page, PageRequest
from assay.storage.sql.letters import CodePoints
from assay.storage.sql.monitoring_jobs import STATUS
from assay.storage.sql.paging import contains, page_of
from assay.storage.sql.tables import (
    accuracy_slices,
    batch_models,
    batch_replacements,
    batches,
    jobs,
    monitoring_jobs,
    users,
)
from assay.storage.sql.upsert import upsert

_SELECT = (
    sa.select(
        *(c for c in batches.c if c.name != "deleted_at"),
        users.c.name.label("created_by_name"),
        STATUS.label("job_state"),
    )
    .join(users, users.c.id == batches.c.created_by_id)
    .outerjoin(monitoring_jobs, monitoring_jobs.c.id == batches.c.job_id)
    .outerjoin(jobs, jobs.c.id == monitoring_jobs.c.task_id)
)

# An empty batch shows, and sorts by, the time it was made.
_EARLIEST = sa.func.coalesce(batches.c.earliest, batches.c.created_at, type_=batches.c.created_at.type)
_LATEST = sa.func.coalesce(batches.c.latest, batches.c.created_at, type_=batches.c.created_at.type)

_ORDER: dict[str, sa.ColumnElement[Any]] = {
    BatchOrder.NAME: CodePoints(batches.c.name),
    BatchOrder.CREATED: batches.c.created_at,
    BatchOrder.EARLIEST: _EARLIEST,
    BatchOrder.LATEST: _LATEST,
}


_LIVE = (batches.c.deleted_at.is_(None), batches.c.version_of.is_(None))


class Batches:
    """Batches of a deployment. Deleted ones do not exist for any method, drafts and versions only for their ids."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, batch: Batch) -> None:
        """Add a batch."""
        derived = {"created_by_name", "job_state"}
        values = {f: getattr(batch, f) for f in Batch.__slots__ if f not in derived}
        self._connection.execute(batches.insert().values(**values))

    def get(self, deployment_id: str, batch_id: str) -> Batch:
        """One batch of the deployment; `UnknownBatch` if there is none of this id."""
        found = self.get_many(deployment_id, [batch_id])
        return found[0]

    def get_many(self, deployment_id: str, batch_ids: Iterable[str]) -> Sequence[Batch]:
        """Batches in the order of the ids; `UnknownBatch` names the first id that is not there."""
        wanted = list(dict.fromkeys(batch_ids))
        query = _SELECT.where(
            batches.c.deployment_id == deployment_id,
            batches.c.deleted_at.is_(None),
            batches.c.id.in_(wanted),
        )
        found = {row["id"]: _record(row) for row in self._connection.execute(query).mappings()}
        for batch_id in wanted:
            if batch_id not in found:
                raise self._missing(deployment_id, batch_id)
        return [found[batch_id] for batch_id in wanted]

    def _missing(self, deployment_id: str, batch_id: str) -> NotFound:
        """Why there is no such batch; a draft that has ended is told apart, for whoever still sends to it."""
        table = batch_replacements.c
        query = sa.select(table.state, table.batch_id).where(table.id == batch_id, table.deployment_id == deployment_id)
        ended = self._connection.execute(query).one_or_none()
        return UnknownBatch(batch_id) if ended is None else ReplacementEnded(batch_id, ended.batch_id, ended.state)

    def list(self, deployment_id: str, query: BatchQuery, request: PageRequest) -> Page[Batch]:
        """Batches that pass the filters, in the asked order."""
        conditions = [
            batches.c.deployment_id == deployment_id,
            *_LIVE,
            *_filters(query),
        ]
        key = _ORDER[query.order_by.removeprefix("-")]
        ordered = key.desc() if query.order_by.startswith("-") else key.asc()
        return page_of(
            self._connection,
            _SELECT.where(*conditions).order_by(ordered, batches.c.id),
            request,
            _record,
            count=sa.select(batches.c.id).where(*conditions),
        )

    def latest_requested(self, deployment_id: str, count: int) -> Sequence[Batch]:
        """The latest batches that have reported requests, newest first."""
        return self._latest(deployment_id, count, batches.c.requests_count > 0)

    def latest_predicted(self, deployment_id: str, model_id: str, count: int) -> Sequence[Batch]:
        """The latest batches that hold predictions of a model, newest first."""
        mine = (batch_models.c.model_id == model_id, batch_models.c.predictions_count > 0)
        return self._latest(deployment_id, count, batches.c.id.in_(sa.select(batch_models.c.batch_id).where(*mine)))

    def latest_with_actuals(self, deployment_id: str, model_id: str, count: int) -> Sequence[Batch]:
        """The latest batches in which predictions of a model have an actual, newest first."""
        computed = accuracy_slices.c
        mine = (
            computed.deployment_id == deployment_id,
            computed.model_id == model_id,
            computed.rows_with_actual > 0,
        )
        return self._latest(deployment_id, count, batches.c.id.in_(sa.select(computed.batch_id).where(*mine)))

    def _latest(self, deployment_id: str, count: int, condition: sa.ColumnElement[bool]) -> Sequence[Batch]:
        query = _SELECT.where(batches.c.deployment_id == deployment_id, *_LIVE, condition)
        query = query.order_by(_ORDER["latestPredictionTimestamp"].desc(), batches.c.id.desc()).limit(count)
        return [_record(row) for row in self._connection.execute(query).mappings()]

    def versions_of(self, deployment_id: str, batch_id: str) -> Sequence[str]:
        """Ids of the draft and the superseded versions of a batch, but for those that are gone."""
        mine = (batches.c.deployment_id == deployment_id, batches.c.version_of == batch_id)
        query = sa.select(batches.c.id).where(*mine, batches.c.deleted_at.is_(None))
        return self._connection.execute(query.order_by(batches.c.id)).scalars().all()

    def count(self, deployment_id: str) -> int:
        """How many batches the deployment has."""
        query = sa.select(sa.func.count()).where(batches.c.deployment_id == deployment_id, *_LIVE)
        return int(self._connection.execute(query).scalar_one())

    def update(self, batch_id: str, **values: Any) -> None:
        """Change some columns."""
        if values:
            self._connection.execute(batches.update().where(batches.c.id == batch_id).values(**values))

    def delete(self, batch_id: str, now: datetime) -> None:
        """Make a batch and its counters invisible; a job removes the rest."""
        self._connection.execute(batch_models.delete().where(batch_models.c.batch_id == batch_id))
        self.update(batch_id, deleted_at=now)

    def add_predictions(self, batch_id: str, model_id: str, rows: int, first: datetime, last: datetime) -> None:
        """Count prediction rows of one model that were made between two times."""
        row = {
            "batch_id": batch_id,
            "model_id": model_id,
            "predictions_count": rows,
            "start_time": first,
            "end_time": last,
        }
        held = batch_models.c
        upsert(
            self._connection,
            batch_models,
            [row],
            lambda new: {
                "predictions_count": held.predictions_count + new.predictions_count,
                "start_time": _least(held.start_time, new.start_time),
                "end_time": _greatest(held.end_time, new.end_time),
            },
        )
        self._extend(batch_id, first, last, predictions_count=batches.c.predictions_count + rows)

    def add_requests(
        self,
        batch_id: str,
        requests: int,
        user_errors: int,
        server_errors: int,
        first: datetime,
        last: datetime,
    ) -> None:
        """Count reported prediction requests."""
        self._extend(
            batch_id,
            first,
            last,
            requests_count=batches.c.requests_count + requests,
            user_errors=batches.c.user_errors + user_errors,
            server_errors=batches.c.server_errors + server_errors,
        )

    def _extend(self, batch_id: str, first: datetime, last: datetime, **counters: Any) -> None:
        # Computed by the database from the row as it is then, whoever has changed it meanwhile.
        self.update(
            batch_id,
            earliest=_least(batches.c.earliest, sa.literal(first, batches.c.earliest.type)),
            latest=_greatest(batches.c.latest, sa.literal(last, batches.c.latest.type)),
            **counters,
        )

    def models(self, batch_id: str, model_id: str | None, request: PageRequest) -> Page[BatchModel]:
        """The models whose predictions are in the batch, by first prediction."""
        query = batch_models.select().where(batch_models.c.batch_id == batch_id)
        if model_id is not None:
            query = query.where(batch_models.c.model_id == model_id)
        query = query.order_by(batch_models.c.start_time, batch_models.c.model_id)
        return page_of(self._connection, query, request, lambda row: BatchModel(**row))

    def model_counts(self, batch_ids: Iterable[str], model_id: str) -> dict[str, int]:
        """Prediction rows of one model by batch; batches without any are left out."""
        query = sa.select(batch_models.c.batch_id, batch_models.c.predictions_count).where(
            batch_models.c.batch_id.in_(list(batch_ids)), batch_models.c.model_id == model_id
        )
        return {row.batch_id: row.predictions_count for row in self._connection.execute(query)}

    def get_model(self, batch_id: str, model_id: str) -> BatchModel:
        """What the batch holds of one model; `NotFound` if nothing."""
        query = batch_models.select().where(batch_models.c.batch_id == batch_id, batch_models.c.model_id == model_id)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise NotFound(f"Model {model_id} not found in batch {batch_id}: it has no predictions there.")
        return BatchModel(**row)

    def set_model_span(self, batch_id: str, model_id: str, start: datetime, end: datetime) -> None:
        """Set a model's first and last prediction time, and the batch's from all its models."""
        mine = sa.and_(batch_models.c.batch_id == batch_id, batch_models.c.model_id == model_id)
        self._connection.execute(batch_models.update().where(mine).values(start_time=start, end_time=end))
        span = sa.select(
            sa.func.min(batch_models.c.start_time, type_=batch_models.c.start_time.type),
            sa.func.max(batch_models.c.end_time, type_=batch_models.c.end_time.type),
        ).where(batch_models.c.batch_id == batch_id)
        earliest, latest = self._connection.execute(span).one()
        self.update(batch_id, earliest=earliest, latest=latest)


def _least(held: sa.ColumnElement[Any], new: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The lesser value; the new one where there is none yet."""
    return sa.case((held <= new, held), else_=new)


def _greatest(held: sa.ColumnElement[Any], new: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.case((held >= new, held), else_=new)


def _record(row: sa.RowMapping) -> Batch:
    return Batch(**{**row, "role": BatchRole(row["role"])})


def _filters(query: BatchQuery) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if query.created_by is not None:
        conditions.append(batches.c.created_by_id == query.created_by)
    if query.search:
        conditions.append(sa.or_(contains(batches.c.name, query.search), batches.c.id == query.search))
    if query.created_after is not None:
        conditions.append(batches.c.created_at > query.created_after)
    if query.created_before is not None:
        conditions.append(batches.c.created_at < query.created_before)
    if query.start_after is not None:
        conditions.append(query.start_after < _EARLIEST)
    if query.end_before is not None:
        conditions.append(query.end_before > _LATEST)
    return conditions
