"""Decision cells of many features side by side, and what is computed over them.

The same numbers as `decision_cells`, `chi_square`, `psi_bias_corrected` and `ks_of_cells` give for one feature, for
hundreds of features in a few array operations. A cell that is empty on both sides adds nothing to any of them, so
rows of different length are filled up with zeros.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from assay.stats.arrays import FloatArray, IntArray
from assay.stats.categorical import CategoricalColumn
from assay.stats.decision.options import FEWEST_ROWS
from assay.stats.decision_cells import ROWS_PER_CELL, decision_bins
from assay.stats.ks import ks_chance
from assay.stats.numeric import NumericColumn

NumericPair = tuple[NumericColumn, NumericColumn]
CategoricalPair = tuple[CategoricalColumn, CategoricalColumn]


@dataclass(frozen=True, eq=False)
class Tables:
    """Rows of baseline and current per decision cell of each feature, and the numbers that follow.

    Attributes
    ----------
    baseline, current : int array, shape (n_features, n_cells)
        Cells that are empty on both sides say nothing.
    cells : int array, shape (n_features,)
        Cells in use; below 2 nothing can be tested, and the other numbers mean nothing.
    statistic, p : float array, shape (n_features,)
        Pearson's chi-square over the cells and the upper tail of its limiting distribution.
    min_expected : float array, shape (n_features,)
        Smallest expected count on either side.
    psi, psi_bc : float array, shape (n_features,)
        The index over these cells, and less what chance adds on average.
    """

    baseline: IntArray
    current: IntArray
    cells: IntArray
    statistic: FloatArray
    p: FloatArray
    min_expected: FloatArray
    psi: FloatArray
    psi_bc: FloatArray

    @classmethod
    def of(cls, baseline: IntArray, current: IntArray) -> "Tables":
        """Numbers of rows per cell, shape (n_features, n_cells)."""
        a, b = baseline.astype(np.float64), current.astype(np.float64)
        both = a + b
        used = both > 0
        m, n = a.sum(axis=1, keepdims=True), b.sum(axis=1, keepdims=True)
        cells: IntArray = (used & (m > 0) & (n > 0)).sum(axis=1)
        m, n = np.maximum(m, 1.0), np.maximum(n, 1.0)
        statistic = chi_square_of(a, b)
        smallest = np.where(used, both, np.inf).min(axis=1, initial=np.inf)
        share_a, share_b = ((side + 0.5) / (rows + cells[:, None] / 2) for side, rows in ((a, m), (b, n)))
        psi = np.where(used, (share_b - share_a) * np.log(share_b / share_a), 0.0).sum(axis=1)
        m, n = m[:, 0], n[:, 0]
        return cls(
            baseline=baseline,
            current=current,
            cells=cells,
            statistic=statistic,
            p=special.chdtrc(np.maximum(cells - 1, 1), statistic),
            min_expected=smallest * np.minimum(m, n) / (m + n),
            psi=psi,
            psi_bc=psi - (cells - 1) * (1 / n + 1 / m),
        )


def chi_square_of(baseline: FloatArray, current: FloatArray) -> FloatArray:
    """Pearson's statistic of each pair of rows, over the last axis; 0 where a side has no rows.

    Examples
    --------
    >>> chi_square_of(np.array([10.0, 20.0, 0.0]), np.array([20.0, 10.0, 0.0])).round(6).tolist()
    6.666667
    """
    m, n = baseline.sum(axis=-1, keepdims=True), current.sum(axis=-1, keepdims=True)
    both = baseline + current
    # Cell by cell (c - e)**2 / e of both sides, brought to one denominator.
    apart = (current * m - baseline * n) / np.sqrt(np.maximum(m * n, 1.0))
    statistic: FloatArray = (apart * apart / np.maximum(both, 1.0)).sum(axis=-1)
    return statistic


def numeric_cells(pairs: Sequence[NumericPair]) -> tuple[IntArray, IntArray]:
    """Decision cells of numeric features, each of shape (n_features, 11); no rows where there are too few values."""
    bins = [decision_bins(current.rows - current.missing) for _, current in pairs]
    places = [baseline.bins.coarse_cells(n) for (baseline, _), n in zip(pairs, bins, strict=True)]
    width = 11
    flat = _concatenated([place + width * i for i, place in enumerate(places)])
    sides = []
    for side in (0, 1):
        counts = _concatenated([pair[side].counts for pair in pairs])
        cells = np.zeros(width * len(pairs), dtype=np.int64)
        np.add.at(cells, flat, counts)
        table = cells.reshape(-1, width)
        table[:, -1] = [pair[side].missing for pair in pairs]
        sides.append(table)
    fit = np.array([b.rows - b.missing >= FEWEST_ROWS and a.moments.n > 0 for a, b in pairs], dtype=bool)
    return sides[0] * fit[:, None], sides[1] * fit[:, None]


def categorical_cells(pairs: Sequence[CategoricalPair]) -> tuple[IntArray, IntArray]:
    """Decision cells of categorical features; the last one holds every cell that is expected to be rare."""
    baseline, current = (_filled([pair[side].cells() for pair in pairs]) for side in (0, 1))
    m, n = baseline.sum(axis=1, keepdims=True), current.sum(axis=1, keepdims=True)
    kept = baseline * n >= ROWS_PER_CELL * np.maximum(m, 1)
    sides = []
    for side in (baseline, current):
        rare = np.where(kept, 0, side).sum(axis=1, keepdims=True)
        sides.append(np.concatenate([np.where(kept, side, 0), rare], axis=1))
    return sides[0], sides[1]


def largest_differences(pairs: Sequence[NumericPair]) -> tuple[FloatArray, FloatArray]:
    """Kolmogorov-Smirnov statistic on fine cells and its p-value, shape (n_features,); NaN without finite values."""
    inside, ends, rows = [], [], []
    for side in (0, 1):
        columns = [pair[side] for pair in pairs]
        counts = _filled([column.finite_counts for column in columns])
        n = counts.sum(axis=1)
        outside = np.array([_finite_outside(column) for column in columns], dtype=np.int64).reshape(-1, 2)
        with np.errstate(invalid="ignore", divide="ignore"):
            inside.append(np.cumsum(counts, axis=1) / n[:, None])
            ends.append(outside / n[:, None])
        rows.append(n.astype(np.float64))
    apart = np.abs(np.concatenate([inside[0] - inside[1], ends[0] - ends[1]], axis=1)).max(axis=1, initial=0.0)
    m, n = rows
    known = (m > 0) & (n > 0)
    statistic, p = np.full(len(pairs), np.nan), np.full(len(pairs), np.nan)
    statistic[known] = apart[known]
    p[known] = ks_chance(apart[known], m[known] * n[known] / (m[known] + n[known]))
    return statistic, p


def _finite_outside(column: NumericColumn) -> tuple[int, int]:
    """Finite rows below and above the baseline's range."""
    if column.bins.low is None:
        return 0, 0
    return column.below - column.negative_infinite, column.above - column.positive_infinite


def _concatenated(parts: Sequence[IntArray]) -> IntArray:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def _filled(rows: Sequence[IntArray]) -> npt.NDArray[np.int64]:
    """Rows of different length as one matrix, filled up with zeros."""
    lengths = np.array([row.size for row in rows], dtype=np.int64)
    matrix = np.zeros((len(rows), int(lengths.max(initial=0))), dtype=np.int64)
    matrix[np.arange(matrix.shape[1]) < lengths[:, None]] = _concatenated(rows)
    return matrix
