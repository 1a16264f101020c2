"""Positives and negatives per score: what every ranking metric is computed from.

See docs/methods/auc.md.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import special

from assay.errors import BinsMismatch
from assay.stats.arrays import BoolArray, FloatArray, read_only, same_content

EXACT_SCORES = 100_000
"""Distinct scores that are kept as they are; above it they are counted in cells."""

_CELLS_PER_LOGIT = 1024
_LARGEST_LOGIT = 36
# Lower ends of the cells. The same for every model, so that any two counts over them merge; `unique` joins
# the few cells next to 1 that doubles cannot tell apart.
_CELLS: FloatArray = np.unique(
    np.concatenate(
        [
            [0.0],
            special.expit(
                np.arange(-_LARGEST_LOGIT * _CELLS_PER_LOGIT, _LARGEST_LOGIT * _CELLS_PER_LOGIT + 1) / _CELLS_PER_LOGIT
            ),
        ]
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class ScoreCounts:
    """Weight of positives and of negatives at each distinct score, or in each cell of scores.

    Up to ``limit`` distinct scores are kept as they are, and every ranking metric is exact. Above it the
    scores are counted in fixed cells of width 1/1024 on the logit scale, which are fine near 0 and near 1
    alike. A union is collapsed when its distinct scores exceed the limit, whatever the order of merging, so
    the counts of a whole never depend on how it was split.

    Attributes
    ----------
    scores : float array, shape (k,)
        Ascending. The distinct scores, or the lower ends of the cells that hold rows.
    positives, negatives : float array, shape (k,)
        Weight of the actually positive and negative rows there; whole numbers when rows have no weights.
    exact : bool
        Whether ``scores`` are scores. False for cells.
    limit : int
        Distinct scores above which cells are used; both sides of a merge share it.

    Examples
    --------
    >>> counts = ScoreCounts.of(np.array([True, False, True]), np.array([0.5, 0.5, 0.9]), np.ones(3))
    >>> counts.scores.tolist(), counts.positives.tolist(), counts.negatives.tolist()
    ([0.5, 0.9], [1.0, 1.0], [1.0, 0.0])
    """

    scores: FloatArray
    positives: FloatArray
    negatives: FloatArray
    exact: bool = True
    limit: int = EXACT_SCORES

    @classmethod
    def empty(cls, limit: int = EXACT_SCORES) -> Self:
        """Counts of no rows."""
        nothing = read_only(np.zeros(0))
        return cls(nothing, nothing, nothing, limit=limit)

    @classmethod
    def of(cls, actual: BoolArray, score: FloatArray, weights: FloatArray, *, limit: int = EXACT_SCORES) -> Self:
        """From whether each row is positive, its score and its weight, all of shape (n,)."""
        positive = np.where(actual, weights, 0.0)
        return cls.of_masses(score, positive, weights - positive, limit=limit)

    @classmethod
    def of_masses(
        cls, score: FloatArray, positive: FloatArray, negative: FloatArray, *, limit: int = EXACT_SCORES
    ) -> Self:
        """From rows that are positive and negative in part, as expected counts are; all of shape (n,)."""
        # Adding zero turns -0.0 into 0.0, which equals it and must not be kept apart in the bytes.
        return cls(*_grouped(score + 0.0, positive, negative), limit=limit).limited()

    def merge(self, other: Self) -> Self:
        """Counts of both together; neither is changed."""
        if self.limit != other.limit:
            raise BinsMismatch(f"Scores exact up to {self.limit} and up to {other.limit} cannot be merged.")
        exact = self.exact and other.exact
        a, b = (self, other) if exact else (self.collapsed(), other.collapsed())
        grouped = _grouped(
            np.concatenate([a.scores, b.scores]),
            np.concatenate([a.positives, b.positives]),
            np.concatenate([a.negatives, b.negatives]),
        )
        return type(self)(*grouped, exact=exact, limit=self.limit).limited()

    def stored(self, suffix: str = "") -> dict[str, FloatArray]:
        """The arrays by name, for storing."""
        return {
            f"scores{suffix}": self.scores,
            f"positives{suffix}": self.positives,
            f"negatives{suffix}": self.negatives,
        }

    @classmethod
    def of_stored(cls, arrays: dict[str, npt.NDArray[Any]], suffix: str = "", *, exact: bool, limit: int) -> Self:
        """The counts whose arrays `stored` named."""
        scores, positives, negatives = (arrays[f"{name}{suffix}"] for name in ("scores", "positives", "negatives"))
        return cls(scores, positives, negatives, exact, limit)

    def limited(self) -> Self:
        """These counts, in cells if there are more distinct scores than the limit."""
        return self.collapsed() if self.exact and self.scores.size > self.limit else self

    def collapsed(self) -> Self:
        """The same rows counted in cells."""
        if not self.exact:
            return self
        cells = np.maximum(np.searchsorted(_CELLS, self.scores, side="right") - 1, 0)
        grouped = _grouped(_CELLS[cells], self.positives, self.negatives)
        return type(self)(*grouped, exact=False, limit=self.limit)

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


def _grouped(
    score: FloatArray, positive: FloatArray, negative: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Distinct scores, ascending, with the positive and negative mass at each."""
    scores, place = np.unique(score, return_inverse=True)
    return (
        read_only(scores),
        read_only(np.bincount(place, weights=positive, minlength=scores.size)),
        read_only(np.bincount(place, weights=negative, minlength=scores.size)),
    )
