"""Another unit or scale: current fits the baseline after one multiplication or shift.

See docs/methods/causes.md.
"""

import math
from dataclasses import dataclass

import numpy as np

from assay.stats.causes.alignment import Alignment, Change
from assay.stats.causes.cause import Cause, CauseCode, number
from assay.stats.profile.numeric import NumericColumn

FEWEST_ROWS = 20
# Distances up to this pass for equal in large batches, where any two months of real data differ a little.
EQUAL_ENOUGH = 0.03
# The 95 % point of Kolmogorov's distribution.
CRITICAL = 1.36
# A change must explain what a mere shift of location leaves open, by this factor ...
BETTER = 0.6
# ... unless it is so large that no population moves like that: this factor, or so many standard deviations.
LARGE_FACTOR = 5.0
LARGE_SHIFT_SD = 4.0
SMALLEST_FREE_FACTOR = 1.25
# A fit is clearly closer than another by this distance, or by its sampling error where that is larger.
CLEARLY = 0.02


@dataclass(frozen=True, slots=True)
class Unit:
    """A change of unit that has a name."""

    name: str
    change: Change


def _both_ways(one: str, other: str, factor: float) -> tuple[Unit, Unit]:
    return Unit(f"{one} to {other}", Change(factor)), Unit(f"{other} to {one}", Change(1 / factor))


POWERS_OF_TEN = tuple(Unit("", Change(10.0**k)) for k in (2, -2, 3, -3, 1, -1, 6, -6, 4, -4, 5, -5, 9, -9))
NAMED = (
    Unit("Fahrenheit to Celsius", Change(5 / 9, -160 / 9)),
    Unit("Celsius to Fahrenheit", Change(1.8, 32.0)),
    Unit("Kelvin to Celsius", Change(1.0, -273.15)),
    Unit("Celsius to Kelvin", Change(1.0, 273.15)),
    Unit("Kelvin to Fahrenheit", Change(1.8, -459.67)),
    Unit("Fahrenheit to Kelvin", Change(5 / 9, 459.67 * 5 / 9)),
    Unit("sign changed", Change(-1.0)),
    *_both_ways("miles", "kilometres", 1.609344),
    *_both_ways("nautical miles", "kilometres", 1.852),
    *_both_ways("feet", "metres", 0.3048),
    *_both_ways("inches", "centimetres", 2.54),
    *_both_ways("inches", "millimetres", 25.4),
    *_both_ways("feet", "inches", 12.0),
    *_both_ways("kilograms", "pounds", 2.2046226218),
    *_both_ways("grams", "ounces", 0.03527396195),
    *_both_ways("US gallons", "litres", 3.785411784),
    *_both_ways("metres per second", "kilometres per hour", 3.6),
    *_both_ways("hours or minutes", "minutes or seconds", 60.0),
    *_both_ways("hours", "seconds", 3600.0),
    *_both_ways("days", "hours", 24.0),
    *_both_ways("weeks", "days", 7.0),
    *_both_ways("days", "seconds", 86400.0),
    *_both_ways("radians", "degrees", 180 / math.pi),
    *_both_ways("inches of mercury", "hectopascals", 33.8638866667),
    *_both_ways("kilocalories", "kilojoules", 4.184),
    *_both_ways("dozens", "units", 12.0),
)


@dataclass(frozen=True, slots=True)
class Fit:
    """A change of unit and the distance that it leaves."""

    unit: Unit
    distance: float
    free: bool = False


def unit_or_scale_change(baseline: NumericColumn, current: NumericColumn, alpha: float) -> Cause | None:
    """The change of unit that explains current, when one does and nothing simpler would."""
    m, n = baseline.moments.n, current.moments.n
    spread = baseline.moments.population_std
    alignment = Alignment.of(baseline, current) if n >= FEWEST_ROWS and spread else None
    if alignment is None:
        return None
    before = alignment.distance(Change())
    root = math.sqrt(1 / m + 1 / n)
    # Two-sided bound of Dvoretzky, Kiefer, Wolfowitz and Massart for the distance without any change.
    if before <= max(math.sqrt(math.log(2 / alpha) / 2) * root, EQUAL_ENOUGH):
        return None
    tolerance = max(CRITICAL * root, EQUAL_ENOUGH)
    shifts = _shifts(alignment, baseline, current)
    plain = min([before, *map(alignment.distance, shifts)])
    fits = [
        fit
        for fit in _candidates(alignment, baseline, current)
        if fit.distance <= tolerance and _explains(fit, plain, baseline)
    ]
    best = _best(fits, root)
    return None if best is None else _cause(best, fits, before, tolerance)


