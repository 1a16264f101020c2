"""Prediction environments."""

from datetime import datetime

import sqlalchemy as sa

from assay.records.environments import PredictionEnvironment
from assay.records.pages import Page, PageRequest
from assay.storage.sql.paging import contains, page_of
from assay.storage.sql.tables import deployments, prediction_environments


class PredictionEnvironments:
    """Places where models run. What a writing transaction finds it has to itself, as with data sets."""

    def __init__(self, connection: sa.Connection, *, writing: bool) -> None:
        self._connection = connection
        self._writing = writing

    def create(self, environment: PredictionEnvironment) -> None:
        """Add an environment."""
        values = {f: getattr(environment, f) for f in PredictionEnvironment.__slots__}
        values["model_formats"] = list(environment.model_formats)
        self._connection.execute(prediction_environments.insert().values(**values))

    def find(self, environment_id: str) -> PredictionEnvironment | None:
        """The environment of this id, deleted ones included."""
        query = prediction_environments.select().where(prediction_environments.c.id == environment_id)
        if self._writing:
            query = query.with_for_update(key_share=True)
        row = self._connection.execute(query).mappings().one_or_none()
        return _record(row) if row else None

    def list(self, owner_id: str | None, request: PageRequest, *, search: str | None) -> Page[PredictionEnvironment]:
        """Environments of one owner or of all, newest first."""
        table = prediction_environments
        query = table.select().where(table.c.deleted_at.is_(None)).order_by(table.c.created_at.desc(), table.c.id)
        if owner_id is not None:
            query = query.where(table.c.owner_id == owner_id)
        if search:
            query = query.where(contains(table.c.name, search))
        return page_of(self._connection, query, request, _record)

    def deployments_in(self, environment_id: str) -> int:
        """How many deployments name the environment now."""
        query = sa.select(sa.func.count()).where(
            deployments.c.environment_id == environment_id, deployments.c.deleted_at.is_(None)
        )
        return int(self._connection.execute(query).scalar_one())

    def delete(self, environment_id: str, now: datetime) -> None:
        """Mark an environment deleted; its row stays so that a second delete can say so."""
        table = prediction_environments
        self._connection.execute(table.update().where(table.c.id == environment_id).values(deleted_at=now))


def _record(row: sa.RowMapping) -> PredictionEnvironment:
    return PredictionEnvironment(**{**row, "model_formats": tuple(row["model_formats"])})
