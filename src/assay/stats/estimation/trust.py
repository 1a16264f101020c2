"""How well estimates without actuals have done once the actuals came.

See docs/methods/estimated_accuracy.md.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.stats.accuracy.losses import LossMean
from assay.stats.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Trust:
    """Estimated against realised values of one metric, over the batches that have both.

    A commutative monoid: one batch at a time, merged in any order.

    Attributes
    ----------
    distance : LossMean
        Of the sizes of the differences, in the metric's unit: its mean is the trust score.
    difference : LossMean
        Of the differences, estimated less realised: its mean is the bias.
    inside : int
        Batches whose realised value lay in the estimate's interval.
    with_interval : int
        Batches whose estimate had an interval.

    Examples
    --------
    >>> pairs = [(Estimate(0.90, 100, 0.85, 0.95), 0.88), (Estimate(0.80, 100, 0.78, 0.82), 0.84)]
    >>> trust = Trust.of(pairs)
    >>> trust.batches, round(trust.mean_absolute_error, 4), trust.inside, trust.with_interval
    (2, 0.03, 1, 2)
    """

    distance: LossMean
    difference: LossMean
    inside: int = 0
    with_interval: int = 0

    @classmethod
    def empty(cls) -> Self:
        """No batch."""
        return cls(LossMean.empty(), LossMean.empty())

    @classmethod
    def of(cls, pairs: list[tuple[Estimate, float | None]]) -> Self:
        """From estimated and realised values; a batch that lacks either does not count."""
        known = [(e, e.value, value) for e, value in pairs if e.value is not None and value is not None]
        ends = [(e.low, value, e.high) for e, _, value in known if e.low is not None and e.high is not None]
        differences, ones = (
            np.array([guess - value for _, guess, value in known], dtype=np.float64),
            np.ones(len(known)),
        )
        return cls(
            LossMean.of(np.abs(differences), ones),
            LossMean.of(differences, ones),
            sum(low <= value <= high for low, value, high in ends),
            len(ends),
        )

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        return type(self)(
            self.distance.merge(other.distance),
            self.difference.merge(other.difference),
            self.inside + other.inside,
            self.with_interval + other.with_interval,
        )

    @property
    def batches(self) -> int:
        """Batches with an estimated and a realised value."""
        return self.distance.rows

    @property
    def mean_absolute_error(self) -> float | None:
        """Running mean absolute error, in the metric's unit: the trust score, smaller is better; None at first."""
        return self.distance.mean

    @property
    def bias(self) -> float | None:
        """Mean of estimated less realised; above 0 the estimates were too high. None without a batch."""
        return self.difference.mean

    @property
    def coverage(self) -> float | None:
        """Share of realised values inside the 95 % intervals; None when there was none."""
        return self.inside / self.with_interval if self.with_interval else None


def estimate_against_truth(estimated: dict[str, Estimate], realised: dict[str, Estimate]) -> dict[str, Trust]:
    """What one batch says of the estimates, for every metric that both have; merge it into what was known.

    Parameters
    ----------
    estimated : dict of str to Estimate
        By metric, made without actuals.
    realised : dict of str to Estimate
        By metric, from the same rows' actuals.

    Returns
    -------
    dict of str to Trust

    Examples
    --------
    >>> found = estimate_against_truth({"AUC": Estimate(0.75, 10)}, {"AUC": Estimate(0.5, 10)})
    >>> found["AUC"].mean_absolute_error
    0.25
    """
    return {
        name: Trust.of([(estimate, realised[name].value)]) for name, estimate in estimated.items() if name in realised
    }
