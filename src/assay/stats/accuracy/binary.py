"""Accuracy of a binary model: one pass over rows, merged in any order, asked for any metric.

See docs/methods/accuracy.md.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from assay.errors import BinsMismatch
from assay.stats.accuracy import confusion, ranking
from assay.stats.accuracy.calibration import Calibration, expected_calibration_error
from assay.stats.accuracy.confusion import Confusion
from assay.stats.accuracy.losses import LossMean
from assay.stats.accuracy.ranking import Ranking
from assay.stats.accuracy.rows import counted
from assay.stats.accuracy.scores import ScoreCounts
from assay.stats.accuracy.tally import Tally
from assay.stats.arrays import BoolArray, FloatArray
from assay.stats.container import pack, unpack
from assay.stats.estimate import Estimate
from assay.stats.intervals import clipped, mean_interval

KIND = "binary accuracy"

CLIP = 1e-15
"""Scores are kept this far from 0 and 1 in a logarithmic loss, so that one row cannot make it infinite."""


@dataclass(frozen=True, slots=True)
class BinaryAccuracy:
    """What is needed of rows with a score and an outcome to answer every binary metric.

    Rows of weight zero, and rows whose score is missing or infinite, are not counted; the latter are in
    ``excluded``.

    Attributes
    ----------
    threshold : float
        A row is predicted positive when its score is at or above it. Fixed: counts at another threshold do
        not merge with these.
    confusion : Confusion
        Rows by prediction and outcome.
    scores : ScoreCounts
        Positives and negatives per score, for the metrics of ranking.
    log_loss, squared_error, score : LossMean
        Means of the logarithmic loss, of ``(score - actual) ** 2`` and of the score.
    calibration : Calibration
        Ten equal-width bins of score against outcome.
    excluded : int
        Rows left out because their score is not a finite number.

    Examples
    --------
    >>> rows = BinaryAccuracy.of(np.array([True, False, False]), np.array([0.9, 0.2, 0.6]), threshold=0.5)
    >>> rows.n, BINARY_METRICS["AUC"](rows).value, BINARY_METRICS["PPV"](rows).value
    (3, 1.0, 0.5)
    >>> BINARY_METRICS["AUC"](BinaryAccuracy.empty(0.5)).reason
    'there are no rows'
    """

    threshold: float
    confusion: Confusion
    scores: ScoreCounts
    log_loss: LossMean
    squared_error: LossMean
    score: LossMean
    calibration: Calibration
    excluded: int = 0

    @classmethod
    def empty(cls, threshold: float) -> Self:
        """Accuracy of no rows."""
        nothing = LossMean.empty()
        return cls(threshold, Confusion.empty(), ScoreCounts.empty(), nothing, nothing, nothing, Calibration.empty())

    @classmethod
    def of(
        cls,
        actual: npt.ArrayLike,
        score: npt.ArrayLike,
        *,
        threshold: float,
        weights: npt.ArrayLike | None = None,
    ) -> Self:
        """Accuracy of rows.

        Parameters
        ----------
        actual : bool array, shape (n,)
            Whether the outcome was the positive class.
        score : float array, shape (n,)
            The model's probability of the positive class.
        threshold : float
            Predicted positive when ``score >= threshold``.
        weights : float array, shape (n,), optional
            Weight of each row, zero or above; one each when left out.
        """
        outcomes, scores, weighing, excluded = _rows(actual, score, weights)
        return cls(
            threshold=threshold,
            confusion=Confusion.of(outcomes, scores >= threshold, weighing),
            scores=ScoreCounts.of(outcomes, scores, weighing),
            log_loss=LossMean.of(log_loss_of_rows(outcomes, scores), weighing),
            squared_error=LossMean.of((scores - outcomes) ** 2, weighing),
            score=LossMean.of(scores, weighing),
            calibration=Calibration.of(outcomes, scores, weighing),
            excluded=excluded,
        )

    def merge(self, other: Self) -> Self:
        """Accuracy of both together; neither is changed.

        Raises
        ------
        BinsMismatch
            When the thresholds differ.
        """
        if self.threshold != other.threshold:
            raise BinsMismatch(
                f"Accuracy at threshold {self.threshold} cannot be merged with accuracy at threshold "
                f"{other.threshold}. Compute it again from the rows at one threshold."
            )
        return type(self)(
            threshold=self.threshold,
            confusion=self.confusion.merge(other.confusion),
            scores=self.scores.merge(other.scores),
            log_loss=self.log_loss.merge(other.log_loss),
            squared_error=self.squared_error.merge(other.squared_error),
            score=self.score.merge(other.score),
            calibration=self.calibration.merge(other.calibration),
            excluded=self.excluded + other.excluded,
        )

    @property
    def n(self) -> int:
        """Rows counted."""
        return self.confusion.total.rows

    @property
    def predicted_positive(self) -> int:
        """Rows that were predicted positive."""
        return self.confusion.predicted_positives.rows

    @property
    def actual_positive(self) -> int:
        """Rows that turned out positive."""
        return self.confusion.positives.rows

    @property
    def mean_predicted(self) -> float | None:
        """Mean score; None without rows."""
        return self.score.mean

    @property
    def mean_actual(self) -> float | None:
        """Share of positives; None without rows."""
        return self.confusion.positives.weight / self.confusion.total.weight if self.n else None

    @property
    def ranking(self) -> Ranking:
        """What the metrics of ranking take."""
        return Ranking(self.scores, self.confusion.positives, self.confusion.negatives)

    def to_bytes(self) -> bytes:
        """Stored form, version 1."""
        fields = {
            "threshold": self.threshold,
            "excluded": self.excluded,
            "exact": self.scores.exact,
            "limit": self.scores.limit,
            "confusion": asdict(self.confusion),
            "log_loss": self.log_loss.numbers(),
            "squared_error": self.squared_error.numbers(),
            "score": self.score.numbers(),
        }
        arrays = {
            **self.scores.stored(),
            "bin_weight": self.calibration.weight,
            "bin_score_sum": self.calibration.score_sum,
            "bin_positives": self.calibration.positives,
        }
        return pack(KIND, 1, fields, arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The accuracy that `to_bytes` stored.

        Raises
        ------
        FormatUnreadable
            When the bytes are damaged, of another kind or from a newer version.
        """
        stored = unpack(data, kind=KIND)
        fields, arrays = stored.fields, stored.arrays
        return cls(
            threshold=fields["threshold"],
            confusion=_confusion(fields["confusion"]),
            scores=ScoreCounts.of_stored(arrays, exact=fields["exact"], limit=fields["limit"]),
            log_loss=LossMean.of_numbers(fields["log_loss"]),
            squared_error=LossMean.of_numbers(fields["squared_error"]),
            score=LossMean.of_numbers(fields["score"]),
            calibration=Calibration(arrays["bin_weight"], arrays["bin_score_sum"], arrays["bin_positives"]),
            excluded=fields["excluded"],
        )


