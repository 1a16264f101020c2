"""Deployments: made from a model package, changed, and deleted with all that belongs to them."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from assay.errors import Invalid
from assay.monitoring import access, audit, paths
from assay.monitoring.context import Context
from assay.monitoring.deployments.baselines import PREPARE_BASELINE
from assay.monitoring.deployments.deletions import PURGE_DEPLOYMENT
from assay.monitoring.deployments.deployment_views import DeploymentView, view_of
from assay.monitoring.profiles import segment_profiles
from assay.monitoring.queueing import finished, queued
from assay.monitoring.rows.segments import check_attributes
from assay.monitoring.watched import watched_by
from assay.records.audit import AuditEvent
from assay.records.deployments import DeployedModel, Deployment, ModelPeriod, Settings
from assay.records.ids import new_id
from assay.records.jobs import Job
from assay.records.models import Feature, ModelPackage
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


@dataclass(frozen=True, slots=True)
class NewDeployment:
    """What a caller says of a deployment that is to be made."""

    model_package_id: str
    label: str
    description: str | None = None
    importance: str | None = None
    user_provided_id: str | None = None
    environment_id: str | None = None
    prediction_server_id: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    runtime_parameters: str | None = None


def create(ctx: Context, caller: User, new: NewDeployment) -> tuple[Deployment, Job]:
    """Put a registered model into service; a job prepares its baseline."""
    if not new.label.strip():
        raise Invalid("label: found a blank text, expected a name.")
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        package = access.usable_package(tx, caller, new.model_package_id)
        if new.environment_id is not None:
            access.environment(tx, caller, new.environment_id)
        deployment = Deployment(
            id=new_id(now),
            owner_id=caller.id,
            owner_name=caller.name,
            label=new.label,
            description=new.description,
            importance=new.importance,
            model_id=package.model_id,
            model_package_id=package.id,
            settings=Settings(),
            user_provided_id=new.user_provided_id,
            created_at=now,
            environment_id=new.environment_id,
            prediction_server_id=new.prediction_server_id,
            tags=[{"id": new_id(now), "name": name, "value": value} for name, value in new.tags],
            runtime_parameters=new.runtime_parameters,
        )
        tx.deployments.create(deployment)
        made_of = {"label": new.label, "modelPackageId": package.id}
        _note(tx, AuditEvent.DEPLOYMENT_CREATED, deployment, caller, now, made_of)
        tx.deployments.add_model(
            DeployedModel(deployment.id, package.model_id, package.id, tx.baselines.newest_of(package.id), now, None)
        )
        tx.model_history.begin(_period(deployment, package, caller, now))
        job = queued(
            PREPARE_BASELINE,
            {"deployment_id": deployment.id, "model_id": package.model_id, "model_package_id": package.id},
            caller.id,
            now,
            result_path=paths.deployment(deployment.id),
        )
        tx.jobs.create(job)
    return deployment, job


def _note(
    tx: "Transaction", event: AuditEvent, deployment: Deployment, caller: User, now: datetime, detail: dict[str, Any]
) -> None:
    audit.note(tx, event, caller, now, deployment.id, detail, deployment_id=deployment.id)


def _period(deployment: Deployment, package: ModelPackage, caller: User, now: datetime) -> ModelPeriod:
    return ModelPeriod(
        deployment_id=deployment.id,
        model_id=package.model_id,
        model_package_id=package.id,
        package_name=package.name,
        since=now,
        until=None,
        reason=None,
        user_id=caller.id,
        user_name=caller.name,
    )


def get(ctx: Context, caller: User, deployment_id: str) -> DeploymentView:
    """One deployment."""
    with ctx.store.snapshot() as tx:
        return view_of(ctx, tx, access.deployment(tx, caller, deployment_id))


def features(ctx: Context, caller: User, deployment_id: str) -> tuple[Feature, ...]:
    """Features of the deployment's current model."""
    with ctx.store.snapshot() as tx:
        return watched_by(ctx, tx, caller, deployment_id, None).features


def update(ctx: Context, caller: User, deployment_id: str, changes: dict[str, Any]) -> None:
    """Change label, description or importance; only what is named changes."""
    if "label" in changes and not (changes["label"] or "").strip():
        raise Invalid("label: found a blank text, expected a name.")
    with ctx.store.transaction() as tx:
        old = access.deployment(tx, caller, deployment_id)
        if changes:
            tx.deployments.update(deployment_id, **changes)
        changed = audit.changes({name: getattr(old, name) for name in changes}, changes)
        if changed:
            _note(tx, AuditEvent.DEPLOYMENT_CHANGED, old, caller, ctx.clock(), changed)


def delete(ctx: Context, caller: User, deployment_id: str) -> None:
    """Delete a deployment; it is gone from every answer at once, a job removes its data."""
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        gone = access.deployment(tx, caller, deployment_id)
        _note(tx, AuditEvent.DEPLOYMENT_DELETED, gone, caller, now, {"label": gone.label})
        tx.deployments.delete(deployment_id, now)
        tx.uploads.withdraw(deployment_id=deployment_id)
        tx.jobs.create(queued(PURGE_DEPLOYMENT, {"deployment_id": deployment_id}, caller.id, now))


def settings(ctx: Context, caller: User, deployment_id: str) -> Settings:
    """A deployment's settings."""
    with ctx.store.snapshot() as tx:
        return access.deployment(tx, caller, deployment_id).settings


def change_settings(ctx: Context, caller: User, deployment_id: str, changes: dict[str, Any]) -> Job:
    """Change the named settings.

    The job that is returned is already done, unless rows that are kept must be profiled by new segments first.
    """
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        before = deployment.settings
        after = before.changed(_complete(before, changes))
        package = access.package_of(tx, access.deployed_model(tx, deployment, None))
        if after.segment_attributes != before.segment_attributes:
            check_attributes(ctx, package, after.segment_attributes)
        _check_tracked(package, changes)
        tx.deployments.save_settings(deployment_id, after)
        changed = audit.changes(asdict(before), asdict(after))
        if changed:
            _note(tx, AuditEvent.SETTINGS_CHANGED, deployment, caller, now, changed)
        if not set(after.segmented_by) <= set(before.segmented_by):
            return segment_profiles.ask(tx, deployment_id, caller.id, now)
        job = finished("change_settings", caller.id, now, result_path=paths.settings(deployment_id))
        tx.jobs.create(job)
    return job


def _complete(before: Settings, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes, with the fields of the verdict's rule that are not named as they were."""
    if "verdict" not in changes:
        return changes
    return {**changes, "verdict": replace(before.verdict, **changes["verdict"])}


def _check_tracked(package: ModelPackage, changes: dict[str, Any]) -> None:
    for name in changes.get("tracked_features") or ():
        if package.feature(name) is None:
            some = ", ".join(f.name for f in package.features[:12])
            raise Invalid(f"featureDrift.trackedFeatures: the model has no feature {name[:64]!r}. It has: {some}.")
