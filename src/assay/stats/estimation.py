"""Accuracy before any actual is known: from calibrated scores (CBPE).

A row whose calibrated score is ``c`` is positive with chance ``c``. So it is counted as ``c`` of a positive
row and ``1 - c`` of a negative one, and the metrics of these expected counts estimate those of the actual
ones. That holds as long as the chance of an outcome, given the features, is what it was in the baseline.

See docs/methods/estimated_accuracy.md.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from assay.errors import BinsMismatch, Invalid
from assay.stats.accuracy.binary import CLIP
from assay.stats.accuracy.losses import LossMean
from assay.stats.accuracy.ranking import auc_bound, auc_of_counts
from assay.stats.accuracy.rows import counted
from assay.stats.accuracy.scores import ScoreCounts
from assay.stats.arrays import FloatArray, IntArray, read_only, same_content
from assay.stats.container import pack, unpack
from assay.stats.estimate import NO_ROWS, Estimate
from assay.stats.intervals import clipped, mean_interval

KIND = "estimated accuracy"
MAP_KIND = "calibration map"


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationMap:
    """From a model's score to the chance of the positive class, learned on rows with actuals.

    Attributes
    ----------
    scores : float array, shape (k,)
        Ascending knots; between them the chance is interpolated, outside it is that of the nearest knot.
    chances : float array, shape (k,)
        Chance of the positive class at each knot, in [0, 1], never falling.

    Examples
    --------
    >>> learned = CalibrationMap.of([False, False, True, True], [0.1, 0.2, 0.3, 0.4])
    >>> learned.apply([0.0, 0.25, 1.0]).tolist()
    [0.0, 0.5, 1.0]

    References
    ----------
    Zadrozny and Elkan (2002), KDD, 694-699.
    """

    scores: FloatArray
    chances: FloatArray

    @classmethod
    def of(cls, actual: npt.ArrayLike, score: npt.ArrayLike, *, weights: npt.ArrayLike | None = None) -> Self:
        """Isotonic regression of outcome on score.

        Parameters
        ----------
        actual : bool array, shape (n,)
            Whether the outcome was the positive class.
        score : float array, shape (n,)
            The model's score.
        weights : float array, shape (n,), optional
            Weight of each row; one each when left out.

        Raises
        ------
        Invalid
            Without any row to learn from.
        """
        outcomes, scores = np.asarray(actual, dtype=np.bool_), np.asarray(score, dtype=np.float64)
        keep, weighing, _ = counted(np.isfinite(scores), weights)
        if weighing.size == 0:
            raise Invalid("A calibration map needs rows with an actual and a score; there are none.")
        knots, place = np.unique(scores[keep], return_inverse=True)
        weight = np.bincount(place, weights=weighing)
        share = np.bincount(place, weights=weighing * outcomes[keep]) / weight
        fitted = np.asarray(isotonic_regression(share, weights=weight).x, dtype=np.float64)
        corners = _corners(fitted)
        return cls(read_only(knots[corners]), read_only(np.clip(fitted[corners], 0.0, 1.0)))

    def apply(self, score: npt.ArrayLike) -> FloatArray:
        """Chance of the positive class for each score, in [0, 1], shape (n,)."""
        return np.interp(np.asarray(score, dtype=np.float64), self.scores, self.chances)

    def to_bytes(self) -> bytes:
        """Stored form, version 1."""
        return pack(MAP_KIND, 1, {}, {"scores": self.scores, "chances": self.chances})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The map that `to_bytes` stored; raises FormatUnreadable for anything else."""
        arrays = unpack(data, kind=MAP_KIND).arrays
        return cls(arrays["scores"], arrays["chances"])

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


