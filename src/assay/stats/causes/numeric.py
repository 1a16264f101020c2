"""Causes of a numeric column."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from assay.stats.causes.alignment import Alignment, Change
from assay.stats.causes.cause import Cause, CauseCode, number, percent
from assay.stats.causes.outliers import distance_of_cells, outliers
from assay.stats.causes.shared import RATE_POINTS, rate_psi
from assay.stats.causes.units import unit_or_scale_change
from assay.stats.drift.decision_cells import decision_cells
from assay.stats.drift.fisher import fisher_exact
from assay.stats.drift.homogeneity import chi_square
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.quantiles import RELATIVE_ERROR

SMALLEST_SHIFT_SD = 0.1
SMALLEST_SPREAD_RATIO = 1.2
SMALLEST_SHAPE = 0.03
# Moves beyond this rank alike; their squares would overflow.
LARGEST_SD = 1e6
# Interquartile range of a normal distribution in standard deviations.
NORMAL_IQR = 1.349


@dataclass(frozen=True, slots=True)
class Level:
    """Middle and spread of a column, in its own unit."""

    middle: float
    spread: float


def numeric_causes(baseline: NumericColumn, current: NumericColumn, alpha: float) -> list[Cause | None]:
    """Constant, another unit, outliers, or a shift of location, spread or shape."""
    if not (baseline.moments.n and current.moments.n):
        return []
    plain = _constant(baseline, current, alpha) or unit_or_scale_change(baseline, current, alpha)
    if plain is not None:
        return [plain]
    if _are_two_values(baseline, current):
        return [_other_share(baseline, current, alpha)]
    far = outliers(baseline, current, alpha)
    location, spread = _location(baseline, current, alpha, far), _spread(baseline, current, alpha, far)
    return [far, location, spread, _shape(baseline, current, alpha, named=(far, location, spread))]


def _constant(baseline: NumericColumn, current: NumericColumn, alpha: float) -> Cause | None:
    n, value = current.moments.n, current.low
    if value is None or value != current.high or current.infinite or n < 2:
        return None
    held = baseline.counts / baseline.counts.sum()
    share = float(held[int(np.searchsorted(baseline.bins.edges, value, side="left"))])
    if baseline.low == baseline.high or share**n > alpha:
        return None
    return Cause(
        CauseCode.CONSTANT_COLUMN,
        f"constant: every value is {number(value)}",
        {"value": value, "rows": n, "baseline_low": baseline.low, "baseline_high": baseline.high},
    )


def _are_two_values(baseline: NumericColumn, current: NumericColumn) -> bool:
    """Whether the column holds two values, such as 0 and 1, and still the same two."""
    then, now = baseline.buckets.keys, current.buckets.keys
    return (
        then.size == 2
        and set(now.tolist()) <= set(then.tolist())
        and (current.low, current.high) == (baseline.low, baseline.high)
        and not (baseline.infinite or current.infinite)
    )


def _other_share(baseline: NumericColumn, current: NumericColumn, alpha: float) -> Cause | None:
    then, now = (int(side.buckets.counts[-1]) for side in (baseline, current))
    m, n, value = baseline.moments.n, current.moments.n, baseline.high or 0.0
    p, q = then / m, now / n
    chance = fisher_exact(now, n, then, m)
    if chance > alpha or abs(q - p) < RATE_POINTS:
        return None
    return Cause(
        CauseCode.SHIFT_OF_SHAPE,
        f"share of {number(value)} {'rose' if q > p else 'fell'} from {percent(p)} to {percent(q)}",
        {"value": value, "baseline": p, "current": q, "p": chance},
        rate_psi(p, q, m, n),
    )


def _location(baseline: NumericColumn, current: NumericColumn, alpha: float, far: Cause | None) -> Cause | None:
    one, other, scale = baseline.moments, current.moments, baseline.moments.population_std
    levels = _levels(baseline, current, robust=far is not None)
    # With the larger spread on both sides: a small sample's own spread is often too small.
    error = max(one.spread, other.spread) * math.sqrt(1 / one.n + 1 / other.n)
    if levels is None or scale is None or math.isinf(scale):
        return None
    step = levels[1].middle - levels[0].middle
    if far is not None:
        # With outliers about, a mean says little: medians, whose error in a normal sample is 1.25 times larger.
        error = 1.2533 * levels[0].spread * math.sqrt(1 / one.n + 1 / other.n)
    if abs(step) <= SMALLEST_SHIFT_SD * scale or not _significant(step, error, alpha):
        return None
    sd = step / scale if scale else None
    size = f"{sd:+.1f} sd" if sd is not None else f"{step:+.4g}, where the baseline is constant"
    return Cause(
        CauseCode.SHIFT_OF_LOCATION,
        f"shift of location {size}",
        {"shift": step, "shift_sd": sd, "baseline": levels[0].middle, "current": levels[1].middle},
        min(abs(sd), LARGEST_SD) ** 2 if sd is not None else math.inf,
    )


def _spread(baseline: NumericColumn, current: NumericColumn, alpha: float, far: Cause | None) -> Cause | None:
    levels = _levels(baseline, current, robust=far is not None)
    if levels is None or not (levels[0].spread > 0 and levels[1].spread > 0):
        return None
    ratio = levels[1].spread / levels[0].spread
    if not 0 < ratio < math.inf:
        return None
    # The log of a sample's spread has variance (kurtosis - 1) / 4n; that of an interquartile range about 1.36 / n.
    tails = max(baseline.moments.fourth, current.moments.fourth, 3.0)
    error = 1.17 if far is not None else 0.5 * math.sqrt(tails - 1)
    error *= math.sqrt(1 / baseline.moments.n + 1 / current.moments.n)
    if abs(math.log(ratio)) < math.log(SMALLEST_SPREAD_RATIO) or not _significant(math.log(ratio), error, alpha):
        return None
    return Cause(
        CauseCode.SHIFT_OF_SPREAD,
        f"{'wider' if ratio > 1 else 'narrower'} spread: {ratio:.2g} times the baseline's",
        {"ratio": ratio, "baseline": levels[0].spread, "current": levels[1].spread},
        0.5 * min(abs(ratio - 1 / ratio), LARGEST_SD) ** 2,
    )


def _shape(
    baseline: NumericColumn, current: NumericColumn, alpha: float, named: tuple[Cause | None, ...]
) -> Cause | None:
    """What moving and stretching cannot explain; the interval whose share moved most says where."""
    left = _distance_left(baseline, current) if any(named) else distance_of_cells(baseline, current)
    m, n = baseline.moments.n, current.moments.n
    bound = math.sqrt(math.log(2 / alpha) / 2) * math.sqrt(1 / m + 1 / n)
    cells = decision_cells(replace(baseline, missing=0), replace(current, missing=0))
    test = None if cells is None else chi_square(cells.baseline, cells.current)
    distinct = left > bound or (not any(named) and test is not None and test.p <= alpha)
    if left < SMALLEST_SHAPE or not distinct or any(c is not None and c.code is CauseCode.OUTLIERS for c in named):
        return None
    words, evidence = _where(baseline, current)
    return Cause(
        CauseCode.SHIFT_OF_SHAPE,
        f"another shape: {words}",
        {"distance": left, **evidence},
        4 * left * left,
    )


def _levels(baseline: NumericColumn, current: NumericColumn, *, robust: bool) -> tuple[Level, Level] | None:
    then, now = (_robust(column) if robust else _plain(column) for column in (baseline, current))
    return None if then is None or now is None else (then, now)


def _plain(column: NumericColumn) -> Level | None:
    mean, spread = column.moments.mean, column.moments.population_std
    return None if mean is None or spread is None else Level(mean, spread)


def _robust(column: NumericColumn) -> Level | None:
    """Median and interquartile range; None where log buckets are too coarse for them."""
    low, middle, high = (column.buckets.linear_quantile(q) for q in (0.25, 0.5, 0.75))
    if low is None or middle is None or high is None or high - low <= 4 * RELATIVE_ERROR * max(abs(low), abs(high)):
        return None
    return Level(middle, (high - low) / NORMAL_IQR)


def _significant(value: float, error: float, alpha: float) -> bool:
    return error == 0.0 or 2 * float(special.ndtr(-abs(value) / error)) <= alpha


def _distance_left(baseline: NumericColumn, current: NumericColumn) -> float:
    """Distance after mean and spread are brought together; 0.0 where buckets are too coarse to tell."""
    alignment, levels = Alignment.of(baseline, current), _levels(baseline, current, robust=False)
    factor = levels[1].spread / levels[0].spread if levels is not None and levels[0].spread else 0.0
    if alignment is None or levels is None or not 0 < factor < math.inf:
        return 0.0
    return alignment.distance(Change(factor, levels[1].middle - factor * levels[0].middle))


def _where(baseline: NumericColumn, current: NumericColumn) -> tuple[str, dict[str, float | int | str | bool | None]]:
    edges = baseline.bins.coarse_edges(10)
    if not edges.size:
        return _ranges(baseline, current)
    then, now = (column.cells(10)[:-1] / max(1, int(column.cells(10)[:-1].sum())) for column in (baseline, current))
    place = int(np.abs(now - then).argmax())
    low = float(edges[place - 1]) if place else None
    high = float(edges[place]) if place < edges.size else None
    if low is None or high is None:
        where = f"values up to {number(high)}" if high is not None else f"values above {number(low or 0.0)}"
    else:
        where = f"values from {number(low)} to {number(high)}"
    p, q = float(then[place]), float(now[place])
    words = f"share of {where} {'rose' if q > p else 'fell'} from {percent(p)} to {percent(q)}"
    return words, {"low": low, "high": high, "baseline": p, "current": q}


def _ranges(baseline: NumericColumn, current: NumericColumn) -> tuple[str, dict[str, float | int | str | bool | None]]:
    """Of a baseline that is one value, or all but one: there is one cell, and so no share that moved."""
    then, now = _range(baseline), _range(current)
    words = (
        f"values {now}, where the baseline's are {then}" if now != then else f"values {now} lie otherwise than before"
    )
    ends = {"low": current.low, "high": current.high, "baseline_low": baseline.low, "baseline_high": baseline.high}
    return words, {**ends}


def _range(column: NumericColumn) -> str:
    low, high = number(column.low or 0.0), number(column.high or 0.0)
    return f"all {low}" if column.low == column.high else f"from {low} to {high}"
