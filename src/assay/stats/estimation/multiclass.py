"""Accuracy of a multiclass model before any actual is known: from calibrated probabilities (CBPE).

See docs/methods/estimated_accuracy.md.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
import numpy.typing as npt

from assay.errors import BinsMismatch, Invalid
from assay.stats.accuracy.binary import CLIP
from assay.stats.accuracy.ranking import auc_bound, auc_of_counts
from assay.stats.accuracy.rows import counted
from assay.stats.accuracy.scores import EXACT_SCORES, ScoreCounts
from assay.stats.accuracy.tally import Tally
from assay.stats.arrays import BoolArray, FloatArray, IntArray, read_only, same_content
from assay.stats.container import pack, unpack
from assay.stats.estimate import NO_ROWS, Estimate
from assay.stats.estimation.calibration_map import RESAMPLES, CalibrationMaps, Holdout, corrected, draws
from assay.stats.intervals import clipped, mean_interval

KIND = "estimated multiclass accuracy"
MAPS_KIND = "multiclass calibration maps"

_LEAST_EXACT_SCORES = 1_000


@dataclass(frozen=True, slots=True)
class MulticlassMaps:
    """Calibration maps of every class against the others, learned on the same resampled holdouts.

    A class has two maps: for the rows where it is predicted, and for the rows where it is not. Chances of one row
    are not made to add up to one: every sum over rows is calibrated by itself, and normalising would bias it.

    Attributes
    ----------
    classes : tuple of str
        In the order of the probabilities.
    predicted, others : tuple of CalibrationMaps
        For each class: where it is the predicted one, and where it is not.

    Examples
    --------
    >>> probabilities = [[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]]
    >>> maps = MulticlassMaps.of([0, 1, 1], probabilities, classes=("cat", "dog"), resamples=2)
    >>> maps.chances(np.array([[0.8, 0.2], [0.2, 0.8]]))[0].tolist()
    [[0.5, 0.5], [0.0, 1.0]]

    References
    ----------
    Zadrozny and Elkan (2002), KDD, 694-699, section 4 (one class against the rest). Gupta and Ramdas (2022),
    ICLR: top-label calibration.
    """

    classes: tuple[str, ...]
    predicted: tuple[CalibrationMaps, ...]
    others: tuple[CalibrationMaps, ...]

    @classmethod
    def of(
        cls,
        actual: npt.ArrayLike,
        probabilities: npt.ArrayLike,
        *,
        classes: tuple[str, ...],
        weights: npt.ArrayLike | None = None,
        resamples: int = RESAMPLES,
        seed: int = 0,
    ) -> Self:
        """Maps learned on a holdout.

        Parameters
        ----------
        actual : int array, shape (n,)
            Position in ``classes`` of what happened; rows with any other number are left out.
        probabilities : float array, shape (n, k)
            The model's probability of each class.
        classes : tuple of str, length k
        weights : float array, shape (n,), optional
            Weight of each row; one each when left out.
        resamples, seed : int
            As for `CalibrationMaps.of`.

        Raises
        ------
        Invalid
            Without any row to learn from.
        """
        places, given = np.asarray(actual, dtype=np.int64), _matrix(probabilities, len(classes))
        usable = np.isfinite(given).all(axis=1) & (places >= 0) & (places < len(classes))
        keep, weighing, _ = counted(usable, weights)
        if weighing.size == 0:
            raise Invalid("Calibration maps need rows with an actual and probabilities; there are none.")
        # The n-th maps of all classes see the same rows, as often.
        times = list(draws(weighing.size, resamples, seed))
        places, given = places[keep], given[keep]
        top = given.argmax(axis=1)
        sides = [
            [_maps_of(places == j, given[:, j], weighing, (top == j) == predicted, times) for j in range(len(classes))]
            for predicted in (True, False)
        ]
        return cls(tuple(classes), tuple(sides[0]), tuple(sides[1]))

    @property
    def resamples(self) -> int:
        """Resampled maps of each class."""
        return len(self.predicted[0].resampled)

    def chances(self, probabilities: FloatArray) -> list[FloatArray]:
        """Chance of each class for each row, shape (n, k), by the best maps; then by each resampled ones."""
        top = probabilities.argmax(axis=1) if probabilities.size else np.zeros(0, dtype=np.int64)
        found = [np.zeros_like(probabilities) for _ in range(1 + self.resamples)]
        for j, sides in enumerate(zip(self.predicted, self.others, strict=True)):
            for maps, rows in zip(sides, (top == j, top != j), strict=True):
                for chances, one in zip(found, (maps.best, *maps.resampled), strict=True):
                    chances[rows, j] = one.apply(probabilities[rows, j])
        return found

    def to_bytes(self) -> bytes:
        """Stored form, version 1."""
        parts = [maps.to_bytes() for maps in (*self.predicted, *self.others)]
        sizes = [len(part) for part in parts]
        return pack(MAPS_KIND, 1, {"classes": list(self.classes), "sizes": sizes}, {}, attachment=b"".join(parts))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The maps that `to_bytes` stored; raises FormatUnreadable for anything else."""
        stored = unpack(data, kind=MAPS_KIND)
        ends = np.cumsum([0, *stored.fields["sizes"]]).tolist()
        maps = [CalibrationMaps.from_bytes(stored.attachment[a:b]) for a, b in pairwise(ends)]
        classes = tuple(stored.fields["classes"])
        return cls(classes, tuple(maps[: len(classes)]), tuple(maps[len(classes) :]))


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedMulticlass:
    """Expected counts of rows with a calibrated chance of every class and no actual.

    Everything but ``classes`` and ``size`` is a sum over rows, so it merges by adding.

    Attributes
    ----------
    classes : tuple of str
    right : float array, shape (1 + r, k)
        Expected weight of the rows predicted as each class and being of it: under the best maps, then under each
        of the r resampled ones.
    actual : float array, shape (1 + r, k)
        Expected weight of the rows of each class.
    losses : float array, shape (1 + r, 2)
        Expected logarithmic loss and squared distance, summed.
    loss_variances : float array, shape (2,)
        Their variance about that, over what the rows may turn out to be, summed.
    predicted : float array, shape (k,)
        Weight of the rows predicted as each class.
    together : float array, shape (k, k)
        Sum of the products of two classes' chances, here made to add up to one: it serves the error only.
    with_predicted : float array, shape (k, k)
        The same with the chance of the predicted class, by predicted class (first index).
    scores : tuple of ScoreCounts
        Per class: expected rows of it and of the others, by the probability of the class.
    size : Tally
        All rows.
    excluded : int
        Rows left out because a probability is missing or infinite.

    Examples
    --------
    >>> rows = ExpectedMulticlass.of([[0.7, 0.3], [0.4, 0.6]], classes=("cat", "dog"))
    >>> round(EXPECTED_MULTICLASS_METRICS["Accuracy"](rows).value, 2)  # (0.7 + 0.6) / 2
    0.65
    """

    classes: tuple[str, ...]
    right: FloatArray
    actual: FloatArray
    losses: FloatArray
    loss_variances: FloatArray
    predicted: FloatArray
    together: FloatArray
    with_predicted: FloatArray
    scores: tuple[ScoreCounts, ...]
    size: Tally
    excluded: int = 0

    @classmethod
    def empty(cls, classes: tuple[str, ...], maps: MulticlassMaps | None = None) -> Self:
        """Expected counts of no rows."""
        return cls.of(np.zeros((0, len(classes))), classes=classes, maps=maps)

    @classmethod
    def of(
        cls,
        probabilities: npt.ArrayLike,
        *,
        classes: tuple[str, ...],
        maps: MulticlassMaps | None = None,
        weights: npt.ArrayLike | None = None,
    ) -> Self:
        """Expected counts of rows.

        Parameters
        ----------
        probabilities : float array, shape (n, k)
            The model's probability of each class. The largest decides what is predicted; of equal ones the first.
        classes : tuple of str, length k
        maps : MulticlassMaps, optional
            Learned on the holdout; the probabilities themselves are the chances when left out.
        weights : float array, shape (n,), optional
            Weight of each row; one each when left out.

        Raises
        ------
        Invalid
            When the maps are of other classes.
        """
        if maps is not None and maps.classes != tuple(classes):
            raise Invalid(f"The calibration maps are of the classes {maps.classes}, the rows of {tuple(classes)}.")
        given = _matrix(probabilities, len(classes))
        keep, w, excluded = counted(np.asarray(np.isfinite(given).all(axis=1)), weights)
        given = given[keep]
        chances = [_normalised(given)] if maps is None else maps.chances(given)
        return cls(
            classes=tuple(classes),
            **_sums(given, chances, w),
            scores=tuple(
                ScoreCounts.of_masses(given[:, j], w * c, w * (1 - c), limit=_limit(len(classes)))
                for j, c in enumerate(chances[0].T)
            ),
            size=Tally.of(w),
            excluded=excluded,
        )

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed.

        Raises
        ------
        BinsMismatch
            When the classes, or the numbers of resampled maps, differ.
        """
        if self.classes != other.classes or self.right.shape != other.right.shape:
            raise BinsMismatch(
                f"Expected counts over {self.classes} under {self.right.shape[0]} maps cannot be merged with those "
                f"over {other.classes} under {other.right.shape[0]} maps."
            )
        return type(self)(
            classes=self.classes,
            **{name: read_only(getattr(self, name) + getattr(other, name)) for name in _SUMS},
            scores=tuple(a.merge(b) for a, b in zip(self.scores, other.scores, strict=True)),
            size=self.size.merge(other.size),
            excluded=self.excluded + other.excluded,
        )

    @property
    def n(self) -> int:
        """Rows counted."""
        return self.size.rows

    def to_bytes(self) -> bytes:
        """Stored form, version 1."""
        fields = {
            "classes": list(self.classes),
            "size": [self.size.rows, self.size.weight, self.size.squares],
            "excluded": self.excluded,
            "scores": [[counts.exact, counts.limit] for counts in self.scores],
        }
        arrays = {name: getattr(self, name).ravel() for name in _SUMS}
        for j, counts in enumerate(self.scores):
            arrays |= counts.stored(f"_{j}")
        return pack(KIND, 1, fields, arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The expected counts that `to_bytes` stored; raises FormatUnreadable for anything else."""
        stored = unpack(data, kind=KIND)
        fields, arrays, k = stored.fields, stored.arrays, len(stored.fields["classes"])
        return cls(
            classes=tuple(fields["classes"]),
            **{name: arrays[name].reshape(shape) for name, shape in _SUMS.items() if shape},
            **{name: arrays[name].reshape(-1, k) for name, shape in _SUMS.items() if not shape},
            scores=tuple(
                ScoreCounts.of_stored(arrays, f"_{j}", exact=exact, limit=limit)
                for j, (exact, limit) in enumerate(fields["scores"])
            ),
            size=Tally(*fields["size"]),
            excluded=fields["excluded"],
        )

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


