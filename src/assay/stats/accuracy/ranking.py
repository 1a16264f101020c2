"""Metrics of how well scores rank positives above negatives, from counts per score or per cell.

See docs/methods/auc.md and docs/methods/ranking.md.
"""

import math
from dataclasses import dataclass

import numpy as np

from assay.stats.accuracy.confusion import NO_NEGATIVES, NO_POSITIVES, phi_error
from assay.stats.accuracy.scores import ScoreCounts
from assay.stats.accuracy.tally import Tally
from assay.stats.arrays import FloatArray
from assay.stats.estimate import NO_ROWS, Estimate
from assay.stats.intervals import Interval, clipped, mean_interval, wilson


@dataclass(frozen=True, slots=True)
class Ranking:
    """Counts per score with the rows of each class behind them: what the functions below take.

    Attributes
    ----------
    scores : ScoreCounts
        Weight of positives and negatives per score or cell.
    positives, negatives : Tally
        All actually positive and all actually negative rows.
    """

    scores: ScoreCounts
    positives: Tally
    negatives: Tally

    @property
    def rows(self) -> int:
        """Rows of both classes."""
        return self.positives.rows + self.negatives.rows

    @property
    def one_class(self) -> str | None:
        """Why positives cannot be compared with negatives; None when they can."""
        if self.rows == 0:
            return NO_ROWS
        if self.positives.rows == 0:
            return NO_POSITIVES
        return NO_NEGATIVES if self.negatives.rows == 0 else None


def auc(ranking: Ranking) -> Estimate:
    """Chance that a positive row scores above a negative one, ties counting one half, in [0, 1].

    The interval is DeLong's. With a single row in a class it is Hanley and McNeil's; when the two classes do
    not overlap, where DeLong's has no width, it reaches ``3 / min(P, N)`` inwards (the rule of three).

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845. docs/methods/auc.md
    """
    if ranking.one_class:
        return Estimate.undefined(ranking.one_class, ranking.rows)
    value = _auc(ranking.scores)
    low, high = _auc_interval(ranking, value)
    return Estimate(value, ranking.rows, low, high, bound=auc_bound(ranking.scores))


def gini(ranking: Ranking) -> Estimate:
    """Normalised Gini coefficient, ``2 AUC - 1``, in [-1, 1]; interval and bound follow the AUC's."""
    area = auc(ranking)
    if area.value is None or area.low is None or area.high is None:
        return area
    return Estimate(2 * area.value - 1, area.n, 2 * area.low - 1, 2 * area.high - 1, bound=2 * area.bound)


def auc_of_counts(scores: ScoreCounts) -> float | None:
    """Area under the ROC curve of counts per score; None unless both classes carry weight."""
    return _auc(scores) if scores.positives.sum() > 0 and scores.negatives.sum() > 0 else None


def delong_variance(ranking: Ranking) -> float | None:
    """DeLong's variance of the AUC; None when a class has fewer than two rows.

    Every positive row is placed among the negatives (share below it, ties one half) and every negative row
    among the positives; the variance is that of the two mean placements. For weighted rows each class counts
    as its effective number of rows.
    """
    positive_size, negative_size = ranking.positives.effective, ranking.negatives.effective
    if positive_size <= 1 or negative_size <= 1:
        return None
    scores = ranking.scores
    value = _auc(scores)
    above_negatives, below_positives = placements(scores)
    of_positives = _mean(scores.positives, (above_negatives - value) ** 2) / (positive_size - 1)
    of_negatives = _mean(scores.negatives, (below_positives - value) ** 2) / (negative_size - 1)
    return of_positives + of_negatives


def delong_interval(ranking: Ranking) -> Interval:
    """DeLong's 95 % interval within [0, 1]; None twice when a class has fewer than two rows."""
    variance = delong_variance(ranking)
    if variance is None:
        return None, None
    return clipped(mean_interval(_auc(ranking.scores), math.sqrt(variance)), 0.0, 1.0)


def hanley_mcneil_error(area: float, positives: float, negatives: float) -> float:
    """Standard error of an AUC from its value and the rows of each class alone.

    Examples
    --------
    >>> round(hanley_mcneil_error(0.5, 2, 2), 4)
    0.3227

    References
    ----------
    Hanley and McNeil (1982), Radiology 143, 29-36.
    """
    of_two_positives, of_two_negatives = area / (2 - area), 2 * area * area / (1 + area)
    spread = (
        area * (1 - area)
        + (positives - 1) * (of_two_positives - area * area)
        + (negatives - 1) * (of_two_negatives - area * area)
    )
    return math.sqrt(max(0.0, spread) / (positives * negatives))


