"""Causes of a categorical column."""

import difflib
import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from assay.stats.causes.cause import Cause, CauseCode, Clues, percent, quoted
from assay.stats.causes.shared import RATE_POINTS, rate_psi
from assay.stats.drift.decision_cells import cells_to_test
from assay.stats.drift.distances import psi
from assay.stats.drift.homogeneity import chi_square
from assay.stats.drift.rates import new_level
from assay.stats.profile.categorical import CategoricalColumn

# A renamed level keeps its share: no significant difference at this level, and within this factor.
SAME_SHARE_P = 0.001
SAME_SHARE_FACTOR = 2.0
RENAMED_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Renaming:
    """A level that vanished and the new one that has its share; ``new`` is None when its name is not known."""

    old: str
    new: str | None
    baseline: float
    rows: int


def categorical_causes(
    baseline: CategoricalColumn, current: CategoricalColumn, clues: Clues, alpha: float
) -> list[Cause | None]:
    """Constant, renamed, new, or other shares."""
    constant = _constant(baseline, current, alpha)
    if constant is not None:
        return [constant]
    renamed = _renamings(baseline, current, clues, alpha)
    constant = None if renamed else _constant_new(baseline, current, clues)
    if constant is not None:
        return [constant]
    left = current.new_level_rows - sum(one.rows for one in renamed)
    new = None if clues.reading is not None else _new_level(baseline, current, clues, alpha, left)
    shares = None if renamed else _other_shares(baseline, current, alpha)
    return [_renamed(renamed, current) if renamed else None, new, shares]


def _constant(baseline: CategoricalColumn, current: CategoricalColumn, alpha: float) -> Cause | None:
    known = np.flatnonzero(current.counts[:-1])
    values = int(current.counts.sum())
    if known.size != 1 or current.counts[-1] or not baseline.counts.sum():
        return None
    level = current.bins.levels[int(known[0])]
    share = float(baseline.counts[known[0]] / baseline.counts.sum())
    if values < 2 or share**values > alpha:
        return None
    return Cause(
        CauseCode.CONSTANT_COLUMN,
        f"constant: every value is {quoted(level)} ({percent(share)} in the baseline)",
        {"value": level, "rows": values, "baseline": share},
    )


def _constant_new(baseline: CategoricalColumn, current: CategoricalColumn, clues: Clues) -> Cause | None:
    """One level that the baseline never had, in every row with a value."""
    names = clues.unseen.by_rows() if clues.unseen is not None and clues.unseen.complete else []
    values = current.rows - current.missing
    if clues.reading is not None or values < 2 or len(names) != 1 or baseline.distinct.estimate < 2:
        return None
    level, rows = names[0]
    if rows != values:
        return None
    return Cause(
        CauseCode.CONSTANT_COLUMN,
        f"constant: every value is {quoted(level)}, which the baseline never had",
        {"value": level, "rows": rows, "baseline": 0.0},
    )


def _renamings(baseline: CategoricalColumn, current: CategoricalColumn, clues: Clues, alpha: float) -> list[Renaming]:
    vanished = _vanished(baseline, current, alpha)
    if not vanished or not current.new_level_rows:
        return []
    if clues.unseen is None:
        share = vanished[0][1]
        alone = len(vanished) == 1 and _same_share(share, baseline.rows, current.new_level_rows, current.rows)
        return [Renaming(vanished[0][0], None, share, current.new_level_rows)] if alone else []
    return _matched(vanished, dict(clues.unseen.by_rows()), baseline.rows, current.rows)


def _vanished(baseline: CategoricalColumn, current: CategoricalColumn, alpha: float) -> list[tuple[str, float]]:
    """Levels, with their share of the baseline, that current would have shown if they were still there."""
    shares = baseline.counts[:-1] / max(baseline.rows, 1)
    gone = (current.counts[:-1] == 0) & ((1 - shares) ** current.rows <= alpha)
    return [(baseline.bins.levels[i], float(shares[i])) for i in np.flatnonzero(gone)]


