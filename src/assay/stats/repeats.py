"""How many rows of a table are copies of another one.

See docs/methods/causes.md.
"""

from dataclasses import dataclass
from typing import Self

import polars as pl

from assay.stats.shares import share


@dataclass(frozen=True, slots=True)
class Repeats:
    """Rows that equal an earlier row in every column, of two samples of one size.

    Short tables of few values repeat rows by nature, and more so the longer they are: hence one size.

    Attributes
    ----------
    rows : int
        Rows looked at on each side.
    baseline, current : int
        How many of them are copies.

    Examples
    --------
    >>> one, other = pl.DataFrame({"x": [1, 2, 3, 4]}), pl.DataFrame({"x": [5, 5, 5, 6]})
    >>> Repeats.between(one, other)
    Repeats(rows=4, baseline=0, current=2)
    """

    rows: int
    baseline: int
    current: int

    @classmethod
    def between(cls, baseline: pl.DataFrame, current: pl.DataFrame, *, seed: int = 0) -> Self:
        """Copies in two tables with the same columns, the longer one thinned to the length of the shorter."""
        rows = min(baseline.height, current.height)
        return cls(rows, _copies(baseline, rows, seed), _copies(current, rows, seed))

    @property
    def baseline_share(self) -> float:
        """Copies per row of the baseline, in [0, 1]; 0.0 without rows."""
        return share(self.baseline, self.rows) or 0.0

    @property
    def current_share(self) -> float:
        """Copies per row of current, in [0, 1]; 0.0 without rows."""
        return share(self.current, self.rows) or 0.0


def _copies(frame: pl.DataFrame, rows: int, seed: int) -> int:
    if not frame.width:
        return 0
    sample = frame if frame.height == rows else frame.sample(rows, seed=seed)
    return rows - sample.n_unique()
