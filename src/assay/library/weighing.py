"""How much each row of a table counts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.engines.casting import numbers
from assay.errors import Invalid
from assay.stats.arrays import BoolArray, FloatArray
from assay.stats.effective import EffectiveRows


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of a table's rows.

    Attributes
    ----------
    rows : int
        Rows of the table.
    given : float array, shape (rows,), or None
        Up to a factor; the largest is below 1. None: every row counts once.
    effective : EffectiveRows or None
        None with ``given``.
    """

    rows: int
    given: FloatArray | None = None
    effective: EffectiveRows | None = None

    @classmethod
    def of(cls, table: pl.DataFrame, name: str | None, role: str) -> "Weights":
        """From the column of this name; a table without it has no weights.

        Raises
        ------
        Invalid
            When a weight is missing, negative, infinite or no number.
        """
        if name is None or name not in table.columns:
            return cls(table.height)
        values, lost = numbers(table[name])
        if lost or values.null_count():
            row = values.is_null().arg_true()[0]
            raise Invalid(
                f"The {role}, row {row + 1}, weight '{name}': found {_shown(table[name][row])}, expected a number of 0 "
                "or more."
            )
        given = values.to_numpy()
        try:
            effective = EffectiveRows.of(given)
        except Invalid as fault:
            raise Invalid(f"The {role}, weight '{name}': {fault}") from fault
        # Weights are known up to a factor. A power of two costs no digit, and keeps squares within a double's range.
        exponent = int(np.frexp(given.max(initial=0.0))[1])
        return cls(table.height, np.ldexp(given, -exponent), effective)

    @property
    def count(self) -> int:
        """Rows that the table is worth."""
        return self.rows if self.effective is None else self.effective.count

    def of_table(self, table: pl.DataFrame) -> pl.DataFrame:
        """Columns of `count` rows, each of which stands for the weighted one."""
        if self.effective is None:
            return table
        return pl.DataFrame({column.name: self.effective.of_column(column) for column in table})

    def rows_of(self, chosen: BoolArray) -> int:
        """How many of the `count` rows the chosen ones make up."""
        if self.effective is None:
            return int(np.count_nonzero(chosen))
        return round(float(self.effective.shares[chosen].sum()))


def _shown(value: Any) -> str:
    return "none" if value is None else repr(str(value)[:64])