# Shapes that do not follow from the number of classes.
_SUMS: dict[str, tuple[int, ...]] = {
    "right": (),
    "actual": (),
    "losses": (-1, 2),
    "loss_variances": (2,),
    "predicted": (-1,),
    "together": (),
    "with_predicted": (),
}

Table = Callable[[FloatArray, FloatArray, FloatArray], float | None]
"""Takes the weight right, actual and predicted of each class, shape (k,)."""


@dataclass(frozen=True, slots=True)
class ExpectedTableMetric:
    """A metric of what is predicted as what, of rows without actuals; ``least`` and 1 are what it can be at all."""

    value: Table
    least: float = 0.0
    undefined: str = NO_ROWS

    def __call__(self, rows: ExpectedMulticlass) -> Estimate:
        """The metric of these rows, labelled estimated."""
        values = [
            self.value(right, actual, rows.predicted) if rows.n else None
            for right, actual in zip(rows.right, rows.actual, strict=True)
        ]
        error = self._error(rows) if rows.n else 0.0
        return _estimate(values, error, rows, (self.least, 1.0), self.undefined)

    def _error(self, rows: ExpectedMulticlass) -> float:
        """Standard error by the delta method: how the metric moves when a row turns out as one class or another."""
        step = 1e-6 * rows.size.weight
        by_right, by_actual = (self._slope(rows, step, *sides) for sides in ((1.0, 0.0), (0.0, 1.0)))
        if not (np.isfinite(by_right).all() and np.isfinite(by_actual).all()):
            return math.inf
        # A row predicted p that turns out j moves it by by_actual[j], and by by_right[p] more if j is p.
        certain = rows.together.sum(axis=0) @ by_actual**2
        certain += rows.with_predicted.sum(axis=1) @ (2 * by_actual * by_right + by_right**2)
        explained = by_actual @ rows.together @ by_actual
        explained += 2 * by_right @ rows.with_predicted @ by_actual + by_right**2 @ np.diag(rows.with_predicted)
        return math.sqrt(max(0.0, float(certain - explained)))

    def _slope(self, rows: ExpectedMulticlass, step: float, right: float, actual: float) -> FloatArray:
        k = len(rows.classes)
        slopes = np.zeros(k)
        for j, unit in enumerate(np.eye(k) * step):
            ends = [
                self.value(rows.right[0] + side * right * unit, rows.actual[0] + side * actual * unit, rows.predicted)
                for side in (1, -1)
            ]
            slopes[j] = math.inf if ends[0] is None or ends[1] is None else (ends[0] - ends[1]) / (2 * step)
        return slopes


