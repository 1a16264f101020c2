"""Writes the accuracy of some golden cases as this program stores it: ``python -m tests.stats.accuracy.store v1``.

Run it once for every released format; `test_accuracy.py` asserts that each of these files still loads.
"""

import sys
from pathlib import Path

import numpy as np
from tests.golden.case import Case
from tests.golden.check import read

from assay.stats.accuracy import Accuracy, BinaryAccuracy, MulticlassAccuracy, RegressionAccuracy

STORED = Path(__file__).parent / "stored"
GOLDEN = Path(__file__).parents[2] / "golden" / "set"
CASES = ("bin_ties", "bin_weighted", "bin_one_class", "multi_plain", "reg_counts_with_zeros", "reg_weighted")


def accuracy(case: Case) -> Accuracy:
    """Accuracy of a golden case."""
    if case.kind == "multiclass":
        classes = tuple(case.params["labels"])
        columns = case.columns()
        chances = np.array([columns[f"p_{name}"] for name in classes], dtype=float).T
        return MulticlassAccuracy.of([classes.index(name) for name in columns["actual"]], chances, classes=classes)
    columns = case.numbers()
    actual, weights = np.array(columns["actual"]), columns.get("weight")
    if case.kind == "regression":
        return RegressionAccuracy.of(actual, columns["predicted"], weights=weights)
    return BinaryAccuracy.of(actual == 1, columns["score"], threshold=case.params["threshold"], weights=weights)


def main(version: str) -> None:
    """One file for each case."""
    folder = STORED / version
    folder.mkdir(parents=True, exist_ok=True)
    for case in read(GOLDEN):
        if case.id in CASES:
            (folder / f"{case.id}.bin").write_bytes(accuracy(case).to_bytes())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.stats.accuracy.store VERSION")
    main(sys.argv[1])
