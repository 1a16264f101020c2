"""How the accuracy of batches moved."""

from typing import Any

import sqlalchemy as sa

from assay.records.accuracy_revisions import AccuracyRevision
from assay.records.pages import Page, PageRequest
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import accuracy_revisions


class AccuracyRevisions:
    """Append-only, but for what is deleted with a batch or a deployment."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, deployment_id: str, revision: AccuracyRevision) -> None:
        """Add a revision."""
        values: dict[str, Any] = {f: getattr(revision, f) for f in AccuracyRevision.__slots__}
        self._connection.execute(accuracy_revisions.insert().values(deployment_id=deployment_id, **values))

    def latest(self, deployment_id: str, batch_id: str, model_id: str) -> AccuracyRevision | None:
        """The last revision of a (batch, model) pair."""
        query = _of_pair(deployment_id, batch_id, model_id).order_by(accuracy_revisions.c.id.desc()).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return _record(row) if row else None

    def list(self, deployment_id: str, batch_id: str, model_id: str, request: PageRequest) -> Page[AccuracyRevision]:
        """Revisions of a (batch, model) pair, oldest first."""
        query = _of_pair(deployment_id, batch_id, model_id).order_by(accuracy_revisions.c.id)
        return page_of(self._connection, query, request, _record)

    def delete(self, *, batch_id: str | None = None, deployment_id: str | None = None) -> None:
        """Remove the revisions of a batch or of a deployment."""
        table = accuracy_revisions
        mine = table.c.batch_id == batch_id if batch_id is not None else table.c.deployment_id == deployment_id
        self._connection.execute(table.delete().where(mine))


def _of_pair(deployment_id: str, batch_id: str, model_id: str) -> sa.Select[Any]:
    table = accuracy_revisions
    return sa.select(*(c for c in table.c if c.name not in {"id", "deployment_id"})).where(
        table.c.deployment_id == deployment_id, table.c.batch_id == batch_id, table.c.model_id == model_id
    )


def _record(row: sa.RowMapping) -> AccuracyRevision:
    return AccuracyRevision(**row)
