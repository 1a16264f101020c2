"""Accuracy of a multiclass model: one pass over rows, merged in any order, asked for any metric.

See docs/methods/accuracy.md.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from assay.errors import BinsMismatch
from assay.stats.accuracy import class_table, ranking
from assay.stats.accuracy.binary import CLIP, entropy, ratio_error
from assay.stats.accuracy.class_table import ClassTable
from assay.stats.accuracy.losses import LossMean
from assay.stats.accuracy.ranking import Ranking
from assay.stats.accuracy.rows import counted
from assay.stats.accuracy.scores import EXACT_SCORES, ScoreCounts
from assay.stats.accuracy.tally import Tally
from assay.stats.arrays import FloatArray, IntArray, same_content
from assay.stats.container import pack, unpack
from assay.stats.estimate import NO_ROWS, Estimate
from assay.stats.intervals import clipped, mean_interval

KIND = "multiclass accuracy"

_LEAST_EXACT_SCORES = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class MulticlassAccuracy:
    """What is needed of rows with a probability per class and an outcome to answer every multiclass metric.

    The predicted class is the one with the largest probability; of equal ones the first. Rows of weight zero
    are not counted, nor are rows whose actual is none of the classes or whose probabilities are not all
    finite numbers; the latter are in ``excluded``.

    Attributes
    ----------
    classes : tuple of str
        The model's classes, in the order of the probabilities. Both sides of a merge share them.
    table : ClassTable
        Rows by actual and predicted class.
    scores : tuple of ScoreCounts
        Per class: rows of that class against all others, by the probability of that class. All classes
        together keep about 100,000 distinct scores exactly.
    log_loss, squared_error : LossMean
        Means of the logarithmic loss and of the squared distance between probabilities and outcome.
    excluded : int
        Rows left out because their numbers could not be used.

    Examples
    --------
    >>> rows = MulticlassAccuracy.of(
    ...     np.array([0, 1, 1]),
    ...     np.array([[0.8, 0.2], [0.4, 0.6], [0.7, 0.3]]),
    ...     classes=("cat", "dog"),
    ... )
    >>> rows.n, rows.predicted_counts, rows.actual_counts
    (3, {'cat': 2, 'dog': 1}, {'cat': 1, 'dog': 2})
    """

    classes: tuple[str, ...]
    table: ClassTable
    scores: tuple[ScoreCounts, ...]
    log_loss: LossMean
    squared_error: LossMean
    excluded: int = 0

    @classmethod
    def empty(cls, classes: tuple[str, ...]) -> Self:
        """Accuracy of no rows."""
        return cls.of(np.zeros(0, dtype=np.int64), np.zeros((0, len(classes))), classes=classes)

    @classmethod
    def of(
        cls,
        actual: npt.ArrayLike,
        probabilities: npt.ArrayLike,
        *,
        classes: tuple[str, ...],
        weights: npt.ArrayLike | None = None,
    ) -> Self:
        """Accuracy of rows.

        Parameters
        ----------
        actual : int array, shape (n,)
            Position in ``classes`` of what happened; any other number means none of them.
        probabilities : float array, shape (n, k)
            The model's probability of each class.
        classes : tuple of str, length k
            Names of the classes.
        weights : float array, shape (n,), optional
            Weight of each row, zero or above; one each when left out.
        """
        k = len(classes)
        places = np.asarray(actual, dtype=np.int64)
        chances = np.asarray(probabilities, dtype=np.float64).reshape(-1, k)
        usable = np.isfinite(chances).all(axis=1) & (places >= 0) & (places < k)
        keep, weighing, excluded = counted(usable, weights)
        places, chances = places[keep], chances[keep]
        return cls(
            classes=tuple(classes),
            table=ClassTable.of(k, places, chances.argmax(axis=1), weighing),
            scores=tuple(ScoreCounts.of(places == j, chances[:, j], weighing, limit=_limit(k)) for j in range(k)),
            log_loss=LossMean.of(_log_loss(places, chances), weighing),
            squared_error=LossMean.of(_squared_error(places, chances), weighing),
            excluded=excluded,
        )

    def merge(self, other: Self) -> Self:
        """Accuracy of both together; neither is changed.

        Raises
        ------
        BinsMismatch
            When the classes differ.
        """
        if self.classes != other.classes:
            raise BinsMismatch(f"Accuracy over {self.classes} cannot be merged with accuracy over {other.classes}.")
        return type(self)(
            classes=self.classes,
            table=self.table.merge(other.table),
            scores=tuple(a.merge(b) for a, b in zip(self.scores, other.scores, strict=True)),
            log_loss=self.log_loss.merge(other.log_loss),
            squared_error=self.squared_error.merge(other.squared_error),
            excluded=self.excluded + other.excluded,
        )

    @property
    def n(self) -> int:
        """Rows counted."""
        return self.log_loss.rows

    @property
    def predicted_counts(self) -> dict[str, int]:
        """Rows by predicted class."""
        return dict(zip(self.classes, self.table.rows.sum(axis=0).tolist(), strict=True))

    @property
    def actual_counts(self) -> dict[str, int]:
        """Rows by actual class."""
        return dict(zip(self.classes, self.table.rows.sum(axis=1).tolist(), strict=True))

    def to_bytes(self) -> bytes:
        """Stored form, version 1."""
        fields = {
            "classes": list(self.classes),
            "excluded": self.excluded,
            "log_loss": self.log_loss.numbers(),
            "squared_error": self.squared_error.numbers(),
            "scores": [[counts.exact, counts.limit] for counts in self.scores],
        }
        arrays: dict[str, npt.NDArray[Any]] = {
            "rows": self.table.rows.ravel(),
            "weight": self.table.weight.ravel(),
            "squares": self.table.squares.ravel(),
        }
        for j, counts in enumerate(self.scores):
            arrays |= counts.stored(f"_{j}")
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
        k = len(fields["classes"])
        return cls(
            classes=tuple(fields["classes"]),
            table=ClassTable(*(arrays[name].reshape(k, k) for name in ("rows", "weight", "squares"))),
            scores=tuple(
                ScoreCounts.of_stored(arrays, f"_{j}", exact=exact, limit=limit)
                for j, (exact, limit) in enumerate(fields["scores"])
            ),
            log_loss=LossMean.of_numbers(fields["log_loss"]),
            squared_error=LossMean.of_numbers(fields["squared_error"]),
            excluded=fields["excluded"],
        )

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


def auc_by_class(rows: MulticlassAccuracy) -> dict[str, Estimate]:
    """AUC of each class against all others; undefined for a class that never or always occurs."""
    return {name: _class_auc(rows, j) for j, name in enumerate(rows.classes)}


def auc(rows: MulticlassAccuracy) -> Estimate:
    """One-against-rest AUC averaged by class frequency, in [0, 1]; absent classes are left out.

    The interval takes the classes' errors as going together, which makes it wide rather than too narrow: counts by
    class do not tell how they do.
    """
    return _average(rows, rows.table.weight.sum(axis=1))


def macro_auc(rows: MulticlassAccuracy) -> Estimate:
    """One-against-rest AUC averaged over the classes that occur, each counting the same, in [0, 1]."""
    return _average(rows, np.ones(len(rows.classes)))


def fraction_explained(rows: MulticlassAccuracy) -> Estimate:
    """Share of the entropy of the outcomes that the probabilities explain, ``1 - LogLoss / entropy``; delta method."""
    if rows.log_loss.mean is None:
        return Estimate.undefined(NO_ROWS)
    actual = rows.table.weight.sum(axis=1)
    if np.count_nonzero(actual) < 2:
        return Estimate.undefined("all rows are of one class", rows.n)
    own = entropy(actual)
    error = _explained_error(rows, rows.log_loss.mean / own, actual / actual.sum())
    low, high = clipped(mean_interval(1 - rows.log_loss.mean / own, error and error / own), -math.inf, 1.0)
    return Estimate(1 - rows.log_loss.mean / own, rows.n, low, high)


def _explained_error(rows: MulticlassAccuracy, ratio: float, shares: FloatArray) -> float | None:
    """Standard error of the mean loss less ``ratio`` times the loss of predicting the classes' shares."""
    squares = 0.0
    for share, counts in zip(shares.tolist(), rows.scores, strict=True):
        if share > 0:
            losses = -np.log(np.clip(counts.scores, CLIP, 1 - CLIP)) + ratio * math.log(share)
            squares += float((counts.positives * losses**2).sum())
    return ratio_error(squares, rows.table.total)


