"""From a model's score to the chance of an outcome, learned on a holdout, with how far that learning can be off.

See docs/methods/estimated_accuracy.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from assay.errors import Invalid
from assay.stats.accuracy.rows import counted
from assay.stats.arrays import FloatArray, IntArray, read_only, same_content
from assay.stats.container import pack, unpack

MAP_KIND = "calibration map"
MAPS_KIND = "calibration maps"

RESAMPLES = 50
"""Maps learned on resampled holdouts: their spread is known to a tenth of itself."""


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
        return cls.of_knots(*Holdout.of(actual, score, weights).masses())

    @classmethod
    def of_knots(cls, scores: FloatArray, weight: FloatArray, positive: FloatArray) -> Self:
        """The same from ascending scores, the weight of the rows at each and of the positive ones among them."""
        held = weight > 0
        share, weight = positive[held] / weight[held], weight[held]
        fitted = np.asarray(isotonic_regression(share, weights=weight).x, dtype=np.float64)
        corners = _corners(fitted)
        return cls(read_only(scores[held][corners]), read_only(np.clip(fitted[corners], 0.0, 1.0)))

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


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationMaps:
    """A calibration map, and what it might have been had the holdout been another sample of the same rows.

    Attributes
    ----------
    best : CalibrationMap
        Learned on the holdout as it is; it gives the estimates.
    resampled : tuple of CalibrationMap
        Learned on as many rows drawn from the holdout with replacement; their spread gives the calibration error.

    Examples
    --------
    >>> learned = CalibrationMaps.of([False, False, True, True], [0.1, 0.2, 0.3, 0.4], resamples=3)
    >>> learned.best.apply([0.25]).tolist(), len(learned.resampled)
    ([0.5], 3)

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 6.
    """

    best: CalibrationMap
    resampled: tuple[CalibrationMap, ...]

    @classmethod
    def of(
        cls,
        actual: npt.ArrayLike,
        score: npt.ArrayLike,
        *,
        weights: npt.ArrayLike | None = None,
        resamples: int = RESAMPLES,
        seed: int = 0,
    ) -> Self:
        """Maps learned on a holdout: rows the model was not trained on.

        Parameters
        ----------
        actual : bool array, shape (n,)
            Whether the outcome was the positive class.
        score : float array, shape (n,)
            The model's score.
        weights : float array, shape (n,), optional
            Weight of each row; one each when left out.
        resamples : int, default 50
            Maps to learn on resampled rows.
        seed : int
            Of the draws: the same holdout and seed give the same maps.

        Raises
        ------
        Invalid
            Without any row to learn from.
        """
        holdout = Holdout.of(actual, score, weights)
        return cls.of_draws(holdout, draws(holdout.rows, resamples, seed))

    @classmethod
    def of_draws(cls, holdout: "Holdout", times: Iterable[IntArray]) -> Self:
        """Maps of a holdout, and of its rows as often as each of ``times`` says, shape (n,) each."""
        best = CalibrationMap.of_knots(*holdout.masses())
        # A draw that leaves no row at all teaches nothing.
        return cls(best, tuple(CalibrationMap.of_knots(*holdout.masses(t)) if t.any() else best for t in times))

    def to_bytes(self) -> bytes:
        """Stored form, version 1."""
        maps = (self.best, *self.resampled)
        return pack(
            MAPS_KIND,
            1,
            {"sizes": [m.scores.size for m in maps]},
            {
                "scores": np.concatenate([m.scores for m in maps]),
                "chances": np.concatenate([m.chances for m in maps]),
            },
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The maps that `to_bytes` stored; raises FormatUnreadable for anything else."""
        stored = unpack(data, kind=MAPS_KIND)
        ends = np.cumsum(stored.fields["sizes"])[:-1]
        parts = zip(np.split(stored.arrays["scores"], ends), np.split(stored.arrays["chances"], ends), strict=True)
        best, *resampled = (CalibrationMap(scores, chances) for scores, chances in parts)
        return cls(best, tuple(resampled))

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


@dataclass(frozen=True, slots=True, eq=False)
class Holdout:
    """Rows to learn a map from, each with its place among the distinct scores.

    Attributes
    ----------
    scores : float array, shape (k,)
        The distinct scores, ascending.
    place : int array, shape (n,)
        Of each row.
    weight, positive : float array, shape (n,)
        Weight of each row; the same for positive rows and zero for the others.
    """

    scores: FloatArray
    place: IntArray
    weight: FloatArray
    positive: FloatArray

    @classmethod
    def of(cls, actual: npt.ArrayLike, score: npt.ArrayLike, weights: npt.ArrayLike | None) -> Self:
        """The rows with a score; raises Invalid when there are none."""
        outcomes, scores = np.asarray(actual, dtype=np.bool_), np.asarray(score, dtype=np.float64)
        keep, weighing, _ = counted(np.isfinite(scores), weights)
        if weighing.size == 0:
            raise Invalid("A calibration map needs rows with an actual and a score; there are none.")
        knots, place = np.unique(scores[keep], return_inverse=True)
        return cls(knots, place, weighing, weighing * outcomes[keep])

    @property
    def rows(self) -> int:
        """Rows to learn from."""
        return self.weight.size

    def masses(self, times: IntArray | None = None) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Scores, weight and positive weight at each; every row counted ``times``, once when left out."""
        drawn = np.ones(self.rows) if times is None else times
        return self.scores, self._at_scores(drawn * self.weight), self._at_scores(drawn * self.positive)

    def _at_scores(self, values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(self.place, weights=values, minlength=self.scores.size), dtype=np.float64)


def draws(rows: int, resamples: int, seed: int) -> Iterator[IntArray]:
    """How often each of ``rows`` rows is drawn, for every resample; shape (rows,) each.

    Examples
    --------
    >>> [int(times.sum()) for times in draws(5, 2, seed=0)]
    [5, 5]
    """
    random = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(random.integers(rows, size=rows), minlength=rows)


def corrected(value: float, resampled: Sequence[float | None], least: float, most: float) -> tuple[float, float]:
    """A metric freed of what the maps took from chance, and the standard error that is left from learning them.

    An isotonic map follows its holdout a little too closely, which flatters every metric. Maps of resampled
    holdouts follow those too closely by about as much again, so the difference shows how much to take off.

    Parameters
    ----------
    value : float
        Under the best map.
    resampled : sequence of float or None
        Under each resampled map; with fewer than two values nothing is corrected and the error is 0.
    least, most : float
        What the metric can be at all.

    Returns
    -------
    (float, float)

    Examples
    --------
    >>> value, error = corrected(0.75, [0.75, 0.85], 0.0, 1.0)  # 0.75 - (0.8 - 0.75)
    >>> round(value, 4), round(error, 4)
    (0.7, 0.0707)

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 10.3.
    """
    known = [other for other in resampled if other is not None]
    if len(known) < 2:
        return value, 0.0
    return min(max(2 * value - float(np.mean(known)), least), most), float(np.std(known, ddof=1))


def _corners(fitted: FloatArray) -> IntArray:
    """Positions where a level of the fit begins or ends: between them nothing changes."""
    begins = np.diff(fitted, prepend=np.nan) != 0
    ends = np.diff(fitted, append=np.nan) != 0
    return np.flatnonzero(begins | ends)
