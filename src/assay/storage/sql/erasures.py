"""Erasures and what they have removed."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assay.records.erasures import Erasure, Removed
from assay.records.jobs import JobState
from assay.records.pages import Page, PageRequest
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import erasures, jobs, users

_SELECT = (
    sa.select(
        erasures,
        users.c.name.label("created_by_name"),
        jobs.c.state.label("job_state"),
        jobs.c.error.label("job_error"),
    )
    .join(users, users.c.id == erasures.c.created_by_id)
    .join(jobs, jobs.c.id == erasures.c.job_id)
)
_DERIVED = {"created_by_name", "job_state", "job_error"}


class Erasures:
    """Requests to take an association id out of a deployment."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, erasure: Erasure) -> None:
        """Add an erasure; its job must be there."""
        values: dict[str, Any] = {f: getattr(erasure, f) for f in Erasure.__slots__ if f not in _DERIVED}
        values |= {"removed": asdict(erasure.removed), "leftovers": list(erasure.leftovers)}
        self._connection.execute(erasures.insert().values(**values))

    def find(self, erasure_id: str) -> Erasure | None:
        """The erasure of this id, if there is one."""
        row = self._connection.execute(_SELECT.where(erasures.c.id == erasure_id)).mappings().one_or_none()
        return _record(row) if row else None

    def list(self, deployment_id: str, request: PageRequest) -> Page[Erasure]:
        """Erasures of a deployment, newest first."""
        query = _SELECT.where(erasures.c.deployment_id == deployment_id)
        query = query.order_by(erasures.c.created_at.desc(), erasures.c.id.desc())
        return page_of(self._connection, query, request, _record)

    def add(self, erasure_id: str, more: Removed, leftovers: Sequence[str] = ()) -> None:
        """Count what has been removed, in the transaction that removes it, and note its blobs to be deleted."""
        query = sa.select(erasures.c.removed, erasures.c.leftovers).where(erasures.c.id == erasure_id)
        removed, left = self._connection.execute(query).one()
        self._update(erasure_id, removed=asdict(Removed(**removed).plus(more)), leftovers=[*left, *leftovers])

    def rows_done(self, erasure_id: str, now: datetime) -> None:
        """Note that no kept row holds the id any more."""
        self._update(erasure_id, rows_done_at=now)

    def count_done(self, deployment_id: str) -> int:
        """How many erasures have taken away rows: another number than before says that rows have gone since."""
        mine = (erasures.c.deployment_id == deployment_id, erasures.c.rows_done_at.is_not(None))
        return int(self._connection.execute(sa.select(sa.func.count()).where(*mine)).scalar_one())

    def finish(self, erasure_id: str, now: datetime) -> None:
        """Note the end, and forget the id itself."""
        self._update(erasure_id, finished_at=now, association_id=None, leftovers=[])

    def delete(self, deployment_id: str) -> None:
        """Remove all erasures of a deployment."""
        self._connection.execute(erasures.delete().where(erasures.c.deployment_id == deployment_id))

    def _update(self, erasure_id: str, **values: Any) -> None:
        self._connection.execute(erasures.update().where(erasures.c.id == erasure_id).values(**values))


def _record(row: sa.RowMapping) -> Erasure:
    told = {
        "removed": Removed(**row["removed"]),
        "leftovers": tuple(row["leftovers"]),
        "job_state": JobState(row["job_state"]),
    }
    return Erasure(**{**row, **told})
