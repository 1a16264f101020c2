"""Exact p-values of the chi-square statistic where a table is too thin for its limiting distribution.

See docs/methods/alarms.md.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.stats.arrays import IntArray
from assay.stats.drift.homogeneity import chi_square_of

FIRST_DRAWS = 4_000
ENOUGH_EXCEEDANCES = 20
LARGEST_URN = 1_000_000_000
"""Rows from which numpy's sampler without replacement refuses."""

SUSPICIOUS, THIN, CERTAIN = 0.01, 20.0, 1e-10


def needs_draws(p: float, min_expected: float) -> bool:
    """Whether a chi-square p-value is small enough to matter and its table too thin to trust it.

    Examples
    --------
    >>> needs_draws(0.001, 3.0), needs_draws(0.5, 3.0), needs_draws(0.001, 50.0), needs_draws(1e-12, 3.0)
    (True, False, False, False)
    """
    return p < SUSPICIOUS and min_expected < THIN and not (p < CERTAIN and min_expected >= 1.0)


@dataclass(slots=True)
class Draws:
    """Tables with the margins of an observed one, drawn as they come when nothing has drifted.

    The stream is a function of ``name`` and ``batch_id`` alone, so the same data give the same p-value whatever
    else is judged with them.

    Attributes
    ----------
    drawn, exceeding : int
        Tables so far, and those whose statistic is at least the observed one's.

    Examples
    --------
    >>> draws = Draws.of(np.array([20, 0]), np.array([0, 4]), name="x", batch_id="b")
    >>> draws.extend(4_000)
    >>> abs(draws.p - 1 / 10626) < 3e-4  # of the C(24, 4) ways to choose current's rows, one is as far apart
    True
    """

    column_sums: IntArray
    rows: int
    bar: float
    random: np.random.Generator
    drawn: int = 0
    exceeding: int = 0

    @classmethod
    def of(cls, baseline: IntArray, current: IntArray, *, name: str, batch_id: str) -> "Draws":
        """No draw yet, for an observed table."""
        used = (baseline + current) > 0
        a, b = baseline[used], current[used]
        observed = float(chi_square_of(a.astype(np.float64), b.astype(np.float64)))
        # Equal statistics may differ by rounding, and count as reached.
        return cls(
            a + b, int(b.sum()), observed * (1 - 1e-9), np.random.Generator(np.random.PCG64(seed(name, batch_id)))
        )

    @property
    def p(self) -> float:
        """``(1 + exceeding) / (1 + drawn)``: the observed table is one of them."""
        return (1 + self.exceeding) / (1 + self.drawn)

    @property
    def settled(self) -> bool:
        """Whether so many draws exceed the observed table that more of them would change nothing."""
        return self.exceeding >= ENOUGH_EXCEEDANCES

    def extend(self, draws: int) -> None:
        """Draw on, in blocks, until ``draws`` tables are drawn or the p-value is settled."""
        while self.drawn < draws and not (self.settled and self.drawn >= FIRST_DRAWS):
            size = FIRST_DRAWS
            current = self._sample(size).astype(np.float64)
            self.exceeding += int(np.count_nonzero(chi_square_of(self.column_sums - current, current) >= self.bar))
            self.drawn += size

    def _sample(self, size: int) -> IntArray:
        total = int(self.column_sums.sum())
        if total < LARGEST_URN:
            return self.random.multivariate_hypergeometric(
                self.column_sums, self.rows, size=size, method="marginals"
            ).astype(np.int64)
        # With replacement the counts vary a little more, so the p-value errs on the side of "no drift".
        drawn = self.random.multinomial(self.rows, self.column_sums / total, size=size)
        return np.minimum(drawn, self.column_sums).astype(np.int64)


def seed(name: str, batch_id: str) -> int:
    """128 bits that depend on the feature and the batch only."""
    text = f"{len(name)}:{name}{batch_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:16], "little")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A feature with a thin table.

    Attributes
    ----------
    draws : Draws
        Of its table.
    checks : int
        Checks run on the feature, this one among them.
    elsewhere : float
        Smallest p-value of its other checks; 1 when there is none.
    """

    draws: Draws
    checks: int
    elsewhere: float = 1.0

    @property
    def p(self) -> float:
        """The feature's p-value as it stands."""
        return min(1.0, self.checks * min(self.draws.p, self.elsewhere))


def draw_family(suspects: Sequence[Suspect], known: Sequence[float], *, tests: int, alpha: float, fewest: int) -> None:
    """Draw for every thin table of a family until its verdict cannot hang on the number of draws.

    A feature alone must reach ``alpha / (checks * tests)``, for which it gets ``max(fewest, 2 checks tests /
    alpha)`` draws. Where several features look as if they had drifted, the bar of Benjamini and Hochberg rises
    with their number, and fewer draws tell on which side of it a p-value is: they share these draws.

    Parameters
    ----------
    suspects : sequence of Suspect
        Their draws are extended.
    known : sequence of float
        p-values of the other features of the family.
    tests : int
        Features of the family.
    alpha : float
    fewest : int
        Least number of draws for a feature that is the only one.
    """
    checks = max((suspect.checks for suspect in suspects), default=1)
    whole = max(fewest, math.ceil(2 * checks * tests / alpha))
    for suspect in suspects:
        suspect.draws.extend(FIRST_DRAWS)
    # What is REAL by another check alone stays so, whatever the draws say.
    open_ones = [suspect for suspect in suspects if suspect.checks * suspect.elsewhere > alpha / tests]
    while True:
        # One exceedance or none: as far as the draws can tell this p-value is as small as it could be.
        smallest = sum(suspect.draws.exceeding <= 1 for suspect in suspects)
        marks = _marks([*known, *(suspect.p for suspect in suspects)], tests=tests, alpha=alpha)
        aim = math.ceil(whole / max(1, smallest, marks))
        waiting = [one.draws for one in open_ones if not one.draws.settled and one.draws.drawn < aim]
        if not waiting:
            return
        for draws in waiting:
            draws.extend(aim)


def _marks(p_values: Sequence[float], *, tests: int, alpha: float) -> int:
    """How many of them Benjamini and Hochberg would reject."""
    p = np.sort(np.array(p_values, dtype=np.float64))
    reached = np.flatnonzero(p * tests <= alpha * np.arange(1, p.size + 1))
    return int(reached[-1]) + 1 if reached.size else 0
