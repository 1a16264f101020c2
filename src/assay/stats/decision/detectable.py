"""The smallest change that a batch could have revealed. See docs/methods/alarms.md."""

from functools import lru_cache

import numpy as np
from scipy import special

POWER = 0.8


def smallest_detectable_psi(cells: int, m: int, n: int, *, level: float, power: float = POWER) -> float | None:
    """Population PSI that the chi-square test over the decision cells finds with this power.

    Parameters
    ----------
    cells : int
        Decision cells in use.
    m, n : int
        Rows of baseline and current.
    level : float in (0, 1)
        p-value that the test must reach: alpha over checks and features.
    power : float in (0, 1)
        Chance of reaching it.

    Returns
    -------
    float or None
        ``lambda / n_e`` where lambda is the noncentrality at which the chance is ``power`` and ``n_e`` is
        ``m n / (m + n)``. None with fewer than two cells or without rows.

    Examples
    --------
    >>> round(smallest_detectable_psi(7, 10_000, 30, level=0.01 / (4 * 200)), 2)
    1.26
    >>> smallest_detectable_psi(1, 100, 100, level=0.01) is None
    True

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, chapter 7. Yurdakul (2018), Statistical
    Properties of Population Stability Index, Western Michigan University.
    """
    if cells < 2 or m < 1 or n < 1:
        return None
    return _noncentrality(cells - 1, level, power) * (1 / m + 1 / n)


@lru_cache(maxsize=4096)
def _noncentrality(df: int, level: float, power: float) -> float:
    """Noncentrality at which a chi-square variable exceeds its upper ``level`` quantile with chance ``power``."""
    bar = float(special.chdtri(df, level))
    found = float(special.chndtrinc(bar, df, 1 - power))
    return found if np.isfinite(found) else 0.0
