"""Confidence intervals of 95 % for rates and means."""

import math

from scipy import special

Z95 = float(special.ndtri(0.975))
"""The normal quantile behind every 95 % interval: 1.959963984540054."""

Interval = tuple[float, float] | tuple[None, None]
"""Low and high end; both None when there is too little to say."""


def wilson(successes: float, n: float) -> Interval:
    """Wilson's score interval of a rate.

    Parameters
    ----------
    successes : float
        Rows with the property, from 0 to ``n``.
    n : float
        Rows looked at. For weighted rows the effective number, which need not be whole.

    Returns
    -------
    (float, float) or (None, None)
        Ends in [0, 1]; None twice without rows. Unlike the textbook interval it neither leaves [0, 1] nor
        collapses when the rate is 0 or 1.

    Examples
    --------
    >>> low, high = wilson(1, 3)
    >>> round(low, 4), round(high, 4)
    (0.0615, 0.7923)

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212. docs/methods/intervals.md
    """
    if n <= 0:
        return None, None
    rate, z2 = successes / n, Z95 * Z95
    shrink = 1 + z2 / n
    centre = (rate + z2 / (2 * n)) / shrink
    half = Z95 / shrink * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    # The ends are exactly 0 and 1 there; rounding must not say that they are not.
    low = 0.0 if successes <= 0 else max(0.0, centre - half)
    high = 1.0 if successes >= n else min(1.0, centre + half)
    return low, high


def clopper_pearson(successes: int, n: int) -> Interval:
    """Exact interval of a rate: coverage is never below 95 %, at the price of width.

    Parameters
    ----------
    successes, n : int
        Rows with the property, and rows looked at.

    Returns
    -------
    (float, float) or (None, None)
        Ends in [0, 1]; None twice without rows.

    Examples
    --------
    >>> clopper_pearson(0, 1)  # 0.025 ** (1 / 1) on the upper side
    (0.0, 0.975)

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413. docs/methods/intervals.md
    """
    if n <= 0:
        return None, None
    low = float(special.betaincinv(successes, n - successes + 1, 0.025)) if successes > 0 else 0.0
    high = float(special.betaincinv(successes + 1, n - successes, 0.975)) if successes < n else 1.0
    return low, high


def mean_interval(mean: float, standard_error: float | None) -> Interval:
    """Normal interval of a mean: ``mean -+ 1.96 standard errors``; None twice without a standard error.

    Examples
    --------
    >>> mean_interval(1.0, 0.0)
    (1.0, 1.0)
    >>> mean_interval(1.0, None)
    (None, None)
    """
    if standard_error is None:
        return None, None
    return mean - Z95 * standard_error, mean + Z95 * standard_error


def clipped(interval: Interval, least: float, most: float) -> Interval:
    """The interval cut to what the quantity can be at all.

    Examples
    --------
    >>> clipped((-0.2, 0.4), 0.0, 1.0)
    (0.0, 0.4)
    """
    low, high = interval
    if low is None or high is None:
        return None, None
    return max(least, low), min(most, high)