def log_loss_of_rows(actual: BoolArray, score: FloatArray) -> FloatArray:
    """Logarithmic loss of each row, natural log, scores clipped to ``[1e-15, 1 - 1e-15]``; shape (n,)."""
    clipped = np.clip(score, CLIP, 1 - CLIP)
    return -np.where(actual, np.log(clipped), np.log1p(-clipped))


def entropy(weights: FloatArray) -> float:
    """Entropy of classes of these weights, natural log: the loss of predicting their shares for every row."""
    shares = weights[weights > 0] / weights.sum()
    return -math.fsum((shares * np.log(shares)).tolist())


def fraction_explained(rows: BinaryAccuracy) -> Estimate:
    """Share of the entropy of the outcomes that the scores explain, ``1 - LogLoss / entropy``, at most 1.

    The entropy is that of the rows' own share of positives, so the figure says how much better the scores are
    than knowing that share. Below 0 they are worse. The interval is by the delta method.
    """
    one_class, mean = rows.ranking.one_class, rows.log_loss.mean
    if one_class or mean is None:
        return Estimate.undefined(one_class or rows.log_loss.reason, rows.n)
    classes = np.array([rows.confusion.positives.weight, rows.confusion.negatives.weight])
    own = entropy(classes)
    error = _explained_error(rows, mean / own, classes / classes.sum())
    low, high = clipped(mean_interval(1 - mean / own, None if error is None else error / own), -math.inf, 1.0)
    return Estimate(1 - mean / own, rows.n, low, high)


