"""Accuracy on both sides, where target and prediction are known."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.engines.casting import texts
from assay.engines.freezing import NUMBERS
from assay.library.columns import Columns
from assay.library.weighing import Weights
from assay.records.models import FeatureKind
from assay.stats.accuracy import HIGHER_IS_BETTER, METRICS, BinaryAccuracy, RegressionAccuracy, percent_change
from assay.stats.accuracy.alarm import AccuracyRule, accuracy_change, shared
from assay.stats.accuracy.class_table import ClassTable, accuracy, balanced_accuracy, macro_f1
from assay.stats.accuracy.rows import counted
from assay.stats.arrays import FloatArray
from assay.stats.estimate import Estimate

SHOWN = {
    "Binary": ("AUC", "LogLoss", "Accuracy"),
    "Regression": ("RMSE", "MAE", "R Squared"),
    # Of predicted classes without probabilities.
    "Multiclass": ("Accuracy", "Balanced Accuracy", "Macro F1"),
}
OF_CLASSES: dict[str, Callable[[ClassTable], Estimate]] = {
    "Accuracy": accuracy,
    "Balanced Accuracy": balanced_accuracy,
    "Macro F1": macro_f1,
}
# More are names or numbers that stand for themselves, and a table of them has a million cells.
MOST_CLASSES = 1_000
# A probability in single precision may end up a little beyond 1.
ROUNDING = 1e-6
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
class AccuracyFound:
    """What comparing accuracy came to.

    Attributes
    ----------
    changes : tuple of MetricChange
        Empty when accuracy cannot be compared; then a note says why.
    notes : tuple of str
        For readers: what was left out, and what was taken for granted.
    """

    changes: tuple[MetricChange, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Task:
    """What the model predicts: classes are the positive one first for "Binary", all of them for "Multiclass"."""

    kind: str
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Side:
    """Outcomes and predictions of one table, in the baseline's kinds."""

    target: pl.Series
    prediction: pl.Series
    weights: FloatArray | None


def accuracy_found(
    columns: Columns, weights: tuple[Weights, Weights], names: tuple[str, str], alpha: float
) -> AccuracyFound:
    """Accuracy of a probability, a class or a number on both sides.

    Parameters
    ----------
    columns : Columns
        Both sides in the kinds of the baseline, so that `True` and "true" are one class.
    weights : pair of Weights
    names : pair of str
        Target and prediction; both are among the columns.
    alpha : float
        Shared by the metrics.
    """
    target, prediction = names
    then, now = (
        _Side(table[target], table[prediction], weight.given)
        for table, weight in zip(columns.whole, weights, strict=True)
    )
    task = _task(then, columns.kinds[target], columns.kinds[prediction])
    if isinstance(task, str):
        return AccuracyFound(notes=(f"Accuracy is not compared: {task}.",))
    before, after = _estimates(task, then), _estimates(task, now)
    rule = shared(AccuracyRule(alpha=alpha), len(SHOWN[task.kind]))
    changes = tuple(_change(name, before[name], after[name], rule) for name in SHOWN[task.kind])
    return AccuracyFound(changes, (*_guessed(task, prediction, before), *_left_out(task, now)))


def _task(side: _Side, target: FeatureKind, prediction: FeatureKind) -> _Task | str:
    """What the baseline's columns can be; else why they cannot be compared."""
    classes = ["false", "true"] if target is FeatureKind.BINARY else _in_order(side.target)
    if not side.prediction.drop_nulls().len():
        return "the baseline has no prediction"
    if prediction not in NUMBERS:
        return _of_words(classes, side.prediction)
    if len(classes) == 2 and not _beyond(side.prediction):
        named = [name for name in classes if name.casefold() in POSITIVE]
        positive = (named or classes)[-1]
        return _Task("Binary", (positive, *(name for name in classes if name != positive)))
    if target in NUMBERS:
        return _Task("Regression")
    if len(classes) == 2:
        return "the baseline has predictions outside [0, 1], which are no probabilities"
    return f"the predictions are numbers, and the baseline's target has {len(classes):,} classes"


