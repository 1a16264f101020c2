"""How predictions lie in columns: one place that knows, for reading, profiling and accuracy alike.

Regression has one column, ``prediction``. Classification has one column of probabilities a class, named
``probability:<class>`` in the order of the model's classes, and ``label``, the predicted class.
"""

import numpy as np
import polars as pl

from assay.engines.casting import numbers, unreadable_numbers
from assay.errors import Invalid
from assay.records.models import Target, TargetType
from assay.stats.profile.bins import Bins, LevelBins, NumericBins

VALUE = "prediction"
LABEL = "label"


def score_columns(target: Target) -> list[str]:
    """Names of the number columns."""
    if target.type is TargetType.REGRESSION:
        return [VALUE]
    return [f"probability:{name}" for name in target.class_names]


def drift_column(target: Target) -> str:
    """The column whose drift is the target's: the value, the positive class's probability, or the label."""
    if target.type is TargetType.REGRESSION:
        return VALUE
    return LABEL if target.type is TargetType.MULTICLASS else score_columns(target)[0]


def bins(target: Target, predictions: pl.DataFrame) -> dict[str, Bins]:
    """Bins frozen from the baseline's predictions, which may have no rows."""
    frozen: dict[str, Bins] = {name: NumericBins.of(predictions[name]) for name in score_columns(target)}
    if target.type is not TargetType.REGRESSION:
        # Every class is a level of its own, so that the predicted classes are counted exactly.
        frozen[LABEL] = LevelBins(levels=target.class_names, other_levels=frozenset(), singletons=0)
    return frozen


def empty(target: Target) -> pl.DataFrame:
    """Predictions of no rows."""
    return complete(target, [pl.Series(name, [], dtype=pl.Float64) for name in score_columns(target)])


def complete(target: Target, scores: list[pl.Series]) -> pl.DataFrame:
    """The prediction columns from the score columns, in class order; adds the predicted class.

    A binary row is predicted positive at or above the threshold; otherwise the first class of the greatest
    probability is predicted. A row with a missing score has no label.
    """
    frame = pl.DataFrame([s.alias(n) for s, n in zip(scores, score_columns(target), strict=True)])
    if target.type is TargetType.REGRESSION:
        return frame
    return frame.with_columns(_label(target, frame).alias(LABEL))


def _label(target: Target, scores: pl.DataFrame) -> pl.Series:
    missing = scores.select(pl.any_horizontal(pl.all().is_null())).to_series()
    table = scores.fill_null(0.0).to_numpy()
    if target.type is TargetType.BINARY:
        chosen = np.where(table[:, 0] >= target.threshold, 0, 1)
    else:
        chosen = table.argmax(axis=1) if len(table) else np.zeros(0, dtype=np.int64)
    names = pl.Series(list(target.class_names), dtype=pl.String)
    return names.gather(pl.Series(chosen, dtype=pl.UInt32)).set(missing, None)


def from_file(target: Target, frame: pl.DataFrame, columns: list[str], first_row: int) -> pl.DataFrame:
    """Prediction columns of some rows of a file, checked.

    Parameters
    ----------
    columns : list of str
        One column for regression, or for a binary target the positive class's probability; else one a class.
    first_row : int
        Number of the frame's first row, from 1, for messages.
    """
    scores = []
    for name in columns:
        cast, lost = numbers(frame[name])
        if lost:
            bad = unreadable_numbers(frame[name]).arg_true()[0]
            raise Invalid(
                f"Row {first_row + bad}, column '{name}': found {str(frame[name][bad])[:64]!r}, expected a number. "
                "A prediction must be readable."
            )
        check(target, cast, f"column '{name}'", first_row)
        scores.append(cast)
    return complete(target, _with_other_class(target, scores))


def _with_other_class(target: Target, scores: list[pl.Series]) -> list[pl.Series]:
    if target.type is TargetType.BINARY and len(scores) == 1:
        return [scores[0], 1.0 - scores[0]]
    return scores


def check(target: Target, scores: pl.Series, place: str, first_row: int) -> None:
    """Refuse scores that cannot be predictions: infinite ones, or probabilities outside [0, 1]."""
    wrong = impossible(target, scores)
    if wrong.any():
        row = wrong.arg_true()[0]
        raise Invalid(f"Row {first_row + row}, {place}: found {scores[row]}, expected {expected(target)}.")


def impossible(target: Target, scores: pl.Series) -> pl.Series:
    """Which scores cannot be predictions of the target."""
    wrong = scores.is_infinite() if target.type is TargetType.REGRESSION else (scores < 0.0) | (scores > 1.0)
    return wrong.fill_null(value=False)


def expected(target: Target) -> str:
    """What a prediction of the target must be, in words."""
    return "a finite number" if target.type is TargetType.REGRESSION else "a probability in [0, 1]"


def columns_of_file(target: Target, names: tuple[str, ...], asked: list[str], classes: list[str]) -> list[str]:
    """Which columns of a file hold the predictions, in class order.

    Parameters
    ----------
    names : tuple of str
        Columns of the file.
    asked : list of str
        What the caller named; empty to use the model's own prediction column, or the class names.
    classes : list of str
        Classes of ``asked``, in its order; empty for the model's own order.
    """
    if not asked:
        return _default_columns(target, names)
    for name in asked:
        if name not in names:
            raise Invalid(f"The file has no prediction column '{name}'. It has: {_some(names)}.")
    if len(asked) == 1 and target.type is not TargetType.MULTICLASS:
        if classes and classes != list(target.class_names[:1]):
            raise Invalid(
                f"classNames: found {', '.join(classes)} for one prediction column, expected the positive class "
                f"{target.class_names[0]}."
                if target.class_names
                else "classNames: a regression target has none."
            )
        return asked
    order = classes or list(target.class_names)
    if len(asked) != len(target.class_names) or sorted(order) != sorted(target.class_names):
        raise Invalid(
            f"Found {len(asked)} prediction columns for the classes {', '.join(order) or 'of no name'}, expected one "
            f"for each of {', '.join(target.class_names) or 'a regression target (one column)'}."
        )
    by_class = dict(zip(order, asked, strict=True))
    return [by_class[name] for name in target.class_names]


def _default_columns(target: Target, names: tuple[str, ...]) -> list[str]:
    if target.prediction_column is not None and target.prediction_column in names:
        return [target.prediction_column]
    if target.class_names and all(name in names for name in target.class_names):
        return list(target.class_names)
    expected = target.prediction_column or "one named by 'predictionColumns'"
    raise Invalid(f"The file has no prediction column: expected {expected}. It has: {_some(names)}.")


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
