"""How a deployment does: its service, drift and accuracy over the latest batches, by its health settings.

The figures are those of the pages; here they only meet the limits.
"""

from functools import reduce
from typing import TYPE_CHECKING

from assay.monitoring.blocks import FEATURES
from assay.monitoring.context import Context
from assay.monitoring.deployments import health_settings
from assay.monitoring.deployments.batches import requests_health
from assay.monitoring.figures.drift import DEFAULT_METRIC
from assay.monitoring.profiles import loading as profiles
from assay.monitoring.rows.scored_rows import pooled
from assay.monitoring.watched import WatchedModel, watched
from assay.records.batches import Batch, HealthStatus
from assay.records.deployments import Deployment
from assay.records.health import AccuracyRule, DeploymentHealth, DriftRule, Health, ServiceRule
from assay.records.models import Feature, FeatureKind
from assay.records.slices import Selection
from assay.stats.accuracy import HIGHER_IS_BETTER, METRICS, accuracy_from_bytes, percent_change
from assay.stats.decision.importance import is_important
from assay.stats.drift import drift_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.storage.sql.transaction import Transaction

# Fewer rows with an actual say nothing about accuracy.
LEAST_ACTUALS = 100
NAMED_FEATURES = 5


def of_deployment(ctx: Context, tx: "Transaction", deployment: Deployment) -> DeploymentHealth:
    """The four indicators of a deployment; drift and accuracy are those of its current model."""
    fairness = Health(HealthStatus.UNKNOWN, "This server does not track fairness.")
    if not deployment.settings.batch_monitoring:
        off = Health(HealthStatus.UNKNOWN, "Health looks at batches, and batch monitoring is not enabled.")
        return DeploymentHealth(service=off, drift=off, accuracy=off, fairness=fairness)
    rules = health_settings.load(tx, deployment)
    model = watched(ctx, tx, deployment, None)
    return DeploymentHealth(
        service=_service(tx, deployment, rules.service),
        drift=_drift(ctx, tx, model, rules.data_drift),
        accuracy=_accuracy(tx, model, rules.accuracy),
        fairness=fairness,
    )


def _over(batches: "Sequence[Batch]", status: HealthStatus, message: str) -> Health:
    return Health(
        status,
        message,
        start=min(b.earliest or b.created_at for b in batches),
        end=max(b.latest or b.created_at for b in batches),
    )


def _last(batches: "Sequence[Batch]") -> str:
    return f"batch '{batches[0].name}'" if len(batches) == 1 else f"last {len(batches)} batches"


# ------------------------------------------------------------------ service


def _service(tx: "Transaction", deployment: Deployment, rule: ServiceRule) -> Health:
    batches = tx.batches.latest_requested(deployment.id, rule.batch_count)
    if not batches:
        return Health(HealthStatus.UNKNOWN, "No prediction requests were reported for any batch.")
    status, message = requests_health(
        sum(b.requests_count for b in batches),
        user_errors=sum(b.user_errors for b in batches),
        server_errors=sum(b.server_errors for b in batches),
    )
    return _over(batches, status, message)


# ------------------------------------------------------------------ drift


def _drift(ctx: Context, tx: "Transaction", model: WatchedModel, rule: DriftRule) -> Health:
    if not model.deployment.settings.feature_drift:
        return Health(HealthStatus.UNKNOWN, "Feature drift tracking is not enabled.")
    batches = tx.batches.latest_predicted(model.deployment.id, model.model_id, rule.batch_count)
    if model.baseline is None or not batches:
        return Health(HealthStatus.UNKNOWN, "No batch holds predictions of the current model.")
    looked_at = [f for f in model.tracked_features if f.name not in rule.excluded_features]
    scores = _scores(ctx, tx, model, looked_at, [b.id for b in batches])
    if not scores:
        return _over(batches, HealthStatus.UNKNOWN, f"No feature of the {_last(batches)} has a drift score.")
    drifted = [f for f in looked_at if scores.get(f.name, 0.0) > rule.drift_threshold]
    important = [f for f in drifted if _is_important(f, rule)]
    message = f"{len(drifted)} of {len(scores)} features drifted (PSI above {rule.drift_threshold:g}) over the "
    worst = sorted(drifted, key=lambda f: -scores[f.name])[:NAMED_FEATURES]
    names = ", ".join(f.name for f in worst)
    end = f": {names}." if names else "."
    status = drift_status(rule, important=len(important), others=len(drifted) - len(important))
    return _over(batches, status, message + _last(batches) + end)


