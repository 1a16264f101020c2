"""Exports and what became of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assay.records.datasets import FileForm
from assay.records.exports import Export, ExportKind, ExportQuery
from assay.records.jobs import JobState
from assay.records.pages import Page, PageRequest
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import datasets, exports, jobs, users

_DERIVED = {"job_state", "job_error", "dataset_name", "created_by_name"}
_SELECT = (
    sa.select(
        *(c for c in exports.c if c.name != "dataset_id"),
        # A deleted data set is none.
        datasets.c.id.label("dataset_id"),
        datasets.c.name.label("dataset_name"),
        jobs.c.state.label("job_state"),
        jobs.c.error.label("job_error"),
        users.c.name.label("created_by_name"),
    )
    .join(users, users.c.id == exports.c.created_by_id)
    .join(jobs, jobs.c.id == exports.c.job_id)
    .outerjoin(datasets, sa.and_(datasets.c.id == exports.c.dataset_id, datasets.c.deleted_at.is_(None)))
)


class Exports:
    """Requests for rows of a deployment."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, export: Export) -> None:
        """Add an export; its job must be there."""
        values: dict[str, Any] = {f: getattr(export, f) for f in Export.__slots__ if f not in _DERIVED}
        values["batch_ids"] = None if export.batch_ids is None else list(export.batch_ids)
        self._connection.execute(exports.insert().values(**values))

    def find(self, export_id: str) -> Export | None:
        """The export of this id, if there is one."""
        row = self._connection.execute(_SELECT.where(exports.c.id == export_id)).mappings().one_or_none()
        return _record(row) if row else None

    def list(self, deployment_id: str, query: ExportQuery, request: PageRequest) -> Page[Export]:
        """Exports of a deployment and kind, newest first."""
        chosen = _SELECT.where(exports.c.deployment_id == deployment_id, exports.c.kind == query.kind)
        if query.states is not None:
            chosen = chosen.where(jobs.c.state.in_(query.states))
        if query.model_id is not None:
            chosen = chosen.where(exports.c.model_id == query.model_id)
        if query.by_batch is not None:
            named = exports.c.batch_ids.is_not(sa.null())
            chosen = chosen.where(named if query.by_batch else ~named)
        return page_of(
            self._connection, chosen.order_by(exports.c.created_at.desc(), exports.c.id.desc()), request, _record
        )

    def with_files(self, deployment_id: str, before: datetime | None = None) -> Sequence[Export]:
        """Exports whose data set is there, of any kind; those asked for before a time, or all."""
        query = _SELECT.where(exports.c.deployment_id == deployment_id, datasets.c.id.is_not(None))
        if before is not None:
            query = query.where(exports.c.created_at < before)
        rows = self._connection.execute(query.order_by(exports.c.created_at, exports.c.id)).mappings()
        return [_record(row) for row in rows]

    def finish(self, export_id: str, *, dataset_id: str, rows: int, rows_not_kept: int) -> None:
        """Note what was made."""
        statement = exports.update().where(exports.c.id == export_id)
        self._connection.execute(statement.values(dataset_id=dataset_id, rows=rows, rows_not_kept=rows_not_kept))

    def delete(self, deployment_id: str) -> None:
        """Remove all exports of a deployment; the data sets that they made stay."""
        self._connection.execute(exports.delete().where(exports.c.deployment_id == deployment_id))


def _record(row: sa.RowMapping) -> Export:
    batch_ids = row["batch_ids"]
    return Export(
        **{
            **row,
            "kind": ExportKind(row["kind"]),
            "batch_ids": None if batch_ids is None else tuple(batch_ids),
            "form": FileForm(row["form"]),
            "job_state": JobState(row["job_state"]),
        }
    )
