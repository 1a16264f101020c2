"""What one may set of the alarm rule. See docs/methods/alarms.md."""

import math
from dataclasses import dataclass, field
from typing import Literal

from assay.errors import Invalid


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """How many drifted features make a batch a warning or failing; None: any number of them does not.

    Attributes
    ----------
    low_warning, low_failing : int or None
        Of features below the importance threshold.
    high_warning, high_failing : int or None
        Of features at or above it, starred ones, and the target.
    """

    low_warning: int | None = 1
    low_failing: int | None = None
    high_warning: int | None = 1
    high_failing: int | None = 1

    def __post_init__(self) -> None:
        for name in ("low_warning", "low_failing", "high_warning", "high_failing"):
            count = getattr(self, name)
            if count is not None and count < 1:
                raise Invalid(f"{name}: found {count}, expected a number of features of 1 or more, or none.")


@dataclass(frozen=True, slots=True)
class Confirm:
    """Tell someone only when ``marks`` of the last ``batches`` batches raised an alarm, the newest among them."""

    marks: int = 2
    batches: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.marks <= self.batches:
            raise Invalid(f"confirm: found {self.marks} of {self.batches}, expected such as 2 of 3.")


@dataclass(frozen=True, slots=True)
class DecisionOptions:
    """Levels and gates of the alarm rule. See docs/methods/alarms.md.

    Attributes
    ----------
    alpha : float in (0, 1)
        Chance of any mark in a family of a clean batch.
    big_psi : float, above 0
        Bias-corrected PSI over the decision cells from which a change matters.
    big_rate : float in (0, 1]
        Change of a rate (missing, out of range, new level) from which it matters; 0.02 are two points.
    importance_threshold : float
        Features at or above it are important.
    adjustment : {"benjamini_hochberg", "benjamini_yekutieli"}
        The latter under any dependence of the features.
    weigh_by_importance : bool
        Divide p-values by importance over its mean in the family: a bar that is lower for what matters more.
    counts : StatusCounts
        Drifted features that make a batch a warning or failing.
    confirm : Confirm or None
        Used by `assay.stats.decision.stream.notices`.
    fewest_draws : int
        Draws of the Monte Carlo p-value where the number of features does not ask for more.

    Examples
    --------
    >>> DecisionOptions().alpha, DecisionOptions(big_psi=0.2).big_psi
    (0.01, 0.2)
    """

    alpha: float = 0.01
    big_psi: float = 0.10
    big_rate: float = 0.02
    importance_threshold: float = 0.5
    adjustment: Literal["benjamini_hochberg", "benjamini_yekutieli"] = "benjamini_hochberg"
    weigh_by_importance: bool = False
    counts: StatusCounts = field(default_factory=StatusCounts)
    confirm: Confirm | None = None
    fewest_draws: int = 100_000

    def __post_init__(self) -> None:
        _require("alpha", self.alpha, within=0.0 < self.alpha < 1.0, wanted="a number between 0 and 1")
        _require("big_psi", self.big_psi, within=0.0 < self.big_psi < math.inf, wanted="a number above 0")
        _require("big_rate", self.big_rate, within=0.0 < self.big_rate <= 1.0, wanted="a share above 0, up to 1")
        threshold = self.importance_threshold
        _require("importance_threshold", threshold, within=math.isfinite(threshold), wanted="a number")
        _require("fewest_draws", self.fewest_draws, within=self.fewest_draws >= 1, wanted="1 or more")
        if self.adjustment not in {"benjamini_hochberg", "benjamini_yekutieli"}:
            raise Invalid(f"adjustment: found {self.adjustment!r}, expected benjamini_hochberg or benjamini_yekutieli.")


def _require(name: str, found: float, *, within: bool, wanted: str) -> None:
    if not within:
        raise Invalid(f"{name}: found {found}, expected {wanted}.")