def _matched(vanished: list[tuple[str, float]], new: dict[str, int], m: int, n: int) -> list[Renaming]:
    found = []
    for old, share in vanished:
        fitting = [level for level, rows in new.items() if _same_share(share, m, rows, n)]
        if fitting:
            # Among levels of a like share, the one that is spelled most alike.
            level = max(fitting, key=lambda name: (_likeness(old, name), -abs(new[name] / n - share)))
            found.append(Renaming(old, level, share, new.pop(level)))
    return found


def _likeness(one: str, other: str) -> float:
    return round(difflib.SequenceMatcher(None, one.casefold()[:64], other.casefold()[:64]).ratio(), 1)


def _same_share(share: float, m: int, rows: int, n: int) -> bool:
    now = rows / n
    if not share / SAME_SHARE_FACTOR <= now <= share * SAME_SHARE_FACTOR:
        return False
    pooled = (share * m + rows) / (m + n)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / m + 1 / n))
    return deviation > 0 and 2 * float(special.ndtr(-abs(now - share) / deviation)) >= SAME_SHARE_P


def _renamed(renamed: list[Renaming], current: CategoricalColumn) -> Cause:
    first = renamed[0]
    now = first.rows / current.rows
    if first.new is None:
        words = f"{quoted(first.old)} vanished, and new levels have its share"
    else:
        words = ", ".join(f"{quoted(one.old)} is now {quoted(str(one.new))}" for one in renamed[:RENAMED_SHOWN])
        words += f" and {len(renamed) - RENAMED_SHOWN} more renamed" if len(renamed) > RENAMED_SHOWN else ""
    return Cause(
        CauseCode.LEVEL_RENAMED,
        f"{words} ({percent(first.baseline)} then, {percent(now)} now)",
        {"old": first.old, "new": first.new, "baseline": first.baseline, "current": now, "levels": len(renamed)},
    )


def _new_level(
    baseline: CategoricalColumn, current: CategoricalColumn, clues: Clues, alpha: float, left: int
) -> Cause | None:
    change = new_level(baseline, current)
    expected = 0.0 if change is None else change.baseline
    if change is None or change.p > alpha or left / current.rows - expected < RATE_POINTS:
        return None
    names = clues.unseen.by_rows() if clues.unseen is not None else []
    if names:
        level, rows = names[0]
        more = "" if len(names) == 1 and clues.unseen is not None and clues.unseen.complete else " and others"
        words = f"new level {quoted(level)}{more} in {percent(change.current)} of the rows"
    else:
        level, rows = None, None
        words = f"levels that the baseline never had in {percent(change.current)} of the rows"
    return Cause(
        CauseCode.NEW_LEVEL,
        words,
        {
            "level": level,
            "level_rows": rows,
            "expected": change.baseline,
            "current": change.current,
            "p": change.p,
            "calibrated": change.calibrated,
        },
        rate_psi(change.baseline, change.current, baseline.rows, current.rows),
    )


def _other_shares(baseline: CategoricalColumn, current: CategoricalColumn, alpha: float) -> Cause | None:
    """The level whose share moved most, when the shares of known levels are no longer the baseline's."""
    cells = cells_to_test(replace(baseline, missing=0), replace(current, missing=0))
    test = None if cells is None else chi_square(cells.baseline, cells.current)
    m, n = int(baseline.counts.sum()), int(current.counts.sum())
    if test is None or test.p > alpha or not (m and n):
        return None
    p, q = baseline.counts / m, current.counts / n
    place = int(np.abs(q - p).argmax())
    if abs(q[place] - p[place]) < 2 * RATE_POINTS:
        return None
    name = quoted(baseline.bins.levels[place]) if place < len(baseline.bins.levels) else "rare levels"
    moved = "vanished:" if q[place] == 0 else "rose" if q[place] > p[place] else "fell"
    strength = psi(baseline.counts[:-1], current.counts[:-1])
    return Cause(
        CauseCode.SHIFT_OF_SHAPE,
        f"share of {name} {moved} from {percent(float(p[place]))} to {percent(float(q[place]))}",
        {"level": name.strip("'"), "baseline": float(p[place]), "current": float(q[place]), "p": test.p},
        strength or 0.0,
    )
