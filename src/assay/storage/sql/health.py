"""Health settings: what somebody changed, by deployment."""

from typing import Any

import sqlalchemy as sa

from assay.storage.sql.tables import health_settings
from assay.storage.sql.upsert import upsert


class HealthChanges:
    """The changed part of a deployment's health settings, as JSON; what is absent is the default."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, deployment_id: str) -> dict[str, dict[str, Any]]:
        """What was changed, by group and field; empty if nothing was."""
        query = sa.select(health_settings.c.changed).where(health_settings.c.deployment_id == deployment_id)
        return dict(self._connection.execute(query).scalar_one_or_none() or {})

    def put(self, deployment_id: str, changed: dict[str, dict[str, Any]]) -> None:
        """Replace what was changed."""
        row = {"deployment_id": deployment_id, "changed": changed}
        upsert(self._connection, health_settings, [row], lambda new: {"changed": new["changed"]})

    def delete(self, deployment_id: str) -> None:
        """Back to the defaults."""
        self._connection.execute(health_settings.delete().where(health_settings.c.deployment_id == deployment_id))
