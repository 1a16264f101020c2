"""Accuracy before any actual is known: from calibrated scores (CBPE).

A row whose calibrated score is ``c`` is positive with chance ``c``. So it is counted as ``c`` of a positive
row and ``1 - c`` of a negative one, and the metrics of these expected counts estimate those of the actual
ones. That holds as long as the chance of an outcome, given the features, is what it was in the baseline.

See docs/methods/estimated_accuracy.md.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from assay.errors import BinsMismatch
from assay.stats.accuracy.binary import CLIP
from assay.stats.accuracy.losses import LossMean
from assay.stats.accuracy.ranking import auc_bound, auc_of_counts, placements
from assay.stats.accuracy.rows import counted
from assay.stats.accuracy.scores import ScoreCounts
from assay.stats.arrays import FloatArray
from assay.stats.container import pack, unpack
from assay.stats.estimate import NO_ROWS, Estimate
from assay.stats.estimation.calibration_map import CalibrationMaps, corrected
from assay.stats.intervals import clipped, mean_interval

KIND = "estimated accuracy"

_VARIANT_SCORES = 1000
"""Groups of scores that are enough to see how another calibration map would move a metric."""


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
    excluded : int
        Rows left out because a number is missing or infinite.

    Examples
    --------
    >>> rows = ExpectedAccuracy.of(np.array([0.9, 0.2]), threshold=0.5)
    >>> found = EXPECTED_METRICS["Accuracy"](rows)
    >>> round(found.value, 2), found.estimated  # (0.9 + 0.8) / 2
    (0.85, True)
    """

    threshold: float
    scores: ScoreCounts
    when_positive: LossMean
    when_negative: LossMean
    log_loss: LossMean
    squared_error: LossMean
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

    @property
    def total(self) -> float:
        """Weight of all rows."""
        return self.true_positive + self.false_positive + self.true_negative + self.false_negative

    def moved(self, above: float, below: float) -> "ExpectedCounts":
        """With this much more weight positive among the rows predicted positive, and among the others."""
        return ExpectedCounts(
            self.true_positive + above,
            self.false_positive - above,
            self.true_negative - below,
            self.false_negative + below,
        )


_LOSSES = ("when_positive", "when_negative", "log_loss", "squared_error")

NOTHING_EXPECTED = "no row is expected in the denominator"
ONE_CLASS = "all rows are certain to be of one class"

Slope = Callable[[ExpectedAccuracy], FloatArray]
"""By how much the metric moves when one more row of each score turns out positive instead of negative."""


@dataclass(frozen=True, slots=True)
class ExpectedMetric:
    """One metric of rows without actuals.

    Attributes
    ----------
    value : callable (ExpectedAccuracy) -> float or None
        None where the expected counts leave it undefined.
    slope : callable (ExpectedAccuracy) -> float array, shape (n_scores,)
        Its derivative with respect to the outcome of a row of each score.
    least, most : float
        What it can be at all.
    undefined : str
        Why there is no value although there are rows.
    bound : callable (ExpectedAccuracy) -> float
        Largest error that cells can have caused.
    """

    value: Callable[[ExpectedAccuracy], float | None]
    slope: Slope
    least: float = 0.0
    most: float = 1.0
    undefined: str = NOTHING_EXPECTED
    bound: Callable[[ExpectedAccuracy], float] = lambda _: 0.0

    def __call__(self, rows: ExpectedAccuracy, maps: CalibrationMaps | None = None) -> Estimate:
        """The metric of these rows, labelled estimated; see `estimated_accuracy`."""
        return self.estimate(rows, [] if maps is None else variants(rows, maps))

    def estimate(self, rows: ExpectedAccuracy, others: list[ExpectedAccuracy]) -> Estimate:
        """The metric with an interval for outcomes and for what the ``others`` say of the calibration.

        Parameters
        ----------
        rows : ExpectedAccuracy
        others : list of ExpectedAccuracy
            The same rows under resampled maps; none when the calibration is taken to be right.
        """
        value = self.value(rows)
        if value is None:
            return replace(Estimate.undefined(self.undefined if rows.n else NO_ROWS, rows.n), estimated=True)
        value, calibration = corrected(value, [self.value(other) for other in others], self.least, self.most)
        error = math.hypot(self.error(rows), calibration)
        low, high = clipped(mean_interval(value, error if math.isfinite(error) else None), self.least, self.most)
        return Estimate(value, rows.n, low, high, bound=self.bound(rows), estimated=True)

    def error(self, rows: ExpectedAccuracy) -> float:
        """Standard error of the figure these rows will show about its expectation, by the delta method."""
        positive, negative = rows.scores.positives, rows.scores.negatives
        # Of each score: weight c (1 - c), the variance of how many of its rows turn out positive.
        variance = positive * negative / (positive + negative)
        size = rows.log_loss.size
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return math.sqrt(float((variance * self.slope(rows) ** 2).sum()) * size.weight / size.effective)


