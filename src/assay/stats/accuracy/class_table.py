"""Rows by actual and predicted class, and the rates that follow from them.

See docs/methods/rates.md.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.stats.accuracy.confusion import mean_of_rates, rate
from assay.stats.accuracy.tally import Tally
from assay.stats.arrays import FloatArray, IntArray, read_only, same_content
from assay.stats.estimate import NO_ROWS, Estimate
from assay.stats.intervals import Interval, clipped, mean_interval


@dataclass(frozen=True, slots=True, eq=False)
class ClassTable:
    """Rows by actual class (first index) and predicted class (second index).

    Attributes
    ----------
    rows : int array, shape (k, k)
        Rows of weight above zero.
    weight, squares : float array, shape (k, k)
        Sums of their weights and of the squared weights.

    Examples
    --------
    >>> table = ClassTable.of(2, np.array([0, 1, 1]), np.array([0, 1, 0]), np.ones(3))
    >>> table.rows.tolist(), accuracy(table).value == 2 / 3
    ([[1, 0], [1, 1]], True)
    """

    rows: IntArray
    weight: FloatArray
    squares: FloatArray

    @classmethod
    def empty(cls, classes: int) -> Self:
        """Table of no rows."""
        nothing = np.zeros(0, dtype=np.int64)
        return cls.of(classes, nothing, nothing, np.zeros(0))

    @classmethod
    def of(cls, classes: int, actual: IntArray, predicted: IntArray, weights: FloatArray) -> Self:
        """From positions of the actual and the predicted class and the weight of each row, all of shape (n,)."""
        cells = actual * classes + predicted

        def table(values: FloatArray) -> FloatArray:
            flat = np.bincount(cells, weights=values, minlength=classes * classes)
            return np.asarray(flat, dtype=np.float64).reshape(classes, classes)

        rows = table(np.ones(cells.size)).astype(np.int64)
        return cls(read_only(rows), read_only(table(weights)), read_only(table(weights * weights)))

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        return type(self)(
            read_only(self.rows + other.rows),
            read_only(self.weight + other.weight),
            read_only(self.squares + other.squares),
        )

    @property
    def right(self) -> list[Tally]:
        """Per class: its rows that were predicted as it."""
        return self._tallies(np.diag(self.rows), np.diag(self.weight), np.diag(self.squares))

    @property
    def actual(self) -> list[Tally]:
        """Per class: its rows."""
        return self._tallies(self.rows.sum(axis=1), self.weight.sum(axis=1), self.squares.sum(axis=1))

    @property
    def total(self) -> Tally:
        """All rows."""
        return Tally(int(self.rows.sum()), float(self.weight.sum()), float(self.squares.sum()))

    @staticmethod
    def _tallies(rows: IntArray, weight: FloatArray, squares: FloatArray) -> list[Tally]:
        return [Tally(*parts) for parts in zip(rows.tolist(), weight.tolist(), squares.tolist(), strict=True)]

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


def accuracy(table: ClassTable) -> Estimate:
    """Share of rows whose predicted class is the actual one, in [0, 1], with Wilson's interval."""
    right = Tally(int(np.trace(table.rows)), float(np.trace(table.weight)), float(np.trace(table.squares)))
    return rate(right, table.total, NO_ROWS)


def balanced_accuracy(table: ClassTable) -> Estimate:
    """Mean over the classes that occur of the share of their rows predicted right, in [0, 1]."""
    shares = [rate(r, a, NO_ROWS) for r, a in zip(table.right, table.actual, strict=True) if a.rows]
    return mean_of_rates(shares, table.total.rows) if shares else Estimate.undefined(NO_ROWS)


def macro_f1(table: ClassTable) -> Estimate:
    """Mean over all classes of F1; a class that neither occurs nor is predicted counts as 0, in [0, 1].

    The interval is by the delta method, taking the cells of the table as multinomial; a perfect table has none.
    """
    if table.total.rows == 0:
        return Estimate.undefined(NO_ROWS)
    concerned = table.weight.sum(axis=0) + table.weight.sum(axis=1)
    right = 2 * np.diag(table.weight)
    part = np.divide(1.0, concerned, out=np.zeros_like(right), where=concerned > 0)
    # A row more in a cell adds to the class it is of and to the one predicted; on the diagonal it is right.
    slope = -(right * part**2)[:, None] - (right * part**2)[None, :] + np.diag(2 * part)
    value = float((right * part).mean())
    low, high = _interval(table, value, slope * table.total.weight / right.size, least=0.0)
    return Estimate(value, table.total.rows, low, high)


def matthews(table: ClassTable) -> Estimate:
    """Matthews correlation of predicted and actual class, in [-1, 1]; undefined when either is constant.

    The interval is by the delta method, taking the cells of the table as multinomial; a perfect table has none.

    References
    ----------
    Gorodkin (2004), Computational Biology and Chemistry 28, 367-374.
    """
    n = table.total.rows
    if n == 0:
        return Estimate.undefined(NO_ROWS)
    if table.rows.any(axis=0).sum() < 2 or table.rows.any(axis=1).sum() < 2:
        return Estimate.undefined("all rows are of one class, predicted or actually", n)
    shares = table.weight / table.weight.sum()
    actual, predicted = shares.sum(axis=1), shares.sum(axis=0)
    room, predicted_room = 1 - float(actual @ actual), 1 - float(predicted @ predicted)
    root = math.sqrt(room * predicted_room)
    value = (float(np.trace(shares)) - float(actual @ predicted)) / root
    # By quotient rule: the numerator's slope, then that of each factor under the root.
    slope = (np.eye(actual.size) - predicted[:, None] - actual[None, :]) / root
    slope += value * (actual[:, None] / room + predicted[None, :] / predicted_room)
    low, high = _interval(table, value, slope, least=-1.0)
    return Estimate(value, n, low, high)


def _interval(table: ClassTable, value: float, slope: FloatArray, *, least: float) -> Interval:
    """Normal interval of a function of the cells' shares, from its slope with respect to each share."""
    shares = table.weight / table.weight.sum()
    variance = float((shares * (slope - (shares * slope).sum()) ** 2).sum())
    error = math.sqrt(variance / table.total.effective) if variance > 1e-12 else None
    return clipped(mean_interval(value, error), least, 1.0)