def auc(rows: ExpectedMulticlass) -> Estimate:
    """Expected one-against-rest AUC averaged by expected class frequency, in [0, 1]; bound from cells.

    It has no interval: what is kept of a class says nothing of how its error goes with another's.
    """
    areas = [(auc_of_counts(scores), auc_bound(scores)) for scores in rows.scores]
    found = [(a, b, w) for (a, b), w in zip(areas, rows.actual[0].tolist(), strict=True) if a is not None]
    if not found:
        reason = "all rows are certain to be of one class" if rows.n else NO_ROWS
        return replace(Estimate.undefined(reason, rows.n), estimated=True)
    total = math.fsum(w for *_, w in found)
    value, bound = (math.fsum(part[i] * part[2] for part in found) / total for i in (0, 1))
    return Estimate(value, rows.n, bound=bound, estimated=True)


def _mean_loss(rows: ExpectedMulticlass, place: int) -> Estimate:
    values = (rows.losses[:, place] / rows.size.weight).tolist() if rows.n else [None]
    error = math.sqrt(float(rows.loss_variances[place])) / rows.size.weight if rows.n else 0.0
    return _estimate(values, error, rows, (0.0, math.inf), NO_ROWS)


def _estimate(
    values: list[float | None], error: float, rows: ExpectedMulticlass, ends: tuple[float, float], undefined: str
) -> Estimate:
    """The first value, with its own error and what the others say of the calibration."""
    value, *others = values
    if value is None:
        return replace(Estimate.undefined(undefined if rows.n else NO_ROWS, rows.n), estimated=True)
    weighted = error * math.sqrt(rows.size.weight / rows.size.effective)
    value, calibration = corrected(value, others, *ends)
    whole = math.hypot(weighted, calibration)
    low, high = clipped(mean_interval(value, whole if math.isfinite(whole) else None), *ends)
    return Estimate(value, rows.n, low, high, estimated=True)