def estimated_accuracy(rows: ExpectedAccuracy, maps: CalibrationMaps) -> dict[str, Estimate]:
    """Every metric of rows without actuals, with intervals that include the calibration's own error.

    Parameters
    ----------
    rows : ExpectedAccuracy
        Its chances are those of ``maps.best``.
    maps : CalibrationMaps
        Learned on the holdout.

    Returns
    -------
    dict of str to Estimate
        By metric. The 95 % interval is for what these very rows will show once their actuals are known: outcomes
        vary about their chances, and the chances were learned from a holdout that might have been another.

    Examples
    --------
    >>> maps = CalibrationMaps.of([False, False, True, True], [0.1, 0.2, 0.3, 0.4])
    >>> scores = [0.1, 0.4]
    >>> rows = ExpectedAccuracy.of(scores, threshold=0.25, chance=maps.best.apply(scores))
    >>> found = estimated_accuracy(rows, maps)["Accuracy"]
    >>> found.value, found.estimated
    (1.0, True)
    """
    others = variants(rows, maps)
    return {name: metric.estimate(rows, others) for name, metric in EXPECTED_METRICS.items()}


def variants(rows: ExpectedAccuracy, maps: CalibrationMaps) -> list[ExpectedAccuracy]:
    """The same rows as each resampled map would have counted them."""
    scores, weight = _grouped(rows)
    return [
        ExpectedAccuracy.of(scores, threshold=rows.threshold, chance=other.apply(scores), weights=weight)
        for other in (maps.resampled if scores.size else ())
    ]


def accuracy_error(rows: ExpectedAccuracy) -> float | None:
    """Standard error of the accuracy these rows will show about its expectation; None without rows."""
    return EXPECTED_METRICS["Accuracy"].error(rows) if rows.n else None


Counted = Callable[[ExpectedCounts], float | None]


def _counted(value: Counted, *, least: float = 0.0) -> ExpectedMetric:
    """A metric of the four expected counts; its slope is taken by differences."""

    def slope(rows: ExpectedAccuracy) -> FloatArray:
        counts, above = rows.counts, rows.scores.scores >= rows.threshold
        step = 1e-6 * counts.total
        by_above = _difference(value(counts.moved(step, 0.0)), value(counts.moved(-step, 0.0)), step)
        by_below = _difference(value(counts.moved(0.0, step)), value(counts.moved(0.0, -step)), step)
        return np.where(above, by_above, by_below)

    return ExpectedMetric(lambda rows: value(rows.counts) if rows.n else None, slope, least=least)


def _difference(more: float | None, less: float | None, step: float) -> float:
    # Undefined a millionth of the rows away: no linear error is to be had, hence no interval.
    return math.inf if more is None or less is None else (more - less) / (2 * step)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _balanced(counts: ExpectedCounts) -> float | None:
    positive = _ratio(counts.true_positive, counts.true_positive + counts.false_negative)
    negative = _ratio(counts.true_negative, counts.true_negative + counts.false_positive)
    return None if positive is None or negative is None else (positive + negative) / 2


def _f1(counts: ExpectedCounts) -> float | None:
    return _ratio(2 * counts.true_positive, counts.total + counts.true_positive - counts.true_negative)


