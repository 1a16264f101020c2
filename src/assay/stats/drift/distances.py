"""Distances between two count vectors over the same cells.

Every function takes rows per cell, normalises inside, and first drops the cells that are empty on both sides;
the missing rows are a cell like any other. Logarithms are natural. A side without rows makes the distance
None: "unknown", which is not "no drift".
"""

import math
from collections.abc import Callable

import numpy as np

from assay.errors import BinsMismatch, Invalid
from assay.stats.arrays import FloatArray, IntArray
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.words import TextColumn

Distance = Callable[[IntArray, IntArray], float | None]
Column = NumericColumn | CategoricalColumn | TextColumn


def proportions(baseline: IntArray, current: IntArray) -> tuple[FloatArray, FloatArray] | None:
    """Shares of the rows per cell that either side uses; None when a side has no rows."""
    m, n = baseline.sum(), current.sum()
    if m == 0 or n == 0:
        return None
    used = (baseline + current) > 0
    return baseline[used] / m, current[used] / n


def smoothed(baseline: IntArray, current: IntArray) -> tuple[FloatArray, FloatArray] | None:
    """The same with half a row added to every used cell, so that no share is zero."""
    m, n = baseline.sum(), current.sum()
    if m == 0 or n == 0:
        return None
    used = (baseline + current) > 0
    half = 0.5 * np.count_nonzero(used)
    return (baseline[used] + 0.5) / (m + half), (current[used] + 0.5) / (n + half)


def psi(baseline: IntArray, current: IntArray) -> float | None:
    """Population Stability Index; half a row per cell. See docs/methods/psi.md.

    Parameters
    ----------
    baseline, current : int array, shape (n_cells,)
        Rows per cell, not proportions. The totals may differ.

    Returns
    -------
    float or None
        Sum of ``(Q - P) * ln(Q / P)``, >= 0, no unit. None when either side has no rows.

    Examples
    --------
    >>> round(psi(np.array([5, 5]), np.array([8, 2])), 6)  # 3/11 * ln(8.5/5.5) - 3/11 * ln(2.5/5.5)
    0.333757

    References
    ----------
    Yurdakul (2018), Statistical Properties of Population Stability Index, Western Michigan University.
    """
    shares = smoothed(baseline, current)
    if shares is None:
        return None
    p, q = shares
    return float(((q - p) * np.log(q / p)).sum())


def kl_divergence(baseline: IntArray, current: IntArray) -> float | None:
    """Kullback-Leibler divergence of current from baseline, half a row per cell.

    See docs/methods/kl_divergence.md.

    Returns
    -------
    float or None
        Sum of ``Q * ln(Q / P)``, in nats, >= 0. None when either side has no rows.

    Examples
    --------
    >>> baseline, current = np.array([5, 5]), np.array([8, 2])
    >>> round(kl_divergence(baseline, current), 6)  # 8.5/11 * ln(8.5/5.5) + 2.5/11 * ln(2.5/5.5)
    0.157187
    """
    shares = smoothed(baseline, current)
    if shares is None:
        return None
    p, q = shares
    return max(0.0, float((q * np.log(q / p)).sum()))


def kl_reverse(baseline: IntArray, current: IntArray) -> float | None:
    """Kullback-Leibler divergence of baseline from current: the same with the sides exchanged."""
    return kl_divergence(current, baseline)


def js_divergence(baseline: IntArray, current: IntArray) -> float | None:
    """Jensen-Shannon divergence. See docs/methods/js_divergence.md.

    Returns
    -------
    float or None
        Half the KL divergence of each side's shares from their mean, in nats, in [0, ln 2]. None when either
        side has no rows.

    Examples
    --------
    >>> round(js_divergence(np.array([4, 0]), np.array([0, 9])), 6)  # ln 2: nothing in common
    0.693147

    References
    ----------
    Lin (1991), IEEE Transactions on Information Theory 37(1), 145-151.
    """
    shares = proportions(baseline, current)
    if shares is None:
        return None
    p, q = shares
    middle = (p + q) / 2
    return min(max(0.5 * (_entropy_from(p, middle) + _entropy_from(q, middle)), 0.0), math.log(2.0))


