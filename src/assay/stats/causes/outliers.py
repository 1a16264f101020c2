"""Values far from everything that either side holds."""

import math

import numpy as np

from assay.stats.causes.cause import Cause, CauseCode, number, percent
from assay.stats.causes.shared import rate_psi
from assay.stats.drift.overlay import Overlay
from assay.stats.drift.rates import out_of_range
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.quantiles import RELATIVE_ERROR, bucket_ends

# Tukey's outer fence: so many interquartile ranges beyond the quartiles.
FENCE = 3.0
SMALLEST_RATE = 0.005
LARGEST_MOVE = 0.05


def outliers(baseline: NumericColumn, current: NumericColumn, alpha: float) -> Cause | None:
    """Values outside the baseline's range and beyond the outer fence of current itself.

    The fence keeps a moved column from being called a column of outliers; the chance is that of as many values
    out of range, which is exact for continuous values.
    """
    change = out_of_range(baseline, current)
    if change is None or change.p > alpha:
        return None
    rows = _far(baseline, current)
    values = current.rows - current.missing
    share = rows / values
    # Most rows far out are no outliers, whatever a fence says.
    if share - change.baseline < SMALLEST_RATE or share > 0.5:
        return None
    farthest = max((v for v in (current.low, current.high) if v is not None), key=lambda v: _beyond(v, baseline))
    # Where only infinite values lie outside, none of the others is far.
    found = [f"farthest {number(farthest)}"] if _beyond(farthest, baseline) > 0 else []
    found += [f"{current.infinite} infinite"] if current.infinite else []
    return Cause(
        CauseCode.OUTLIERS,
        f"outliers: {percent(share)} of the values lie far outside the baseline's range ({', '.join(found)})",
        {
            "rows": rows,
            "share": share,
            "farthest": farthest,
            "infinite": current.infinite,
            "baseline_low": baseline.bins.low,
            "baseline_high": baseline.bins.high,
            "p": change.p,
        },
        rate_psi(change.baseline, share, baseline.rows, values),
    )


def _far(baseline: NumericColumn, current: NumericColumn) -> int:
    low, high = baseline.bins.low, baseline.bins.high
    first, third = (current.buckets.linear_quantile(q) for q in (0.25, 0.75))
    if low is None or high is None or first is None or third is None:
        return current.infinite
    if third - first <= 4 * RELATIVE_ERROR * max(abs(first), abs(third)):
        return _far_of_cells(baseline, current)
    reach = FENCE * (third - first)
    floor, ceiling = min(low, first - reach), max(high, third + reach)
    starts, ends = bucket_ends(current.buckets.keys)
    # Buckets are rounded outwards by up to 1.6 %: one that touches the fence counts as inside.
    far = (ends < floor) | (starts > ceiling)
    return int(np.sum(current.buckets.counts[far])) + current.infinite


def _far_of_cells(baseline: NumericColumn, current: NumericColumn) -> int:
    """Rows out of range, where buckets are too wide for a fence and the other rows lie where they did."""
    outside = current.out_of_range or 0
    moved = distance_of_cells(baseline, current) > outside / current.moments.n + LARGEST_MOVE
    return 0 if moved else outside


def distance_of_cells(baseline: NumericColumn, current: NumericColumn) -> float:
    """Largest difference of the two distribution functions at the fine edges; 0.0 when a side has no value."""
    overlay = Overlay.of_cells(baseline, current)
    return 0.0 if overlay is None else float(np.abs(overlay.differences).max())


def _beyond(value: float, baseline: NumericColumn) -> float:
    low, high = baseline.bins.low, baseline.bins.high
    return 0.0 if low is None or high is None else max(low - value, value - high, -math.inf)
