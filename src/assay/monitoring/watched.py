"""A model that is watched: its deployment, its package, what its batches are compared with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.errors import NotReady, UnknownModel
from assay.monitoring import access
from assay.monitoring.baseline_cache import OpenBaseline
from assay.monitoring.context import Context
from assay.records.deployments import Deployment
from assay.records.models import Feature, ModelPackage, Target
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


@dataclass(frozen=True)
class WatchedModel:
    """One model of a deployment; ``baseline`` is None while it is being prepared."""

    deployment: Deployment
    model_id: str
    package: ModelPackage
    baseline: OpenBaseline | None

    @property
    def target(self) -> Target:
        """What the model predicts."""
        return self.package.target

    @property
    def features(self) -> tuple[Feature, ...]:
        """The model's features; a column that holds the association id is none, even if the training had it."""
        column = self.deployment.settings.association_id_column
        return tuple(f for f in self.package.features if f.name != column)

    @property
    def tracked_features(self) -> tuple[Feature, ...]:
        """The features whose drift is told: those that the settings name, or all."""
        tracked = self.deployment.settings.tracked_features
        return self.features if tracked is None else tuple(f for f in self.features if f.name in tracked)

    @property
    def ready(self) -> OpenBaseline:
        """The baseline; refused while it is being prepared."""
        if self.baseline is None:
            raise NotReady(
                f"The baseline of model {self.model_id} is still being prepared. Poll the Location of the call that "
                "deployed it, then try again."
            )
        return self.baseline


def watched(ctx: Context, tx: "Transaction", deployment: Deployment, model_id: str | None) -> WatchedModel:
    """A model that the deployment has or had; its current one when no id is given.

    Raises
    ------
    UnknownModel
        When the deployment never had a model of this id.
    """
    found = find_watched(ctx, tx, deployment, model_id)
    if found is None:
        raise UnknownModel(str(model_id), f"deployment {deployment.id}")
    return found


def find_watched(ctx: Context, tx: "Transaction", deployment: Deployment, model_id: str | None) -> WatchedModel | None:
    """The same, or None when the deployment never had a model of this id."""
    wanted = model_id or deployment.model_id
    model = next((m for m in tx.deployments.models(deployment.id) if m.model_id == wanted), None)
    if model is None:
        return None
    baseline = None if model.baseline_id is None else ctx.baselines.get(model.baseline_id, tx.baselines.get)
    return WatchedModel(deployment, wanted, access.package_of(tx, model), baseline)


def watched_by(ctx: Context, tx: "Transaction", caller: User, deployment_id: str, model_id: str | None) -> WatchedModel:
    """The same, of a deployment that the caller may see."""
    return watched(ctx, tx, access.deployment(tx, caller, deployment_id), model_id)
