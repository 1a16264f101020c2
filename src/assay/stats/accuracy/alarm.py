"""Has accuracy become worse than on the baseline, beyond chance and by enough to matter?

See docs/methods/accuracy_alarm.md.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from scipy import special

from assay.errors import Invalid
from assay.stats.accuracy import HIGHER_IS_BETTER, percent_change
from assay.stats.estimate import Estimate
from assay.stats.intervals import Z95

Measurement = Literal["percent", "value"]


class AccuracyStatus(StrEnum):
    """What the rule says of one metric; unknown is not passing."""

    PASSING = "passing"
    WARNING = "warning"
    FAILING = "failing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AccuracyRule:
    """When a loss of accuracy is an alarm: it must be REAL and BIG.

    Attributes
    ----------
    alpha : float
        Chance of calling a loss real that is none, in (0, 1).
    measurement : {"percent", "value"}
        Whether thresholds are percent of the baseline value's size, or in the metric's own unit.
    failing : float
        Worse by at least this much, and real: failing.
    warning : float or None
        Worse by at least this much, and real: warning; None for no such step.
    least_rows : int
        Below this many rows the status is unknown.
    """

    alpha: float = 0.01
    measurement: Measurement = "percent"
    failing: float = 5.0
    warning: float | None = None
    least_rows: int = 10

    def __post_init__(self) -> None:
        """Refuse a rule that could never, or always, raise an alarm."""
        if not 0 < self.alpha < 1:
            raise Invalid(f"alpha is {self.alpha}, expected a number between 0 and 1.")
        if self.measurement not in ("percent", "value"):
            raise Invalid(f"measurement is {self.measurement!r}, expected 'percent' or 'value'.")
        for name, threshold in (("failing", self.failing), ("warning", self.warning)):
            if threshold is not None and not threshold >= 0:
                raise Invalid(f"The {name} threshold is {threshold}, expected a number of at least 0.")


def shared(rule: AccuracyRule, metrics: int) -> AccuracyRule:
    """The rule for each of several metrics of the same rows, so that together they keep to ``rule.alpha``.

    Examples
    --------
    >>> shared(AccuracyRule(alpha=0.01), 4).alpha
    0.0025
    """
    return replace(rule, alpha=rule.alpha / max(1, metrics))


@dataclass(frozen=True, slots=True)
class AccuracyChange:
    """One metric against the baseline, and what the rule makes of it.

    Attributes
    ----------
    metric : str
    value, baseline_value : float or None
    worse_by : float or None
        In the metric's own unit; below 0 it has become better.
    worse_percent : float or None
        The same in percent of the baseline value's size; None when that is 0.
    z : float or None
        ``worse_by`` in its standard errors.
    p : float or None
        Chance of a ``z`` at least as large when nothing has changed (one-sided), in [0, 1].
    real, big : bool or None
        Whether ``p <= alpha``, and whether the loss reaches the failing threshold; None when it cannot be told.
    status : AccuracyStatus
    reason : str
        In words for a reader.
    """

    metric: str
    value: float | None
    baseline_value: float | None
    worse_by: float | None
    worse_percent: float | None
    z: float | None
    p: float | None
    real: bool | None
    big: bool | None
    status: AccuracyStatus
    reason: str

    @property
    def degraded(self) -> bool | None:
        """Whether the loss is real and big; None when it cannot be told."""
        if self.status is AccuracyStatus.UNKNOWN:
            return None
        return self.status is not AccuracyStatus.PASSING


def accuracy_change(
    metric: str, current: Estimate, baseline: Estimate, rule: AccuracyRule | None = None
) -> AccuracyChange:
    """One metric on current rows against the same metric on the baseline's.

    Parameters
    ----------
    metric : str
        Its name on the wire; it says which way is worse. Mean Error is worse the further it is from 0.
    current, baseline : Estimate
        With their intervals. The baseline's comes from its own accumulator: a holdout's score is an estimate too.
    rule : AccuracyRule, optional
        alpha 0.01 and 5 percent when left out.

    Returns
    -------
    AccuracyChange
        ``z`` is the loss over ``sqrt(se_current^2 + se_baseline^2)``. Each standard error is taken from the side of
        the interval that faces the other value, so that a skewed interval near 0 or 1 does not understate it.

    Raises
    ------
    Invalid
        When the direction of the metric is not known.

    Examples
    --------
    >>> change = accuracy_change("AUC", Estimate(0.70, 500, 0.65, 0.75), Estimate(0.80, 2000, 0.78, 0.82))
    >>> round(change.z, 2), change.status.value, change.reason  # 0.10 / (sqrt(0.05^2 + 0.02^2) / 1.96)
    (3.64, 'failing', 'worse by 12.5 % of the baseline value, p = 0.00014')

    References
    ----------
    Zou and Donner (2008), Statistics in Medicine 27, 1693-1702: errors recovered from limits.
    """
    rule = rule or AccuracyRule()
    sided = _toward_worse(metric, current), _toward_worse(metric, baseline)
    unknown = _unknown(current, baseline, rule)
    if unknown or sided[0].value is None or sided[1].value is None:
        return _without_verdict(metric, current, baseline, unknown)
    worse_by = sided[0].value - sided[1].value
    percent = percent_change(sided[1].value + worse_by, sided[1].value)
    z, p = _test(*sided, worse_by)
    real = None if p is None else p <= rule.alpha
    size = worse_by if rule.measurement == "value" else percent
    big = None if size is None else size >= rule.failing
    status = _status(size, real, rule)
    reason = _reason(worse_by, percent, p, rule)
    return AccuracyChange(metric, current.value, baseline.value, worse_by, percent, z, p, real, big, status, reason)


def _toward_worse(metric: str, estimate: Estimate) -> Estimate:
    """The same with a sign under which larger is worse."""
    if estimate.value is None:
        return estimate
    low = estimate.value if estimate.low is None else estimate.low
    high = estimate.value if estimate.high is None else estimate.high
    if metric == "Mean Error":
        # Its best value is 0. Folded there, its error is the wider side's.
        arm = max(estimate.value - low, high - estimate.value)
        size = abs(estimate.value)
        return Estimate(size, estimate.n, size - arm, size + arm)
    if metric not in HIGHER_IS_BETTER:
        raise Invalid(
            f"Whether more is better is not known of {metric!r}; choose one of {', '.join(HIGHER_IS_BETTER)}."
        )
    if HIGHER_IS_BETTER[metric]:
        return Estimate(-estimate.value, estimate.n, -high, -low)
    return Estimate(estimate.value, estimate.n, low, high)


def _unknown(current: Estimate, baseline: Estimate, rule: AccuracyRule) -> str:
    if current.value is None:
        return current.reason or "there is no value"
    if baseline.value is None:
        return f"the baseline has no value: {baseline.reason or 'not known'}"
    if current.n < rule.least_rows:
        return f"{current.n} row{'s are' if current.n != 1 else ' is'} too few, {rule.least_rows} are needed"
    return ""


def _without_verdict(metric: str, current: Estimate, baseline: Estimate, reason: str) -> AccuracyChange:
    return AccuracyChange(
        metric, current.value, baseline.value, None, None, None, None, None, None, AccuracyStatus.UNKNOWN, reason
    )


def _test(current: Estimate, baseline: Estimate, worse_by: float) -> tuple[float | None, float | None]:
    """z and its one-sided p; larger is worse."""
    # What faces the other value: the current one's lower side when it is the worse, and its upper side when not.
    sides = (_below(current), _above(baseline)) if worse_by > 0 else (_above(current), _below(baseline))
    if worse_by == 0:
        return 0.0, 0.5
    if not (sides[0] > 0 and sides[1] > 0):
        return None, None
    z = worse_by / math.hypot(*sides)
    return z, float(special.ndtr(-z))


def _below(estimate: Estimate) -> float:
    return 0.0 if estimate.value is None or estimate.low is None else (estimate.value - estimate.low) / Z95


def _above(estimate: Estimate) -> float:
    return 0.0 if estimate.value is None or estimate.high is None else (estimate.high - estimate.value) / Z95


def _status(size: float | None, real: bool | None, rule: AccuracyRule) -> AccuracyStatus:  # noqa: FBT001
    least = rule.failing if rule.warning is None else min(rule.warning, rule.failing)
    if size is not None and size < least:
        return AccuracyStatus.PASSING
    if size is None or real is None:
        return AccuracyStatus.PASSING if real is False else AccuracyStatus.UNKNOWN
    if not real:
        return AccuracyStatus.PASSING
    return AccuracyStatus.FAILING if size >= rule.failing else AccuracyStatus.WARNING


def _reason(worse_by: float, percent: float | None, p: float | None, rule: AccuracyRule) -> str:
    if percent is None and rule.measurement == "percent":
        return "the baseline value is 0, of which there is no percentage; measure by value"
    if worse_by <= 0:
        return "not worse than the baseline"
    by = f"{percent:.1f} % of the baseline value" if rule.measurement == "percent" else f"{worse_by:.4g}"
    return f"worse by {by}, " + ("and its standard error is not known" if p is None else f"p = {p:.2g}")
