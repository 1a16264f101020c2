"""Finding an object that the caller may see. Somebody else's object looks like one that is not there."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from assay.errors import (
    BatchLocked,
    Gone,
    NotALiveBatch,
    UnknownDataset,
    UnknownDeployment,
    UnknownEnvironment,
    UnknownModel,
    UnknownModelPackage,
)
from assay.records.batches import Batch, BatchOrder, BatchQuery, BatchRole
from assay.records.datasets import Dataset
from assay.records.deployments import DeployedModel, Deployment
from assay.records.environments import PredictionEnvironment
from assay.records.models import ModelPackage
from assay.records.pages import PageRequest
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


def owner_filter(caller: User) -> str | None:
    """Whose objects the caller sees in lists: everybody's (None) or the caller's own."""
    return None if caller.is_admin else caller.id


def _may_see(caller: User, owner_id: str) -> bool:
    return caller.is_admin or caller.id == owner_id


def deployment(tx: "Transaction", caller: User, deployment_id: str) -> Deployment:
    """The deployment of this id, or `UnknownDeployment`."""
    found = tx.deployments.find(deployment_id)
    if found is None or not _may_see(caller, found.owner_id):
        raise UnknownDeployment(deployment_id)
    return found


def owned_deployment(tx: "Transaction", caller: User, deployment_id: str) -> Deployment:
    """The deployment of this id, for what only its owner and admins may do; today nobody else sees it at all."""
    return deployment(tx, caller, deployment_id)


def dataset(tx: "Transaction", caller: User, dataset_id: str) -> Dataset:
    """The data set of this id, `Gone` if deleted, or `UnknownDataset`."""
    found = tx.datasets.find(dataset_id)
    if found is None or not _may_see(caller, found.owner_id):
        raise UnknownDataset(dataset_id)
    if found.deleted_at is not None:
        raise Gone(f"Data set {dataset_id} was deleted.")
    return found


def model_package(tx: "Transaction", caller: User, package_id: str) -> ModelPackage:
    """The model package of this id, archived or not, or `UnknownModelPackage`."""
    found = tx.model_packages.find(package_id)
    if found is None or not _may_see(caller, found.owner_id):
        raise UnknownModelPackage(package_id)
    return found


def usable_package(tx: "Transaction", caller: User, package_id: str) -> ModelPackage:
    """The model package of this id, for something new; `Gone` if archived."""
    found = model_package(tx, caller, package_id)
    if found.archived_at is not None:
        raise Gone(f"Model package {package_id} is archived and cannot be deployed.")
    return found


def environment(tx: "Transaction", caller: User, environment_id: str) -> PredictionEnvironment:
    """The prediction environment of this id, `Gone` if deleted, or `UnknownEnvironment`."""
    found = tx.prediction_environments.find(environment_id)
    if found is None or not _may_see(caller, found.owner_id):
        raise UnknownEnvironment(environment_id)
    if found.deleted_at is not None:
        raise Gone(f"Prediction environment {environment_id} was deleted.")
    return found


def deployed_model(tx: "Transaction", deployment: Deployment, model_id: str | None) -> DeployedModel:
    """A model that the deployment has or had; its current one when no id is given."""
    wanted = model_id or deployment.model_id
    for model in tx.deployments.models(deployment.id):
        if model.model_id == wanted:
            return model
    raise UnknownModel(wanted, f"deployment {deployment.id}")


def package_of(tx: "Transaction", model: DeployedModel) -> ModelPackage:
    """The package of a deployed model; it is never removed, only archived."""
    found = tx.model_packages.find(model.model_package_id)
    if found is None:
        raise LookupError(f"model package {model.model_package_id}")
    return found


def open_batch(tx: "Transaction", deployment_id: str, batch_id: str) -> None:
    """Refuse predictions for a batch that is not there, is locked, or is a superseded version; a draft takes them."""
    batch = tx.batches.get(deployment_id, batch_id)
    if batch.role is BatchRole.SUPERSEDED:
        raise NotALiveBatch(batch.id, batch.role, str(batch.version_of))
    if batch.is_locked:
        raise BatchLocked(batch.name)


def live_batch(tx: "Transaction", deployment_id: str, batch_id: str) -> Batch:
    """A batch that is to be changed; refused for drafts and superseded versions, which are another batch's."""
    return live_batches(tx, deployment_id, [batch_id])[0]


def live_batches(tx: "Transaction", deployment_id: str, batch_ids: Iterable[str]) -> Sequence[Batch]:
    """Several of them, in the order of their ids."""
    batches = tx.batches.get_many(deployment_id, batch_ids)
    for batch in batches:
        if batch.role is not BatchRole.LIVE:
            raise NotALiveBatch(batch.id, batch.role, str(batch.version_of))
    return batches


# A page over batches shows the last ones unless it is told which.
SHOWN_BATCHES = 50


def chosen_batches(tx: "Transaction", deployment_id: str, batch_ids: tuple[str, ...] | None) -> list[Batch]:
    """The named batches, or the deployment's last ones, oldest first."""
    if batch_ids is not None:
        return list(tx.batches.get_many(deployment_id, batch_ids))
    query = BatchQuery(order_by=BatchOrder.LATEST_DOWN)
    last = tx.batches.list(deployment_id, query, PageRequest(limit=SHOWN_BATCHES))
    return list(reversed(last.items))


def span(
    tx: "Transaction", deployment_id: str, batches: list[Batch], model_id: str | None = None
) -> tuple[datetime | None, datetime | None]:
    """First and last prediction time of some batches; for none, of all the deployment's rows of the model."""
    if not batches:
        first, last = tx.uploads.span(deployment_id, model_id)
        return first, last
    return (
        min(b.earliest or b.created_at for b in batches),
        max(b.latest or b.created_at for b in batches),
    )
