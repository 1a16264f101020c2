"""Accuracy on both sides, where target and prediction are known."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import special

from assay.engines.casting import numbers, texts
from assay.stats.accuracy import HIGHER_IS_BETTER, METRICS, Accuracy, BinaryAccuracy, RegressionAccuracy
from assay.stats.estimate import Estimate

SHOWN = {"Binary": ("AUC", "LogLoss", "Accuracy"), "Regression": ("RMSE", "MAE", "R Squared")}
THRESHOLD = 0.5
BIG_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class MetricChange:
    """One metric on both sides; ends are of 95 % intervals.

    Attributes
    ----------
    degraded : bool
        Worse by 5 % of the baseline's value or more, and by more than chance would bring; the metrics share alpha.
    """

    metric: str
    higher_is_better: bool
    baseline: float | None
    baseline_low: float | None
    baseline_high: float | None
    baseline_rows: int
    current: float | None
    low: float | None
    high: float | None
    rows: int
    degraded: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def metric_changes(
    baseline: pl.DataFrame, current: pl.DataFrame, target: str, prediction: str, alpha: float
) -> tuple[MetricChange, ...]:
    """Accuracy of a binary target with a probability, or of a number with a number; empty for anything else."""
    kind, positive = _kind(baseline[target], baseline[prediction])
    if kind is None:
        return ()
    then, now = (_accuracy(side[target], side[prediction], positive) for side in (baseline, current))
    shared = alpha / len(SHOWN[kind])
    return tuple(_change(name, METRICS[kind][name](then), METRICS[kind][name](now), shared) for name in SHOWN[kind])


def _kind(target: pl.Series, prediction: pl.Series) -> tuple[str | None, str | None]:
    """Type of the target, and its positive class: 1, true or yes where there is one, else the last in order."""
    scores, lost = numbers(prediction)
    if lost or scores.null_count() == scores.len():
        return None, None
    classes = sorted(texts(target).drop_nulls().unique().to_list())
    low, high = scores.min(), scores.max()
    unit = isinstance(low, float) and isinstance(high, float) and 0.0 <= low <= high <= 1.0
    if len(classes) == 2 and unit:
        named = [name for name in classes if name.casefold() in {"1", "true", "yes"}]
        return "Binary", (named or classes)[-1]
    return (None, None) if numbers(target)[1] else ("Regression", None)


def _accuracy(target: pl.Series, prediction: pl.Series, positive: str | None) -> Accuracy:
    scores = numbers(prediction)[0].fill_null(math.nan).to_numpy()
    if positive is None:
        return RegressionAccuracy.of(numbers(target)[0].fill_null(math.nan).to_numpy(), scores)
    names = texts(target)
    known = names.is_not_null().to_numpy()
    return BinaryAccuracy.of(np.asarray(names == positive)[known], scores[known], threshold=THRESHOLD)


def _change(name: str, then: Estimate, now: Estimate, alpha: float) -> MetricChange:
    better = HIGHER_IS_BETTER[name]
    return MetricChange(
        metric=name,
        higher_is_better=better,
        baseline=then.value,
        baseline_low=then.low,
        baseline_high=then.high,
        baseline_rows=then.n,
        current=now.value,
        low=now.low,
        high=now.high,
        rows=now.n,
        degraded=_degraded(then, now, alpha, higher_is_better=better),
    )


def _degraded(then: Estimate, now: Estimate, alpha: float, *, higher_is_better: bool) -> bool:
    """Worse by 5 % of the baseline's value, and by more than both standard errors allow (one-sided z)."""
    if then.value is None or now.value is None or then.standard_error is None or now.standard_error is None:
        return False
    worse = (then.value - now.value) if higher_is_better else (now.value - then.value)
    error = math.hypot(then.standard_error, now.standard_error)
    big = worse > 0 and worse >= BIG_SHARE * abs(then.value)
    return big and (error == 0.0 or float(special.ndtr(-worse / error)) <= alpha)
