"""Accuracy of a regression model: one pass over rows, merged in any order, asked for any metric.

See docs/methods/rmse.md and docs/methods/deviance.md.
"""

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from assay.stats.accuracy.comoments import Comoments
from assay.stats.accuracy.deviance import Family, FamilyDeviance, OwnDeviance
from assay.stats.accuracy.losses import TOO_LARGE, LossMean
from assay.stats.accuracy.rows import counted
from assay.stats.arrays import FloatArray
from assay.stats.container import pack, unpack
from assay.stats.estimate import NO_ROWS, Estimate
from assay.stats.intervals import Z95, clipped, mean_interval

KIND = "regression accuracy"


@dataclass(frozen=True, slots=True)
class RegressionAccuracy:
    """What is needed of rows with a prediction and an outcome to answer every regression metric.

    Rows of weight zero, and rows whose actual or prediction is missing or infinite, are not counted; the
    latter are in ``excluded``. An error is prediction minus actual.

    Attributes
    ----------
    error, squared_error, absolute_error : LossMean
        Of the errors, their squares and their sizes.
    relative_error : LossMean
        Size of the error over the size of the actual, over the rows whose actual is not zero.
    squared_log_error : LossMean
        Of ``(ln(1 + predicted) - ln(1 + actual)) ** 2`` over the rows where both logarithms exist.
    actual, predicted : LossMean
        Of the two columns themselves.
    together : Comoments
        Of the squared error, the squared actual and the actual.
    poisson, gamma, tweedie : FamilyDeviance
        Deviances over the rows in the domain of each family.
    excluded : int
        Rows left out because a number is missing or infinite.

    Examples
    --------
    >>> rows = RegressionAccuracy.of(np.array([1.0, 2.0, 6.0]), np.array([1.0, 4.0, 5.0]))
    >>> rows.n, REGRESSION_METRICS["MAE"](rows).value
    (3, 1.0)
    """

    error: LossMean
    squared_error: LossMean
    absolute_error: LossMean
    relative_error: LossMean
    squared_log_error: LossMean
    actual: LossMean
    predicted: LossMean
    together: Comoments
    poisson: FamilyDeviance
    gamma: FamilyDeviance
    tweedie: FamilyDeviance
    excluded: int = 0

    @classmethod
    def empty(cls) -> Self:
        """Accuracy of no rows."""
        return cls.of([], [])

    @classmethod
    def of(cls, actual: npt.ArrayLike, predicted: npt.ArrayLike, *, weights: npt.ArrayLike | None = None) -> Self:
        """Accuracy of rows.

        Parameters
        ----------
        actual, predicted : float array, shape (n,)
            Outcome and prediction of each row, in the same unit.
        weights : float array, shape (n,), optional
            Weight of each row, zero or above; one each when left out.
        """
        y, p = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
        keep, w, excluded = counted(np.isfinite(y) & np.isfinite(p), weights)
        # Errors beyond the range of a double make an infinite mean, which every metric reports as none.
        with np.errstate(over="ignore", invalid="ignore"):
            return cls(**_losses(y[keep], p[keep], w), excluded=excluded)

    def merge(self, other: Self) -> Self:
        """Accuracy of both together; neither is changed."""
        return type(self)(
            error=self.error.merge(other.error),
            squared_error=self.squared_error.merge(other.squared_error),
            absolute_error=self.absolute_error.merge(other.absolute_error),
            relative_error=self.relative_error.merge(other.relative_error),
            squared_log_error=self.squared_log_error.merge(other.squared_log_error),
            actual=self.actual.merge(other.actual),
            predicted=self.predicted.merge(other.predicted),
            together=self.together.merge(other.together),
            poisson=self.poisson.merge(other.poisson),
            gamma=self.gamma.merge(other.gamma),
            tweedie=self.tweedie.merge(other.tweedie),
            excluded=self.excluded + other.excluded,
        )

    @property
    def n(self) -> int:
        """Rows counted."""
        return self.error.rows

    @property
    def mean_predicted(self) -> float | None:
        """Mean prediction, in the target's unit; None without rows."""
        return self.predicted.mean

    @property
    def mean_actual(self) -> float | None:
        """Mean outcome, in the target's unit; None without rows."""
        return self.actual.mean

    def to_bytes(self) -> bytes:
        """Stored form, version 1."""
        fields = {
            "excluded": self.excluded,
            "losses": {name: getattr(self, name).numbers() for name in _LOSSES},
            "together": self.together.numbers(),
            "deviances": {
                family: {
                    "model": part.model.numbers(),
                    "own": list(astuple(part.own))[1:],
                    "together": part.together.numbers(),
                }
                for family, part in zip(_FAMILIES, (self.poisson, self.gamma, self.tweedie), strict=True)
            },
        }
        return pack(KIND, 1, fields, {})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The accuracy that `to_bytes` stored.

        Raises
        ------
        FormatUnreadable
            When the bytes are damaged, of another kind or from a newer version.
        """
        fields = unpack(data, kind=KIND).fields
        parts: dict[str, Any] = {name: LossMean.of_numbers(numbers) for name, numbers in fields["losses"].items()}
        for family, part in fields["deviances"].items():
            parts[family] = FamilyDeviance(
                LossMean.of_numbers(part["model"]),
                OwnDeviance(family, *part["own"]),
                Comoments.of_numbers(part["together"], 3),
            )
        return cls(**parts, together=Comoments.of_numbers(fields["together"], 3), excluded=fields["excluded"])


_FAMILIES: tuple[Family, ...] = ("poisson", "gamma", "tweedie")
_LOSSES = (
    "error",
    "squared_error",
    "absolute_error",
    "relative_error",
    "squared_log_error",
    "actual",
    "predicted",
)


def root_mean_squared_error(rows: RegressionAccuracy) -> Estimate:
    """Root of the mean squared error, in the target's unit; the interval is by the delta method."""
    return _root(rows.squared_error)


