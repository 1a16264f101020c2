"""The one place where the library asks the decision rule: is a change real, and is it big?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from assay.stats.categorical import CategoricalColumn
from assay.stats.decision_cells import FEWEST_ROWS, DecisionCells, decision_cells
from assay.stats.drift import Column
from assay.stats.homogeneity import chi_square
from assay.stats.ks import ks_of_cells
from assay.stats.multiplicity import benjamini_hochberg
from assay.stats.numeric import NumericColumn
from assay.stats.profile import Profile
from assay.stats.psi import psi_bias_corrected
from assay.stats.rates import RateChange, missing_rate, new_level, out_of_range

Status = Literal["drifted", "detectable", "no evidence", "unknown"]

RATE_POINTS = 0.02


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rule says of one column.

    Attributes
    ----------
    status : str
        "drifted" (real and big), "detectable" (real and small), "no evidence", or "unknown" (too few rows).
    psi : float or None
        Bias corrected, on the decision cells.
    p : float or None
        Adjusted for all columns of the family.
    smallest_detectable : float or None
        Smallest PSI that as many rows would have revealed four times in five; None where it is not computed.
    """

    status: Status
    psi: float | None
    p: float | None
    real: bool
    big: bool
    smallest_detectable: float | None = None


def judge(baseline: Profile, current: Profile, *, alpha: float, big_psi: float) -> dict[str, Judged]:
    """Judge every column of a family."""
    names = list(baseline.columns)
    checks = {name: _Checks.of(baseline.columns[name], current.columns[name]) for name in names}
    adjusted = benjamini_hochberg([checks[name].p for name in names])
    return {name: checks[name].judged(p, alpha, big_psi) for name, p in zip(names, adjusted, strict=True)}


@dataclass(frozen=True, slots=True)
class _Checks:
    cells: DecisionCells | None
    p_values: tuple[float, ...]
    rates: Mapping[str, RateChange]
    enough: bool

    @classmethod
    def of(cls, baseline: Column, current: Column) -> "_Checks":
        cells = decision_cells(baseline, current)
        test = None if cells is None else chi_square(cells.baseline, cells.current)
        rates = {name: rate for name, rate in _rates(baseline, current).items() if rate is not None}
        found = [rate.p for rate in rates.values() if rate.calibrated]
        if test is not None:
            found.append(test.p)
        if isinstance(baseline, NumericColumn) and isinstance(current, NumericColumn):
            ks = ks_of_cells(baseline, current)
            found += [] if ks is None else [ks.p]
        return cls(cells, tuple(found), rates, current.rows >= FEWEST_ROWS and baseline.rows >= FEWEST_ROWS)

    @property
    def p(self) -> float | None:
        """Bonferroni over the checks of one column."""
        return min(1.0, len(self.p_values) * min(self.p_values)) if self.enough and self.p_values else None

    def judged(self, p: float | None, alpha: float, big_psi: float) -> Judged:
        index = None if self.cells is None else psi_bias_corrected(self.cells.baseline, self.cells.current)
        if p is None:
            return Judged("unknown", index, None, real=False, big=False)
        moved = any(_moved(name, rate) for name, rate in self.rates.items())
        real, big = p <= alpha, moved or (index is not None and index >= big_psi)
        status: Status = "drifted" if real and big else "detectable" if real else "no evidence"
        return Judged(status, index, p, real, big)


def _moved(name: str, rate: RateChange) -> bool:
    step = rate.current - rate.baseline
    return abs(step) >= RATE_POINTS if name == "missing" else step >= RATE_POINTS


def _rates(baseline: Column, current: Column) -> dict[str, RateChange | None]:
    found = {"missing": missing_rate(baseline, current)}
    if isinstance(baseline, NumericColumn) and isinstance(current, NumericColumn):
        found["out_of_range"] = out_of_range(baseline, current)
    if isinstance(baseline, CategoricalColumn) and isinstance(current, CategoricalColumn):
        found["new_level"] = new_level(baseline, current)
    return found