def hellinger(baseline: IntArray, current: IntArray) -> float | None:
    """Hellinger distance. See docs/methods/hellinger.md.

    Returns
    -------
    float or None
        ``sqrt(1/2 * sum (sqrt(p) - sqrt(q))**2)``, in [0, 1]. None when either side has no rows.

    Examples
    --------
    >>> round(hellinger(np.array([1, 0]), np.array([1, 1])), 6)  # sqrt(1 - sqrt(1/2))
    0.541196
    """
    shares = proportions(baseline, current)
    if shares is None:
        return None
    p, q = shares
    return float(np.sqrt(0.5 * ((np.sqrt(p) - np.sqrt(q)) ** 2).sum()))


def dissimilarity(baseline: IntArray, current: IntArray) -> float | None:
    """Share of rows that would have to change cell: total variation. See docs/methods/dissimilarity.md.

    Returns
    -------
    float or None
        ``1/2 * sum |p - q|``, equal to ``1 - sum min(p, q)``, in [0, 1]. None when either side has no rows.

    Examples
    --------
    >>> dissimilarity(np.array([50, 50]), np.array([75, 25]))
    0.25
    """
    shares = proportions(baseline, current)
    if shares is None:
        return None
    p, q = shares
    return float(0.5 * np.abs(p - q).sum())


def js_distance(baseline: IntArray, current: IntArray) -> float | None:
    """Square root of `js_divergence`, a metric, in [0, sqrt(ln 2)]; None when either side has no rows."""
    divergence = js_divergence(baseline, current)
    return None if divergence is None else math.sqrt(divergence)


def js_distance_base2(baseline: IntArray, current: IntArray) -> float | None:
    """The same with logarithms to base 2, in [0, 1]; None when either side has no rows.

    Examples
    --------
    >>> js_distance_base2(np.array([4, 0]), np.array([0, 9]))  # nothing in common
    1.0
    """
    divergence = js_divergence(baseline, current)
    return None if divergence is None else math.sqrt(divergence / math.log(2.0))


def l_infinity(baseline: IntArray, current: IntArray) -> float | None:
    """Largest change of one cell's share. See docs/methods/l_infinity.md.

    Returns
    -------
    float or None
        ``max |p - q|``, in [0, 1]. None when either side has no rows.

    Examples
    --------
    >>> l_infinity(np.array([5, 5, 0]), np.array([5, 3, 2]))
    0.2
    """
    shares = proportions(baseline, current)
    if shares is None:
        return None
    p, q = shares
    return float(np.abs(p - q).max())


DISTANCES: dict[str, Distance] = {
    "psi": psi,
    "kl_divergence": kl_divergence,
    "dissimilarity": dissimilarity,
    "hellinger": hellinger,
    "js_divergence": js_divergence,
}


def drift_score(metric: str, baseline: Column, current: Column) -> float | None:
    """One of ``DISTANCES`` between two profiles of a column: ten bins for numbers, all kept levels or words otherwise.

    Rows that contain a word are its cell; what that compares is said in docs/methods/words.md.

    Raises
    ------
    Invalid
        When there is no such metric.
    BinsMismatch
        When the two were counted over different bins.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import LevelBins
    >>> rows = pl.Series(["a", "b"])
    >>> column = CategoricalColumn.of(rows, LevelBins.of(rows))
    >>> drift_score("psi", column, column)
    0.0
    """
    distance = DISTANCES.get(metric)
    if distance is None:
        raise Invalid(f"There is no drift metric {metric!r}; choose one of {', '.join(DISTANCES)}.")
    require_same_bins(baseline, current)
    return distance(baseline.cells(), current.cells())


def require_same_bins(baseline: Column, current: Column) -> None:
    """Refuse to compare what was counted over different bins.

    Raises
    ------
    BinsMismatch
        When the bins differ.
    """
    if baseline.bins is not current.bins and baseline.bins != current.bins:
        raise BinsMismatch("Baseline and current were counted over different bins. Profile both with one baseline.")


def _entropy_from(p: FloatArray, middle: FloatArray) -> float:
    held = p > 0
    return float((p[held] * np.log(p[held] / middle[held])).sum())
