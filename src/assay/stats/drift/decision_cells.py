"""Cells for deciding whether a column has drifted: as many as the current rows can fill.

See docs/methods/decision_cells.md.
"""

from dataclasses import dataclass

import numpy as np

from assay.stats.arrays import BoolArray, IntArray
from assay.stats.drift.distances import Column, require_same_bins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.words import TextColumn

ROWS_PER_CELL = 5
CLEARLY = 4.0
"""Standard errors by which a level must lie above the last one that is kept."""
FEWEST_ROWS = 10
"""Of fewer rows nothing is said."""


@dataclass(frozen=True, eq=False)
class DecisionCells:
    """Rows of baseline and current per cell, two cells or more.

    Attributes
    ----------
    baseline, current : int array, shape (n_cells,)
        Rows, missing ones among them; no cell is empty on both sides.
    bins : int or None
        Quantile bins used for a numeric column; None for any other.
    """

    baseline: IntArray
    current: IntArray
    bins: int | None


def decision_bins(values: int) -> int:
    """Quantile bins for a number of current values: a fifth of them, from 2 to 10.

    Examples
    --------
    >>> decision_bins(10), decision_bins(34), decision_bins(5000)
    (2, 6, 10)
    """
    return max(2, min(10, values // ROWS_PER_CELL))


def decision_cells(baseline: Column, current: Column) -> DecisionCells | None:
    """Cells to test for homogeneity; they depend on how many rows current has and never on their values.

    Numeric: `decision_bins` quantile bins and missing. Categorical: every level that current should hold five
    times by its share of the baseline; all the rest, missing included, in one cell. Text: words likewise, by their
    mentions; these overlap, so they measure a change and do not test for one (see docs/methods/words.md).

    Returns
    -------
    DecisionCells or None
        None when nothing can be tested: fewer than ten current values in a numeric column, no baseline rows,
        or everything in one cell.

    Raises
    ------
    BinsMismatch
        When the two were counted over different bins.
    Invalid
        When a numeric column's bins were not cut for 2 to 10 bins.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import LevelBins
    >>> from assay.stats.profile.categorical import CategoricalColumn
    >>> rows = pl.Series(["a"] * 50 + ["b"] * 45 + ["c"] * 5)
    >>> bins = LevelBins.of(rows)
    >>> cells = decision_cells(CategoricalColumn.of(rows, bins), CategoricalColumn.of(rows[30:70], bins))
    >>> cells.baseline.tolist(), cells.current.tolist()
    ([50, 45, 5], [20, 20, 0])
    """
    require_same_bins(baseline, current)
    if isinstance(baseline, NumericColumn) and isinstance(current, NumericColumn):
        return _numeric(baseline, current)
    return _pooled(baseline.cells(), current.cells())


def cells_to_test(baseline: Column, current: Column) -> DecisionCells | None:
    """The decision cells, less those that the baseline's own chance has picked: what a test of homogeneity may rest on.

    The levels that are kept are the most frequent ones of the baseline, so a level that is among them by chance looks
    rarer in every later batch. Where the baseline has more levels than are kept, a level has a cell of its own only
    when it lies four standard errors above the last one that is kept; the others join the other levels. For all other
    columns these are the `decision_cells`.

    Returns
    -------
    DecisionCells or None
        None as for `decision_cells`, and for text, whose cells overlap.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import LevelBins
    >>> from assay.stats.profile.categorical import CategoricalColumn
    >>> rows = pl.Series(["common"] * 400 + [f"rare {i % 60}" for i in range(600)])
    >>> column = CategoricalColumn.of(rows, LevelBins.of(rows))
    >>> decision_cells(column, column).baseline.size, cells_to_test(column, column).baseline.tolist()
    (26, [400, 600])
    """
    if isinstance(baseline, TextColumn):
        return None
    if not (isinstance(baseline, CategoricalColumn) and baseline.bins.other_levels):
        return decision_cells(baseline, current)
    require_same_bins(baseline, current)
    counts = baseline.cells()
    last = int(counts[len(baseline.bins.levels) - 1])
    picked = counts - last < CLEARLY * np.sqrt(counts + last)
    # What was picked by chance is lacking among the other levels, so these are one cell; missing rows were not picked.
    picked[-2:] = True, False
    return _pooled(counts, current.cells(), ~picked)


def _numeric(baseline: NumericColumn, current: NumericColumn) -> DecisionCells | None:
    values = current.rows - current.missing
    if values < FEWEST_ROWS or baseline.moments.n == 0:
        return None
    bins = decision_bins(values)
    return _tested(baseline.cells(bins), current.cells(bins), bins)


def _pooled(baseline: IntArray, current: IntArray, apart: BoolArray | None = None) -> DecisionCells | None:
    """Cells that current should fill, and one for the rest; ``apart`` says which ones may stand by themselves."""
    m, n = int(baseline.sum()), int(current.sum())
    if not (m and n):
        return None
    kept = baseline * n >= ROWS_PER_CELL * m
    if apart is not None:
        kept &= apart
    pooled = [np.append(side[kept], side[~kept].sum()) for side in (baseline, current)]
    return _tested(pooled[0], pooled[1], None)


def _tested(baseline: IntArray, current: IntArray, bins: int | None) -> DecisionCells | None:
    used = (baseline + current) > 0
    if np.count_nonzero(used) < 2:
        return None
    return DecisionCells(baseline[used], current[used], bins)