def kolmogorov_smirnov(ranking: Ranking) -> Estimate:
    """Largest distance between the score distributions of the classes, max |TPR - FPR|, in [0, 1].

    The interval is Newcombe's for the difference of the two rates at the threshold where it is largest.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10. docs/methods/ranking.md
    """
    if ranking.one_class:
        return Estimate.undefined(ranking.one_class, ranking.rows)
    positives, negatives = _shares(ranking.scores)
    below_positives, below_negatives = np.cumsum(positives), np.cumsum(negatives)
    distances = np.abs(below_positives - below_negatives)
    place = int(distances.argmax())
    low, high = _difference_interval(
        (float(below_positives[place]), ranking.positives.effective),
        (float(below_negatives[place]), ranking.negatives.effective),
    )
    bound = 0.0 if ranking.scores.exact else float(np.maximum(positives, negatives).max())
    return Estimate(float(distances[place]), ranking.rows, low, high, bound=bound)


def rate_at_top(ranking: Ranking, fraction: float) -> Estimate:
    """Share of positives among the best-scored ``fraction`` of the rows, in [0, 1].

    The places are ``ceil(fraction * n)``. Rows tied at the cut share the remaining places in proportion,
    which is the mean over every order the ties could have been sorted in. Where weights are not whole
    numbers, the places are ``fraction`` of the weight.
    """
    if ranking.rows == 0:
        return Estimate.undefined(NO_ROWS)
    positives = ranking.scores.positives[::-1]
    rows = positives + ranking.scores.negatives[::-1]
    places = _places(rows, fraction)
    cut = int(np.searchsorted(np.cumsum(rows), places * (1 - 1e-12)))
    left = places - float(rows[:cut].sum())
    hits = float(positives[:cut].sum()) + left * float(positives[cut] / rows[cut])
    low, high = wilson(hits, places)
    off = 0.0 if ranking.scores.exact else _cut_bound(float(positives[cut]), float(rows[cut]), left)
    return Estimate(hits / places, math.ceil(places), low, high, bound=off / places)


def max_matthews(ranking: Ranking) -> Estimate:
    """Largest Matthews correlation over all thresholds, in [0, 1]; with one side empty it counts as 0.

    The interval is the one of the Matthews correlation at that threshold: where the largest lies has no effect to
    the first order.
    """
    if ranking.one_class:
        return Estimate.undefined(ranking.one_class, ranking.rows)
    tp, fp = _cumulative_from_top(ranking.scores)
    values = _matthews(tp, fp, tp[-1], fp[-1])
    place = int(values.argmax())
    value, total = float(values[place]), float(tp[-1] + fp[-1])
    shares = float(tp[-1]) / total, float(tp[place] + fp[place]) / total
    error = phi_error(value, *shares, ranking.positives.merge(ranking.negatives).effective)
    low, high = clipped(mean_interval(value, error), 0.0, 1.0)
    if ranking.scores.exact:
        return Estimate(value, ranking.rows, low, high)
    # Within a cell the correlation is largest if all its positives come before its negatives.
    best = float(_matthews(tp, np.append(0.0, fp[:-1]), tp[-1], fp[-1]).max())
    return Estimate(value, ranking.rows, low, high, bound=max(0.0, best - value))


def average_precision(ranking: Ranking) -> Estimate:
    """Area under the precision-recall curve as a step function (average precision), in [0, 1]; delta method."""
    if ranking.one_class:
        return Estimate.undefined(ranking.one_class, ranking.rows)
    tp, fp = _cumulative_from_top(ranking.scores)
    gained = np.diff(tp, prepend=0.0) / tp[-1]
    precision = tp / (tp + fp)
    value = float((gained * precision).sum())
    low, high = clipped(mean_interval(value, _precision_error(ranking, value)), 0.0, 1.0)
    if ranking.scores.exact:
        return Estimate(value, ranking.rows, low, high)
    before_tp, before_fp = np.append(0.0, tp[:-1]), np.append(0.0, fp[:-1])
    best = np.divide(tp, tp + before_fp, out=np.zeros_like(tp), where=tp > 0)
    worst = np.divide(before_tp, before_tp + fp, out=np.zeros_like(tp), where=before_tp > 0)
    bound = float((gained * np.maximum(best - precision, precision - worst)).sum())
    return Estimate(value, ranking.rows, low, high, bound=bound)


