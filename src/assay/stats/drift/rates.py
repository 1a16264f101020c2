"""Checks of single rates: missing values, values out of range, levels never seen before.

See docs/methods/missing_rate.md, docs/methods/out_of_range.md and docs/methods/new_level.md.
"""

import math
from dataclasses import dataclass

from scipy import special

from assay.stats.drift.distances import Column, require_same_bins
from assay.stats.drift.fisher import fisher_exact
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.shares import share


@dataclass(frozen=True, slots=True)
class RateChange:
    """A rate on both sides and how surprising the difference is.

    Attributes
    ----------
    rows : int
        Current rows of the kind counted.
    baseline, current : float
        Rates in [0, 1]; for ``baseline`` what is to be expected of current rows.
    p : float
        Chance of so large a difference when nothing has drifted, in [0, 1].
    calibrated : bool
        Whether ``p`` keeps its promise. Where it does not, show the rate and use no p-value.
    """

    rows: int
    baseline: float
    current: float
    p: float
    calibrated: bool = True


def missing_share(column: Column) -> float | None:
    """Share of rows without a value, in [0, 1]; None without rows.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import LevelBins
    >>> rows = pl.Series(["a", None, "b", "a"])
    >>> missing_share(CategoricalColumn.of(rows, LevelBins.of(rows)))
    0.25
    """
    return share(column.missing, column.rows)


def missing_rate(baseline: Column, current: Column) -> RateChange | None:
    """Change of the share of missing rows; Fisher's exact test, two-sided. See docs/methods/missing_rate.md.

    Returns
    -------
    RateChange or None
        None when either side has no rows.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import LevelBins
    >>> rows = pl.Series(["a"] * 4)
    >>> bins = LevelBins.of(rows)
    >>> none = pl.Series([None] * 4, dtype=pl.String)
    >>> change = missing_rate(CategoricalColumn.of(rows, bins), CategoricalColumn.of(none, bins))
    >>> change.baseline, change.current, round(change.p, 6)  # 2 / C(8, 4)
    (0.0, 1.0, 0.028571)

    References
    ----------
    Fisher (1922), Journal of the Royal Statistical Society 85(1), 87-94.
    """
    m, n = baseline.rows, current.rows
    if not (m and n):
        return None
    p = fisher_exact(current.missing, n, baseline.missing, m)
    return RateChange(current.missing, baseline.missing / m, current.missing / n, p)


def out_of_range(baseline: NumericColumn, current: NumericColumn) -> RateChange | None:
    """Share of current values outside the baseline's finite range. See docs/methods/out_of_range.md.

    Infinities are out of range; missing rows are no values. The p-value is exact for continuous values,
    whatever their distribution: the chance that ``rows`` or more of n new values fall outside the range of m
    old ones.

    Returns
    -------
    RateChange or None
        None when the baseline has fewer than two finite values, or current has no value.

    Raises
    ------
    BinsMismatch
        When the two were counted over different bins.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import NumericBins
    >>> rows = pl.Series([1.0, 2.0, 3.0])
    >>> bins = NumericBins.of(rows)
    >>> change = out_of_range(NumericColumn.of(rows, bins), NumericColumn.of(pl.Series([9.0]), bins))
    >>> change.rows, change.current, change.p  # one of four places inside the range: 2 / 4
    (1, 1.0, 0.5)

    References
    ----------
    Wilks (1941), Annals of Mathematical Statistics 12(1), 91-96.
    """
    require_same_bins(baseline, current)
    m, n, outside = baseline.moments.n, current.rows - current.missing, current.out_of_range
    if m < 2 or n == 0 or outside is None:
        return None
    # Expected of a new value: two of the m + 1 gaps between the old ones lie outside.
    return RateChange(outside, 2 / (m + 1), outside / n, chance_outside(outside, m, n))


def new_level(baseline: CategoricalColumn, current: CategoricalColumn) -> RateChange | None:
    """Share of rows whose level the baseline never had. See docs/methods/new_level.md.

    Compared with the share of baseline rows whose level is seen once, which estimates how often the next row
    brings a new one; Fisher's exact test, one-sided. ``calibrated`` up to a tenth of the baseline's rows.

    Returns
    -------
    RateChange or None
        None when either side has no rows.

    Raises
    ------
    BinsMismatch
        When the two were counted over different bins.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import LevelBins
    >>> rows = pl.Series(["a"] * 3)
    >>> bins = LevelBins.of(rows)
    >>> change = new_level(CategoricalColumn.of(rows, bins), CategoricalColumn.of(pl.Series(["z"]), bins))
    >>> change.rows, change.p, change.calibrated  # 1 / C(4, 1)
    (1, 0.25, False)

    References
    ----------
    Good (1953), Biometrika 40(3-4), 237-264.
    """
    require_same_bins(baseline, current)
    m, n, new, once = baseline.rows, current.rows, current.new_level_rows, baseline.bins.singletons
    if not (m and n):
        return None
    p = fisher_exact(new, n, once, m, alternative="greater")
    return RateChange(new, once / m, new / n, p, calibrated=10 * n <= m)


def chance_outside(k: int, m: int, n: int) -> float:
    """Chance that k or more of n new values fall outside the range of m old ones, in [0, 1]; m at least 2.

    P(X >= k) for X of the beta-binomial distribution with n, 2 and m - 1. See docs/methods/out_of_range.md.

    X is how many new values precede the second old one in a random order, so X >= k when the first k + 1
    values hold at most one old one: a hypergeometric chance of two terms instead of a sum of n.

    Examples
    --------
    >>> round(chance_outside(1, 3, 1), 6)  # two of four places
    0.5
    """
    if k == 0:
        return 1.0
    one_old = math.log(m) + _log_choose(n, k) - _log_choose(m + n, k + 1)
    return min(1.0, math.exp(one_old) * (1.0 + (n - k) / ((k + 1) * m)))


def _log_choose(n: int, k: int) -> float:
    return -math.log(n + 1) - float(special.betaln(n - k + 1, k + 1))