def _explained_error(rows: BinaryAccuracy, ratio: float, shares: FloatArray) -> float | None:
    """Standard error of the mean loss less ``ratio`` times the loss of predicting the classes' shares."""
    score = np.clip(rows.scores.scores, CLIP, 1 - CLIP)
    of_positive = -np.log(score) + ratio * math.log(shares[0])
    of_negative = -np.log1p(-score) + ratio * math.log(shares[1])
    squares = rows.scores.positives * of_positive**2 + rows.scores.negatives * of_negative**2
    return ratio_error(float(squares.sum()), rows.confusion.total)


def ratio_error(squares: float, size: Tally) -> float | None:
    """Standard error of a mean that is zero by construction, from its weighted sum of squares."""
    return math.sqrt(squares / size.weight / (size.effective - 1)) if squares > 0 and size.effective > 1 else None


BinaryMetric = Callable[[BinaryAccuracy], Estimate]

BINARY_METRICS: dict[str, BinaryMetric] = {
    "AUC": lambda rows: ranking.auc(rows.ranking),
    "Accuracy": lambda rows: confusion.accuracy(rows.confusion),
    "Balanced Accuracy": lambda rows: confusion.balanced_accuracy(rows.confusion),
    "F1": lambda rows: confusion.f1(rows.confusion),
    "FPR": lambda rows: confusion.false_positive_rate(rows.confusion),
    "FVE Binomial": fraction_explained,
    "Gini Norm": lambda rows: ranking.gini(rows.ranking),
    "Kolmogorov-Smirnov": lambda rows: ranking.kolmogorov_smirnov(rows.ranking),
    "LogLoss": lambda rows: rows.log_loss.estimate(),
    "MCC": lambda rows: confusion.matthews(rows.confusion),
    "NPV": lambda rows: confusion.negative_predictive_value(rows.confusion),
    "PPV": lambda rows: confusion.positive_predictive_value(rows.confusion),
    "Rate@Top10%": lambda rows: ranking.rate_at_top(rows.ranking, 0.10),
    "Rate@Top5%": lambda rows: ranking.rate_at_top(rows.ranking, 0.05),
    "TNR": lambda rows: confusion.true_negative_rate(rows.confusion),
    "TPR": lambda rows: confusion.true_positive_rate(rows.confusion),
    "Brier": lambda rows: rows.squared_error.estimate(),
    "Max MCC": lambda rows: ranking.max_matthews(rows.ranking),
    "Area Under PR Curve": lambda rows: ranking.average_precision(rows.ranking),
    "ECE": lambda rows: expected_calibration_error(rows.calibration, rows.n),
}
"""Every metric of a binary model, by its name on the wire."""


def _rows(
    actual: npt.ArrayLike, score: npt.ArrayLike, weights: npt.ArrayLike | None
) -> tuple[BoolArray, FloatArray, FloatArray, int]:
    """Outcome, score and weight of the rows that count, and how many are left out for their score."""
    outcomes, scores = np.asarray(actual, dtype=np.bool_), np.asarray(score, dtype=np.float64)
    keep, weighing, excluded = counted(np.isfinite(scores), weights)
    return outcomes[keep], scores[keep], weighing, excluded


def _confusion(stored: dict[str, dict[str, Any]]) -> Confusion:
    return Confusion(**{name: Tally(**tally) for name, tally in stored.items()})
