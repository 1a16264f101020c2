"""How the laws build accuracy accumulators."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from tests.laws.law_case import LawCase

from assay.stats.accuracy.binary import BinaryAccuracy
from assay.stats.accuracy.calibration import Calibration
from assay.stats.accuracy.class_table import ClassTable
from assay.stats.accuracy.comoments import Comoments
from assay.stats.accuracy.confusion import Confusion
from assay.stats.accuracy.deviance import FamilyDeviance, OwnDeviance
from assay.stats.accuracy.losses import LossMean
from assay.stats.accuracy.multiclass import MulticlassAccuracy
from assay.stats.accuracy.regression import RegressionAccuracy
from assay.stats.accuracy.scores import ScoreCounts
from assay.stats.accuracy.tally import Tally
from assay.stats.estimate import Estimate
from assay.stats.estimation import (
    ExpectedAccuracy,
    ExpectedLoss,
    ExpectedMulticlass,
    LossModel,
    MulticlassMaps,
    Trust,
)
from assay.stats.service import ErrorCounts

# Sums of these weights are exact in any order, so counts must agree to the last bit.
WEIGHTS = st.sampled_from([0.5, 1.0, 1.0, 2.0])
WEIGHTS_OR_NONE = WEIGHTS | st.just(0.0)
ODD = st.sampled_from([math.nan, math.inf, -math.inf])
SCORES = st.floats(0, 1) | st.sampled_from([0.0, -0.0, 0.1, 0.3, 0.5, 1.0, 1e-300, 1 - 2**-53, -0.2, 1.5])
# No tiny values: a deviance from 1e-308 is so large that its square is no double; a test of its own has it.
VALUES = st.floats(-1e6, 1e6).map(lambda x: round(x, 6)) | st.integers(-3, 3).map(float)
POSITIVE = st.floats(1e-6, 1e6) | st.integers(1, 3).map(float)
CLASSES = ("a", "b", "c")


def close(one: Any, other: Any) -> bool:
    """Whole numbers, weights and names equal; floats within 1e-11 of what they are made of."""
    if type(one) in SPECIAL:
        return type(one) is type(other) and SPECIAL[type(one)](one, other)
    if dataclasses.is_dataclass(one):
        return type(one) is type(other) and all(
            close(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one)
        )
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and np.allclose(one, other, rtol=1e-12, atol=1e-12)
    return bool(one == other)


def close_means(one: LossMean, other: LossMean) -> bool:
    """Deviations relative to themselves; the mean relative to the size and the spread of the values."""
    if one.size != other.size or (one.mean is None) != (other.mean is None):
        return False
    if one.mean is None or other.mean is None:
        return True
    scale = abs(one.mean) + math.sqrt(one.m2 / one.size.weight)
    # Deviations of a rounding error's size are noise: values that differ in their last bit only.
    noise = one.size.weight * (1e-15 * one.mean) ** 2
    return abs(one.mean - other.mean) <= 1e-14 * scale and abs(one.m2 - other.m2) <= 1e-11 * one.m2 + noise


def close_deviances(one: OwnDeviance, other: OwnDeviance) -> bool:
    if (one.family, one.weight) != (other.family, other.weight):
        return False
    noise = one.weight * 1e-29 * (1 + one.high)
    return math.isclose(one.high + one.low, other.high + other.low, rel_tol=1e-14) and math.isclose(
        one.total, other.total, rel_tol=1e-10, abs_tol=noise
    )


def close_comoments(one: Comoments, other: Comoments) -> bool:
    """Means relative to size and spread; products relative to those of the two numbers' own spreads."""
    if one.weight != other.weight or not one.weight:
        return one.weight == other.weight
    scales = np.abs(one.mean) + np.sqrt(np.diag(one.products) / one.weight)
    # A mean loses a part in 1e16 of its size, and the products of deviations lose that twice at most.
    return bool(
        (np.abs(one.mean - other.mean) <= 1e-13 * scales + 1e-300).all()
        and (np.abs(one.products - other.products) <= 1e-11 * one.weight * np.outer(scales, scales) + 1e-300).all()
    )


SPECIAL: dict[type, Callable[[Any, Any], bool]] = {
    LossMean: close_means,
    OwnDeviance: close_deviances,
    Comoments: close_comoments,
}