@dataclass(frozen=True, slots=True)
class ExpectedAccuracy:
    """Expected counts of rows with a calibrated score and no actual.

    Attributes
    ----------
    threshold : float
        A row is predicted positive when its score is at or above it; both sides of a merge share it.
    scores : ScoreCounts
        Expected positives and negatives per score.
    when_positive, when_negative : LossMean
        Mean chance of the positive class among rows predicted positive and predicted negative.
    log_loss, squared_error : LossMean
        Expected losses of each row.
    uncertainty : LossMean
        ``c (1 - c)`` of each row: the variance of whether its prediction is right.
    excluded : int
        Rows left out because a number is missing or infinite.

    Examples
    --------
    >>> rows = ExpectedAccuracy.of(np.array([0.9, 0.2]), threshold=0.5)
    >>> round(EXPECTED_METRICS["Accuracy"](rows).value, 2)  # (0.9 + 0.8) / 2
    0.85
    """

    threshold: float
    scores: ScoreCounts
    when_positive: LossMean
    when_negative: LossMean
    log_loss: LossMean
    squared_error: LossMean
    uncertainty: LossMean
    excluded: int = 0

    @classmethod
    def empty(cls, threshold: float) -> Self:
        """Expected counts of no rows."""
        return cls.of([], threshold=threshold)

    @classmethod
    def of(
        cls,
        score: npt.ArrayLike,
        *,
        threshold: float,
        chance: npt.ArrayLike | None = None,
        weights: npt.ArrayLike | None = None,
    ) -> Self:
        """Expected counts of rows.

        Parameters
        ----------
        score : float array, shape (n,)
            The model's score, which ranks rows and decides what is predicted.
        threshold : float
            Predicted positive when ``score >= threshold``.
        chance : float array, shape (n,), optional
            Calibrated chance of the positive class, in [0, 1]; the score itself when left out.
        weights : float array, shape (n,), optional
            Weight of each row; one each when left out.
        """
        s = np.asarray(score, dtype=np.float64)
        c = s if chance is None else np.asarray(chance, dtype=np.float64)
        keep, w, excluded = counted(np.isfinite(s) & np.isfinite(c), weights)
        s, c = s[keep], np.clip(c[keep], 0.0, 1.0)
        positive = s >= threshold
        return cls(
            threshold=threshold,
            scores=ScoreCounts.of_masses(s, w * c, w * (1 - c)),
            when_positive=LossMean.of(c[positive], w[positive]),
            when_negative=LossMean.of(c[~positive], w[~positive]),
            log_loss=LossMean.of(_expected_log_loss(s, c), w),
            squared_error=LossMean.of(c * (1 - s) ** 2 + (1 - c) * s * s, w),
            uncertainty=LossMean.of(c * (1 - c), w),
            excluded=excluded,
        )

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed.

        Raises
        ------
        BinsMismatch
            When the thresholds differ.
        """
        if self.threshold != other.threshold:
            raise BinsMismatch(
                f"Expected counts at threshold {self.threshold} cannot be merged with those at threshold "
                f"{other.threshold}. Compute them again from the rows at one threshold."
            )
        return type(self)(
            threshold=self.threshold,
            scores=self.scores.merge(other.scores),
            when_positive=self.when_positive.merge(other.when_positive),
            when_negative=self.when_negative.merge(other.when_negative),
            log_loss=self.log_loss.merge(other.log_loss),
            squared_error=self.squared_error.merge(other.squared_error),
            uncertainty=self.uncertainty.merge(other.uncertainty),
            excluded=self.excluded + other.excluded,
        )

    @property
    def n(self) -> int:
        """Rows counted."""
        return self.log_loss.rows

    @property
    def counts(self) -> "ExpectedCounts":
        """Expected true and false positives and negatives at the threshold."""
        positive, negative = self.when_positive.mean or 0.0, self.when_negative.mean or 0.0
        return ExpectedCounts(
            true_positive=self.when_positive.size.weight * positive,
            false_positive=self.when_positive.size.weight * (1 - positive),
            true_negative=self.when_negative.size.weight * (1 - negative),
            false_negative=self.when_negative.size.weight * negative,
        )

    def to_bytes(self) -> bytes:
        """Stored form, version 1."""
        fields = {
            "threshold": self.threshold,
            "excluded": self.excluded,
            "exact": self.scores.exact,
            "limit": self.scores.limit,
            "losses": {name: getattr(self, name).numbers() for name in _LOSSES},
        }
        return pack(KIND, 1, fields, self.scores.stored())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The expected counts that `to_bytes` stored; raises FormatUnreadable for anything else."""
        stored = unpack(data, kind=KIND)
        fields, arrays = stored.fields, stored.arrays
        scores = ScoreCounts.of_stored(arrays, exact=fields["exact"], limit=fields["limit"])
        losses = {name: LossMean.of_numbers(numbers) for name, numbers in fields["losses"].items()}
        return cls(threshold=fields["threshold"], scores=scores, excluded=fields["excluded"], **losses)


@dataclass(frozen=True, slots=True)
class ExpectedCounts:
    """Expected weight of rows by prediction and outcome."""

    true_positive: float
    false_positive: float
    true_negative: float
    false_negative: float


_LOSSES = ("when_positive", "when_negative", "log_loss", "squared_error", "uncertainty")

Ratio = Callable[[ExpectedCounts], tuple[float, float]]


