"""Rows by actual and predicted class."""

import numpy as np
import pytest

from assay.stats.accuracy import class_table
from assay.stats.accuracy.class_table import ClassTable
from assay.stats.intervals import wilson


def of(actual: list[int], predicted: list[int], weights: list[float] | None = None) -> ClassTable:
    weighing = np.ones(len(actual)) if weights is None else np.array(weights)
    return ClassTable.of(3, np.array(actual, dtype=int), np.array(predicted, dtype=int), weighing)


RATES = [class_table.accuracy, class_table.balanced_accuracy, class_table.macro_f1, class_table.matthews]


@pytest.mark.parametrize("rate", RATES)
def test_no_rows_have_no_rate(rate: object) -> None:
    estimate = rate(ClassTable.empty(3))
    assert (estimate.value, estimate.reason) == (None, "there are no rows")


def test_first_index_is_the_actual_class() -> None:
    assert of([0, 2], [1, 2]).rows.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_a_constant_prediction_has_no_correlation() -> None:
    assert class_table.matthews(of([0, 1, 2], [1, 1, 1])).reason == "all rows are of one class, predicted or actually"
    assert class_table.matthews(of([1, 1, 1], [0, 1, 2])).value is None


def test_three_equal_classes_of_equal_weight_have_no_rounding_in_the_constant_check() -> None:
    weights = [0.1, 0.2, 0.3]
    assert class_table.matthews(of([0, 0, 0], [0, 1, 2], weights)).value is None
    assert class_table.matthews(of([0, 1, 2], [0, 1, 2], weights)).value == pytest.approx(1.0)


def test_classes_that_do_not_occur_do_not_lower_the_balanced_accuracy() -> None:
    assert class_table.balanced_accuracy(of([0, 1], [0, 1])).value == 1.0
    assert class_table.macro_f1(of([0, 1], [0, 1])).value == pytest.approx(2 / 3)


def test_weighted_accuracy_has_the_interval_of_its_effective_rows() -> None:
    estimate = class_table.accuracy(of([0, 1, 2], [0, 1, 0], [2.0, 1.0, 1.0]))
    assert estimate.value == 0.75
    assert (estimate.low, estimate.high) == pytest.approx(wilson(0.75 * 16 / 6, 16 / 6))
    assert estimate.n == 3


def test_nobody_can_write_to_the_table() -> None:
    with pytest.raises(ValueError, match="read-only"):
        of([0], [0]).merge(of([1], [1])).rows[0, 0] = 5