def root_mean_squared_log_error(rows: RegressionAccuracy) -> Estimate:
    """Root of the mean squared difference of ``ln(1 + x)``; undefined if any value is -1 or below."""
    outside = rows.n - rows.squared_log_error.rows
    if outside:
        return Estimate.undefined(f"{outside} of {rows.n} rows have an actual or a prediction <= -1", rows.n)
    return _root(rows.squared_log_error)


def mean_absolute_percentage_error(rows: RegressionAccuracy) -> Estimate:
    """Mean size of the error over the actual, in percent, over the rows whose actual is not zero."""
    if rows.n and not rows.relative_error.rows:
        return Estimate.undefined("every actual is zero", rows.n)
    return rows.relative_error.estimate(scale=100.0)


def r_squared(rows: RegressionAccuracy) -> Estimate:
    """Share of the variance of the actuals that the predictions explain, at most 1; interval by the delta method."""
    squared, spread = rows.squared_error.mean, rows.actual.m2
    if squared is None or not math.isfinite(spread):
        return Estimate.undefined(TOO_LARGE if rows.n else NO_ROWS, rows.n)
    if spread == 0:
        return Estimate.undefined("one row has no variance" if rows.n == 1 else "all actuals are equal", rows.n)
    ratio = squared * rows.actual.size.weight / spread
    return _explained(1 - ratio, rows.n, _r_squared_error(rows, ratio))


def deviance(rows: RegressionAccuracy, family: Family) -> Estimate:
    """Mean deviance of a family; undefined if any row is outside the family's domain."""
    part: FamilyDeviance = getattr(rows, family)
    outside = rows.n - part.model.rows
    if outside:
        return Estimate.undefined(f"{outside} of {rows.n} rows {_OUTSIDE[family]}", rows.n)
    return part.model.estimate()


def fraction_explained(rows: RegressionAccuracy, family: Family) -> Estimate:
    """Share of the deviance about the rows' own mean that the predictions explain, at most 1; delta method."""
    mean = deviance(rows, family)
    if mean.value is None:
        return mean
    part: FamilyDeviance = getattr(rows, family)
    own = part.own.mean
    if not own:
        return Estimate.undefined("all actuals are equal" if own == 0 else TOO_LARGE, rows.n)
    return _explained(1 - mean.value / own, rows.n, part.explained_error)


RegressionMetric = Callable[[RegressionAccuracy], Estimate]

