"""Causes that numeric and categorical columns share."""

import math

import numpy as np
from scipy import special

from assay.stats.causes.cause import Cause, CauseCode, Clues, percent, quoted
from assay.stats.drift.distances import Column, psi
from assay.stats.drift.rates import missing_rate

# Points by which a rate must move to be named, whatever the number of rows.
RATE_POINTS = 0.01
REPEATS_POINTS = 0.05


def rate_psi(baseline: float, current: float, m: int, n: int) -> float:
    """PSI of a yes-or-no column of m and n rows with these two rates; 0.0 when a side has no rows.

    Examples
    --------
    >>> round(rate_psi(0.5, 0.8, 10, 10), 6)  # 3/11 * ln(8.5/5.5) - 3/11 * ln(2.5/5.5)
    0.333757
    """
    cells = (np.array([yes := round(rate * rows), rows - yes]) for rate, rows in ((baseline, m), (current, n)))
    return psi(*cells) or 0.0


def missing_moved(baseline: Column, current: Column, alpha: float) -> Cause | None:
    """More missing, or fewer, than in the baseline; Fisher's exact test."""
    change = missing_rate(baseline, current)
    if change is None or change.p > alpha or abs(change.current - change.baseline) < RATE_POINTS:
        return None
    rose = change.current > change.baseline
    return Cause(
        CauseCode.MORE_MISSING if rose else CauseCode.LESS_MISSING,
        f"missing {'rose' if rose else 'fell'} from {percent(change.baseline)} to {percent(change.current)}",
        {"baseline": change.baseline, "current": change.current, "rows": change.rows, "p": change.p},
        rate_psi(change.baseline, change.current, baseline.rows, current.rows),
    )


def type_change(current: Column, clues: Clues) -> Cause | None:
    """Another kind of values than the baseline's: many of them cannot be read, or are unknown."""
    reading = clues.reading
    if reading is None or not current.rows:
        return None
    share = reading.unreadable / current.rows
    # The baseline was read without loss, so no number of unreadable values is chance.
    if share < RATE_POINTS:
        return None
    example = "" if reading.example is None else f", such as {quoted(reading.example)}"
    return Cause(
        CauseCode.TYPE_CHANGE,
        f"{reading.baseline.lower()} in the baseline, {reading.current.lower()} now: {percent(share)} of the values "
        f"cannot be read{example}",
        {"baseline": reading.baseline, "current": reading.current, "unreadable": reading.unreadable, "share": share},
    )


def duplicated_rows(clues: Clues, alpha: float) -> Cause | None:
    """More copies of whole rows than a baseline of the same length has."""
    repeats = clues.repeats
    if repeats is None or not repeats.rows or repeats.current_share - repeats.baseline_share < REPEATS_POINTS:
        return None
    pooled = (repeats.baseline + repeats.current) / (2 * repeats.rows)
    z = (repeats.current_share - repeats.baseline_share) / math.sqrt(2 * pooled * (1 - pooled) / repeats.rows)
    p = float(special.ndtr(-z))
    if p > alpha:
        return None
    return Cause(
        CauseCode.DUPLICATED_ROWS,
        f"{percent(repeats.current_share)} of the rows are copies of another row "
        f"({percent(repeats.baseline_share)} in the baseline)",
        {"baseline": repeats.baseline_share, "current": repeats.current_share, "rows": repeats.rows, "p": p},
    )
