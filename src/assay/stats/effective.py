"""Weighted rows as the rows that they are worth. See docs/methods/weights.md."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from assay.errors import Invalid
from assay.stats.accuracy.tally import Tally
from assay.stats.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class EffectiveRows:
    """How many rows each weighted row stands for, so that together they are as many as they are worth.

    Attributes
    ----------
    count : int
        Kish's effective number of rows, rounded; 0 when no row has a weight.
    shares : float array, shape (n,)
        Weights scaled to sum to ``count``.

    Examples
    --------
    >>> rows = EffectiveRows.of([1.0, 3.0, 0.0, 2.0, 2.0])
    >>> rows.count  # 8 ** 2 / 18 = 3.56, a whole number of rows
    4
    >>> rows.of_column(pl.Series(["a", "b", "c", "a", "a"])).to_list()  # a: 5 of 8, b: 3 of 8
    ['a', 'a', 'b', 'b']

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7.
    """

    count: int
    shares: FloatArray

    @classmethod
    def of(cls, weights: npt.ArrayLike) -> Self:
        """From the weight of each row, shape (n,); a row of weight 0 does not exist.

        Raises
        ------
        Invalid
            When a weight is negative, infinite or no number.
        """
        given = np.asarray(weights, dtype=np.float64)
        wrong = np.flatnonzero(~(np.isfinite(given) & (given >= 0.0)))
        if wrong.size:
            place = int(wrong[0])
            raise Invalid(f"Row {place + 1} has weight {given[place]}, expected a number of 0 or more.")
        largest = given.max(initial=0.0)
        # The largest weight becomes 1, so that no square vanishes or overflows.
        unit = given / largest if largest > 0.0 else given
        tally = Tally.of(unit)
        count = round(tally.effective)
        return cls(count, unit * (count / tally.weight) if tally.rows else unit)

    def of_column(self, values: pl.Series) -> pl.Series:
        """The column of `count` rows that represents the weighted one best, in ascending order, missing ones last.

        Each row is repeated as often as the rounded cumulative weight says, so up to any value the share of the rows
        is within half a row of the weighted share. Equal weights give the rows themselves.

        Parameters
        ----------
        values : Series, shape (n,)
        """
        order = values.arg_sort(nulls_last=True).to_numpy()
        upto = np.round(np.cumsum(self.shares[order]))
        repeats = np.diff(upto, prepend=0.0).astype(np.int64)
        return values.gather(pl.Series(np.repeat(order, repeats)))
