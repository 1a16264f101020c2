"""Causes of a text column."""

from assay.stats.causes.cause import Cause, CauseCode, percent, quoted
from assay.stats.causes.shared import RATE_POINTS
from assay.stats.drift.word_changes import WordChange, word_changes
from assay.stats.profile.words import TextColumn


def text_causes(baseline: TextColumn, current: TextColumn, alpha: float) -> list[Cause | None]:
    """One text in every row, or words that have become more or less frequent."""
    constant = _constant(baseline, current, alpha)
    return [constant] if constant is not None else [_words(baseline, current, alpha)]


def _constant(baseline: TextColumn, current: TextColumn, alpha: float) -> Cause | None:
    then, now = baseline.distinct, current.distinct
    if not (now.exact and now.estimate == 1 and then.estimate > 1 and baseline.texts):
        return None
    # No more rows of the baseline hold this text than hold the rarest of its words.
    held = current.counts == current.texts
    if float(baseline.counts[held].min(initial=baseline.texts) / baseline.texts) ** current.texts > alpha:
        return None
    return Cause(
        CauseCode.CONSTANT_COLUMN,
        f"constant: every text is the same ({round(then.estimate):,} different ones in the baseline)",
        {"rows": current.texts, "baseline_texts": round(then.estimate)},
    )


def _words(baseline: TextColumn, current: TextColumn, alpha: float) -> Cause | None:
    sure = [change for change in word_changes(baseline, current) or () if change.p is not None and change.p <= alpha]
    # Of words that moved alike the longest says most.
    first = max(sure, key=lambda change: (_moved(change), len(change.word)), default=None)
    if first is None or _moved(first) < 2 * RATE_POINTS:
        return None
    more = f"; {len(sure)} words changed" if len(sure) > 1 else ""
    return Cause(
        CauseCode.SHIFT_OF_SHAPE,
        f"word {quoted(first.word)} in {percent(first.current)} of the rows, {percent(first.baseline)} in the baseline"
        + more,
        {
            "word": first.word,
            "baseline": first.baseline,
            "current": first.current,
            "p": first.p,
            "words": len(sure),
        },
        max(0.0, first.psi_bc),
    )


def _moved(change: WordChange) -> float:
    return abs(change.current - change.baseline)