def _scores(
    ctx: Context, tx: "Transaction", model: WatchedModel, features: list[Feature], batch_ids: list[str]
) -> dict[str, float]:
    baseline = model.ready
    names = [f.name for f in features]
    source = profiles.Source(ctx, tx, model, FEATURES, names)
    current = profiles.load(source, Selection(tuple(batch_ids))).profile
    found = {
        name: drift_score(DEFAULT_METRIC, baseline.features.columns[name], column)
        for name, column in current.columns.items()
    }
    return {name: score for name, score in found.items() if score is not None}


def _is_important(feature: Feature, rule: DriftRule) -> bool:
    if feature.name in rule.starred_features:
        return True
    # A date moves on by nature, so it is important only when somebody says so.
    known = 0.0 if feature.importance is None and feature.kind is FeatureKind.DATE else feature.importance
    return is_important(known, rule.importance_threshold)


def drift_status(rule: DriftRule, *, important: int, others: int) -> HealthStatus:
    """The word for so many drifted features; a limit of 0 is none.

    Examples
    --------
    >>> [str(drift_status(DriftRule(), important=i, others=o)) for i, o in ((0, 0), (0, 3), (1, 0))]
    ['passing', 'warning', 'failing']
    """
    if _reached(important, rule.high_importance_failing_count) or _reached(others, rule.low_importance_failing_count):
        return HealthStatus.FAILING
    if _reached(important, rule.high_importance_warning_count) or _reached(others, rule.low_importance_warning_count):
        return HealthStatus.WARNING
    return HealthStatus.PASSING


def _reached(count: int, limit: int) -> bool:
    return 0 < limit <= count


# ------------------------------------------------------------------ accuracy


def _accuracy(tx: "Transaction", model: WatchedModel, rule: AccuracyRule) -> Health:
    deployment, name = model.deployment, str(rule.metric)
    batches = tx.batches.latest_with_actuals(deployment.id, model.model_id, rule.batch_count)
    if not batches:
        if deployment.settings.association_id_column is None:
            return Health(HealthStatus.UNAVAILABLE, "No association id is set that would join actuals to predictions.")
        return Health(HealthStatus.UNKNOWN, "No prediction of the current model has an actual.")
    states = tx.accuracy.list(deployment.id, model.model_id, Selection(tuple(b.id for b in batches)))
    rows = reduce(pooled, [accuracy_from_bytes(state.data) for state in states])
    if rows.n < LEAST_ACTUALS:
        message = f"The {_last(batches)}: {rows.n} rows with an actual, {LEAST_ACTUALS} are needed."
        return _over(batches, HealthStatus.UNKNOWN, message)
    metric = METRICS[str(model.target.type)][name]
    value = metric(rows).value
    known = None if model.baseline is None else model.baseline.accuracy
    baseline = None if known is None else metric(known).value
    status = accuracy_status(rule, value, baseline)
    told = "unknown" if value is None else f"{value:.4g}"
    beside = "" if baseline is None else f", {baseline:.4g} on the holdout"
    return _over(batches, status, f"{name} of the {_last(batches)} is {told}{beside} ({rows.n} rows with an actual).")


def accuracy_status(rule: AccuracyRule, value: float | None, baseline: float | None) -> HealthStatus:
    """The word for a metric's value, by its loss in percent against the baseline or by the value itself.

    Examples
    --------
    >>> rule = AccuracyRule(metric="AUC", warning_threshold=5.0, failing_threshold=10.0)
    >>> [str(accuracy_status(rule, auc, 0.8)) for auc in (0.9, 0.75, 0.7)]
    ['passing', 'warning', 'failing']
    """
    # Turned so that more is worse; a loss in percent is meant so already.
    sign = -1.0 if HIGHER_IS_BETTER[str(rule.metric)] else 1.0
    by_loss = rule.measurement == "percent"
    found = percent_change(value, baseline) if by_loss else value
    if found is None:
        return HealthStatus.UNKNOWN
    for limit, status in (
        (rule.failing_threshold, HealthStatus.FAILING),
        (rule.warning_threshold, HealthStatus.WARNING),
    ):
        if limit is not None and sign * found > (limit if by_loss else sign * limit):
            return status
    return HealthStatus.PASSING
