"""The four counts at a fixed threshold, and the rates that follow from them.

See docs/methods/rates.md.
"""

import math
from dataclasses import dataclass
from typing import Self

from assay.stats.accuracy.tally import Tally
from assay.stats.arrays import BoolArray, FloatArray
from assay.stats.estimate import NO_ROWS, Estimate
from assay.stats.intervals import clipped, mean_interval, wilson

NO_POSITIVES = "no row is actually positive"
NO_NEGATIVES = "no row is actually negative"


@dataclass(frozen=True, slots=True)
class Confusion:
    """Rows by what was predicted and what happened; a row is predicted positive when score >= threshold.

    Examples
    --------
    >>> import numpy as np
    >>> counts = Confusion.of(np.array([True, True, False]), np.array([True, False, False]), np.ones(3))
    >>> counts.true_positive.rows, counts.false_negative.rows, counts.true_negative.rows
    (1, 1, 1)
    """

    true_positive: Tally
    false_positive: Tally
    true_negative: Tally
    false_negative: Tally

    @classmethod
    def empty(cls) -> Self:
        """Counts of no rows."""
        return cls(Tally.empty(), Tally.empty(), Tally.empty(), Tally.empty())

    @classmethod
    def of(cls, actual: BoolArray, predicted: BoolArray, weights: FloatArray) -> Self:
        """From what happened, what was predicted and the weight of each row, all of shape (n,)."""
        return cls(
            Tally.of(weights[actual & predicted]),
            Tally.of(weights[~actual & predicted]),
            Tally.of(weights[~actual & ~predicted]),
            Tally.of(weights[actual & ~predicted]),
        )

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        return type(self)(
            self.true_positive.merge(other.true_positive),
            self.false_positive.merge(other.false_positive),
            self.true_negative.merge(other.true_negative),
            self.false_negative.merge(other.false_negative),
        )

    @property
    def positives(self) -> Tally:
        """Rows that are actually positive."""
        return self.true_positive.merge(self.false_negative)

    @property
    def negatives(self) -> Tally:
        """Rows that are actually negative."""
        return self.true_negative.merge(self.false_positive)

    @property
    def predicted_positives(self) -> Tally:
        """Rows that were predicted positive."""
        return self.true_positive.merge(self.false_positive)

    @property
    def predicted_negatives(self) -> Tally:
        """Rows that were predicted negative."""
        return self.true_negative.merge(self.false_negative)

    @property
    def right(self) -> Tally:
        """Rows that were predicted as they turned out."""
        return self.true_positive.merge(self.true_negative)

    @property
    def total(self) -> Tally:
        """All rows."""
        return self.positives.merge(self.negatives)


def rate(part: Tally, whole: Tally, reason: str) -> Estimate:
    """Share of the weight of ``whole`` that is in ``part``, with Wilson's interval."""
    if whole.rows == 0:
        return Estimate.undefined(reason)
    share = part.weight / whole.weight
    low, high = wilson(share * whole.effective, whole.effective)
    return Estimate(share, whole.rows, low, high)


def accuracy(counts: Confusion) -> Estimate:
    """Share of rows predicted as they turned out, in [0, 1]."""
    return rate(counts.right, counts.total, NO_ROWS)


def true_positive_rate(counts: Confusion) -> Estimate:
    """Share of the actually positive rows that were predicted positive (recall, sensitivity), in [0, 1]."""
    return rate(counts.true_positive, counts.positives, NO_POSITIVES)


def false_positive_rate(counts: Confusion) -> Estimate:
    """Share of the actually negative rows that were predicted positive (fall-out), in [0, 1]."""
    return rate(counts.false_positive, counts.negatives, NO_NEGATIVES)


def true_negative_rate(counts: Confusion) -> Estimate:
    """Share of the actually negative rows that were predicted negative (specificity), in [0, 1]."""
    return rate(counts.true_negative, counts.negatives, NO_NEGATIVES)


def positive_predictive_value(counts: Confusion) -> Estimate:
    """Share of the rows predicted positive that are positive (precision), in [0, 1]."""
    return rate(counts.true_positive, counts.predicted_positives, "no row was predicted positive")


