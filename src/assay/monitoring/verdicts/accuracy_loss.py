"""Whether the model is as good on the batch as on its holdout, by the metric of the health settings."""

from dataclasses import replace

from assay.monitoring.verdicts.subject import Subject
from assay.records.batches import HealthStatus
from assay.records.health import AccuracyRule as HealthRule
from assay.records.verdicts import Reason, Section, SectionName
from assay.stats.accuracy import HIGHER_IS_BETTER, METRICS, Accuracy
from assay.stats.accuracy.alarm import AccuracyChange, AccuracyRule, AccuracyStatus, accuracy_change
from assay.stats.estimate import Estimate

NAME = SectionName.ACCURACY
NEVER = float("inf")


def is_judged(subject: Subject, found: Accuracy | None) -> bool:
    """Whether both sides have outcomes."""
    return found is not None and found.n > 0 and subject.model.ready.accuracy is not None


def accuracy(subject: Subject, found: Accuracy | None, alpha: float) -> tuple[Section, tuple[Reason, ...]]:
    """The metric on the actuals so far against the holdout's, at a share of the budget."""
    rule = subject.health.accuracy
    section = Section(NAME, HealthStatus.UNKNOWN, "No prediction of the batch has an actual yet.")
    if found is None or found.n == 0:
        return section, ()
    known = subject.model.ready.accuracy
    if known is None:
        words = "The model was registered without outcomes on a holdout, so that there is nothing to compare with."
        return replace(section, words=words, rows=found.n), ()
    metric = METRICS[str(subject.model.target.type)][str(rule.metric)]
    current, baseline = metric(found), metric(known)
    change = accuracy_change(str(rule.metric), current, baseline, rule_of(rule, baseline, alpha))
    status = HealthStatus(change.status.value)
    section = replace(
        section,
        status=status,
        words=_told(change, current, baseline),
        looked_at=1,
        rows=found.n,
        baseline_rows=known.n,
        alpha=alpha,
    )
    if change.status not in {AccuracyStatus.WARNING, AccuracyStatus.FAILING}:
        return section, ()
    return section, (_reason(change, status, current, baseline),)


def rule_of(rule: HealthRule, baseline: Estimate, alpha: float) -> AccuracyRule:
    """The alarm's rule by the health settings, whose limits may be values of the metric: then the loss up to them.

    A limit that is not set is never reached.
    """
    warning, failing = rule.warning_threshold, rule.failing_threshold
    if rule.measurement == "value" and baseline.value is not None:
        sign = 1.0 if HIGHER_IS_BETTER[str(rule.metric)] else -1.0
        warning, failing = (
            None if limit is None else max(0.0, sign * (baseline.value - limit)) for limit in (warning, failing)
        )
    return AccuracyRule(
        alpha=alpha,
        measurement="value" if rule.measurement == "value" else "percent",
        failing=NEVER if failing is None else failing,
        warning=warning,
    )


def _told(change: AccuracyChange, current: Estimate, baseline: Estimate) -> str:
    return f"{change.metric} is {_value(current)}, {_value(baseline)} on the holdout: {change.reason}."


def _value(estimate: Estimate) -> str:
    if estimate.value is None:
        return "unknown"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.4g} ({estimate.n:,} rows)"
    return f"{estimate.value:.4g} ({estimate.low:.4g} to {estimate.high:.4g}, {estimate.n:,} rows)"


def _reason(change: AccuracyChange, status: HealthStatus, current: Estimate, baseline: Estimate) -> Reason:
    return Reason(
        section=NAME,
        status=status,
        code="accuracy_loss",
        words=_told(change, current, baseline).removesuffix("."),
        subject=change.metric,
        is_real=change.real,
        is_big=change.big,
        evidence={
            "value": change.value,
            "low": current.low,
            "high": current.high,
            "rows": current.n,
            "baselineValue": change.baseline_value,
            "baselineRows": baseline.n,
            "worseBy": change.worse_by,
            "worsePercent": change.worse_percent,
            "p": change.p,
        },
    )