def _matthews(counts: ExpectedCounts) -> float | None:
    tp, fp, tn, fn = counts.true_positive, counts.false_positive, counts.true_negative, counts.false_negative
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / math.sqrt(margins) if margins > 0 else None


def _auc_slope(rows: ExpectedAccuracy) -> FloatArray:
    """A row that turns positive takes its place among the positives, and leaves the one among the negatives."""
    area, (among_negatives, among_positives) = auc_of_counts(rows.scores) or 0.0, placements(rows.scores)
    positive, negative = rows.scores.positives.sum(), rows.scores.negatives.sum()
    slope: FloatArray = (among_negatives - area) / positive - (among_positives - area) / negative
    return slope


def _gini(rows: ExpectedAccuracy) -> float | None:
    area = auc_of_counts(rows.scores)
    return None if area is None else 2 * area - 1


def _log_loss_slope(rows: ExpectedAccuracy) -> FloatArray:
    score = np.clip(rows.scores.scores, CLIP, 1 - CLIP)
    slope: FloatArray = (np.log1p(-score) - np.log(score)) / rows.log_loss.size.weight
    return slope


def _squared_error_slope(rows: ExpectedAccuracy) -> FloatArray:
    slope: FloatArray = (1 - 2 * rows.scores.scores) / rows.log_loss.size.weight
    return slope


EXPECTED_METRICS: dict[str, ExpectedMetric] = {
    "AUC": ExpectedMetric(
        lambda rows: auc_of_counts(rows.scores),
        _auc_slope,
        undefined=ONE_CLASS,
        bound=lambda rows: auc_bound(rows.scores),
    ),
    "Accuracy": _counted(lambda c: _ratio(c.true_positive + c.true_negative, c.total)),
    "Balanced Accuracy": _counted(_balanced),
    "F1": _counted(_f1),
    "FPR": _counted(lambda c: _ratio(c.false_positive, c.false_positive + c.true_negative)),
    "Gini Norm": ExpectedMetric(
        _gini,
        lambda rows: 2 * _auc_slope(rows),
        least=-1.0,
        undefined=ONE_CLASS,
        bound=lambda rows: 2 * auc_bound(rows.scores),
    ),
    "LogLoss": ExpectedMetric(lambda rows: rows.log_loss.mean, _log_loss_slope, most=math.inf),
    "MCC": _counted(_matthews, least=-1.0),
    "NPV": _counted(lambda c: _ratio(c.true_negative, c.true_negative + c.false_negative)),
    "PPV": _counted(lambda c: _ratio(c.true_positive, c.true_positive + c.false_positive)),
    "TNR": _counted(lambda c: _ratio(c.true_negative, c.true_negative + c.false_positive)),
    "TPR": _counted(lambda c: _ratio(c.true_positive, c.true_positive + c.false_negative)),
    "Brier": ExpectedMetric(lambda rows: rows.squared_error.mean, _squared_error_slope, most=math.inf),
}
"""Every metric that can be estimated without actuals, by the name it has with them."""


def _grouped(rows: ExpectedAccuracy) -> tuple[FloatArray, FloatArray]:
    """Scores and their weight, neighbours on one side of the threshold joined when there are very many."""
    scores, weight = rows.scores.scores, rows.scores.positives + rows.scores.negatives
    if scores.size <= _VARIANT_SCORES:
        return scores, weight
    rank = np.floor(np.cumsum(weight) / weight.sum() * (_VARIANT_SCORES / 2)).astype(np.int64)
    _, group = np.unique(2 * rank + (scores >= rows.threshold), return_inverse=True)
    mass: FloatArray = np.bincount(group, weights=weight).astype(np.float64)
    return np.bincount(group, weights=weight * scores) / mass, mass


def _expected_log_loss(score: FloatArray, chance: FloatArray) -> FloatArray:
    clipped_score = np.clip(score, CLIP, 1 - CLIP)
    loss: FloatArray = -(chance * np.log(clipped_score) + (1 - chance) * np.log1p(-clipped_score))
    return loss
