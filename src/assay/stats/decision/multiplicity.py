"""Many tests at once: adjusted p-values and e-values, so that a family of tests keeps one error rate.

See docs/methods/multiplicity.md. A test that was not run is None: it stays None and is not counted.
"""

import math
from collections.abc import Sequence

import numpy as np

PValues = Sequence[float | None]


def benjamini_hochberg(p_values: PValues) -> list[float | None]:
    """Adjusted p-values of Benjamini and Hochberg.

    Parameters
    ----------
    p_values : sequence of float in [0, 1] or None
        One per test; None for a test that was not run.

    Returns
    -------
    list of float in [0, 1] or None
        In the order given. Rejecting those at or below ``q`` keeps the expected share of wrong rejections at
        or below ``q`` for independent or positively dependent tests.

    Examples
    --------
    >>> benjamini_hochberg([0.01, None, 0.02, 0.5])
    [0.03, None, 0.03, 0.5]

    References
    ----------
    Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300.
    """
    return _step_up(p_values, 1.0)


def benjamini_yekutieli(p_values: PValues) -> list[float | None]:
    """Adjusted p-values that hold under any dependence of the tests: a factor of about ln m + 0.58 larger.

    Parameters
    ----------
    p_values : sequence of float in [0, 1] or None
        One per test; None for a test that was not run.

    Examples
    --------
    >>> benjamini_yekutieli([0.01, 0.5])
    [0.03, 0.75]

    References
    ----------
    Benjamini and Yekutieli (2001), The Annals of Statistics 29, 1165-1188.
    """
    tests = sum(p is not None for p in p_values)
    return _step_up(p_values, math.fsum(1 / k for k in range(1, tests + 1)))


def simes(p_values: PValues) -> float | None:
    """One p-value for "none of the hypotheses is false", in [0, 1]; None when no test was run.

    Examples
    --------
    >>> simes([0.01, 0.02, 0.5])
    0.03

    References
    ----------
    Simes (1986), Biometrika 73, 751-754.
    """
    return min((p for p in benjamini_hochberg(p_values) if p is not None), default=None)


def e_benjamini_hochberg(e_values: Sequence[float], q: float) -> list[int]:
    """Positions of the hypotheses that e-values reject at false discovery rate ``q``, under any dependence.

    Parameters
    ----------
    e_values : sequence of float, 0 or above
        Evidence against each hypothesis: a variable whose mean is at most 1 when the hypothesis is true.
    q : float in (0, 1)
        False discovery rate.

    Returns
    -------
    list of int
        Ascending. The ``k`` largest, for the largest ``k`` whose ``k``-th e-value is at least ``m / (q k)``.

    Examples
    --------
    >>> e_benjamini_hochberg([50.0, 1.0, 30.0], q=0.05)
    [0, 2]

    References
    ----------
    Wang and Ramdas (2022), Journal of the Royal Statistical Society B 84, 822-852.
    """
    evidence = np.asarray(e_values, dtype=np.float64)
    order = np.argsort(-evidence, kind="stable")
    needed = evidence.size / (q * np.arange(1, evidence.size + 1))
    reached = np.flatnonzero(evidence[order] >= needed)
    return sorted(order[: reached[-1] + 1].tolist()) if reached.size else []


def _step_up(p_values: PValues, factor: float) -> list[float | None]:
    """Smallest ``p * m * factor / rank`` over the equal and larger p-values, at most 1."""
    run = [i for i, p in enumerate(p_values) if p is not None]
    p = np.array([p_values[i] for i in run], dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * (p.size * factor / np.arange(1, p.size + 1))
    adjusted: list[float | None] = [None] * len(p_values)
    smallest = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    for place, value in zip(order.tolist(), smallest.tolist(), strict=True):
        adjusted[run[place]] = value
    return adjusted
