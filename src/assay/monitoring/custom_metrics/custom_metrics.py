"""Custom metrics: made, listed, changed and deleted."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.errors import Conflict, Invalid, UnknownCustomMetric
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.deployments.deletions import PURGE_CUSTOM_METRIC
from assay.monitoring.queueing import queued
from assay.records.custom_metrics import (
    MAX_BASELINE_VALUES,
    MAX_CATEGORIES,
    MAX_CATEGORY_LENGTH,
    MAX_NAME_LENGTH,
    MAX_UNITS_LENGTH,
    CustomMetric,
    MetricType,
)
from assay.records.ids import new_id
from assay.records.limits import Limits
from assay.records.pages import Page, PageRequest
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


def create(ctx: Context, caller: User, deployment_id: str, fields: dict[str, Any]) -> CustomMetric:
    """Add a metric without values; ``fields`` are those of `CustomMetric` that the caller set."""
    now = ctx.clock()
    metric = CustomMetric(
        id=new_id(now),
        deployment_id=deployment_id,
        created_at=now,
        created_by_id=caller.id,
        created_by_name=caller.name,
        **fields,
    )
    _check(metric, ctx.limits)
    with ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        if tx.custom_metrics.list(deployment_id, PageRequest(limit=1)).total >= ctx.limits.max_custom_metrics:
            raise Invalid(
                f"The deployment has {ctx.limits.max_custom_metrics} custom metrics, which is the limit. Delete old "
                "ones first."
            )
        _refuse_taken_name(tx, metric)
        tx.custom_metrics.create(metric)
    return metric


def found(tx: "Transaction", deployment_id: str, metric_id: str) -> CustomMetric:
    """The deployment's metric of this id, or `UnknownCustomMetric`."""
    metric = tx.custom_metrics.find(deployment_id, metric_id)
    if metric is None:
        raise UnknownCustomMetric(metric_id)
    return metric


def get(ctx: Context, caller: User, deployment_id: str, metric_id: str) -> CustomMetric:
    """One metric."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        return found(tx, deployment_id, metric_id)


def page(ctx: Context, caller: User, deployment_id: str, request: PageRequest) -> Page[CustomMetric]:
    """Metrics of a deployment."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        return tx.custom_metrics.list(deployment_id, request)


def update(ctx: Context, caller: User, deployment_id: str, metric_id: str, fields: dict[str, Any]) -> CustomMetric:
    """Change the fields that are named, and nothing else; figures follow at once."""
    with ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        old = found(tx, deployment_id, metric_id)
        new = replace(old, **fields)
        _check(new, ctx.limits)
        _refuse_taken_name(tx, new)
        if new.is_categorical != old.is_categorical and tx.custom_metric_values.any(metric_id):
            raise Conflict(
                f"type: found '{new.type}', but the metric already has values as '{old.type}', and numbers are no "
                "categories. Make another metric."
            )
        tx.custom_metrics.update(new)
    return new


def delete(ctx: Context, caller: User, deployment_id: str, metric_id: str) -> None:
    """Delete a metric; it is gone from every answer at once, a job removes its values."""
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        found(tx, deployment_id, metric_id)
        tx.custom_metrics.delete(metric_id, now)
        tx.jobs.create(queued(PURGE_CUSTOM_METRIC, {"metric_id": metric_id}, caller.id, now))


def _refuse_taken_name(tx: "Transaction", metric: CustomMetric) -> None:
    other = tx.custom_metrics.find_named(metric.deployment_id, metric.name)
    if other is not None and other.id != metric.id:
        raise Conflict(
            f"name: found '{metric.name}', which is the name of custom metric {other.id} of this deployment. Choose "
            "another name, or change that metric."
        )


def _check(metric: CustomMetric, limits: Limits) -> None:
    _check_text("name", metric.name, MAX_NAME_LENGTH)
    _check_text("units", metric.units, MAX_UNITS_LENGTH)
    if metric.description is not None and len(metric.description) > limits.max_description_length:
        raise Invalid(
            f"description: found {len(metric.description)} characters, expected at most "
            f"{limits.max_description_length}."
        )
    if len(metric.baseline_values) > MAX_BASELINE_VALUES:
        raise Invalid(f"baselineValues: found {len(metric.baseline_values)}, expected at most {MAX_BASELINE_VALUES}.")
    _check_categories(metric)


def _check_categories(metric: CustomMetric) -> None:
    names = [category.name for category in metric.categories]
    if not metric.is_categorical:
        if names:
            raise Invalid(f"categories: found {len(names)}, expected none: the metric's type is '{metric.type}'.")
        return
    if not 1 <= len(names) <= MAX_CATEGORIES:
        raise Invalid(
            f"categories: found {len(names)}, expected 1 to {MAX_CATEGORIES} for type '{MetricType.CATEGORICAL}'."
        )
    for place, name in enumerate(names):
        _check_text(f"categories[{place}].value", name, MAX_CATEGORY_LENGTH)
        if name in names[:place]:
            raise Invalid(f"categories[{place}].value: found '{name}' again, expected each category once.")
    if metric.baseline_values:
        raise Invalid(
            "baselineValues: found numbers for a categorical metric. Give each category its own 'baselineCount'."
        )


def _check_text(field: str, text: str, most: int) -> None:
    if not text.strip():
        raise Invalid(f"{field}: found a blank text, expected 1 to {most} characters.")
    if len(text) > most:
        raise Invalid(f"{field}: found {len(text)} characters, expected at most {most}.")
