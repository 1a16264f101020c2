"""WHERE and ORDER BY of a list of deployments."""

from typing import Any

import sqlalchemy as sa

from assay.records.deployments import USAGE_DAYS, DeploymentOrder, DeploymentQuery
from assay.records.uploads import UploadState
from assay.storage.sql.letters import CodePoints
from assay.storage.sql.paging import contains
from assay.storage.sql.tables import (
    deployed_models,
    deployments,
    model_packages,
    prediction_environments,
    uploads,
    users,
)

_LEAST_TO_MOST_IMPORTANT = {"LOW": 1, "MODERATE": 2, "HIGH": 3, "CRITICAL": 4}

Condition = sa.ColumnElement[bool]


def conditions(query: DeploymentQuery) -> list[Condition]:
    """What a deployment must be to be listed, but for not being deleted."""
    nothing = [sa.false()] if query.none else []
    return [*nothing, *_of_the_deployment(query), *_of_its_model(query), *_of_its_predictions(query)]


def _of_the_deployment(query: DeploymentQuery) -> list[Condition]:
    found: list[Condition] = []
    table = deployments.c
    if query.owner_id is not None:
        found.append(table.owner_id == query.owner_id)
    if query.not_owner_id is not None:
        found.append(table.owner_id != query.not_owner_id)
    if query.created_by is not None:
        found.append(sa.or_(table.owner_id == query.created_by, users.c.name == query.created_by))
    if query.search:
        found.append(contains(table.label, query.search))
    if query.importance is not None:
        found.append(table.importance.in_(query.importance))
    if query.prediction_servers is not None:
        found.append(table.prediction_server_id.in_(query.prediction_servers))
    if query.platforms is not None:
        named = sa.select(prediction_environments.c.id).where(prediction_environments.c.platform.in_(query.platforms))
        found.append(table.environment_id.in_(named))
    return found


def _of_its_model(query: DeploymentQuery) -> list[Condition]:
    found: list[Condition] = []
    for column, member, words in (
        (model_packages.c.description, "buildEnvironmentType", query.build_environments),
        (model_packages.c.target, "type", query.target_types),
    ):
        if words is not None:
            named = sa.select(model_packages.c.id).where(column[member].as_string().in_(words))
            found.append(deployments.c.model_package_id.in_(named))
    return found


def _of_its_predictions(query: DeploymentQuery) -> list[Condition]:
    found: list[Condition] = []
    if query.last_prediction_from is not None:
        found.append(_last_prediction() >= query.last_prediction_from)
    if query.last_prediction_to is not None:
        found.append(_last_prediction() <= query.last_prediction_to)
    if query.more_a_day is not None:
        found.append(_recent_rows(query) > query.more_a_day * USAGE_DAYS)
    if query.fewer_a_day is not None:
        found.append(_recent_rows(query) < query.fewer_a_day * USAGE_DAYS)
    return found


def _last_prediction() -> sa.ColumnElement[Any]:
    mine = (uploads.c.deployment_id == deployments.c.id, uploads.c.state == UploadState.COUNTED)
    return sa.select(sa.func.max(uploads.c.last_at, type_=uploads.c.last_at.type)).where(*mine).scalar_subquery()


def _recent_rows(query: DeploymentQuery) -> sa.ColumnElement[Any]:
    mine = [uploads.c.deployment_id == deployments.c.id, uploads.c.state == UploadState.COUNTED]
    if query.usage_since is not None:
        mine.append(uploads.c.created_at > query.usage_since)
    return sa.select(sa.func.coalesce(sa.func.sum(uploads.c.rows), 0)).where(*mine).scalar_subquery()


def _model_since() -> sa.ColumnElement[Any]:
    current = (
        deployed_models.c.deployment_id == deployments.c.id,
        deployed_models.c.model_id == deployments.c.model_id,
    )
    return sa.select(deployed_models.c.since).where(*current).scalar_subquery()


def order(query: DeploymentQuery) -> list[sa.ColumnElement[Any]]:
    """The asked order; what has no value comes before all that has one, and ties go by id."""
    keys: dict[DeploymentOrder, sa.ColumnElement[Any]] = {
        DeploymentOrder.LABEL: CodePoints(deployments.c.label),
        DeploymentOrder.CREATED: deployments.c.created_at,
        DeploymentOrder.IMPORTANCE: sa.case(_LEAST_TO_MOST_IMPORTANT, value=deployments.c.importance),
        DeploymentOrder.MODEL_SINCE: _model_since(),
        DeploymentOrder.LAST_PREDICTION: _last_prediction(),
        DeploymentOrder.RECENT_PREDICTIONS: _recent_rows(query),
    }
    key = keys[query.order_by]
    known = key.is_not(None)
    # Said in so many words, because databases differ in where they put what is null.
    return [known.desc(), key.desc(), deployments.c.id] if query.descending else [known, key, deployments.c.id]
