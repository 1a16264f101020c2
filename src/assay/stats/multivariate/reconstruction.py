"""Reconstruction error: do rows of current still follow the baseline's correlations?

See docs/methods/reconstruction_error.md.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from scipy import special

from assay.stats.arrays import FloatArray
from assay.stats.multivariate.encoding import is_number, top_levels
from assay.stats.profile.moments import Moments
from assay.stats.series import levels, numbers

VARIANCE_KEPT = 0.65
FEWEST_ROWS = 20
# The flag of a level is 1 / sqrt(share) where it is set: of a rare one, such as one customer's number, single rows
# would decide. Counted in the half that is fitted.
FEWEST_ROWS_OF_A_LEVEL = 10


@dataclass(frozen=True, slots=True)
class Scale:
    """How one column becomes an input: a number less its mean over its spread, or a level's flag likewise."""

    column: str
    level: str | None
    mean: float
    spread: float

    def of(self, values: pl.Series) -> FloatArray:
        """Standardised values, shape (n,); 0 where missing or infinite."""
        raw = _numbers(values) if self.level is None else _flag(values, self.level)
        return np.where(np.isfinite(raw), (raw - self.mean) / self.spread, 0.0)


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Principal components of the standardised baseline.

    Attributes
    ----------
    scales : tuple of Scale
        One per input.
    components : float array, shape (n_inputs, n_components)
        Orthonormal; the fewest that hold 65 % of the variance.

    Examples
    --------
    >>> rows = pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [2.0, 4.0, 6.0, 8.0]})
    >>> fit = Reconstruction.of(rows)
    >>> fit.components.shape, bool(fit.errors(rows).max() < 1e-9)  # y = 2 x: one component says all
    ((2, 1), True)
    """

    scales: tuple[Scale, ...]
    components: FloatArray

    @classmethod
    def of(cls, baseline: pl.DataFrame) -> Self:
        """Components of baseline rows; columns without spread are left out."""
        scales = tuple(scale for column in baseline for scale in _scales(column))
        matrix = _matrix(baseline, scales)
        variances, axes = np.linalg.eigh(matrix.T @ matrix / max(1, matrix.shape[0]))
        variances, axes = np.maximum(variances[::-1], 0.0), axes[:, ::-1]
        total = variances.sum()
        held = np.cumsum(variances) / total if total else np.ones(variances.size)
        return cls(scales, axes[:, : int(np.searchsorted(held, VARIANCE_KEPT - 1e-12)) + 1])

    def errors(self, frame: pl.DataFrame) -> FloatArray:
        """Distance of every row from its projection on the components, in standard deviations, shape (n,)."""
        matrix = _matrix(frame, self.scales)
        left: FloatArray = matrix - matrix @ self.components @ self.components.T
        norms: FloatArray = np.linalg.norm(left, axis=1)
        return norms

    def moments(self, frame: pl.DataFrame) -> Moments:
        """Mean and spread of the errors: they merge, so chunks of rows can be looked at one by one."""
        return Moments.of(self.errors(frame))


@dataclass(frozen=True, slots=True)
class ReconstructionError:
    """Mean reconstruction errors of both sides, and how surprising their difference is.

    Attributes
    ----------
    baseline, current : float
        Mean distances, in standard deviations.
    z : float
        Difference over its standard error; above 0 where current follows the baseline's correlations less.
    p : float
        Two-sided, in [0, 1].
    rows : int
        Rows of current.
    components, inputs : int
        How many of how many.
    """

    baseline: float
    current: float
    z: float
    p: float
    rows: int
    components: int
    inputs: int


def reconstruction_error(baseline: pl.DataFrame, current: pl.DataFrame, *, seed: int = 0) -> ReconstructionError | None:
    """Compare the reconstruction errors of both sides. See docs/methods/reconstruction_error.md.

    The components come from one half of the baseline and its errors from the other: rows that a fit has seen are
    closer to it than new rows of the same population.

    Parameters
    ----------
    baseline, current : DataFrame
        The columns that both have are used.
    seed : int
        Decides the halves.

    Returns
    -------
    ReconstructionError or None
        None below 20 rows a side, or where fewer than two inputs vary.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(400, 1)) @ np.ones((1, 3))
    >>> together = pl.DataFrame(x + np.random.default_rng(1).normal(size=x.shape) * 0.1)
    >>> apart = pl.DataFrame(np.random.default_rng(2).normal(size=x.shape))
    >>> reconstruction_error(together, apart).z > 10
    True
    """
    names = [name for name in baseline.columns if name in current.columns]
    if min(baseline.height, current.height) < FEWEST_ROWS or not names:
        return None
    order = np.random.default_rng(seed).permutation(baseline.height)
    half = baseline.height // 2
    fit = Reconstruction.of(baseline.select(names)[np.sort(order[:half])])
    if len(fit.scales) < 2:
        return None
    then, now = fit.moments(baseline[np.sort(order[half:])]), fit.moments(current)
    return _compared(then, now, fit)


def _compared(then: Moments, now: Moments, fit: Reconstruction) -> ReconstructionError | None:
    if then.mean is None or now.mean is None or then.variance is None or now.variance is None:
        return None
    error = math.sqrt(then.variance / then.n + now.variance / now.n)
    step = now.mean - then.mean
    z = step / error if error else math.copysign(math.inf, step) if step else 0.0
    p = 2 * float(special.ndtr(-abs(z)))
    return ReconstructionError(then.mean, now.mean, z, p, now.n, fit.components.shape[1], len(fit.scales))


def _scales(column: pl.Series) -> list[Scale]:
    if is_number(column):
        return _scale(column.name, None, _numbers(column))
    flags = {level: _flag(column, level) for level in top_levels(levels(column))}
    frequent = {level: flag for level, flag in flags.items() if flag.sum() >= FEWEST_ROWS_OF_A_LEVEL}
    return [scale for level, flag in frequent.items() for scale in _scale(column.name, level, flag)]


def _scale(name: str, level: str | None, values: FloatArray) -> list[Scale]:
    held = Moments.of(values[np.isfinite(values)])
    if held.mean is None or not held.population_std or held.population_std <= 1e-12 * abs(held.mean):
        return []
    return [Scale(name, level, held.mean, held.population_std)]


def _numbers(values: pl.Series) -> FloatArray:
    raw = numbers(values)
    return np.where(np.isfinite(raw), raw, np.nan)


def _flag(values: pl.Series, level: str) -> FloatArray:
    return (levels(values) == level).fill_null(value=False).to_numpy().astype(np.float64)


def _matrix(frame: pl.DataFrame, scales: tuple[Scale, ...]) -> FloatArray:
    return (
        np.column_stack([scale.of(frame[scale.column]) for scale in scales]) if scales else np.empty((frame.height, 0))
    )
