"""A stream of tests, judged one by one as they come, at one false discovery rate over the whole stream.

See docs/methods/online_fdr.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.stats.arrays import FloatArray

LONGEST_STREAM = 10_000
"""Tests over which the error budget is spread; later ones get the level of none."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What was decided on each test of a stream, in the order of the tests.

    Attributes
    ----------
    levels : tuple of float
        The level each p-value was compared with; it depends on earlier tests only.
    rejected : tuple of int
        Positions of the tests whose p-value was at or below its level, ascending.
    """

    levels: tuple[float, ...]
    rejected: tuple[int, ...]


def lord_plus_plus(p_values: Sequence[float], *, q: float = 0.05, w0: float | None = None) -> Stream:
    """LORD++: levels that grow after every rejection and shrink in quiet times.

    Parameters
    ----------
    p_values : sequence of float in [0, 1]
        In the order of the tests.
    q : float in (0, 1), default 0.05
        False discovery rate over the stream, for independent tests.
    w0 : float in (0, q), optional
        Part of the budget there is before the first rejection; ``q / 2`` when left out.

    Returns
    -------
    Stream

    Examples
    --------
    >>> stream = lord_plus_plus([0.5, 1e-6, 0.5])
    >>> stream.rejected, stream.levels[2] > stream.levels[1]
    ((1,), True)

    References
    ----------
    Ramdas, Yang, Wainwright and Jordan (2017), Online control of the false discovery rate with decaying
    memory, Advances in Neural Information Processing Systems 30. The spending sequence is Javanmard and
    Montanari's (2018), The Annals of Statistics 46, 526-554.
    """
    start = q / 2 if w0 is None else w0
    spending = _spending(len(p_values))
    levels = start * spending
    rejected: list[int] = []
    for t, p in enumerate(p_values):
        if p > levels[t]:
            continue
        # A rejection earns q, of which the first has had w0 already; it is spent over the tests that follow.
        earned = q if rejected else q - start
        levels[t + 1 :] += earned * spending[: levels.size - t - 1]
        rejected.append(t)
    return Stream(tuple(levels.tolist()), tuple(rejected))


def _spending(tests: int) -> FloatArray:
    """Shares of the budget, proportional to ``log(max(j, 2)) / (j exp(sqrt(log j)))``, shape (tests,)."""
    j = np.arange(1, LONGEST_STREAM + 1, dtype=np.float64)
    shares = np.log(np.maximum(j, 2)) / (j * np.exp(np.sqrt(np.log(j))))
    shares /= math.fsum(shares.tolist())
    spending: FloatArray = np.zeros(tests)
    spending[:LONGEST_STREAM] = shares[:tests]
    return spending