def accuracy(rows: ExpectedAccuracy) -> Estimate:
    """Expected share of rows predicted as they will turn out, in [0, 1].

    The interval is for the share these very rows will show: outcomes vary about their chances with variance
    ``c (1 - c)``. It leaves out that the calibration itself was learned from rows.
    """
    if rows.n == 0:
        return Estimate.undefined(NO_ROWS)
    counts = rows.counts
    value = (counts.true_positive + counts.true_negative) / rows.log_loss.size.weight
    low, high = clipped(mean_interval(value, accuracy_error(rows)), 0.0, 1.0)
    return Estimate(value, rows.n, low, high)


def accuracy_error(rows: ExpectedAccuracy) -> float | None:
    """Standard error of the accuracy these rows will show about its expectation; None without rows."""
    if rows.uncertainty.mean is None:
        return None
    return math.sqrt(max(0.0, rows.uncertainty.mean) / rows.uncertainty.size.effective)


def auc(rows: ExpectedAccuracy) -> Estimate:
    """Expected AUC: each row a positive of mass ``c`` and a negative of mass ``1 - c``, ties one half."""
    area = auc_of_counts(rows.scores)
    if area is None:
        return Estimate.undefined("all rows are certain to be of one class" if rows.n else NO_ROWS, rows.n)
    return Estimate(area, rows.n, bound=auc_bound(rows.scores))


def gini(rows: ExpectedAccuracy) -> Estimate:
    """Expected normalised Gini coefficient, ``2 AUC - 1``, in [-1, 1]."""
    area = auc(rows)
    return area if area.value is None else Estimate(2 * area.value - 1, area.n, bound=2 * area.bound)


def balanced_accuracy(rows: ExpectedAccuracy) -> Estimate:
    """Mean of the expected true positive and true negative rate, in [0, 1]."""
    positive, negative = EXPECTED_METRICS["TPR"](rows), EXPECTED_METRICS["TNR"](rows)
    if positive.value is None or negative.value is None:
        return Estimate.undefined(positive.reason or negative.reason or NO_ROWS, rows.n)
    return Estimate((positive.value + negative.value) / 2, rows.n)


EXPECTED_METRICS: dict[str, Callable[[ExpectedAccuracy], Estimate]] = {
    "AUC": auc,
    "Accuracy": accuracy,
    "Balanced Accuracy": balanced_accuracy,
    "F1": lambda rows: _ratio(rows, lambda c: (2 * c.true_positive, _concerned(c))),
    "FPR": lambda rows: _ratio(rows, lambda c: (c.false_positive, c.false_positive + c.true_negative)),
    "Gini Norm": gini,
    "LogLoss": lambda rows: _mean(rows.log_loss),
    "NPV": lambda rows: _ratio(rows, lambda c: (c.true_negative, c.true_negative + c.false_negative)),
    "PPV": lambda rows: _ratio(rows, lambda c: (c.true_positive, c.true_positive + c.false_positive)),
    "TNR": lambda rows: _ratio(rows, lambda c: (c.true_negative, c.true_negative + c.false_positive)),
    "TPR": lambda rows: _ratio(rows, lambda c: (c.true_positive, c.true_positive + c.false_negative)),
    "Brier": lambda rows: _mean(rows.squared_error),
}
"""Every metric that can be estimated without actuals, by the name it has with them."""


def _concerned(counts: ExpectedCounts) -> float:
    return 2 * counts.true_positive + counts.false_positive + counts.false_negative


def _ratio(rows: ExpectedAccuracy, parts: Ratio) -> Estimate:
    part, whole = parts(rows.counts)
    if whole > 0:
        return Estimate(part / whole, rows.n)
    return Estimate.undefined("no row is expected in the denominator" if rows.n else NO_ROWS, rows.n)


def _mean(losses: LossMean) -> Estimate:
    mean = losses.mean
    return Estimate.undefined(NO_ROWS) if mean is None else Estimate(mean, losses.rows)


def _expected_log_loss(score: FloatArray, chance: FloatArray) -> FloatArray:
    clipped_score = np.clip(score, CLIP, 1 - CLIP)
    loss: FloatArray = -(chance * np.log(clipped_score) + (1 - chance) * np.log1p(-clipped_score))
    return loss


def _corners(fitted: FloatArray) -> IntArray:
    """Positions where a level of the fit begins or ends: between them nothing changes."""
    begins = np.diff(fitted, prepend=np.nan) != 0
    ends = np.diff(fitted, append=np.nan) != 0
    return np.flatnonzero(begins | ends)
