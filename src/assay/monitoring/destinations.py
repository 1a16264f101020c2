"""Where prediction rows go: a deployed model with its baseline, and a batch that is open."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.errors import BatchLocked
from assay.monitoring import access
from assay.monitoring.baseline_cache import OpenBaseline
from assay.monitoring.context import Context
from assay.records.deployments import Deployment
from assay.records.models import ModelPackage

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


@dataclass(frozen=True)
class Destination:
    """A model of a deployment, ready to take rows."""

    deployment: Deployment
    model_id: str
    package: ModelPackage
    baseline: OpenBaseline


def destination(ctx: Context, tx: "Transaction", deployment: Deployment, model_id: str | None) -> Destination:
    """The model of this id, or the current one; refused while its baseline is being prepared."""
    model = access.deployed_model(tx, deployment, model_id)
    baseline = ctx.baselines.get(access.prepared(model), tx.baselines.get)
    return Destination(deployment, model.model_id, access.package_of(tx, model), baseline)


def open_batch(tx: "Transaction", deployment_id: str, batch_id: str) -> None:
    """Refuse predictions for a batch that is not there or is locked."""
    batch = tx.batches.get(deployment_id, batch_id)
    if batch.is_locked:
        raise BatchLocked(batch.name)