def _candidates(alignment: Alignment, baseline: NumericColumn, current: NumericColumn) -> list[Fit]:
    named = [Fit(unit, alignment.distance(unit.change)) for unit in (*POWERS_OF_TEN, *NAMED)]
    free = _closest(alignment, [Change(factor) for factor in _free_factors(alignment, baseline, current)])
    shift = _closest(alignment, _shifts(alignment, baseline, current))
    return named + [Fit(Unit("", change), alignment.distance(change), free=True) for change in (*free, *shift)]


def _closest(alignment: Alignment, changes: list[Change]) -> list[Change]:
    return [min(changes, key=alignment.distance)] if changes else []


def _free_factors(alignment: Alignment, baseline: NumericColumn, current: NumericColumn) -> list[float]:
    """Factors that bring quantiles together (least squares through zero), or means."""
    now = np.array([current.buckets.linear_quantile(float(share)) or 0.0 for share in alignment.shares])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        largest = np.abs(alignment.places).max()
        scaled = alignment.places / largest
        factors = [
            float((scaled * now).sum() / (scaled * scaled).sum() / largest),
            float(np.float64(current.moments.mean or 0.0) / np.float64(baseline.moments.mean or 0.0)),
        ]
    return [f for f in factors if 0 < f < math.inf and abs(math.log(f)) >= math.log(SMALLEST_FREE_FACTOR)]


def _shifts(alignment: Alignment, baseline: NumericColumn, current: NumericColumn) -> list[Change]:
    """Shifts that bring medians together, or means: buckets blur the one, wild values the other."""
    middle, now = float(np.interp(0.5, alignment.shares, alignment.places)), current.buckets.linear_quantile(0.5)
    offsets = [
        (now if now is not None else math.inf) - middle,
        (current.moments.mean or 0.0) - (baseline.moments.mean or 0.0),
    ]
    return [Change(1.0, offset) for offset in offsets if math.isfinite(offset)]


def _explains(fit: Fit, plain: float, baseline: NumericColumn) -> bool:
    """Whether the change says more than "the values have moved" or "they are spread wider"."""
    factor, offset = fit.unit.change.factor, fit.unit.change.offset
    middle, spread = baseline.moments.mean or 0.0, baseline.moments.population_std or 0.0
    if max(abs(factor), 1 / abs(factor)) >= LARGE_FACTOR:
        return True
    if factor == 1.0:
        return abs(offset) >= LARGE_SHIFT_SD * spread
    # About zero, a factor is the same as a wider spread: only the mean can tell them apart.
    off_centre = abs(middle) >= 0.25 * spread
    return off_centre and fit.distance <= BETTER * plain


def _best(fits: list[Fit], root: float) -> Fit | None:
    """The closest fit; powers of ten go before other names, and names before free fits not clearly closer."""
    named = min((fit for fit in fits if not fit.free), key=_by_distance, default=None)
    ten = min((fit for fit in fits if not fit.free and not fit.unit.name), key=_by_distance, default=None)
    if named is not None and ten is not None and ten.distance <= named.distance + max(root, CLEARLY):
        named = ten
    free = min((fit for fit in fits if fit.free), key=_by_distance, default=None)
    if named is None or free is None:
        return named or free
    return free if free.distance < named.distance - max(root, CLEARLY) else named


def _by_distance(fit: Fit) -> float:
    return fit.distance


def _cause(best: Fit, fits: list[Fit], before: float, tolerance: float) -> Cause:
    change = best.unit.change
    rivals = [fit.unit.name for fit in fits if fit.unit.name and fit is not best]
    name = f" ({best.unit.name})" if best.unit.name and not rivals else ""
    if rivals and best.unit.name:
        name = f" (perhaps {best.unit.name})"
    return Cause(
        CauseCode.UNIT_OR_SCALE_CHANGE,
        f"values fit the baseline's after {_in_words(change)}{name}",
        {
            "factor": change.factor,
            "offset": change.offset,
            "unit": best.unit.name or None,
            "free_fit": best.free,
            "distance_before": before,
            "distance_after": best.distance,
            "tolerance": tolerance,
        },
    )


def _in_words(change: Change) -> str:
    """Arithmetic on the baseline's values: ``x 100``, ``/ 1000``, ``+ 273.1``, ``x 1.8 + 32``."""
    parts = []
    if change.factor != 1.0:
        whole = round(1 / change.factor) if abs(change.factor) < 1 else 0
        divided = whole > 1 and math.isclose(whole * change.factor, 1.0, rel_tol=1e-9)
        parts.append(f"/ {whole}" if divided else f"x {number(change.factor)}")
    if change.offset:
        parts.append(f"{'+' if change.offset > 0 else '-'} {number(abs(change.offset))}")
    return " ".join(parts)
