"""Metrics of one class of a multiclass model against all its others.

See docs/methods/rates.md and docs/methods/auc.md.
"""

from collections.abc import Callable

import numpy as np

from assay.stats.accuracy import confusion
from assay.stats.accuracy.class_table import ClassTable
from assay.stats.accuracy.confusion import Confusion
from assay.stats.accuracy.multiclass import MulticlassAccuracy, auc_by_class
from assay.stats.accuracy.tally import Tally
from assay.stats.arrays import BoolArray
from assay.stats.estimate import Estimate


def confusion_of(table: ClassTable, place: int) -> Confusion:
    """The four counts of the class at a place: positive means this class, negative any other.

    Examples
    --------
    >>> table = ClassTable.of(3, np.array([0, 1, 2, 2]), np.array([0, 2, 2, 1]), np.ones(4))
    >>> counts = confusion_of(table, 2)
    >>> counts.true_positive.rows, counts.false_positive.rows, counts.false_negative.rows, counts.true_negative.rows
    (1, 1, 1, 1)
    """
    mine = np.zeros(table.rows.shape[0], dtype=np.bool_)
    mine[place] = True

    def part(actual: BoolArray, predicted: BoolArray) -> Tally:
        chosen = np.ix_(actual, predicted)
        rows, weight, squares = (values[chosen].sum() for values in (table.rows, table.weight, table.squares))
        return Tally(int(rows), float(weight), float(squares))

    return Confusion(
        true_positive=part(mine, mine),
        false_positive=part(~mine, mine),
        true_negative=part(~mine, ~mine),
        false_negative=part(mine, ~mine),
    )


def _of_counts(rate: Callable[[Confusion], Estimate]) -> Callable[[MulticlassAccuracy, str], Estimate]:
    return lambda rows, name: rate(confusion_of(rows.table, rows.classes.index(name)))


CLASS_METRICS: dict[str, Callable[[MulticlassAccuracy, str], Estimate]] = {
    "AUC": lambda rows, name: auc_by_class(rows)[name],
    "Accuracy": _of_counts(confusion.accuracy),
    "Balanced Accuracy": _of_counts(confusion.balanced_accuracy),
    "F1": _of_counts(confusion.f1),
    "FPR": _of_counts(confusion.false_positive_rate),
    "MCC": _of_counts(confusion.matthews),
    "NPV": _of_counts(confusion.negative_predictive_value),
    "PPV": _of_counts(confusion.positive_predictive_value),
    "TNR": _of_counts(confusion.true_negative_rate),
    "TPR": _of_counts(confusion.true_positive_rate),
}
"""Every metric of one class against the rest, by its name on the wire."""
