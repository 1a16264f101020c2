"""Which words of a text column have become more or less frequent.

See docs/methods/words.md.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from assay.stats.arrays import FloatArray, IntArray
from assay.stats.drift import require_same_bins
from assay.stats.multiplicity import benjamini_hochberg
from assay.stats.words import TextColumn

_CLOSE = 0.05
_FEW_EXPECTED = 20.0


@dataclass(frozen=True, slots=True)
class WordChange:
    """Share of the rows that contain one word, in baseline and current.

    Attributes
    ----------
    word : str
    baseline, current : float
        Shares of all rows, missing ones included, in [0, 1].
    p : float
        Chance of so large a difference when nothing has drifted, adjusted for the number of words, in [0, 1].
    """

    word: str
    baseline: float
    current: float
    p: float


def word_changes(baseline: TextColumn, current: TextColumn) -> list[WordChange] | None:
    """Every word's change, the surest first; see docs/methods/words.md.

    Returns
    -------
    list of WordChange or None
        By adjusted p, then by the size of the change, then by word. None when either side has no rows. The smallest
        p is one for "no word's share has changed".

    Raises
    ------
    BinsMismatch
        When the two were counted over different words.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.words import WordBins
    >>> rows = pl.Series(["good", "not good"] * 50)
    >>> bins = WordBins.of(rows)
    >>> changes = word_changes(TextColumn.of(rows, bins), TextColumn.of(pl.Series(["not good"] * 100), bins))
    >>> changes[0].word, changes[0].baseline, changes[0].current, changes[0].p < 1e-9
    ('not', 0.5, 1.0, True)

    References
    ----------
    Fisher (1922), Journal of the Royal Statistical Society 85(1), 87-94. Benjamini and Hochberg (1995).
    """
    require_same_bins(baseline, current)
    m, n = baseline.rows, current.rows
    if not (m and n):
        return None
    one, other = baseline.counts[:-1], current.counts[:-1]
    adjusted = benjamini_hochberg(_p_values(one, other, m, n).tolist())
    changes = [
        WordChange(word, a / m, b / n, 1.0 if p is None else p)
        for word, a, b, p in zip(baseline.bins.words, one.tolist(), other.tolist(), adjusted, strict=True)
    ]
    return sorted(changes, key=lambda change: (change.p, -abs(change.current - change.baseline), change.word))


def _p_values(one: IntArray, other: IntArray, m: int, n: int) -> FloatArray:
    """Two-sided p of each word: chi-square of the two shares, Fisher's where rows are few and it is close."""
    share = (one + other) / (m + n)
    variance = share * (1 - share) * (1 / m + 1 / n)
    difference = other / n - one / m
    squares = np.divide(difference**2, variance, out=np.zeros_like(share), where=variance > 0)
    p: FloatArray = special.chdtrc(1, squares)
    expected = np.minimum(share, 1 - share) * min(m, n)
    for place in np.flatnonzero((p <= _CLOSE) & (expected < _FEW_EXPECTED)).tolist():
        table = [[one[place], m - one[place]], [other[place], n - other[place]]]
        p[place] = stats.fisher_exact(table).pvalue
    return p
