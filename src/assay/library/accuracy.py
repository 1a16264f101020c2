"""Accuracy on both sides, where target and prediction are known."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.engines.casting import numbers, texts
from assay.library.weighing import Weights
from assay.stats.accuracy import (
    HIGHER_IS_BETTER,
    METRICS,
    Accuracy,
    BinaryAccuracy,
    MulticlassAccuracy,
    RegressionAccuracy,
    percent_change,
)
from assay.stats.accuracy.alarm import AccuracyRule, accuracy_change, shared
from assay.stats.estimate import Estimate

SHOWN = {
    "Binary": ("AUC", "LogLoss", "Accuracy"),
    "Regression": ("RMSE", "MAE", "R Squared"),
    # Of predicted classes without probabilities.
    "Multiclass": ("Accuracy", "Balanced Accuracy", "Macro F1"),
}
THRESHOLD = 0.5
POSITIVE = frozenset({"1", "true", "yes"})


@dataclass(frozen=True, slots=True)
class MetricChange:
    """One metric on both sides; ends are of 95 % intervals.

    Attributes
    ----------
    percent_change : float or None
        Of the baseline's value; None where there is none.
    degraded : bool or None
        Worse beyond chance and by 5 % of the baseline's value or more; the metrics share alpha. None if unknown.
    reason : str
        Why so, or why a value is not known.
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
    percent_change: float | None
    degraded: bool | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Task:
    """What the model predicts: classes are the positive one first for "Binary", all of them for "Multiclass"."""

    kind: str
    classes: tuple[str, ...] = ()


def metric_changes(
    tables: tuple[pl.DataFrame, pl.DataFrame],
    weights: tuple[Weights, Weights],
    columns: tuple[str, str],
    alpha: float,
) -> tuple[MetricChange, ...]:
    """Accuracy of a probability, a class or a number; empty when the columns are none of these.

    Parameters
    ----------
    tables, weights : pair
        Of baseline and current.
    columns : pair of str
        Target and prediction.
    """
    target, prediction = columns
    task = _task(tables[0][target], tables[0][prediction])
    if task is None:
        return ()
    then, now = (
        _accuracy(task, table[target], table[prediction], weight) for table, weight in zip(tables, weights, strict=True)
    )
    rule = shared(AccuracyRule(alpha=alpha), len(SHOWN[task.kind]))
    metrics = ((name, METRICS[task.kind][name]) for name in SHOWN[task.kind])
    return tuple(_change(name, metric(then), metric(now), rule) for name, metric in metrics)


def _task(target: pl.Series, prediction: pl.Series) -> _Task | None:
    scores, lost = numbers(prediction)
    numeric = not lost and scores.null_count() < scores.len()
    classes = sorted(texts(target).drop_nulls().unique().to_list())
    if len(classes) == 2 and numeric and _within_unit(scores):
        named = [name for name in classes if name.casefold() in POSITIVE]
        positive = (named or classes)[-1]
        return _Task("Binary", (positive, *(name for name in classes if name != positive)))
    if numeric and not numbers(target)[1]:
        return _Task("Regression")
    said = set(texts(prediction).drop_nulls().unique().to_list())
    # A class that is said and never comes true is one too, but a table of other words is no prediction of these.
    if len(classes) > 1 and said and len(said & set(classes)) * 2 > len(said):
        return _Task("Multiclass", tuple(sorted({*classes, *said})))
    return None


def _within_unit(scores: pl.Series) -> bool:
    low, high = scores.min(), scores.max()
    return isinstance(low, float) and isinstance(high, float) and 0.0 <= low <= high <= 1.0


def _accuracy(task: _Task, target: pl.Series, prediction: pl.Series, weights: Weights) -> Accuracy:
    if task.kind == "Multiclass":
        return _of_classes(task.classes, texts(target), texts(prediction), weights)
    scores = numbers(prediction)[0].fill_null(math.nan).to_numpy()
    if task.kind == "Regression":
        actual = numbers(target)[0].fill_null(math.nan).to_numpy()
        return RegressionAccuracy.of(actual, scores, weights=weights.given)
    names = texts(target)
    known = names.is_not_null().to_numpy()
    positive = np.asarray((names == task.classes[0]).fill_null(value=False))
    weighing = None if weights.given is None else weights.given[known]
    return BinaryAccuracy.of(positive[known], scores[known], threshold=THRESHOLD, weights=weighing)


def _of_classes(classes: Sequence[str], target: pl.Series, said: pl.Series, weights: Weights) -> Accuracy:
    places = [
        column.replace_strict(list(classes), list(range(len(classes))), default=None, return_dtype=pl.Int64)
        for column in (target, said)
    ]
    known = (places[0].is_not_null() & places[1].is_not_null()).to_numpy()
    actual, predicted = (column.fill_null(0).to_numpy()[known] for column in places)
    weighing = None if weights.given is None else weights.given[known]
    # A class without a probability is said with certainty; no metric shown here looks at probabilities.
    return MulticlassAccuracy.of(actual, np.eye(len(classes))[predicted], classes=tuple(classes), weights=weighing)


def _change(name: str, then: Estimate, now: Estimate, rule: AccuracyRule) -> MetricChange:
    found = accuracy_change(name, now, then, rule)
    return MetricChange(
        metric=name,
        higher_is_better=HIGHER_IS_BETTER[name],
        baseline=then.value,
        baseline_low=then.low,
        baseline_high=then.high,
        baseline_rows=then.n,
        current=now.value,
        low=now.low,
        high=now.high,
        rows=now.n,
        percent_change=percent_change(now.value, then.value),
        degraded=found.degraded,
        reason=found.reason,
    )
