"""The checks of each feature and what they found. See docs/methods/alarms.md."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from assay.stats.categorical import CategoricalColumn
from assay.stats.decision.detectable import smallest_detectable_psi
from assay.stats.decision.monte_carlo import Draws, Suspect, draw_family, needs_draws
from assay.stats.decision.options import FEWEST_ROWS, DecisionOptions
from assay.stats.decision.tables import (
    CategoricalPair,
    NumericPair,
    Tables,
    categorical_cells,
    largest_differences,
    numeric_cells,
)
from assay.stats.drift import Column, require_same_bins
from assay.stats.numeric import NumericColumn
from assay.stats.rates import RateChange, chance_outside, missing_rate, new_level, out_of_range


class CheckName(StrEnum):
    """Which question a check asks."""

    HOMOGENEITY = "homogeneity"
    KOLMOGOROV_SMIRNOV = "kolmogorov_smirnov"
    MISSING_RATE = "missing_rate"
    OUT_OF_RANGE = "out_of_range"
    NEW_LEVEL = "new_level"


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
        Chi-square, largest difference of the distribution functions, or current rate less what is expected of it.
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


@dataclass(frozen=True, slots=True)
class FeatureEvidence:
    """All that is known of one feature before it is judged with the others.

    Attributes
    ----------
    name : str
    baseline_rows, rows : int
        Missing ones included.
    checks : tuple of Check
    p : float or None
        Smallest p-value of the checks times their number, at most 1; None when there can be no verdict.
    cells : int or None
        Decision cells in use; None when the homogeneity check was not run.
    psi, psi_bc : float or None
        Over the decision cells; less what chance adds on average. None with ``cells``.
    min_expected : float or None
        Smallest expected count of a decision cell.
    gates : tuple of Gate
        By what the change is big; empty when it is not.
    reason : str or None
        Why ``p`` is None.
    """

    name: str
    baseline_rows: int
    rows: int
    checks: tuple[Check, ...]
    p: float | None
    cells: int | None = None
    psi: float | None = None
    psi_bc: float | None = None
    min_expected: float | None = None
    gates: tuple[Gate, ...] = ()
    reason: str | None = None

    @property
    def checks_run(self) -> int:
        """Checks that gave a p-value to count."""
        return sum(check.p is not None for check in self.checks)

    @property
    def leading(self) -> Check | None:
        """The check with the smallest p-value; None when none was run."""
        return min((c for c in self.checks if c.p is not None), key=lambda c: c.p or 0.0, default=None)

    def smallest_detectable_psi(self, *, alpha: float, tests: int) -> float | None:
        """Population PSI that this batch would have revealed in four of five cases, among so many features."""
        if self.cells is None or not tests:
            return None
        level = alpha / (max(1, self.checks_run) * tests)
        return smallest_detectable_psi(self.cells, self.baseline_rows, self.rows, level=level)


def evidence(
    name: str,
    baseline: Column,
    current: Column,
    *,
    options: DecisionOptions | None = None,
    batch_id: str = "",
    tests: int = 1,
) -> FeatureEvidence:
    """The checks of one feature. See docs/methods/alarms.md.

    Parameters
    ----------
    name : str
        Of the feature; with ``batch_id`` it fixes the random draws.
    baseline, current : NumericColumn or CategoricalColumn
        Counted over the same bins.
    options : DecisionOptions, optional
    batch_id : str
        Of the current rows.
    tests : int
        Features it will be judged with: more of them ask for finer p-values.

    Raises
    ------
    BinsMismatch
        When the two were counted over different bins.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.bins import LevelBins
    >>> rows = pl.Series(["a", "b"] * 50)
    >>> bins = LevelBins.of(rows)
    >>> moved = pl.Series(["a"] * 40)
    >>> found = evidence("city", CategoricalColumn.of(rows, bins), CategoricalColumn.of(moved, bins))
    >>> found.leading.name, found.cells, [gate.name for gate in found.gates]
    (<CheckName.HOMOGENEITY: 'homogeneity'>, 2, ['psi_bc'])
    """
    chosen = options or DecisionOptions()
    pairs = {name: (baseline, current)}
    return refined(first_look(pairs, chosen), pairs, options=chosen, batch_id=batch_id, tests=tests)[name]


def first_look(pairs: Mapping[str, tuple[Column, Column]], options: DecisionOptions) -> dict[str, FeatureEvidence]:
    """Every feature's checks, the chi-square p-value by its limiting distribution.

    Raises
    ------
    BinsMismatch
        When baseline and current of a feature were counted over different bins.
    """
    for baseline, current in pairs.values():
        require_same_bins(baseline, current)
    unjudged = {name: reason for name, pair in pairs.items() if (reason := _too_little(*pair))}
    numeric, categorical = split_by_kind({name: pair for name, pair in pairs.items() if name not in unjudged})
    found = {
        name: FeatureEvidence(name, pairs[name][0].rows, pairs[name][1].rows, (), None, reason=reason)
        for name, reason in unjudged.items()
    }
    found.update(_of_numbers(numeric, options))
    found.update(_of_levels(categorical, options))
    return {name: found[name] for name in pairs}


def refined(
    found: Mapping[str, FeatureEvidence],
    pairs: Mapping[str, tuple[Column, Column]],
    *,
    options: DecisionOptions,
    batch_id: str,
    tests: int,
) -> dict[str, FeatureEvidence]:
    """The same evidence of one family, with exact p-values where a small one rests on a thin table."""
    suspects = {name: _suspect(one, pairs[name], batch_id) for name, one in found.items() if _is_thin(one)}
    known = [one.p for name, one in found.items() if one.p is not None and name not in suspects]
    draw_family(list(suspects.values()), known, tests=max(1, tests), alpha=options.alpha, fewest=options.fewest_draws)
    return {name: _with_draws(one, suspects[name].draws) if name in suspects else one for name, one in found.items()}


def split_by_kind(
    pairs: Mapping[str, tuple[Column, Column]],
) -> tuple[dict[str, NumericPair], dict[str, CategoricalPair]]:
    """Numeric and categorical features apart."""
    numeric: dict[str, NumericPair] = {}
    categorical: dict[str, CategoricalPair] = {}
    for name, (baseline, current) in pairs.items():
        if isinstance(baseline, NumericColumn) and isinstance(current, NumericColumn):
            numeric[name] = baseline, current
        elif isinstance(baseline, CategoricalColumn) and isinstance(current, CategoricalColumn):
            categorical[name] = baseline, current
    return numeric, categorical


def _too_little(baseline: Column, current: Column) -> str | None:
    if current.rows < FEWEST_ROWS:
        return f"the batch has {current.rows} rows; a verdict needs {FEWEST_ROWS}"
    if baseline.rows < FEWEST_ROWS:
        return f"the baseline has {baseline.rows} rows; a verdict needs {FEWEST_ROWS}"
    if baseline.missing == baseline.rows and current.missing == current.rows:
        return "every value is missing, in the baseline and in the batch"
    return None


def _of_numbers(pairs: Mapping[str, NumericPair], options: DecisionOptions) -> Iterable[tuple[str, FeatureEvidence]]:
    held = list(pairs.values())
    tables = Tables.of(*numeric_cells(held))
    differences, chances = largest_differences(held)
    for i, (name, (baseline, current)) in enumerate(pairs.items()):
        checks = (
            _homogeneity(tables, i, current),
            _kolmogorov_smirnov(float(differences[i]), float(chances[i]), current),
            _missing(baseline, current),
            _outside(baseline, current),
        )
        yield name, _gathered(name, baseline, current, checks, tables=tables, row=i, options=options)


def _of_levels(pairs: Mapping[str, CategoricalPair], options: DecisionOptions) -> Iterable[tuple[str, FeatureEvidence]]:
    tables = Tables.of(*categorical_cells(list(pairs.values())))
    for i, (name, (baseline, current)) in enumerate(pairs.items()):
        checks = (_homogeneity(tables, i, current), _missing(baseline, current), _new(baseline, current))
        yield name, _gathered(name, baseline, current, checks, tables=tables, row=i, options=options)


def _gathered(  # one row of several tables
    name: str,
    baseline: Column,
    current: Column,
    checks: tuple[Check, ...],
    *,
    tables: Tables,
    row: int,
    options: DecisionOptions,
) -> FeatureEvidence:
    tested = tables.cells[row] > 1
    psi_bc = float(tables.psi_bc[row]) if tested else None
    return FeatureEvidence(
        name=name,
        baseline_rows=baseline.rows,
        rows=current.rows,
        checks=checks,
        p=_combined(checks),
        cells=int(tables.cells[row]) if tested else None,
        psi=float(tables.psi[row]) if tested else None,
        psi_bc=psi_bc,
        min_expected=float(tables.min_expected[row]) if tested else None,
        gates=_gates(psi_bc, checks, options),
    )


def _combined(checks: Sequence[Check]) -> float:
    """Bonferroni over the checks that were run; 1 when none of them could say anything."""
    run = [check.p for check in checks if check.p is not None]
    return min(1.0, len(run) * min(run)) if run else 1.0


def _gates(psi_bc: float | None, checks: Sequence[Check], options: DecisionOptions) -> tuple[Gate, ...]:
    found = [] if psi_bc is None or psi_bc < options.big_psi else [Gate("psi_bc", psi_bc, options.big_psi)]
    for check in checks:
        if check.rate is None or check.statistic is None:
            continue
        # A fall of the missing rate matters as much as a rise; the other two rates can only be too high.
        moved = abs(check.statistic) if check.name is CheckName.MISSING_RATE else check.statistic
        # Two points are two points, however their difference is rounded.
        if moved >= options.big_rate - 1e-12:
            found.append(Gate(check.name.value, check.statistic, options.big_rate))
    return tuple(found)


def _homogeneity(tables: Tables, row: int, current: Column) -> Check:
    name = CheckName.HOMOGENEITY
    if tables.cells[row] > 1:
        return Check(name, float(tables.p[row]), float(tables.statistic[row]), current.rows)
    values = current.rows - current.missing
    few = isinstance(current, NumericColumn) and values < FEWEST_ROWS
    why = f"{values} values fill no two cells" if few else "all rows are in one cell"
    return Check(name, None, None, current.rows, reason=why)


def _kolmogorov_smirnov(difference: float, chance: float, current: NumericColumn) -> Check:
    name, n = CheckName.KOLMOGOROV_SMIRNOV, current.moments.n
    if math.isnan(difference):
        return Check(name, None, None, n, reason="a side has no finite value")
    return Check(name, chance, difference, n)


def _missing(baseline: Column, current: Column) -> Check:
    name = CheckName.MISSING_RATE
    if baseline.missing == 0 and current.missing == 0:
        return Check(name, None, 0.0, current.rows, 0.0, 0.0, reason="no value is missing")
    return _of_rate(name, missing_rate(baseline, current), current.rows)


def _outside(baseline: NumericColumn, current: NumericColumn) -> Check:
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


def _new(baseline: CategoricalColumn, current: CategoricalColumn) -> Check:
    name, change = CheckName.NEW_LEVEL, new_level(baseline, current)
    if change is not None and change.rows == 0 and change.baseline == 0.0:
        return Check(name, None, 0.0, current.rows, 0.0, 0.0, reason="no level is new, and none was rare")
    return _of_rate(name, change, current.rows)


def _of_rate(name: CheckName, change: RateChange | None, n: int) -> Check:
    if change is None:
        return Check(name, None, None, n, reason="too few values on a side")
    p, why = (change.p, None) if change.calibrated else (None, "the batch has over a tenth of the baseline's rows")
    return Check(name, p, change.current - change.baseline, n, change.current, change.baseline, reason=why)


def _is_thin(one: FeatureEvidence) -> bool:
    if one.p is None or one.min_expected is None:
        return False
    p = one.checks[0].p
    return p is not None and needs_draws(p, one.min_expected)


def _suspect(one: FeatureEvidence, pair: tuple[Column, Column], batch_id: str) -> Suspect:
    numeric, categorical = split_by_kind({one.name: pair})
    baseline, current = numeric_cells(list(numeric.values())) if numeric else categorical_cells([*categorical.values()])
    draws = Draws.of(baseline[0], current[0], name=one.name, batch_id=batch_id)
    return Suspect(draws, one.checks_run, min((c.p for c in one.checks[1:] if c.p is not None), default=1.0))


def _with_draws(one: FeatureEvidence, draws: Draws) -> FeatureEvidence:
    checks = (replace(one.checks[0], p=draws.p, draws=draws.drawn), *one.checks[1:])
    return replace(one, checks=checks, p=_combined(checks))
