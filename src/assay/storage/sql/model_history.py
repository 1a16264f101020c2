"""Which model a deployment had from when to when."""

from datetime import datetime

import sqlalchemy as sa

from assay.records.deployments import ModelPeriod, ReplacementReason
from assay.records.pages import Page, PageRequest
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import model_history, model_packages, users

_SELECT = (
    sa.select(
        *(c for c in model_history.c if c.name != "id"),
        model_packages.c.name.label("package_name"),
        users.c.name.label("user_name"),
    )
    .join(model_packages, model_packages.c.id == model_history.c.model_package_id)
    .join(users, users.c.id == model_history.c.user_id)
)


class ModelHistory:
    """The services of a deployment's models, one after the other."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def begin(self, period: ModelPeriod) -> None:
        """Begin a model's service; the one before it ends at the same time."""
        self._end(period.deployment_id, period.since)
        values = {f: getattr(period, f) for f in ModelPeriod.__slots__ if f not in {"package_name", "user_name"}}
        self._connection.execute(model_history.insert().values(**values))

    def _end(self, deployment_id: str, now: datetime) -> None:
        table = model_history
        present = sa.and_(table.c.deployment_id == deployment_id, table.c.until.is_(None))
        self._connection.execute(table.update().where(present).values(until=now))

    def list(self, deployment_id: str, request: PageRequest) -> Page[ModelPeriod]:
        """A deployment's services, the present one first."""
        query = _SELECT.where(model_history.c.deployment_id == deployment_id).order_by(model_history.c.id.desc())
        return page_of(self._connection, query, request, _record)

    def delete(self, deployment_id: str) -> None:
        """Remove the history of a deployment."""
        self._connection.execute(model_history.delete().where(model_history.c.deployment_id == deployment_id))


def _record(row: sa.RowMapping) -> ModelPeriod:
    reason = None if row["reason"] is None else ReplacementReason(row["reason"])
    return ModelPeriod(**{**row, "reason": reason})
