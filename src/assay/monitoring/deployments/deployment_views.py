"""Deployments with what their pages show beside them; lists of them, filtered and sorted."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.deployments import health
from assay.records.batches import HealthStatus
from assay.records.deployments import USAGE_DAYS, DeployedModel, Deployment, DeploymentQuery
from assay.records.environments import PredictionEnvironment
from assay.records.health import DeploymentHealth
from assay.records.models import ModelPackage
from assay.records.pages import Page, PageRequest, cut
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

# Ascending order of a health indicator; what cannot be told comes first.
_LEAST_TO_MOST_TROUBLED = (
    HealthStatus.UNAVAILABLE,
    HealthStatus.UNKNOWN,
    HealthStatus.PASSING,
    HealthStatus.WARNING,
    HealthStatus.FAILING,
)


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """A deployment with what its page shows beside it.

    Attributes
    ----------
    daily_rows : tuple of int
        Prediction rows that arrived on each of the last ``USAGE_DAYS`` days of 24 hours, oldest first.
    """

    deployment: Deployment
    package: ModelPackage
    model: DeployedModel
    environment: PredictionEnvironment | None
    health: DeploymentHealth
    last_prediction: datetime | None
    daily_rows: tuple[int, ...]


def view_of(ctx: Context, tx: "Transaction", deployment: Deployment) -> DeploymentView:
    """The deployment as its page shows it."""
    model = access.deployed_model(tx, deployment, None)
    environment_id = deployment.environment_id
    now = ctx.clock()
    days = [now - timedelta(days=USAGE_DAYS - i) for i in range(USAGE_DAYS + 1)]
    return DeploymentView(
        deployment=deployment,
        package=access.package_of(tx, model),
        model=model,
        environment=None if environment_id is None else tx.prediction_environments.find(environment_id),
        health=health.of_deployment(ctx, tx, deployment),
        last_prediction=tx.uploads.span(deployment.id)[1],
        daily_rows=tuple(tx.uploads.received(deployment.id, days)),
    )


@dataclass(frozen=True, slots=True)
class DeploymentsWanted:
    """Which deployments are wanted; None means no such filter.

    Attributes
    ----------
    query : DeploymentQuery
        What the database can tell.
    service, drift, accuracy : tuple of str or None
        Words of the health indicators.
    tag_names, tag_values : tuple of str or None
    health_order : str or None
        ``service``, ``drift`` or ``accuracy``: sorts by that indicator instead, the least troubled first.
    """

    query: DeploymentQuery
    service: tuple[str, ...] | None = None
    drift: tuple[str, ...] | None = None
    accuracy: tuple[str, ...] | None = None
    tag_names: tuple[str, ...] | None = None
    tag_values: tuple[str, ...] | None = None
    health_order: str | None = None

    @property
    def by_view(self) -> bool:
        """Whether every deployment must be looked at, because the database cannot tell which are wanted."""
        asked = (self.service, self.drift, self.accuracy, self.tag_names, self.tag_values, self.health_order)
        return any(one is not None for one in asked)


def page(ctx: Context, caller: User, wanted: DeploymentsWanted, request: PageRequest) -> Page[DeploymentView]:
    """Deployments that the caller sees and that pass the filters."""
    owner = access.owner_filter(caller)
    query = replace(wanted.query, usage_since=ctx.clock() - timedelta(days=USAGE_DAYS))
    if owner is not None and query.owner_id not in {None, owner}:
        return Page([], 0, request.offset, request.limit)
    query = replace(query, owner_id=query.owner_id or owner)
    with ctx.store.snapshot() as tx:
        if wanted.by_view:
            every = [view_of(ctx, tx, d) for d in tx.deployments.list(query, PageRequest()).items]
            return cut(_sorted([v for v in every if _passes(v, wanted)], wanted), request)
        found = tx.deployments.list(query, request)
        return Page([view_of(ctx, tx, d) for d in found.items], found.total, found.offset, found.limit)


def _passes(view: DeploymentView, wanted: DeploymentsWanted) -> bool:
    health_, tags = view.health, view.deployment.tags
    return (
        _among(health_.service.status, wanted.service)
        and _among(health_.drift.status, wanted.drift)
        and _among(health_.accuracy.status, wanted.accuracy)
        and (wanted.tag_names is None or any(tag["name"] in wanted.tag_names for tag in tags))
        and (wanted.tag_values is None or any(tag["value"] in wanted.tag_values for tag in tags))
    )


def _among(word: str, words: tuple[str, ...] | None) -> bool:
    return words is None or word in words


def _sorted(views: list[DeploymentView], wanted: DeploymentsWanted) -> list[DeploymentView]:
    name = wanted.health_order
    if name is None:
        return views
    return sorted(
        views,
        key=lambda view: _LEAST_TO_MOST_TROUBLED.index(getattr(view.health, name).status),
        reverse=wanted.query.descending,
    )