def _accuracy(right: FloatArray, _: FloatArray, predicted: FloatArray) -> float | None:
    return float(right.sum() / predicted.sum())


def _balanced_accuracy(right: FloatArray, actual: FloatArray, _: FloatArray) -> float | None:
    occurs = actual > 0
    return float((right[occurs] / actual[occurs]).mean()) if occurs.any() else None


def _macro_f1(right: FloatArray, actual: FloatArray, predicted: FloatArray) -> float | None:
    concerned = actual + predicted
    return float(np.divide(2 * right, concerned, out=np.zeros_like(right), where=concerned > 0).mean())


def _matthews(right: FloatArray, actual: FloatArray, predicted: FloatArray) -> float | None:
    total = predicted.sum()
    actual, predicted = actual / total, predicted / total
    room = (1 - float(actual @ actual)) * (1 - float(predicted @ predicted))
    return (float(right.sum() / total) - float(actual @ predicted)) / math.sqrt(room) if room > 0 else None


EXPECTED_MULTICLASS_METRICS: dict[str, Callable[[ExpectedMulticlass], Estimate]] = {
    "AUC": auc,
    "Accuracy": ExpectedTableMetric(_accuracy),
    "Balanced Accuracy": ExpectedTableMetric(_balanced_accuracy),
    "LogLoss": lambda rows: _mean_loss(rows, 0),
    "Macro F1": ExpectedTableMetric(_macro_f1),
    "MCC": ExpectedTableMetric(_matthews, least=-1.0, undefined="all rows are of one class, predicted or actually"),
    "Brier": lambda rows: _mean_loss(rows, 1),
}
"""Every metric of a multiclass model that can be estimated without actuals, by the name it has with them."""