def _of_words(classes: list[str], prediction: pl.Series) -> _Task | str:
    said = set(texts(prediction).drop_nulls().unique().to_list())
    # A class that is said and never comes true is one too, but a table of other words is no prediction of these.
    if len(said & set(classes)) * 2 <= len(said):
        return "most of the baseline's predictions are none of the target's classes"
    together = sorted({*classes, *said})
    if len(together) < 2:
        return f"the baseline has one class only, '{together[0]}'"
    if len(together) > MOST_CLASSES:
        return f"there are {len(together):,} classes, more than {MOST_CLASSES:,}"
    return _Task("Multiclass", tuple(together))


def _in_order(target: pl.Series) -> list[str]:
    """Names of the values, in the order of the values."""
    return texts(target.drop_nulls().unique().sort()).to_list()


def _beyond(prediction: pl.Series) -> int:
    """Predictions that are no probabilities."""
    return int((~prediction.drop_nulls().is_between(-ROUNDING, 1.0 + ROUNDING)).sum())


def _guessed(task: _Task, prediction: str, before: Mapping[str, Estimate]) -> list[str]:
    """Which class the probability is taken to be of, where nothing but the order says so or the ranks deny it."""
    if task.kind != "Binary":
        return []
    positive, other = task.classes
    area = before["AUC"].high
    if area is not None and area < 0.5:
        turned = f"ranks the baseline's rows the other way round: perhaps it is that of '{other}'"
        return [f"'{prediction}' is taken as the probability of '{positive}' and {turned}"]
    if positive.casefold() in POSITIVE:
        return []
    return [f"'{prediction}' is taken as the probability of '{positive}', the last of the two classes in order"]


def _left_out(task: _Task, now: _Side) -> list[str]:
    if task.kind == "Regression":
        return []
    rows = int((~texts(now.target).drop_nulls().is_in(list(task.classes))).sum())
    if not rows:
        return []
    return [f"Accuracy leaves out rows of current whose target is none of the baseline's classes: {rows:,}"]


def _estimates(task: _Task, side: _Side) -> Mapping[str, Estimate]:
    if task.kind == "Multiclass":
        table = _class_table(task.classes, side)
        return {name: metric(table) for name, metric in OF_CLASSES.items()}
    if task.kind == "Binary" and (beyond := _beyond(side.prediction)):
        reason = f"predictions outside [0, 1], which are no probabilities: {beyond:,}"
        return dict.fromkeys(SHOWN["Binary"], Estimate.undefined(reason))
    rows = _binary(task.classes, side) if task.kind == "Binary" else _regression(side)
    return {name: METRICS[task.kind][name](rows) for name in SHOWN[task.kind]}


def _binary(classes: tuple[str, ...], side: _Side) -> BinaryAccuracy:
    names = texts(side.target)
    known = names.is_in(list(classes)).fill_null(value=False).to_numpy()
    positive = (names == classes[0]).fill_null(value=False).to_numpy()
    scores = np.clip(_numbers(side.prediction), 0.0, 1.0)
    weights = None if side.weights is None else side.weights[known]
    return BinaryAccuracy.of(positive[known], scores[known], threshold=THRESHOLD, weights=weights)


def _regression(side: _Side) -> RegressionAccuracy:
    return RegressionAccuracy.of(_numbers(side.target), _numbers(side.prediction), weights=side.weights)


def _numbers(column: pl.Series) -> FloatArray:
    return column.fill_null(math.nan).to_numpy()


def _class_table(classes: tuple[str, ...], side: _Side) -> ClassTable:
    places = [
        texts(column).replace_strict(list(classes), range(len(classes)), default=None, return_dtype=pl.Int64)
        for column in (side.target, side.prediction)
    ]
    known = (places[0].is_not_null() & places[1].is_not_null()).to_numpy()
    keep, weights, _ = counted(known, side.weights)
    actual, predicted = (column.fill_null(0).to_numpy()[keep] for column in places)
    return ClassTable.of(len(classes), actual, predicted, weights)


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
