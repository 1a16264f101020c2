"""Whether custom metrics keep to the conditions of the health settings."""

import operator
from collections.abc import Sequence

from assay.monitoring.custom_metrics.custom_metric_figures import MetricFigure, figures_of_batch
from assay.monitoring.verdicts.subject import Subject
from assay.records.batches import HealthStatus
from assay.records.health import CustomCondition
from assay.records.verdicts import Reason, Section, SectionName, worst

NAME = SectionName.CUSTOM_METRICS
COMPARE = {"lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}
SIGNS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def conditions(subject: Subject) -> list[tuple[CustomCondition, HealthStatus]]:
    """All conditions, with what each makes of a batch."""
    rule = subject.health.custom_metrics
    failing = [(one, HealthStatus.FAILING) for one in rule.failing_conditions]
    return failing + [(one, HealthStatus.WARNING) for one in rule.warning_conditions]


def condition_figures(subject: Subject) -> list[MetricFigure]:
    """What the metrics with conditions come to in the batch."""
    ids = {condition.metric_id for condition, _ in conditions(subject)}
    model = subject.model
    return figures_of_batch(subject.tx, model.deployment, subject.batch.id, ids, model_id=model.model_id)


def custom_metrics(subject: Subject) -> tuple[Section, tuple[Reason, ...]]:
    """Values of the batch against every condition; the values are the caller's, so no chance is reckoned with."""
    wanted = conditions(subject)
    if not wanted:
        return Section(NAME, HealthStatus.UNKNOWN, "No conditions are set for custom metrics."), ()
    figures = {one.metric.id: one for one in condition_figures(subject)}
    known, reasons = 0, list[Reason]()
    for condition, status in wanted:
        figure = figures.get(condition.metric_id)
        value = None if figure is None else _value(figure, condition)
        if figure is None or value is None:
            continue
        known += 1
        if COMPARE[condition.compare_operator](value, condition.threshold):
            reasons.append(_reason(figure, condition, status, value))
    return _section(wanted, known, reasons), tuple(reasons)


def _section(wanted: Sequence[object], known: int, reasons: Sequence[Reason]) -> Section:
    if not known:
        return Section(NAME, HealthStatus.UNKNOWN, "No metric with a condition has a value in the batch.")
    words = f"{len(reasons)} of {known} conditions are met; {len(wanted) - known} have no value."
    return Section(NAME, worst(one.status for one in reasons), words, looked_at=known)


def _value(figure: MetricFigure, condition: CustomCondition) -> float | None:
    if condition.category_name is None:
        return figure.value
    return next((float(c.count) for c in figure.categories if c.name == condition.category_name), None)


def _reason(figure: MetricFigure, condition: CustomCondition, status: HealthStatus, value: float) -> Reason:
    of = "" if condition.category_name is None else f", category '{condition.category_name}',"
    sign = SIGNS[condition.compare_operator]
    return Reason(
        NAME,
        status,
        "metric_condition",
        f"custom metric '{figure.metric.name}'{of} is {value:g}, and {sign} {condition.threshold:g} is a {status}",
        subject=figure.metric.name,
        evidence={
            "metricId": figure.metric.id,
            "value": value,
            "sampleSize": figure.sample_size,
            "operator": condition.compare_operator,
            "threshold": condition.threshold,
            "category": condition.category_name,
        },
    )
