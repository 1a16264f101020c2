"""Domain classifier: can a model tell rows of current from rows of the baseline?

See docs/methods/domain_classifier.md.
"""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import linalg, special, stats

from assay.stats.accuracy.ranking import auc_of_counts
from assay.stats.accuracy.scores import ScoreCounts
from assay.stats.arrays import FloatArray, IntArray
from assay.stats.multivariate.encoding import Encoded, encoded
from assay.stats.multivariate.logistic import Logistic

MOST_ROWS = 5000
FEWEST_ROWS = 20
PERMUTED_BELOW = 500
PERMUTATIONS = 999
FOLDS = 5
BIG_AUC = 0.60
# Penalty per row: the more rows, the more the data say.
PENALTY_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class DomainClassifier:
    """How well rows of current are told from rows of the baseline.

    Attributes
    ----------
    auc : float
        Area under the ROC curve of out-of-fold scores: 0.5 for sides that cannot be told apart, 1 for sides with
        nothing in common. A little below 0.5 by chance.
    p : float
        Chance of as large an area without drift, in [0, 1].
    rows : int
        Rows used of each side.
    permutations : int
        How many permutations gave ``p``; 0 when it is Mann and Whitney's, which is approximate here.
    leading : tuple of (str, float)
        Columns that tell the sides apart and their shares of all weight, largest first; at most ten.
    """

    auc: float
    p: float
    rows: int
    permutations: int
    leading: tuple[tuple[str, float], ...]

    @property
    def big(self) -> bool:
        """Whether the area is large enough to matter: 0.60 or more."""
        return self.auc >= BIG_AUC


def domain_classifier(baseline: pl.DataFrame, current: pl.DataFrame, *, seed: int = 0) -> DomainClassifier | None:
    """Tell rows of current from rows of the baseline, out of fold. See docs/methods/domain_classifier.md.

    Parameters
    ----------
    baseline, current : DataFrame
        The columns that both have are used: numbers and times as numbers, everything else as levels.
    seed : int
        Decides which rows are drawn, their folds and the permutations: same inputs, same answer.

    Returns
    -------
    DomainClassifier or None
        At most 5,000 rows of each side, as many of the one as of the other. None below 20 rows a side or without a
        common column.

    Examples
    --------
    >>> rows = pl.DataFrame({"x": [float(i) for i in range(200)]})
    >>> found = domain_classifier(rows, rows + 150.0)
    >>> found.auc > 0.9, found.p, found.leading
    (True, 0.001, (('x', 1.0),))
    """
    rows = min(baseline.height, current.height, MOST_ROWS)
    names = [name for name in baseline.columns if name in current.columns]
    if rows < FEWEST_ROWS or not names:
        return None
    generator = np.random.default_rng(seed)
    both = pl.concat(
        [_drawn(side.select(names), rows, generator) for side in (baseline, current)], how="vertical_relaxed"
    )
    inputs, classes = encoded(both), np.repeat([0.0, 1.0], rows)
    if not inputs.sources:
        return DomainClassifier(0.5, 1.0, rows, 0, ())
    folds = _folds(rows, generator)
    scores, weights = _out_of_fold(inputs.values, classes, folds)
    auc = area(scores, classes)
    if rows < PERMUTED_BELOW:
        p, permutations = _permuted_p(inputs.values, classes, folds, generator), PERMUTATIONS
    else:
        p, permutations = mann_whitney_p(auc, rows, rows), 0
    return DomainClassifier(auc, p, rows, permutations, _leading(inputs, weights))


def area(scores: FloatArray, classes: FloatArray) -> float:
    """Area under the ROC curve: the chance that a row of class 1 scores higher, ties counting half.

    Examples
    --------
    >>> area(np.array([0.1, 0.4, 0.4, 0.8]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.875
    """
    counts = ScoreCounts.of(classes == 1.0, scores, np.ones(scores.size))
    # Both classes are there: each side has as many rows as the other.
    return auc_of_counts(counts) or 0.0


def mann_whitney_p(auc: float, m: int, n: int) -> float:
    """One-sided p-value of an area under the ROC curve, by the normal approximation without ties.

    Examples
    --------
    >>> round(mann_whitney_p(0.5, 100, 100), 6)
    0.5
    """
    return float(special.ndtr(-(auc - 0.5) / math.sqrt((m + n + 1) / (12 * m * n))))


def _drawn(side: pl.DataFrame, rows: int, generator: np.random.Generator) -> pl.DataFrame:
    if side.height == rows:
        return side
    return side[np.sort(generator.choice(side.height, rows, replace=False))]


def _folds(rows: int, generator: np.random.Generator) -> IntArray:
    """The fold of every row; each fold has as many of one side as of the other."""
    return np.concatenate([generator.permutation(np.arange(rows) % FOLDS) for _ in range(2)])


def _out_of_fold(inputs: FloatArray, classes: FloatArray, folds: IntArray) -> tuple[FloatArray, FloatArray]:
    scores, weights = np.empty(classes.size), np.zeros(inputs.shape[1])
    for fold in range(FOLDS):
        held = folds == fold
        fit = Logistic.of(inputs[~held], classes[~held], penalty=PENALTY_SHARE * float((~held).sum()))
        # Ranks within the fold: another fold's constant must not decide.
        scores[held] = stats.rankdata(fit.scores(inputs[held])) / held.sum()
        weights += np.abs(fit.weights) / FOLDS
    return scores, weights


def _permuted_p(inputs: FloatArray, classes: FloatArray, folds: IntArray, generator: np.random.Generator) -> float:
    """Chance of the area that the first Newton step gives, over permutations of the classes.

    The first step is linear in the classes, so that one matrix serves every permutation.
    """
    labels = np.column_stack([classes, *(_shuffled(classes, folds, generator) for _ in range(PERMUTATIONS))])
    areas = np.zeros(labels.shape[1])
    for fold in range(FOLDS):
        held = folds == fold
        scores = _first_step(inputs[~held], inputs[held]) @ (labels[~held] - 0.5)
        ranks = stats.rankdata(scores, axis=0)
        n = int(held.sum()) // 2
        areas += (ranks * labels[held]).sum(axis=0) - n * (n + 1) / 2
    # Rounding must not make two equal areas differ.
    return float((areas >= areas[0] - 1e-9).sum() / labels.shape[1])


def _first_step(inputs: FloatArray, held: FloatArray) -> FloatArray:
    """Matrix that turns centred classes of the inputs' rows into scores of the held rows."""
    ridge = 0.25 * inputs.T @ inputs + np.diag(np.full(inputs.shape[1], PENALTY_SHARE * inputs.shape[0]))
    solved: FloatArray = held @ linalg.solve(ridge, inputs.T, assume_a="pos")
    return solved


def _shuffled(classes: FloatArray, folds: IntArray, generator: np.random.Generator) -> FloatArray:
    """Classes permuted within each fold, which keeps the folds balanced."""
    shuffled = np.empty_like(classes)
    for fold in range(FOLDS):
        held = folds == fold
        shuffled[held] = generator.permutation(classes[held])
    return shuffled


def _leading(inputs: Encoded, weights: FloatArray) -> tuple[tuple[str, float], ...]:
    shares: dict[str, float] = {}
    for source, weight in zip(inputs.sources, weights.tolist(), strict=True):
        for name in source:
            shares[name] = shares.get(name, 0.0) + weight / len(source)
    total = sum(shares.values())
    ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:10]
    return tuple((name, share / total) for name, share in ranked) if total else ()