def column(rows: list[tuple[Any, ...]], place: int, dtype: type = float) -> np.ndarray:
    return np.array([row[place] for row in rows], dtype=dtype)


def of_binary(rows: list[tuple[bool, float, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return column(rows, 0, bool), column(rows, 1), column(rows, 2)


def binary_accuracy(threshold: float, rows: list[tuple[bool, float, float]]) -> BinaryAccuracy:
    actual, score, weights = of_binary(rows)
    return BinaryAccuracy.of(actual, score, threshold=threshold, weights=weights)


def expected_accuracy(threshold: float, rows: list[tuple[float, float, float]]) -> ExpectedAccuracy:
    score, chance, weights = (column(rows, place) for place in range(3))
    return ExpectedAccuracy.of(score, threshold=threshold, chance=chance, weights=weights)


def multiclass_accuracy(rows: list[tuple[int, tuple[float, ...], float]]) -> MulticlassAccuracy:
    chances = np.array([row[1] for row in rows], dtype=float).reshape(-1, len(CLASSES))
    return MulticlassAccuracy.of(column(rows, 0, int), chances, classes=CLASSES, weights=column(rows, 2))


def expected_multiclass(maps: MulticlassMaps | None, rows: list[tuple[tuple[float, ...], float]]) -> ExpectedMulticlass:
    chances = np.array([row[0] for row in rows], dtype=float).reshape(-1, len(CLASSES))
    return ExpectedMulticlass.of(chances, classes=CLASSES, maps=maps, weights=column(rows, 1))


MULTICLASS_MAPS = MulticlassMaps.of(
    [0, 1, 2, 0], [[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.0, 0.5, 0.5], [0.2, 0.6, 0.2]], classes=CLASSES, resamples=2
)
HOLDOUT = np.linspace(-5, 5, 40)
LOSS_MODELS = [
    LossModel.of(HOLDOUT, HOLDOUT**2, cells=4),
    LossModel.of(HOLDOUT, HOLDOUT**2, feature=np.cos(HOLDOUT), cells=3),
]


def close_expected(one: ExpectedMulticlass, other: ExpectedMulticlass) -> bool:
    """As `close`, but scores may lie in cells whose masses differ in the last bit."""
    return close(dataclasses.replace(one, scores=()), dataclasses.replace(other, scores=())) and all(
        map(close, one.scores, other.scores)
    )


def trust(rows: list[tuple[float | None, float, float | None]]) -> Trust:
    pairs = [
        (Estimate(None, 0) if guess is None else Estimate(guess, 9, guess - width, guess + width), value)
        for guess, width, value in rows
    ]
    return Trust.of(pairs)


CASES: dict[type, LawCase] = {
    Tally: LawCase(
        row=WEIGHTS_OR_NONE,
        of=lambda _, rows: Tally.of(np.array(rows, dtype=float)),
        empty=lambda _: Tally.empty(),
        close=close,
    ),
    LossMean: LawCase(
        row=st.tuples(VALUES | st.floats(1e8, 1e8 + 1), WEIGHTS),
        of=lambda _, rows: LossMean.of(column(rows, 0), column(rows, 1)),
        empty=lambda _: LossMean.empty(),
        close=close,
    ),
    Comoments: LawCase(
        row=st.tuples(VALUES, VALUES | st.floats(1e8, 1e8 + 1), WEIGHTS),
        of=lambda _, rows: Comoments.of(np.column_stack([column(rows, 0), column(rows, 1)]), column(rows, 2)),
        empty=lambda _: Comoments.empty(2),
        close=close,
    ),
    OwnDeviance: LawCase(
        row=st.tuples(POSITIVE | st.floats(1e8, 1e8 + 1), WEIGHTS),
        context=st.sampled_from(["poisson", "gamma", "tweedie"]),
        of=lambda family, rows: OwnDeviance.of(family, column(rows, 0), column(rows, 1)),
        empty=OwnDeviance.empty,
        close=close,
    ),
    FamilyDeviance: LawCase(
        row=st.tuples(VALUES, VALUES, WEIGHTS),
        context=st.sampled_from(["poisson", "gamma", "tweedie"]),
        of=lambda family, rows: FamilyDeviance.of(family, *(column(rows, place) for place in range(3))),
        empty=FamilyDeviance.empty,
        close=close,
    ),
    Confusion: LawCase(
        row=st.tuples(st.booleans(), st.booleans(), WEIGHTS),
        of=lambda _, rows: Confusion.of(column(rows, 0, bool), column(rows, 1, bool), column(rows, 2)),
        empty=lambda _: Confusion.empty(),
        close=close,
    ),
    ClassTable: LawCase(
        row=st.tuples(st.integers(0, 2), st.integers(0, 2), WEIGHTS),
        context=st.just(3),
        of=lambda k, rows: ClassTable.of(k, column(rows, 0, int), column(rows, 1, int), column(rows, 2)),
        empty=ClassTable.empty,
        close=lambda one, other: one == other,
    ),
    ScoreCounts: LawCase(
        row=st.tuples(st.booleans(), SCORES, WEIGHTS),
        # Small limits, so that some parts are in cells and some are not, and a union can pass into cells.
        context=st.sampled_from([1, 3, 8, 100]),
        of=lambda limit, rows: ScoreCounts.of(*of_binary(rows), limit=limit),
        empty=ScoreCounts.empty,
        close=lambda one, other: one == other,
    ),
    Calibration: LawCase(
        row=st.tuples(st.booleans(), SCORES, WEIGHTS),
        of=lambda _, rows: Calibration.of(*of_binary(rows)),
        empty=lambda _: Calibration.empty(),
        close=close,
    ),
    BinaryAccuracy: LawCase(
        row=st.tuples(st.booleans(), SCORES | ODD, WEIGHTS_OR_NONE),
        context=st.sampled_from([0.5, 0.05]),
        of=binary_accuracy,
        empty=BinaryAccuracy.empty,
        close=close,
    ),
    RegressionAccuracy: LawCase(
        row=st.tuples(VALUES | ODD, VALUES | ODD, WEIGHTS_OR_NONE),
        of=lambda _, rows: RegressionAccuracy.of(column(rows, 0), column(rows, 1), weights=column(rows, 2)),
        empty=lambda _: RegressionAccuracy.empty(),
        close=close,
    ),
    MulticlassAccuracy: LawCase(
        row=st.tuples(st.integers(-1, 3), st.tuples(SCORES, SCORES, SCORES | ODD), WEIGHTS_OR_NONE),
        of=lambda _, rows: multiclass_accuracy(rows),
        empty=lambda _: MulticlassAccuracy.empty(CLASSES),
        close=close,
    ),
    ExpectedAccuracy: LawCase(
        row=st.tuples(SCORES | ODD, st.floats(0, 1), WEIGHTS_OR_NONE),
        context=st.sampled_from([0.5, 0.05]),
        of=expected_accuracy,
        empty=ExpectedAccuracy.empty,
        close=close,
    ),
    ExpectedMulticlass: LawCase(
        row=st.tuples(st.tuples(SCORES, SCORES, SCORES | ODD), WEIGHTS_OR_NONE),
        context=st.sampled_from([None, MULTICLASS_MAPS]),
        of=expected_multiclass,
        empty=lambda maps: ExpectedMulticlass.empty(CLASSES, maps),
        close=close_expected,
    ),
    ExpectedLoss: LawCase(
        row=st.tuples(VALUES | ODD, VALUES | ODD, WEIGHTS_OR_NONE),
        context=st.sampled_from(LOSS_MODELS),
        of=lambda model, rows: ExpectedLoss.of(
            column(rows, 0), model=model, feature=column(rows, 1), weights=column(rows, 2)
        ),
        empty=ExpectedLoss.empty,
        close=close,
    ),
    Trust: LawCase(
        row=st.tuples(st.none() | SCORES, st.sampled_from([0.125, 0.25]), st.none() | SCORES),
        of=lambda _, rows: trust(rows),
        empty=lambda _: Trust.empty(),
        close=close,
    ),
    ErrorCounts: LawCase(
        row=st.sampled_from([200, 404, 503]),
        of=lambda _, rows: ErrorCounts.of_statuses(np.array(rows, dtype=int)),
        empty=lambda _: ErrorCounts.empty(),
        close=close,
    ),
}
