"""The verdicts of batches."""

from typing import Any

import sqlalchemy as sa

from assay.records.pages import Page, PageRequest
from assay.records.verdicts import Judgement, Verdict
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import verdicts


class Verdicts:
    """Append-only, but for what is deleted with a batch or a deployment: the newest one is the present one."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, verdict: Verdict) -> None:
        """Make it the present one of its batch and model."""
        names = (f for f in Verdict.__slots__ if f != "judgement")
        values: dict[str, Any] = {name: getattr(verdict, name) for name in names}
        document = verdict.judgement.to_document()
        self._connection.execute(
            verdicts.insert().values(status=verdict.judgement.status, judgement=document, **values)
        )

    def renew(self, verdict_id: str, fingerprint: str) -> None:
        """Note that the same verdict follows from other facts too."""
        self._connection.execute(verdicts.update().where(verdicts.c.id == verdict_id).values(fingerprint=fingerprint))

    def newest(self, deployment_id: str, batch_id: str, model_id: str) -> Verdict | None:
        """The present one."""
        query = _of_pair(deployment_id, batch_id, model_id).order_by(verdicts.c.seq.desc()).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return _record(row) if row else None

    def list(self, deployment_id: str, batch_id: str, model_id: str, request: PageRequest) -> Page[Verdict]:
        """All of a batch and model, the present one first."""
        query = _of_pair(deployment_id, batch_id, model_id).order_by(verdicts.c.seq.desc())
        return page_of(self._connection, query, request, _record)

    def delete(self, *, batch_id: str | None = None, deployment_id: str | None = None) -> None:
        """Remove the verdicts of a batch or of a deployment."""
        table = verdicts
        mine = table.c.batch_id == batch_id if batch_id is not None else table.c.deployment_id == deployment_id
        self._connection.execute(table.delete().where(mine))


def _of_pair(deployment_id: str, batch_id: str, model_id: str) -> sa.Select[Any]:
    table = verdicts
    return sa.select(*(c for c in table.c if c.name not in {"seq", "status"})).where(
        table.c.deployment_id == deployment_id, table.c.batch_id == batch_id, table.c.model_id == model_id
    )


def _record(row: sa.RowMapping) -> Verdict:
    return Verdict(**{**row, "judgement": Judgement.of(row["judgement"])})