def _matrix(probabilities: npt.ArrayLike, classes: int) -> FloatArray:
    return np.asarray(probabilities, dtype=np.float64).reshape(-1, classes)


def _limit(classes: int) -> int:
    return max(_LEAST_EXACT_SCORES, EXACT_SCORES // max(1, classes))


def _maps_of(
    actual: BoolArray, score: FloatArray, weights: FloatArray, rows: BoolArray, times: list[IntArray]
) -> CalibrationMaps:
    """Maps learned on some of the rows; on all of them when there are none of that kind."""
    rows = rows if rows.any() else np.ones_like(rows)
    return CalibrationMaps.of_draws(Holdout.of(actual[rows], score[rows], weights[rows]), [t[rows] for t in times])


def _normalised(chances: FloatArray) -> FloatArray:
    """The same with every row's chances adding up to one; all equal where all are zero."""
    chances = np.clip(chances, 0.0, None)
    total = chances.sum(axis=1, keepdims=True)
    even = np.full_like(chances, 1 / max(1, chances.shape[1]))
    normalised: FloatArray = np.divide(chances, total, out=even, where=total > 0)
    return normalised


def _sums(given: FloatArray, chances: list[FloatArray], w: FloatArray) -> dict[str, FloatArray]:
    """What `ExpectedMulticlass` adds up, from the probabilities, the chances under each maps and the weights."""
    k, certain = given.shape[1], _normalised(chances[0])
    predicted: IntArray = given.argmax(axis=1) if w.size else np.zeros(0, dtype=np.int64)
    logarithms, squares = -np.log(np.clip(given, CLIP, 1 - CLIP)), (given**2).sum(axis=1) + 1
    of_predicted = w * certain[np.arange(w.size), predicted]
    with_predicted = np.zeros((k, k))
    np.add.at(with_predicted, predicted, of_predicted[:, None] * certain)

    def right(c: FloatArray) -> FloatArray:
        return np.asarray(
            np.bincount(predicted, weights=w * c[np.arange(w.size), predicted], minlength=k), dtype=np.float64
        )

    sums = {
        "right": np.array([right(c) for c in chances]),
        "actual": np.array([w @ c for c in chances]),
        "losses": np.array(
            [[(w @ (c * logarithms)).sum(), w @ squares - 2 * (w @ (c * given)).sum()] for c in chances]
        ),
        "loss_variances": np.array([w @ _variance(certain, loss) for loss in (logarithms, -2 * given)]),
        "predicted": np.bincount(predicted, weights=w, minlength=k),
        "together": (certain * w[:, None]).T @ certain,
        "with_predicted": with_predicted,
    }
    return {name: read_only(values) for name, values in sums.items()}


def _variance(chances: FloatArray, losses: FloatArray) -> FloatArray:
    """Of each row: variance of the loss over what it may turn out to be."""
    mean = (chances * losses).sum(axis=1, keepdims=True)
    variance: FloatArray = (chances * (losses - mean) ** 2).sum(axis=1)
    return variance
