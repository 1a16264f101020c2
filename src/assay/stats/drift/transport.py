"""How far rows would have to move: Wasserstein and energy distance of two columns.

See docs/methods/wasserstein.md and docs/methods/energy_distance.md.
"""

from dataclasses import dataclass

import numpy as np

from assay.stats.arrays import FloatArray, IntArray
from assay.stats.drift.overlay import Overlay
from assay.stats.profile.numeric import NumericColumn
from assay.stats.series import finite


@dataclass(frozen=True, slots=True)
class Bounded:
    """A value and how far off it may be: the true one is within ``value - bound`` and ``value + bound``."""

    value: float
    bound: float


def wasserstein_of_values(baseline: FloatArray, current: FloatArray) -> float | None:
    """Mean distance a row has to move to turn one distribution into the other; infinities are left out.

    Parameters
    ----------
    baseline, current : float array, shape (m,) and (n,)
        NaN is missing.

    Returns
    -------
    float or None
        ``integral |F - G| dx``, in the column's own unit. None when a side has no finite value.

    Examples
    --------
    >>> wasserstein_of_values(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    2.0

    References
    ----------
    Vallender (1974), Theory of Probability and its Applications 18(4), 784-786.
    """
    steps = _steps(baseline, current)
    if steps is None:
        return None
    widths, differences = steps
    return float((widths * np.abs(differences)).sum())


def energy_distance_of_values(baseline: FloatArray, current: FloatArray) -> float | None:
    """Energy distance; infinities are left out.

    Returns
    -------
    float or None
        ``sqrt(2 * integral (F - G)**2 dx)``, in the square root of the column's unit. None when a side has no
        finite value.

    Examples
    --------
    >>> energy_distance_of_values(np.array([0.0]), np.array([2.0]))  # sqrt(2 * 2)
    2.0

    References
    ----------
    Szekely and Rizzo (2013), Journal of Statistical Planning and Inference 143(8), 1249-1272.
    """
    steps = _steps(baseline, current)
    if steps is None:
        return None
    widths, differences = steps
    return float(np.sqrt(2.0 * (widths * differences**2).sum()))


def wasserstein_of_cells(baseline: NumericColumn, current: NumericColumn) -> Bounded | None:
    """The distance from the fine cells of two profiles; None when a side has no finite value.

    Raises
    ------
    BinsMismatch
        When the two were counted over different bins.
    """
    return _bounded(Overlay.of_cells(baseline, current))


def wasserstein_of_buckets(baseline: NumericColumn, current: NumericColumn) -> Bounded | None:
    """The distance from the log buckets of two profiles: within 1 % of the values' mean magnitude.

    None when a side has no finite value.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import NumericBins
    >>> rows = pl.Series([1.0, 2.0, 3.0])
    >>> bins = NumericBins.of(rows)
    >>> wasserstein_of_buckets(NumericColumn.of(rows, bins), NumericColumn.of(rows + 4.0, bins))
    Bounded(value=4.007..., bound=0.067...)
    """
    return _bounded(Overlay.of_buckets(baseline, current))


def wasserstein(baseline: NumericColumn, current: NumericColumn) -> Bounded | None:
    """The distance from two profiles, by cells or by log buckets, whichever bounds it tighter.

    None when a side has no finite value.

    Raises
    ------
    BinsMismatch
        When the two were counted over different bins.
    """
    cells, buckets = wasserstein_of_cells(baseline, current), wasserstein_of_buckets(baseline, current)
    if cells is None or buckets is None:
        return None
    return min(cells, buckets, key=lambda distance: distance.bound)


def normed(distance: float | None, baseline: NumericColumn) -> float | None:
    """A distance in population standard deviations of the baseline; None without spread.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import NumericBins
    >>> rows = pl.Series([1.0, 3.0])
    >>> normed(0.5, NumericColumn.of(rows, NumericBins.of(rows)))
    0.5
    """
    spread = baseline.moments.population_std
    return None if distance is None or not spread else distance / spread


def _steps(baseline: FloatArray, current: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Widths between neighbouring values of both sides, and F - G there."""
    one, other = np.sort(finite(baseline)), np.sort(finite(current))
    if not (one.size and other.size):
        return None
    places = np.sort(np.concatenate([one, other]))
    left = places[:-1]
    differences = _distribution(one, left) - _distribution(other, left)
    return np.diff(places), differences


def _distribution(ordered: FloatArray, places: FloatArray) -> FloatArray:
    ranks: IntArray = np.searchsorted(ordered, places, side="right")
    return ranks / ordered.size


def _bounded(overlay: Overlay | None) -> Bounded | None:
    if overlay is None:
        return None
    widths, differences = np.diff(overlay.ends), overlay.differences
    left, right = np.abs(differences[:-1]), np.abs(differences[1:])
    crossing = differences[:-1] * differences[1:] < 0
    # A straight line that crosses zero leaves two triangles instead of one trapezium.
    total = np.where(left + right > 0, left + right, 1.0)
    heights = np.where(crossing, (left**2 + right**2) / (2 * total), (left + right) / 2)
    p, q = overlay.shares
    return Bounded(float((widths * heights).sum()), float((widths * np.maximum(p, q)).sum()))
