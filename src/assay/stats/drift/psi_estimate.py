"""How much of a Population Stability Index is chance, and the index as others compute it."""

from typing import NamedTuple

import numpy as np
from scipy import special

from assay.stats.arrays import FloatArray, IntArray
from assay.stats.drift.distances import Column, proportions, psi, smoothed
from assay.stats.profile.words import TextColumn

EMPTY_SHARE = 1e-4


class Interval(NamedTuple):
    """Ends of a confidence interval."""

    low: float
    high: float


def psi_expected_by_chance(baseline: IntArray, current: IntArray) -> float | None:
    """Mean of `psi` when nothing has drifted: ``(B - 1) * (1/n + 1/m)`` over the B used cells.

    None when either side has no rows.

    Examples
    --------
    >>> psi_expected_by_chance(np.array([500] * 10), np.array([3] * 10))  # 9 * (1/30 + 1/5000)
    0.3018

    References
    ----------
    Yurdakul (2018), Statistical Properties of Population Stability Index, Western Michigan University.
    """
    m, n = int(baseline.sum()), int(current.sum())
    if m == 0 or n == 0:
        return None
    cells = int(np.count_nonzero(baseline + current))
    return (cells - 1) * (1 / n + 1 / m)


def psi_bias_corrected(baseline: IntArray, current: IntArray) -> float | None:
    """`psi` less what chance alone adds on average. See docs/methods/psi.md.

    Returns
    -------
    float or None
        No unit. May be a little below 0, which reads as "about 0". None when either side has no rows.

    Examples
    --------
    >>> round(psi_bias_corrected(np.array([5, 5]), np.array([8, 2])), 6)  # 0.333757 - (1/10 + 1/10)
    0.133757
    """
    index, chance = psi(baseline, current), psi_expected_by_chance(baseline, current)
    return None if index is None or chance is None else index - chance


def psi_interval(baseline: IntArray, current: IntArray, *, confidence: float = 0.95) -> Interval | None:
    """Confidence interval of the population's index. See docs/methods/psi.md.

    Parameters
    ----------
    baseline, current : int array, shape (n_cells,)
        Rows per cell.
    confidence : float
        Coverage aimed at, in (0, 1).

    Returns
    -------
    Interval or None
        ``psi_bias_corrected`` plus and minus a normal quantile times the standard error by the delta method,
        both ends at least 0. Too narrow above 1.5 with 100 rows or fewer. None when either side has no rows.

    Examples
    --------
    >>> low, high = psi_interval(np.array([50, 50]), np.array([50, 50]))
    >>> low, round(high, 6)  # -0.02 + 1.959964 * sqrt(2 * 0.02**2)
    (0.0, 0.035436)
    """
    shares = smoothed(baseline, current)
    centre = psi_bias_corrected(baseline, current)
    if shares is None or centre is None:
        return None
    p, q = shares
    m, n = float(baseline.sum()), float(current.sum())
    chance = 2.0 * (p.size - 1) * (1 / n + 1 / m) ** 2
    variance = _variance(q, np.log(q / p) + 1 - p / q) / n + _variance(p, np.log(p / q) + 1 - q / p) / m + chance
    reach = float(special.ndtri(0.5 + confidence / 2)) * float(np.sqrt(variance))
    return Interval(max(0.0, centre - reach), max(0.0, centre + reach))


def drift_interval(metric: str, baseline: Column, current: Column) -> Interval | None:
    """95 % interval of `drift_score`: that of the PSI of numbers and levels.

    None for any other metric, and for text: words of one row depend on each other, and no interval is known.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import LevelBins
    >>> from assay.stats.profile.categorical import CategoricalColumn
    >>> rows = pl.Series(["a", "b"] * 50)
    >>> column = CategoricalColumn.of(rows, LevelBins.of(rows))
    >>> low, high = drift_interval("psi", column, column)
    >>> low, round(high, 6)
    (0.0, 0.035436)
    >>> drift_interval("hellinger", column, column) is None
    True
    """
    if metric != "psi" or isinstance(baseline, TextColumn):
        return None
    return psi_interval(baseline.cells(), current.cells())


def psi_eps(baseline: IntArray, current: IntArray) -> float | None:
    """The index as many other tools compute it, to compare with them. See docs/methods/psi.md.

    An empty cell gets the share 1e-4 and nothing is renormalised, so one empty cell of ten alone adds about
    0.7 in a small batch.

    Returns
    -------
    float or None
        Sum of ``(q - p) * ln(q / p)``, >= 0. None when either side has no rows.

    Examples
    --------
    >>> round(psi_eps(np.array([50, 50]), np.array([75, 25])), 6)  # 0.25 * ln 3
    0.274653
    """
    shares = proportions(baseline, current)
    if shares is None:
        return None
    p, q = (np.where(share == 0, EMPTY_SHARE, share) for share in shares)
    return float(((q - p) * np.log(q / p)).sum())


def _variance(weights: FloatArray, values: FloatArray) -> float:
    mean = float((weights * values).sum())
    return float((weights * (values - mean) ** 2).sum())
