"""How often the accuracy alarm calls a loss real when nothing has changed, and how often it catches one.

Baselines and batches are drawn anew every round. The figures are in docs/methods/accuracy_alarm.md.
"""

import argparse
import collections

import numpy as np
from scipy import special

from assay.stats.accuracy import METRICS, Accuracy, BinaryAccuracy, MulticlassAccuracy, RegressionAccuracy
from assay.stats.accuracy.alarm import AccuracyStatus, accuracy_change

SHOWN = {
    "Binary": ("AUC", "Accuracy", "F1", "LogLoss", "Kolmogorov-Smirnov", "Max MCC", "Area Under PR Curve", "MCC"),
    "Multiclass": ("AUC", "Accuracy", "Macro F1", "MCC", "FVE Multinomial"),
    "Regression": ("RMSE", "MAE", "R Squared", "FVE Gamma", "FVE Poisson"),
}
CLASSES = ("a", "b", "c")


def binary(random: np.random.Generator, rows: int, blur: float) -> Accuracy:
    """Scores of a logistic truth; ``blur`` is the noise that spoils them."""
    truth = random.normal(-0.5, 1.5, rows)
    score = special.expit(truth + random.normal(0, blur, rows))
    return BinaryAccuracy.of(random.random(rows) < special.expit(truth), score, threshold=0.5)


def multiclass(random: np.random.Generator, rows: int, blur: float) -> Accuracy:
    """Three classes."""
    logits = random.normal([0.5, 0.0, -0.5], 1.2, (rows, 3))
    chances = special.softmax(logits, axis=1)
    actual = (random.random((rows, 1)) > np.cumsum(chances, axis=1)[:, :2]).sum(axis=1)
    given = special.softmax(logits + random.normal(0, blur, (rows, 3)), axis=1)
    return MulticlassAccuracy.of(actual, given, classes=CLASSES)


def regression(random: np.random.Generator, rows: int, blur: float) -> Accuracy:
    """Skewed values with errors in proportion."""
    truth = random.gamma(2.0, 10.0, rows) + 1
    return RegressionAccuracy.of(truth * random.gamma(5, 0.2, rows), truth * np.exp(random.normal(0, blur, rows)))


DRAWN = {"Binary": (binary, 0.2, 1.2), "Multiclass": (multiclass, 0.2, 1.0), "Regression": (regression, 0.1, 0.4)}


def main() -> None:
    """Print one line for each metric and size: real and alarms on clean batches, alarms on spoiled ones."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=21)
    options.add_argument("--rounds", type=int, default=1000)
    given = options.parse_args()
    for kind, (rows_of, clean, spoiled) in DRAWN.items():
        for rows in (30, 100, 500, 5_000):
            random = np.random.default_rng(given.seed)
            counts: collections.Counter[tuple[str, str]] = collections.Counter()
            for _ in range(given.rounds):
                baseline = rows_of(random, 5_000, clean)
                batches = {"clean": rows_of(random, rows, clean), "spoiled": rows_of(random, rows, spoiled)}
                for name in SHOWN[kind]:
                    metric = METRICS[kind][name]
                    for what, batch in batches.items():
                        change = accuracy_change(name, metric(batch), metric(baseline))
                        counts[name, f"{what} real"] += bool(change.real)
                        counts[name, f"{what} alarm"] += change.status is AccuracyStatus.FAILING
            for name in SHOWN[kind]:
                shares = (counts[name, what] / given.rounds for what in ("clean real", "clean alarm", "spoiled alarm"))
                print(f"{kind:11}{rows:6}  {name:20}", *(f"{share:.3f}" for share in shares))


if __name__ == "__main__":
    main()
