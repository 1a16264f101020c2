"""How often the 95 % intervals of estimated accuracy hold what the actuals then show.

Every round draws a holdout, learns the calibration on it, and judges fresh chunks of rows by actuals that the
estimate never saw. Scores are miscalibrated on purpose. The figures are in docs/methods/estimated_accuracy.md.
"""

import argparse
import collections
from collections.abc import Iterator

import numpy as np
from scipy import special

from assay.stats.accuracy import METRICS, BinaryAccuracy, MulticlassAccuracy, RegressionAccuracy
from assay.stats.estimate import Estimate
from assay.stats.estimation import (
    EXPECTED_LOSS_METRICS,
    EXPECTED_METRICS,
    EXPECTED_MULTICLASS_METRICS,
    CalibrationMaps,
    ExpectedAccuracy,
    ExpectedLoss,
    ExpectedMulticlass,
    LossModel,
    MulticlassMaps,
    Trust,
    estimated_accuracy,
)

CHUNKS = 5
"""Chunks judged by one holdout's maps; another round draws another holdout."""
CLASSES = ("a", "b", "c")

Pair = tuple[str, Estimate, float | None]


def binary_rows(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes, and scores that are too sure of themselves."""
    truth = random.normal(-0.5, 1.5, rows)
    return random.random(rows) < special.expit(truth), special.expit(2 * truth + 0.5)


def binary(random: np.random.Generator, holdout: int, rows: int) -> Iterator[Pair]:
    """One round: every metric with the calibration's error in its interval, and accuracy without."""
    maps = CalibrationMaps.of(*binary_rows(random, holdout), seed=int(random.integers(2**31)))
    for _ in range(CHUNKS):
        actual, score = binary_rows(random, rows)
        expected = ExpectedAccuracy.of(score, threshold=0.5, chance=maps.best.apply(score))
        realised = BinaryAccuracy.of(actual, score, threshold=0.5)
        for name, estimate in estimated_accuracy(expected, maps).items():
            yield name, estimate, METRICS["Binary"][name](realised).value
        alone = EXPECTED_METRICS["Accuracy"]
        yield "Accuracy, calibration taken as right", alone(expected), METRICS["Binary"]["Accuracy"](realised).value


def multiclass_rows(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the actual class, and probabilities that are too sure of themselves."""
    logits = random.normal([0.5, 0.0, -0.5], 1.2, (rows, 3))
    chances = special.softmax(logits, axis=1)
    actual = (random.random((rows, 1)) > np.cumsum(chances, axis=1)[:, :2]).sum(axis=1)
    return actual, special.softmax(1.7 * logits, axis=1)


def multiclass(random: np.random.Generator, holdout: int, rows: int) -> Iterator[Pair]:
    """One round of three classes."""
    maps = MulticlassMaps.of(*multiclass_rows(random, holdout), classes=CLASSES, seed=int(random.integers(2**31)))
    for _ in range(CHUNKS):
        actual, probabilities = multiclass_rows(random, rows)
        expected = ExpectedMulticlass.of(probabilities, classes=CLASSES, maps=maps)
        realised = MulticlassAccuracy.of(actual, probabilities, classes=CLASSES)
        for name, metric in EXPECTED_MULTICLASS_METRICS.items():
            yield name, metric(expected), METRICS["Multiclass"][name](realised).value


def regression_rows(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Actual and predicted values; errors grow with the prediction."""
    predicted = random.gamma(2.0, 10.0, rows)
    return predicted + random.normal(0, 1 + 0.2 * predicted), predicted


def regression(random: np.random.Generator, holdout: int, rows: int) -> Iterator[Pair]:
    """One round of a loss model."""
    model = LossModel.of(*regression_rows(random, holdout))
    for _ in range(CHUNKS):
        actual, predicted = regression_rows(random, rows)
        expected, realised = ExpectedLoss.of(predicted, model=model), RegressionAccuracy.of(actual, predicted)
        for name in ("MAE", "RMSE"):
            estimate = EXPECTED_LOSS_METRICS[name](expected, model)
            yield name, estimate, METRICS["Regression"][name](realised).value


ROUNDS = {"binary": binary, "multiclass": multiclass, "regression": regression}


def main() -> None:
    """Print one line for each metric and size."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=20)
    options.add_argument("--rounds", type=int, default=100)
    given = options.parse_args()
    for kind, one_round in ROUNDS.items():
        for holdout, rows in ((2_000, 500), (2_000, 5_000), (10_000, 5_000)):
            random = np.random.default_rng(given.seed)
            found: dict[str, list[tuple[Estimate, float | None]]] = collections.defaultdict(list)
            for _ in range(given.rounds):
                for name, estimate, value in one_round(random, holdout, rows):
                    found[name].append((estimate, value))
            for name, pairs in found.items():
                trust = Trust.of(pairs)
                coverage = "-" if trust.coverage is None else f"{trust.coverage:.3f}"
                error = f"{trust.mean_absolute_error:.4f}  bias {trust.bias:+.4f}"
                print(f"{kind:10} holdout {holdout:6} chunk {rows:5}  {name:38} coverage {coverage}  error {error}")


if __name__ == "__main__":
    main()
