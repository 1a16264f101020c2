"""From predictions and their outcomes to accuracy accumulators."""

import numpy as np
import polars as pl

from assay.monitoring.rows import prediction_columns
from assay.records.models import Target, TargetType
from assay.stats.accuracy import Accuracy, BinaryAccuracy, MulticlassAccuracy, RegressionAccuracy


def accuracy_of(target: Target, predictions: pl.DataFrame, outcomes: pl.Series) -> Accuracy:
    """Accumulators of rows whose prediction and outcome are both known; the others are left out.

    Parameters
    ----------
    predictions : DataFrame
        The columns of `prediction_columns`, shape (n, scores).
    outcomes : Series, shape (n,)
        Numbers for regression, else class names.
    """
    scores = prediction_columns.score_columns(target)
    rows = predictions.select(scores).with_columns(outcome=outcomes).drop_nulls()
    table = rows.select(scores).to_numpy()
    outcome = rows["outcome"]
    if target.type is TargetType.REGRESSION:
        finite = outcome.is_finite()
        return RegressionAccuracy.of(outcome.filter(finite).to_numpy(), table[finite.to_numpy(), 0])
    if target.type is TargetType.BINARY:
        positive = (outcome == target.class_names[0]).to_numpy()
        return BinaryAccuracy.of(positive, table[:, 0], threshold=target.threshold)
    places = outcome.replace_strict(
        list(target.class_names), list(range(len(target.class_names))), return_dtype=pl.Int64
    )
    return MulticlassAccuracy.of(np.asarray(places.to_numpy(), dtype=np.int64), table, classes=target.class_names)


def pooled(one: Accuracy, other: Accuracy) -> Accuracy:
    """Accumulators of both; they must be of one model, and so of one class."""
    if type(one) is not type(other):
        raise TypeError(f"{type(one).__name__} cannot be pooled with {type(other).__name__}")
    return one.merge(other)  # type: ignore[arg-type]  # the same class, as just asserted


def nothing(target: Target) -> Accuracy:
    """Accumulators of no rows."""
    outcomes = pl.Series([], dtype=pl.String if target.class_names else pl.Float64)
    return accuracy_of(target, prediction_columns.empty(target), outcomes)
