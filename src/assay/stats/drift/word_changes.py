"""Which words of a text column have become more or less frequent.

See docs/methods/words.md.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from assay.stats.arrays import BoolArray, FloatArray, IntArray
from assay.stats.drift.decision_cells import ROWS_PER_CELL
from assay.stats.drift.distances import require_same_bins
from assay.stats.drift.fisher import fisher_exact
from assay.stats.drift.psi_estimate import psi_bias_corrected
from assay.stats.profile.words import TextColumn

_CLOSE = 0.05


@dataclass(frozen=True, slots=True)
class WordChange:
    """The rows that contain one word, in baseline and current.

    Attributes
    ----------
    word : str
    baseline_rows, rows : int
        Rows that contain it.
    m, n : int
        All rows of baseline and current, missing ones included.
    p : float or None
        Chance of so large a change of any tested word when nothing has drifted, in [0, 1]. None for a word that is
        not tested: fewer than five rows of current are expected to contain it.
    """

    word: str
    baseline_rows: int
    rows: int
    m: int
    n: int
    p: float | None

    @property
    def baseline(self) -> float:
        """Share of the baseline's rows that contain the word, in [0, 1]."""
        return self.baseline_rows / self.m

    @property
    def current(self) -> float:
        """Share of current's rows that contain the word, in [0, 1]."""
        return self.rows / self.n

    @property
    def psi_bc(self) -> float:
        """Bias-corrected PSI of two cells: the rows that contain the word, and all the others."""
        cells = (np.array([k, rows - k]) for k, rows in ((self.baseline_rows, self.m), (self.rows, self.n)))
        return psi_bias_corrected(*cells) or 0.0


def word_changes(baseline: TextColumn, current: TextColumn) -> list[WordChange] | None:
    """Every word's change, the surest first; see docs/methods/words.md.

    Returns
    -------
    list of WordChange or None
        By p, then by the size of the change, then by word. None when either side has no rows. The first p is one
        for "no word's share has changed".

    Raises
    ------
    BinsMismatch
        When the two were counted over different words.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.words import WordBins
    >>> rows = pl.Series(["good", "not good"] * 50)
    >>> bins = WordBins.of(rows)
    >>> changes = word_changes(TextColumn.of(rows, bins), TextColumn.of(pl.Series(["not good"] * 100), bins))
    >>> changes[0].word, changes[0].baseline, changes[0].current, changes[0].p < 1e-9
    ('not', 0.5, 1.0, True)

    References
    ----------
    Fisher (1922), Journal of the Royal Statistical Society 85(1), 87-94.
    """
    require_same_bins(baseline, current)
    m, n = baseline.rows, current.rows
    if not (m and n):
        return None
    one, other = baseline.counts[:-1], current.counts[:-1]
    # As with the cells of a category: which words are tested depends on the baseline and on n alone.
    tested = one * n >= ROWS_PER_CELL * m
    p = np.minimum(1.0, np.count_nonzero(tested) * _p_values(one, other, m, n, tested))
    changes = [
        WordChange(word, a, b, m, n, chance if known else None)
        for word, a, b, chance, known in zip(
            baseline.bins.words, one.tolist(), other.tolist(), p.tolist(), tested.tolist(), strict=True
        )
    ]
    return sorted(changes, key=_place)


def _place(change: WordChange) -> tuple[float, float, str]:
    return 2.0 if change.p is None else change.p, -abs(change.current - change.baseline), change.word


def _p_values(one: IntArray, other: IntArray, m: int, n: int, tested: BoolArray) -> FloatArray:
    """Two-sided p of each word: chi-square of the two shares, Fisher's exact one where it is at most 0.05."""
    share = (one + other) / (m + n)
    variance = share * (1 - share) * (1 / m + 1 / n)
    difference = other / n - one / m
    squares = np.divide(difference**2, variance, out=np.zeros_like(share), where=variance > 0)
    p: FloatArray = special.chdtrc(1, squares)
    for place in np.flatnonzero((p <= _CLOSE) & tested).tolist():
        p[place] = fisher_exact(int(other[place]), n, int(one[place]), m)
    return p
