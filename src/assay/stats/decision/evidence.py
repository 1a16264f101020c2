"""The checks of each feature and what they found. See docs/methods/alarms.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assay.stats.decision import checks
from assay.stats.decision.checks import Check, CheckName, Gate
from assay.stats.decision.detectable import smallest_detectable_psi
from assay.stats.decision.monte_carlo import Draws, Suspect, draw_family, needs_draws
from assay.stats.decision.options import DecisionOptions
from assay.stats.drift.decision_cells import FEWEST_ROWS, cells_to_test, decision_cells
from assay.stats.drift.distances import Column, psi, require_same_bins
from assay.stats.drift.homogeneity import chi_square
from assay.stats.drift.psi_estimate import psi_bias_corrected
from assay.stats.drift.word_changes import WordChange, word_changes
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.words import TextColumn

Pair = tuple[Column, Column]

RATES = frozenset({CheckName.MISSING_RATE, CheckName.OUT_OF_RANGE, CheckName.NEW_LEVEL})


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
        Cells of the homogeneity check; None when it was not run.
    psi, psi_bc : float or None
        Over the decision cells; less what chance adds on average. None where all rows are in one cell.
    min_expected : float or None
        Smallest expected count of one of them.
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
    baseline, current : Column
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
    >>> from assay.stats.profile.bins import LevelBins
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
    return {name: _look(name, pair, options) for name, pair in pairs.items()}


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


def _look(name: str, pair: Pair, options: DecisionOptions) -> FeatureEvidence:
    baseline, current = pair
    require_same_bins(baseline, current)
    unjudged = _too_little(baseline, current)
    if unjudged is not None:
        return FeatureEvidence(name, baseline.rows, current.rows, (), None, reason=unjudged)
    cells = decision_cells(baseline, current)
    to_test = cells_to_test(baseline, current)
    test = None if to_test is None else chi_square(to_test.baseline, to_test.current)
    changes: Sequence[WordChange] = ()
    if isinstance(baseline, TextColumn) and isinstance(current, TextColumn):
        changes = word_changes(baseline, current) or ()
        run: tuple[Check, ...] = (checks.words(changes, current), checks.missing(baseline, current))
    else:
        run = (checks.homogeneity(test, current), *_other_checks(baseline, current))
    psi_bc = None if cells is None else psi_bias_corrected(cells.baseline, cells.current)
    return FeatureEvidence(
        name=name,
        baseline_rows=baseline.rows,
        rows=current.rows,
        checks=run,
        p=_combined(run),
        cells=None if test is None else test.df + 1,
        psi=None if cells is None else psi(cells.baseline, cells.current),
        psi_bc=psi_bc,
        min_expected=None if test is None else test.min_expected,
        gates=(*_gates(psi_bc, run, options), *_word_gates(changes, options)),
    )


def _too_little(baseline: Column, current: Column) -> str | None:
    if current.rows < FEWEST_ROWS:
        return f"the batch has {current.rows} row{'s' * (current.rows != 1)}; a verdict needs {FEWEST_ROWS}"
    if baseline.rows < FEWEST_ROWS:
        return f"the baseline has {baseline.rows} row{'s' * (baseline.rows != 1)}; a verdict needs {FEWEST_ROWS}"
    if baseline.missing == baseline.rows and current.missing == current.rows:
        return "every value is missing, in the baseline and in the batch"
    return None


def _other_checks(baseline: Column, current: Column) -> tuple[Check, ...]:
    missing = checks.missing(baseline, current)
    if isinstance(baseline, NumericColumn) and isinstance(current, NumericColumn):
        return checks.kolmogorov_smirnov(baseline, current), missing, checks.outside(baseline, current)
    if isinstance(baseline, CategoricalColumn) and isinstance(current, CategoricalColumn):
        return missing, checks.new_levels(baseline, current)
    return (missing,)


def _combined(checks: Sequence[Check]) -> float:
    """Bonferroni over the checks that were run; 1 when none of them could say anything."""
    run = [check.p for check in checks if check.p is not None]
    return min(1.0, len(run) * min(run)) if run else 1.0


def _gates(psi_bc: float | None, checks: Sequence[Check], options: DecisionOptions) -> tuple[Gate, ...]:
    found = [] if psi_bc is None or psi_bc < options.big_psi else [Gate("psi_bc", psi_bc, options.big_psi)]
    for check in checks:
        if check.name not in RATES or check.rate is None or check.statistic is None:
            continue
        # A fall of the missing rate matters as much as a rise; the other two rates can only be too high.
        moved = abs(check.statistic) if check.name is CheckName.MISSING_RATE else check.statistic
        # Two points are two points, however their difference is rounded.
        if moved >= options.big_rate - 1e-12:
            found.append(Gate(check.name.value, check.statistic, options.big_rate))
    return tuple(found)


def _word_gates(changes: Sequence[WordChange], options: DecisionOptions) -> tuple[Gate, ...]:
    """The word that has changed most, among those whose change is more than chance."""
    sure = [change.psi_bc for change in changes if change.p is not None and change.p <= options.alpha]
    largest = max(sure, default=0.0)
    return (Gate("word", largest, options.big_psi),) if largest >= options.big_psi else ()


def _is_thin(one: FeatureEvidence) -> bool:
    if one.p is None or one.min_expected is None:
        return False
    p = one.checks[0].p
    return p is not None and needs_draws(p, one.min_expected)


def _suspect(one: FeatureEvidence, pair: Pair, batch_id: str) -> Suspect:
    cells = cells_to_test(*pair)
    if cells is None:
        raise TypeError(f"{one.name!r} has no cells to draw from")
    draws = Draws.of(cells.baseline, cells.current, name=one.name, batch_id=batch_id)
    return Suspect(draws, one.checks_run, min((c.p for c in one.checks[1:] if c.p is not None), default=1.0))


def _with_draws(one: FeatureEvidence, draws: Draws) -> FeatureEvidence:
    checks = (replace(one.checks[0], p=draws.p, draws=draws.drawn), *one.checks[1:])
    return replace(one, checks=checks, p=_combined(checks))
