"""Tests of whether two count vectors come from one distribution.

See docs/methods/chi_square.md.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from assay.stats.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """A statistic, its degrees of freedom, its p-value, and whether the p-value can be trusted.

    Attributes
    ----------
    statistic : float
        >= 0; chi-square distributed when nothing has drifted.
    df : int
        Used cells less one. 0 when everything is in one cell; then the statistic is 0 and ``p`` is 1.
    p : float
        Chance of a statistic at least as large when nothing has drifted, in [0, 1].
    min_expected : float
        Smallest expected count of any cell on either side, in rows. Below about 5 the p-value is rough.
    """

    statistic: float
    df: int
    p: float
    min_expected: float


def chi_square(baseline: IntArray, current: IntArray) -> Homogeneity | None:
    """Pearson's two-sample chi-square test; cells empty on both sides are dropped.

    The baseline is a sample too: both sides are compared with what they have in common, without continuity
    correction. See docs/methods/chi_square.md.

    Parameters
    ----------
    baseline, current : int array, shape (n_cells,)
        Rows per cell.

    Returns
    -------
    Homogeneity or None
        None when either side has no rows.

    Examples
    --------
    >>> test = chi_square(np.array([10, 20, 0]), np.array([20, 10, 0]))
    >>> test.statistic, test.df, round(test.p, 6)  # 4 * 5**2 / 15
    (6.666667, 1, 0.009823)

    References
    ----------
    Pearson (1911), Biometrika 8(1-2), 250-254.
    """
    found = _table(baseline, current)
    if found is None:
        return None
    table, expected = found
    return _test(float(chi_square_of(table[0], table[1])), expected)


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


def g_test(baseline: IntArray, current: IntArray) -> Homogeneity | None:
    """Likelihood-ratio test of the same hypothesis; cells empty on both sides are dropped.

    Returns
    -------
    Homogeneity or None
        Statistic ``2 * sum c * ln(c / expected)``. None when either side has no rows.

    Examples
    --------
    >>> test = g_test(np.array([10, 20]), np.array([20, 10]))
    >>> round(test.statistic, 6)  # 2 * (20 * ln(10/15) + 40 * ln(20/15))
    6.795961

    References
    ----------
    Wilks (1935), Annals of Mathematical Statistics 6(4), 190-196.
    """
    found = _table(baseline, current)
    if found is None:
        return None
    table, expected = found
    # xlogy counts an empty cell as 0; rounding may leave a hair below zero.
    return _test(max(0.0, 2.0 * float(special.xlogy(table, table / expected).sum())), expected)


def _table(baseline: IntArray, current: IntArray) -> tuple[FloatArray, FloatArray] | None:
    """Observed and expected counts, each of shape (2, n_used_cells)."""
    table = np.array([baseline, current], dtype=np.float64)
    table = table[:, table.sum(axis=0) > 0]
    sides = table.sum(axis=1)
    if not sides.all():
        return None
    return table, np.outer(sides, table.sum(axis=0)) / sides.sum()


def _test(statistic: float, expected: FloatArray) -> Homogeneity:
    df = expected.shape[1] - 1
    p = float(special.chdtrc(df, statistic)) if df else 1.0
    return Homogeneity(statistic if df else 0.0, df, p, float(expected.min()))