MulticlassMetric = Callable[[MulticlassAccuracy], Estimate]

MULTICLASS_METRICS: dict[str, MulticlassMetric] = {
    "AUC": auc,
    "Accuracy": lambda rows: class_table.accuracy(rows.table),
    "Balanced Accuracy": lambda rows: class_table.balanced_accuracy(rows.table),
    "FVE Multinomial": fraction_explained,
    "LogLoss": lambda rows: rows.log_loss.estimate(),
    "Macro F1": lambda rows: class_table.macro_f1(rows.table),
    "MCC": lambda rows: class_table.matthews(rows.table),
    "Brier": lambda rows: rows.squared_error.estimate(),
}
"""Every metric of a multiclass model, by its name on the wire."""


def _limit(classes: int) -> int:
    return max(_LEAST_EXACT_SCORES, EXACT_SCORES // max(1, classes))


def _log_loss(places: IntArray, chances: FloatArray) -> FloatArray:
    of_actual = chances[np.arange(places.size), places]
    return -np.log(np.clip(of_actual, CLIP, 1 - CLIP))


def _squared_error(places: IntArray, chances: FloatArray) -> FloatArray:
    outcome = np.zeros_like(chances)
    outcome[np.arange(places.size), places] = 1.0
    distance = chances - outcome
    squares: FloatArray = np.einsum("ij,ij->i", distance, distance)
    return squares


def _class_auc(rows: MulticlassAccuracy, j: int) -> Estimate:
    positives = int(rows.table.rows[j].sum())
    if positives in (0, rows.n):
        return Estimate.undefined("the class never occurs" if positives == 0 else "no other class occurs", rows.n)
    actual = rows.table.actual
    others = functools.reduce(Tally.merge, (tally for place, tally in enumerate(actual) if place != j))
    return ranking.auc(Ranking(rows.scores[j], actual[j], others))


def _average(rows: MulticlassAccuracy, weights: FloatArray) -> Estimate:
    if rows.n == 0:
        return Estimate.undefined(NO_ROWS)
    found = [
        (area.value, area.bound, area.low, area.high, weight)
        for area, weight in zip(auc_by_class(rows).values(), weights.tolist(), strict=True)
        if area.value is not None
    ]
    if not found:
        return Estimate.undefined("all rows are of one class", rows.n)
    total = math.fsum(part[-1] for part in found)

    def mean(place: int) -> float:
        return math.fsum((part[place] or 0.0) * part[-1] for part in found) / total

    return Estimate(mean(0), rows.n, mean(2), mean(3), bound=mean(1))
