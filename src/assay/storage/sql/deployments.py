"""Deployments and their model history."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assay.records.deployments import DeployedModel, Deployment, DeploymentQuery, Settings
from assay.records.pages import Page, PageRequest
from assay.storage.sql.deployment_filters import conditions, order
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import deployed_models, deployments, users
from assay.storage.sql.upsert import upsert

_SELECT = sa.select(*(c for c in deployments.c if c.name != "deleted_at"), users.c.name.label("owner_name")).join(
    users, users.c.id == deployments.c.owner_id
)


class Deployments:
    """What is watched.

    A writing transaction has a deployment to itself from the moment it looks it up, so that of two writers of one
    deployment the second sees all that the first has done; readers never wait.
    """

    def __init__(self, connection: sa.Connection, *, writing: bool) -> None:
        self._connection = connection
        self._writing = writing

    def create(self, deployment: Deployment) -> None:
        """Add a deployment."""
        values: dict[str, Any] = {f: getattr(deployment, f) for f in Deployment.__slots__ if f != "owner_name"}
        values["settings"] = asdict(deployment.settings)
        self._connection.execute(deployments.insert().values(**values))

    def find(self, deployment_id: str) -> Deployment | None:
        """The deployment of this id, unless it is deleted."""
        query = _SELECT.where(deployments.c.id == deployment_id, deployments.c.deleted_at.is_(None))
        if self._writing:
            query = query.with_for_update(of=deployments, key_share=True)
        row = self._connection.execute(query).mappings().one_or_none()
        return _record(row) if row else None

    def hold(self, deployment_id: str) -> None:
        """Have the deployment to oneself as `find` does, also when it is deleted. Before anything of it is read."""
        if self._writing:
            query = sa.select(deployments.c.id).where(deployments.c.id == deployment_id)
            self._connection.execute(query.with_for_update(key_share=True))

    def list(self, query: DeploymentQuery, request: PageRequest) -> Page[Deployment]:
        """Deployments that pass the filters, in the asked order."""
        found = _SELECT.where(deployments.c.deleted_at.is_(None), *conditions(query))
        return page_of(self._connection, found.order_by(*order(query)), request, _record)

    def with_limits_of_age(self) -> Sequence[str]:
        """Ids of the deployments that keep something for a time only."""
        query = sa.select(deployments.c.id, deployments.c.settings).where(deployments.c.deleted_at.is_(None))
        return [row.id for row in self._connection.execute(query) if Settings.of(row.settings).forgets]

    def update(self, deployment_id: str, **values: Any) -> None:
        """Change some columns."""
        statement = deployments.update().where(deployments.c.id == deployment_id)
        self._connection.execute(statement.values(**values))

    def save_settings(self, deployment_id: str, settings: Settings) -> None:
        """Replace the settings."""
        self.update(deployment_id, settings=asdict(settings))

    def delete(self, deployment_id: str, now: datetime) -> None:
        """Mark a deployment deleted; a job removes what belongs to it."""
        self.update(deployment_id, deleted_at=now)

    def add_model(self, model: DeployedModel) -> None:
        """Begin a model's service."""
        self._connection.execute(
            deployed_models.insert().values({f: getattr(model, f) for f in DeployedModel.__slots__})
        )

    def replace_model(self, deployment_id: str, old_model_id: str, model: DeployedModel) -> None:
        """Make another model the current one; it may have served before."""
        former = sa.and_(deployed_models.c.deployment_id == deployment_id, deployed_models.c.model_id == old_model_id)
        self._connection.execute(deployed_models.update().where(former).values(until=model.since))
        values = {f: getattr(model, f) for f in DeployedModel.__slots__}
        # A model that comes back keeps the baseline over which its profiles were counted.
        kept = deployed_models.c.baseline_id
        upsert(
            self._connection,
            deployed_models,
            [values],
            lambda new: {
                "since": new["since"],
                "until": new["until"],
                "baseline_id": sa.func.coalesce(kept, new["baseline_id"]),
            },
        )
        self.update(deployment_id, model_id=model.model_id, model_package_id=model.model_package_id)

    def models(self, deployment_id: str) -> Sequence[DeployedModel]:
        """The model history, oldest first."""
        query = deployed_models.select().where(deployed_models.c.deployment_id == deployment_id)
        rows = self._connection.execute(query.order_by(deployed_models.c.since, deployed_models.c.model_id)).mappings()
        return [DeployedModel(**row) for row in rows]

    def set_baseline(self, deployment_id: str, model_id: str, baseline_id: str) -> None:
        """Fix what a deployed model's batches are compared with."""
        statement = deployed_models.update().where(
            deployed_models.c.deployment_id == deployment_id, deployed_models.c.model_id == model_id
        )
        self._connection.execute(statement.values(baseline_id=baseline_id))


def _record(row: sa.RowMapping) -> Deployment:
    return Deployment(**{**row, "settings": Settings.of(row["settings"])})