REGRESSION_METRICS: dict[str, RegressionMetric] = {
    "RMSE": root_mean_squared_error,
    "MAE": lambda rows: rows.absolute_error.estimate(),
    "MAD": lambda rows: rows.absolute_error.estimate(),
    "MAPE": mean_absolute_percentage_error,
    "RMSLE": root_mean_squared_log_error,
    "R Squared": r_squared,
    "Gamma Deviance": lambda rows: deviance(rows, "gamma"),
    "Poisson Deviance": lambda rows: deviance(rows, "poisson"),
    "Tweedie Deviance": lambda rows: deviance(rows, "tweedie"),
    "FVE Gamma": lambda rows: fraction_explained(rows, "gamma"),
    "FVE Poisson": lambda rows: fraction_explained(rows, "poisson"),
    "FVE Tweedie": lambda rows: fraction_explained(rows, "tweedie"),
    "Mean Error": lambda rows: rows.error.estimate(),
}
"""Every metric of a regression model, by its name on the wire."""


def median_absolute_error(actual: npt.ArrayLike, predicted: npt.ArrayLike) -> float | None:
    """Median size of the error, in the target's unit; None without rows.

    A median does not merge, so this takes the rows themselves, shape (n,) each.

    Examples
    --------
    >>> median_absolute_error([1.0, 2.0, 3.0], [1.0, 4.0, 4.0])
    1.0
    """
    sizes = np.abs(np.asarray(predicted, dtype=np.float64) - np.asarray(actual, dtype=np.float64))
    return float(np.median(sizes)) if sizes.size else None


_OUTSIDE: dict[Family, str] = {
    "poisson": "have a prediction <= 0 or an actual < 0",
    "gamma": "have a prediction or an actual <= 0",
    "tweedie": "have a prediction <= 0 or an actual < 0",
}


def _losses(y: FloatArray, p: FloatArray, w: FloatArray) -> dict[str, Any]:
    error = p - y
    nonzero, logarithmic = y != 0, (y > -1) & (p > -1)
    log_error = _squared_log_error(y[logarithmic], p[logarithmic])
    return {
        "error": LossMean.of(error, w),
        "squared_error": LossMean.of(error * error, w),
        "absolute_error": LossMean.of(np.abs(error), w),
        "relative_error": LossMean.of(np.abs(error[nonzero] / y[nonzero]), w[nonzero]),
        "squared_log_error": LossMean.of(log_error, w[logarithmic]),
        "actual": LossMean.of(y, w),
        "predicted": LossMean.of(p, w),
        "together": Comoments.of(np.column_stack([error * error, y * y, y]), w),
        **{family: FamilyDeviance.of(family, y, p, w) for family in _FAMILIES},
    }


def _squared_log_error(actual: FloatArray, predicted: FloatArray) -> FloatArray:
    # Taken as one logarithm: the difference of two would lose its digits where the values are close.
    difference: FloatArray = np.log1p(np.abs(predicted - actual) / (1 + np.minimum(actual, predicted)))
    return difference * difference


def _r_squared_error(rows: RegressionAccuracy, ratio: float) -> float | None:
    """Standard error by the delta method: a row's part is ``e^2 - ratio * (y - mean)^2``, over the variance of y."""
    size, mean = rows.actual.size, rows.actual.mean
    if mean is None or size.effective <= 1:
        return None
    variance = rows.together.variance((1.0, -ratio, 2 * ratio * mean))
    return None if variance is None else math.sqrt(variance / (size.effective - 1)) * size.weight / rows.actual.m2


def _explained(value: float, n: int, error: float | None) -> Estimate:
    low, high = clipped(mean_interval(value, error), -math.inf, 1.0)
    return Estimate(value, n, low, high)


def _root(squares: LossMean) -> Estimate:
    mean, error = squares.mean, squares.standard_error
    if mean is None:
        return Estimate.undefined(squares.reason, squares.rows)
    root = math.sqrt(mean)
    if error is None:
        return Estimate(root, squares.rows)
    half = Z95 * error / (2 * root) if root > 0 else 0.0
    return Estimate(root, squares.rows, max(0.0, root - half), root + half)