def _shares(scores: ScoreCounts) -> tuple[FloatArray, FloatArray]:
    return scores.positives / scores.positives.sum(), scores.negatives / scores.negatives.sum()


def placements(scores: ScoreCounts) -> tuple[FloatArray, FloatArray]:
    """Per score: the share of negatives below it, and the share of positives above it; ties one half."""
    positives, negatives = scores.positives, scores.negatives
    below = np.cumsum(negatives) - negatives / 2
    above = np.cumsum(positives[::-1])[::-1] - positives / 2
    return below / negatives.sum(), above / positives.sum()


def _mean(weights: FloatArray, values: FloatArray) -> float:
    return float((weights * values).sum() / weights.sum())


def _auc(scores: ScoreCounts) -> float:
    return _mean(scores.positives, placements(scores)[0])


def auc_bound(scores: ScoreCounts) -> float:
    if scores.exact:
        return 0.0
    positives, negatives = _shares(scores)
    return float((positives * negatives).sum()) / 2


def _auc_interval(ranking: Ranking, area: float) -> Interval:
    positives, negatives = ranking.positives.effective, ranking.negatives.effective
    reach = 3 / min(positives, negatives)
    if area >= 1:
        return max(0.0, 1 - reach), 1.0
    if area <= 0:
        return 0.0, min(1.0, reach)
    if delong_variance(ranking) is None:
        return clipped(mean_interval(area, hanley_mcneil_error(area, positives, negatives)), 0.0, 1.0)
    return delong_interval(ranking)


def _difference_interval(one: tuple[float, float], other: tuple[float, float]) -> Interval:
    """Newcombe's interval of the distance of two rates, each given with its rows."""
    (high_rate, high_rows), (low_rate, low_rows) = sorted((one, other), reverse=True)
    high_ends, low_ends = wilson(high_rate * high_rows, high_rows), wilson(low_rate * low_rows, low_rows)
    if high_ends[0] is None or low_ends[0] is None:
        return None, None
    distance = high_rate - low_rate
    down = math.hypot(high_rate - high_ends[0], low_ends[1] - low_rate)
    up = math.hypot(high_ends[1] - high_rate, low_rate - low_ends[0])
    return max(0.0, distance - down), min(1.0, distance + up)


def _precision_error(ranking: Ranking, area: float) -> float | None:
    """Standard error of the average precision by the delta method; None when the classes do not overlap.

    A positive row adds the precision at its score; and every row from a score upwards changes the precision there.
    """
    tp, fp = _cumulative_from_top(ranking.scores)
    positives, negatives = ranking.scores.positives[::-1], ranking.scores.negatives[::-1]
    total, above = float(tp[-1] + fp[-1]), tp + fp
    share = float(tp[-1]) / total
    # For a row of a score: sums over the scores at or below it, which come after it from the top.
    of_positive = np.cumsum((positives / above)[::-1])[::-1]
    of_any = np.cumsum((positives * tp / above**2)[::-1])[::-1]
    by_positive, by_negative = tp / above + of_positive - of_any - area, -of_any
    variance = float((positives * by_positive**2 + negatives * by_negative**2).sum()) / total / share**2
    effective = ranking.positives.merge(ranking.negatives).effective
    return math.sqrt(variance / effective) if variance > 1e-12 else None


def _places(rows: FloatArray, fraction: float) -> float:
    places = fraction * float(rows.sum())
    whole = bool(np.all(rows == np.rint(rows)))
    # 0.05 * 100 is a little above 5 in doubles, and must not become 6 places.
    return float(math.ceil(places - 1e-12)) if whole else places


def _cut_bound(positives: float, rows: float, left: float) -> float:
    """How far the positives among ``left`` of a cell's rows can be from their proportional share."""
    expected = left * positives / rows
    fewest, most = max(0.0, left - (rows - positives)), min(left, positives)
    return max(most - expected, expected - fewest)


def _cumulative_from_top(scores: ScoreCounts) -> tuple[FloatArray, FloatArray]:
    """True and false positives when everything from each score upwards is predicted positive."""
    return np.cumsum(scores.positives[::-1]), np.cumsum(scores.negatives[::-1])


def _matthews(tp: FloatArray, fp: FloatArray, positives: float, negatives: float) -> FloatArray:
    predicted = tp + fp
    margins = predicted * (positives + negatives - predicted) * positives * negatives
    root = np.sqrt(np.maximum(margins, 0.0))
    return np.divide(tp * negatives - fp * positives, root, out=np.zeros_like(tp), where=root > 0)
