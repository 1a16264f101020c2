"""The checks of one feature: each asks one question and gives a p-value. See docs/methods/alarms.md."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from assay.stats.drift.decision_cells import FEWEST_ROWS, ROWS_PER_CELL
from assay.stats.drift.distances import Column
from assay.stats.drift.homogeneity import Homogeneity
from assay.stats.drift.ks import ks_of_cells
from assay.stats.drift.rates import RateChange, chance_outside, missing_rate, new_level, out_of_range
from assay.stats.drift.word_changes import WordChange
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.words import TextColumn


class CheckName(StrEnum):
    """Which question a check asks."""

    HOMOGENEITY = "homogeneity"
    KOLMOGOROV_SMIRNOV = "kolmogorov_smirnov"
    MISSING_RATE = "missing_rate"
    OUT_OF_RANGE = "out_of_range"
    NEW_LEVEL = "new_level"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one feature.

    Attributes
    ----------
    name : CheckName
    p : float or None
        Chance of a result at least as far from the baseline when nothing has drifted. None: not run, or not to
        be relied on; then it does not count among the feature's checks.
    statistic : float or None
        Chi-square, largest difference of the distribution functions, or current rate less what is expected of it;
        of words that of the one that has changed most surely.
    n : int
        Current rows the check rests on.
    rate, expected_rate : float or None
        Of a check of a rate; in [0, 1].
    draws : int
        Tables drawn for a Monte Carlo p-value; 0 for any other.
    reason : str or None
        Why ``p`` is None.
    """

    name: CheckName
    p: float | None
    statistic: float | None
    n: int
    rate: float | None = None
    expected_rate: float | None = None
    draws: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One measure by which a change is big, the value it has and the limit it has reached."""

    name: str
    value: float
    limit: float


def homogeneity(test: Homogeneity | None, current: Column) -> Check:
    """Have the shares of the decision cells changed? ``test`` is None where all rows are in one cell."""
    name = CheckName.HOMOGENEITY
    if test is not None:
        return Check(name, test.p, test.statistic, current.rows)
    values = current.rows - current.missing
    few = isinstance(current, NumericColumn) and values < FEWEST_ROWS
    why = f"{values} values fill no two cells" if few else "all rows are in one cell"
    return Check(name, None, None, current.rows, reason=why)


def kolmogorov_smirnov(baseline: NumericColumn, current: NumericColumn) -> Check:
    """Have the values moved?"""
    name, n, test = CheckName.KOLMOGOROV_SMIRNOV, current.moments.n, ks_of_cells(baseline, current)
    if test is None:
        return Check(name, None, None, n, reason="a side has no finite value")
    return Check(name, test.p, test.statistic, n)


def words(changes: Sequence[WordChange], current: TextColumn) -> Check:
    """Has any word become more or less frequent?"""
    surest = changes[0] if changes else None
    if surest is None or surest.p is None:
        why = f"no word is expected in {ROWS_PER_CELL} of {current.rows} rows"
        return Check(CheckName.WORDS, None, None, current.rows, reason=why)
    return Check(
        CheckName.WORDS, surest.p, surest.current - surest.baseline, current.rows, surest.current, surest.baseline
    )


def missing(baseline: Column, current: Column) -> Check:
    """Are more or fewer rows missing?"""
    name = CheckName.MISSING_RATE
    if baseline.missing == 0 and current.missing == 0:
        return Check(name, None, 0.0, current.rows, 0.0, 0.0, reason="no value is missing")
    return _of_rate(name, missing_rate(baseline, current), current.rows)


def outside(baseline: NumericColumn, current: NumericColumn) -> Check:
    """Are there values beyond the baseline's?"""
    name, n = CheckName.OUT_OF_RANGE, current.rows - current.missing
    if baseline.infinite and baseline.moments.n > 1 and current.moments.n:
        # The baseline holds infinities, so they are nothing new: only finite values can leave its range.
        m, n = baseline.moments.n, current.moments.n
        rows = current.below + current.above - current.infinite
        change: RateChange | None = RateChange(rows, 2 / (m + 1), rows / n, chance_outside(rows, m, n))
    else:
        change = out_of_range(baseline, current)
    # What is expected is so little that "two points above it" is said of the rate itself.
    return _of_rate(name, change and replace(change, baseline=0.0), n)


def new_levels(baseline: CategoricalColumn, current: CategoricalColumn) -> Check:
    """Are there levels that the baseline never had?"""
    name, change = CheckName.NEW_LEVEL, new_level(baseline, current)
    if change is not None and change.rows == 0 and change.baseline == 0.0:
        return Check(name, None, 0.0, current.rows, 0.0, 0.0, reason="no level is new, and none was rare")
    return _of_rate(name, change, current.rows)


def _of_rate(name: CheckName, change: RateChange | None, n: int) -> Check:
    if change is None:
        return Check(name, None, None, n, reason="too few values on a side")
    p, why = (change.p, None) if change.calibrated else (None, "the batch has over a tenth of the baseline's rows")
    return Check(name, p, change.current - change.baseline, n, change.current, change.baseline, reason=why)
