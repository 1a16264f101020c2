"""Health settings of a deployment: read, checked, changed."""

import math
import re
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from assay.errors import Invalid
from assay.monitoring import access, audit
from assay.monitoring.context import Context
from assay.records.audit import AuditEvent
from assay.records.deployments import Deployment
from assay.records.health import AccuracyRule, CustomRule, DriftRule, HealthSettings
from assay.records.models import Target
from assay.records.users import User
from assay.stats.accuracy import HIGHER_IS_BETTER, METRICS

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

# P7D, P1M, PT2H; the public API also writes T2H.
_DURATION = re.compile(r"P\d+[DWMY]|P?T\d+[HM]")

Changes = dict[str, dict[str, Any]]


def get(ctx: Context, caller: User, deployment_id: str) -> HealthSettings:
    """What the deployment's health looks at."""
    with ctx.store.snapshot() as tx:
        return load(tx, access.deployment(tx, caller, deployment_id))


def load(tx: "Transaction", deployment: Deployment) -> HealthSettings:
    """The same, within a transaction."""
    return _complete(HealthSettings.of(tx.health_changes.get(deployment.id)), _target(tx, deployment))


def defaults(ctx: Context, caller: User, deployment_id: str) -> HealthSettings:
    """What it looks at unless somebody changes it."""
    with ctx.store.snapshot() as tx:
        return _complete(HealthSettings(), _target(tx, access.deployment(tx, caller, deployment_id)))


def _target(tx: "Transaction", deployment: Deployment) -> Target:
    return access.package_of(tx, access.deployed_model(tx, deployment, None)).target


def _complete(settings: HealthSettings, target: Target) -> HealthSettings:
    if settings.accuracy.metric is not None:
        return settings
    usual = "LogLoss" if target.class_names else "RMSE"
    return replace(settings, accuracy=replace(settings.accuracy, metric=usual))


def change(ctx: Context, caller: User, deployment_id: str, changes: Changes) -> HealthSettings:
    """Change the named fields and nothing else.

    Parameters
    ----------
    changes : dict of dict
        New values by group and field of `HealthSettings`, in the form of JSON.
    """
    with ctx.store.transaction() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        target = _target(tx, deployment)
        stored = tx.health_changes.get(deployment_id)
        changed = {**stored, **{group: {**stored.get(group, {}), **values} for group, values in changes.items()}}
        settings = _complete(HealthSettings.of(changed), target)
        _check(settings, target, _known_features(tx, deployment))
        tx.health_changes.put(deployment_id, changed)
        told = audit.changes(stored, changed)
        if told:
            event, detail = AuditEvent.SETTINGS_CHANGED, {"health": told}
            audit.note(tx, event, caller, ctx.clock(), deployment_id, detail, deployment_id=deployment_id)
    return settings


def _known_features(tx: "Transaction", deployment: Deployment) -> set[str]:
    """Features of every model that the deployment has or had: a replacement must not make settings wrong."""
    models = tx.deployments.models(deployment.id)
    return {feature.name for model in models for feature in access.package_of(tx, model).features}


def _check(settings: HealthSettings, target: Target, features: set[str]) -> None:
    _check_numbers(settings)
    _check_drift(settings.data_drift, features)
    _check_accuracy(settings.accuracy, target)
    _check_conditions(settings.custom_metrics)
    for name, rule in (
        ("predictionsTimeliness", settings.predictions_timeliness),
        ("actualsTimeliness", settings.actuals_timeliness),
    ):
        _check_duration(f"{name}.expectedFrequency", rule.expected_frequency)


def _check_numbers(settings: HealthSettings) -> None:
    for group in fields(settings):
        for name, value in asdict(getattr(settings, group.name)).items():
            if isinstance(value, float) and not math.isfinite(value):
                raise Invalid(f"{group.name}.{name}: found {value}, expected a finite number.")
            if name.endswith("_count") and value < 0:
                raise Invalid(f"{group.name}.{name}: found {value}, expected 0 or more.")


def _check_drift(rule: DriftRule, features: set[str]) -> None:
    if rule.drift_threshold < 0:
        raise Invalid(f"dataDrift.driftThreshold: found {rule.drift_threshold}, expected 0 or more.")
    if not 0 <= rule.importance_threshold <= 1:
        raise Invalid(f"dataDrift.importanceThreshold: found {rule.importance_threshold}, expected 0 to 1.")
    _check_duration("dataDrift.timeInterval", rule.time_interval)
    for name in (*rule.excluded_features, *rule.starred_features):
        if name not in features:
            some = ", ".join(sorted(features)[:12])
            raise Invalid(f"dataDrift: no model of the deployment has the feature {name[:64]!r}. They have: {some}.")
    both = sorted(set(rule.excluded_features) & set(rule.starred_features))
    if both:
        raise Invalid(f"dataDrift: {both[0][:64]!r} is both excluded and starred, expected one of the two.")


def _check_accuracy(rule: AccuracyRule, target: Target) -> None:
    # A metric whose best value lies in the middle has no direction in which it gets worse.
    names = [name for name in METRICS[str(target.type)] if name in HIGHER_IS_BETTER]
    if rule.metric not in names:
        raise Invalid(f"accuracy.metric: found {rule.metric!r}, expected one of {', '.join(names)}.")
    warning, failing = rule.warning_threshold, rule.failing_threshold
    if rule.measurement == "percent":
        for name, limit in (("warningThreshold", warning), ("failingThreshold", failing)):
            if limit is not None and limit < 0:
                raise Invalid(f"accuracy.{name}: found {limit}, expected a loss of 0 or more percent.")
    if warning is None or failing is None:
        return
    falls = rule.measurement == "value" and HIGHER_IS_BETTER[rule.metric]
    if (failing > warning) if falls else (failing < warning):
        raise Invalid(
            f"accuracy: found a failingThreshold of {failing} and a warningThreshold of {warning}, expected the "
            "failure to be the worse of the two."
        )


def _check_conditions(rule: CustomRule) -> None:
    for condition in (*rule.warning_conditions, *rule.failing_conditions):
        if not math.isfinite(condition.threshold):
            raise Invalid(f"customMetrics: found the threshold {condition.threshold}, expected a finite number.")


def _check_duration(field: str, text: str) -> None:
    if not _DURATION.fullmatch(text):
        raise Invalid(f"{field}: found {text[:32]!r}, expected an ISO 8601 duration such as PT2H, P1D or P7D.")
