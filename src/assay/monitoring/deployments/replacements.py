"""Replacing a deployment's model: asked for at once, done by a job once the new baseline is there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.errors import Conflict, Gone, Invalid, UnknownDeployment, UnknownModel, UnknownModelPackage
from assay.monitoring import access, audit, paths
from assay.monitoring.context import Context
from assay.monitoring.deployments import baselines
from assay.monitoring.queueing import queued
from assay.records.audit import AuditEvent
from assay.records.deployments import DeployedModel, Deployment, ModelPeriod, ReplacementReason
from assay.records.jobs import Job
from assay.records.models import ModelPackage, PackageQuery
from assay.records.pages import Page, PageRequest
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

REPLACE_MODEL = "replace_model"


@dataclass(frozen=True, slots=True)
class Replacement:
    """The model that is to come, by its package or by its own id, and why."""

    reason: ReplacementReason
    model_package_id: str | None = None
    model_id: str | None = None


def accept(ctx: Context, caller: User, deployment_id: str, wanted: Replacement) -> Job:
    """Check that the model can come, and queue the job that puts it into service.

    Until that job has run the deployment keeps its model; if the new baseline cannot be made, for good.
    """
    now = ctx.clock()
    key = f"{REPLACE_MODEL}:{deployment_id}"
    with ctx.store.transaction() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        package = _package(tx, caller, wanted)
        _check(tx, deployment, package)
        running = tx.jobs.find_open(key)
        if running is not None:
            raise Conflict(
                f"The model of deployment {deployment_id} is being replaced already (status {running.id}). Wait for "
                "that, then try again."
            )
        job = queued(
            REPLACE_MODEL,
            {"deployment_id": deployment_id, "model_package_id": package.id, "reason": str(wanted.reason)},
            caller.id,
            now,
            result_path=paths.deployment(deployment_id),
            key=key,
        )
        tx.jobs.create(job)
    return job


def _package(tx: "Transaction", caller: User, wanted: Replacement) -> ModelPackage:
    if wanted.model_package_id is not None:
        found = access.usable_package(tx, caller, wanted.model_package_id)
        if wanted.model_id not in {None, found.model_id}:
            raise Invalid(
                f"modelId: found {wanted.model_id}, but model package {found.id} is of model {found.model_id}. Send "
                "one of the two."
            )
        return found
    if wanted.model_id is None:
        raise Invalid("modelPackageId: found none, expected the id of the package that is to be deployed.")
    query = PackageQuery(model_id=wanted.model_id)
    packages = tx.model_packages.list(access.owner_filter(caller), query, PageRequest(limit=1))
    if not packages.items:
        raise UnknownModel(wanted.model_id, "the registered model packages")
    return packages.items[0]


def _check(tx: "Transaction", deployment: Deployment, package: ModelPackage) -> None:
    """Refuse a model that cannot take the place of the present one."""
    if package.id == deployment.model_package_id:
        raise Invalid(f"Model package {package.id} is the one that the deployment has now, expected another one.")
    for model in tx.deployments.models(deployment.id):
        if model.model_id == package.model_id and model.model_package_id != package.id:
            raise Invalid(
                f"Model {package.model_id} is in this deployment's history with another package "
                f"({model.model_package_id}), and its figures are kept by model. Register the new package under a "
                "model id of its own."
            )
    _check_targets(access.package_of(tx, access.deployed_model(tx, deployment, None)), package)


def _check_targets(old: ModelPackage, new: ModelPackage) -> None:
    """The actuals of a deployment are outcomes of one target, whichever model predicts it."""
    if new.target.type != old.target.type:
        raise Invalid(
            f"The model package has a {new.target.type} target and the deployment a {old.target.type} one; they must "
            "be alike."
        )
    if new.target.name != old.target.name:
        raise Invalid(
            f"The model package predicts '{new.target.name}' and the deployment '{old.target.name}'; they must be "
            "the same target."
        )
    if set(new.target.class_names) != set(old.target.class_names):
        raise Invalid(
            f"The model package has the classes {', '.join(new.target.class_names)} and the deployment "
            f"{', '.join(old.target.class_names)}; they must be the same, in any order."
        )


def replace_model(ctx: Context, job: Job) -> None:
    """Make the new model's baseline and put it into service."""
    deployment_id = job.args["deployment_id"]
    baseline_id, fresh = baselines.ready_or_fresh(ctx, job.args["model_package_id"])
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        deployment = tx.deployments.find(deployment_id)
        if deployment is None:
            raise UnknownDeployment(deployment_id)
        tx.jobs.hold(job)
        package = tx.model_packages.find(job.args["model_package_id"])
        if package is None:
            raise UnknownModelPackage(job.args["model_package_id"])
        if package.archived_at is not None:
            raise Gone(f"Model package {package.id} was archived before it could be deployed.")
        _check(tx, deployment, package)
        if fresh is not None:
            tx.baselines.create(fresh)
        model = DeployedModel(deployment_id, package.model_id, package.id, baseline_id, now, None)
        tx.deployments.replace_model(deployment_id, deployment.model_id, model)
        user = tx.users.get(job.user_id)
        reason = ReplacementReason(job.args["reason"])
        tx.model_history.begin(
            ModelPeriod(
                deployment_id=deployment_id,
                model_id=package.model_id,
                model_package_id=package.id,
                package_name=package.name,
                since=now,
                until=None,
                reason=reason,
                user_id=user.id,
                user_name=user.name,
            )
        )
        models = {"modelId": [deployment.model_id, package.model_id], "reason": str(reason)}
        audit.note(tx, AuditEvent.MODEL_REPLACED, user, now, deployment_id, models, deployment_id=deployment_id)
        tx.jobs.complete(job, now)


def history(ctx: Context, caller: User, deployment_id: str, request: PageRequest) -> Page[ModelPeriod]:
    """The models that a deployment has and had, the present one first."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        return tx.model_history.list(deployment_id, request)
