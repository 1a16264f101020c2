"""Named causes: why a column differs from its baseline, in words and as a code.

See docs/methods/causes.md.
"""

from assay.stats.causes.categorical import categorical_causes
from assay.stats.causes.cause import ALPHA, FEWEST_ROWS, Cause, CauseCode, Clues, TypeReading
from assay.stats.causes.numeric import numeric_causes
from assay.stats.causes.shared import duplicated_rows, missing_moved, type_change
from assay.stats.causes.texts import text_causes
from assay.stats.drift.distances import Column, require_same_bins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.words import TextColumn

__all__ = ["ALPHA", "Cause", "CauseCode", "Clues", "TypeReading", "causes"]


def causes(baseline: Column, current: Column, clues: Clues | None = None, *, alpha: float = ALPHA) -> tuple[Cause, ...]:
    """Why current differs from its baseline, most telling cause first. See docs/methods/causes.md.

    Parameters
    ----------
    baseline, current : Column
        Profiles over the same bins.
    clues : Clues or None
        What rows can tell and profiles cannot: names of new levels, copied rows, unreadable values.
    alpha : float
        A cause is named when chance would show as much less often, and when it is large enough to matter.

    Returns
    -------
    tuple of Cause
        Empty when nothing stands out, or when current has fewer than ten rows.

    Raises
    ------
    BinsMismatch
        When the two were counted over different bins.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import NumericBins
    >>> rows = pl.Series([float(i) for i in range(1000)])
    >>> bins = NumericBins.of(rows)
    >>> column = NumericColumn.of(rows, bins)
    >>> print(causes(column, NumericColumn.of(rows * 100, bins))[0].words)
    values fit the baseline's after x 100
    >>> causes(column, column)
    ()
    """
    require_same_bins(baseline, current)
    if current.rows < FEWEST_ROWS or not baseline.rows:
        return ()
    clues = clues or Clues()
    changed_type = type_change(current, clues)
    found = [changed_type, duplicated_rows(clues, alpha)]
    # Values that could not be read became missing: that is the same fact once more.
    if changed_type is None:
        found.append(missing_moved(baseline, current, alpha))
    if isinstance(baseline, NumericColumn) and isinstance(current, NumericColumn):
        found += numeric_causes(baseline, current, alpha)
    elif isinstance(baseline, CategoricalColumn) and isinstance(current, CategoricalColumn):
        found += categorical_causes(baseline, current, clues, alpha)
    elif isinstance(baseline, TextColumn) and isinstance(current, TextColumn):
        found += text_causes(baseline, current, alpha)
    return tuple(sorted((cause for cause in found if cause is not None), key=lambda cause: cause.rank))