def negative_predictive_value(counts: Confusion) -> Estimate:
    """Share of the rows predicted negative that are negative, in [0, 1]."""
    return rate(counts.true_negative, counts.predicted_negatives, "no row was predicted negative")


def balanced_accuracy(counts: Confusion) -> Estimate:
    """Mean of the true positive and the true negative rate, in [0, 1]."""
    return mean_of_rates([true_positive_rate(counts), true_negative_rate(counts)], counts.total.rows)


def mean_of_rates(rates: list[Estimate], n: int) -> Estimate:
    """Mean of rates of different rows, ``n`` in all; undefined if one of them is.

    The interval combines theirs, so that it does not collapse when a rate is 0 or 1.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.
    """
    parts = [(rate.value, *_ends(rate, rate.value)) for rate in rates if rate.value is not None]
    if len(parts) < len(rates):
        return Estimate.undefined(next(rate.reason or NO_ROWS for rate in rates if rate.value is None), n)
    value = math.fsum(value for value, *_ in parts) / len(parts)
    down = math.hypot(*(value - low for value, low, _ in parts)) / len(parts)
    up = math.hypot(*(high - value for value, _, high in parts)) / len(parts)
    return Estimate(value, n, value - down, value + up)


def f1(counts: Confusion) -> Estimate:
    """Harmonic mean of precision and recall, ``2 TP / (2 TP + FP + FN)``, in [0, 1].

    F1 is ``2 J / (1 + J)`` with ``J = TP / (TP + FP + FN)``; the interval is Wilson's for J, carried over.
    """
    concerned = counts.positives.merge(counts.false_positive)
    hits = rate(counts.true_positive, concerned, "no row is positive, neither predicted nor actually")
    if hits.value is None:
        return hits
    low, high = (_from_jaccard(end) for end in _ends(hits, hits.value))
    return Estimate(_from_jaccard(hits.value), counts.total.rows, low, high)


def matthews(counts: Confusion) -> Estimate:
    """Matthews correlation of predicted and actual, in [-1, 1]; undefined when either is constant.

    The interval is normal with the large-sample variance of the phi coefficient; a perfect table has none.

    References
    ----------
    Bishop, Fienberg and Holland (1975), Discrete Multivariate Analysis, section 11.3.
    """
    total = counts.total
    if total.rows == 0:
        return Estimate.undefined(NO_ROWS)
    margins = (counts.positives, counts.negatives, counts.predicted_positives, counts.predicted_negatives)
    if not all(margin.rows for margin in margins):
        return Estimate.undefined("all rows are of one class, predicted or actually", total.rows)
    positive, negative, above, below = (margin.weight / total.weight for margin in margins)
    tp, fp = counts.true_positive.weight / total.weight, counts.false_positive.weight / total.weight
    phi = (tp * negative - fp * positive) / math.sqrt(positive * negative * above * below)
    low, high = clipped(mean_interval(phi, phi_error(phi, positive, above, total.effective)), -1.0, 1.0)
    return Estimate(phi, total.rows, low, high)


def phi_error(phi: float, positive: float, above: float, rows: float) -> float | None:
    """Large-sample standard error of the phi coefficient; None for a perfect table or a constant side.

    Parameters
    ----------
    phi : float
    positive, above : float
        Share of the rows that are positive, and that are predicted positive.
    rows : float

    References
    ----------
    Bishop, Fienberg and Holland (1975), Discrete Multivariate Analysis, section 11.3.
    """
    if not (0 < positive < 1 and 0 < above < 1):
        return None
    one, two = _tilt(positive, 1 - positive), _tilt(above, 1 - above)
    spread = 1 - phi**2 + phi * (1 + phi**2 / 2) * one * two - 0.75 * phi**2 * (one**2 + two**2)
    return math.sqrt(spread / rows) if spread > 1e-12 else None


def _tilt(share: float, rest: float) -> float:
    """How far two shares of a whole are from being equal, in units of their standard deviation."""
    return (share - rest) / math.sqrt(share * rest)


def _ends(estimate: Estimate, value: float) -> tuple[float, float]:
    """Ends of the interval; the value itself where there is none."""
    low, high = estimate.low, estimate.high
    return value if low is None else low, value if high is None else high


def _from_jaccard(share: float) -> float:
    return 2 * share / (1 + share)
