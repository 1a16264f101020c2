"""A comparison as plain text, 80 columns wide."""

import textwrap
import unicodedata

from assay.library.accuracy import MetricChange
from assay.library.findings import FeatureComparison, Findings

WIDTH = 80
NAME = 18
REASONS = 5
SMALL_SHOWN = 10
STEERING = frozenset({"Cc", "Cf", "Zl", "Zp"})
WORDS = {"passing": "Passing", "warning": "Warning", "failing": "Failing", "unknown": "Unknown"}


def table(comparison: Findings) -> str:
    """The verdict, its reasons, drifted features, and what else there is to say."""
    blocks = [
        _head(comparison),
        _features(comparison),
        _unknown(comparison),
        _accuracy(comparison),
        _joint(comparison),
        _notes(comparison),
    ]
    return "\n\n".join("\n".join(map(printable, block)) for block in blocks if block)


def printable(line: str) -> str:
    """One line without characters that steer a terminal, which names and levels of a stranger's file may hold.

    Examples
    --------
    >>> printable("a\\x1b[31mb\\n")
    'a\ufffd[31mb\ufffd'
    """
    return "".join("\ufffd" if unicodedata.category(mark) in STEERING else mark for mark in line)


def _head(comparison: Findings) -> list[str]:
    drifted = sum(one.status == "drifted" for one in comparison.features)
    lines = _wrapped(
        f"{WORDS[comparison.verdict.status]}. {drifted or 'None'} of {len(comparison.features)} features drifted."
    )
    lines += _wrapped(
        f"{counted(comparison.rows, 'row')}{_worth(comparison, 1)} against {comparison.baseline_rows:,} of the baseline"
        f"{_worth(comparison, 0)}; alarm budget {100 * comparison.alpha:g} %."
    )
    reasons = comparison.verdict.reasons
    lines += [line for reason in reasons[:REASONS] for line in _wrapped(reason, "  - ")]
    if len(reasons) > REASONS:
        lines.append(f"  - and {len(reasons) - REASONS} more")
    return lines


def _worth(comparison: Findings, side: int) -> str:
    return "" if comparison.worth is None else f" (worth {comparison.worth[side]:,})"


def _features(comparison: Findings) -> list[str]:
    shown = [*comparison.with_status("drifted"), *comparison.with_status("detectable")[:SMALL_SHOWN]]
    if not shown:
        return []
    ranked = any(one.importance is not None for one in comparison.features)
    head = f"{'column':<{NAME}}  {'status':<10}  {'PSI':>6}  {'imp.  ' if ranked else ''}what changed"
    lines = [head, "-" * WIDTH, *(line for one in shown for line in _row(one, ranked=ranked))]
    quiet = len(comparison.columns) - len(shown) - len(comparison.with_status("unknown"))
    return [*lines, f"{quiet} more without evidence of drift."] if quiet else lines


def _unknown(comparison: Findings) -> list[str]:
    """Columns without a verdict, unless that is all there is to say."""
    found = comparison.with_status("unknown")
    if not found or comparison.verdict.status == "unknown":
        return []
    names = ", ".join(f"'{one.name}'" for one in found[:REASONS]) + (", ..." if len(found) > REASONS else "")
    return _wrapped(f"{counted(len(found), 'column')} without a verdict: {names} ({found[0].reason}).")


def _row(one: FeatureComparison, *, ranked: bool) -> list[str]:
    index = "-" if one.psi is None else f"{one.psi:.2f}" if one.psi < 1000 else ">999"
    weight = f"{'-' if one.importance is None else f'{one.importance:.2f}':>4}  " if ranked else ""
    start = f"{cut(one.name, NAME):<{NAME}}  {one.status:<10}  {index:>6}  {weight}"
    words = textwrap.wrap(one.words, WIDTH - len(start)) or [""]
    return [start + words[0], *(" " * len(start) + line for line in words[1:])]


def _accuracy(comparison: Findings) -> list[str]:
    return [line for one in comparison.accuracy for line in _wrapped(_metric(one))]


def _metric(one: MetricChange) -> str:
    if one.current is None or one.baseline is None:
        return f"{one.metric:<10} unknown: {one.reason}"
    ends = "" if one.low is None or one.high is None else f" ({one.low:.3g} to {one.high:.3g})"
    word = "worse" if one.degraded else "unknown" if one.degraded is None else "no alarm"
    return f"{one.metric:<10} {one.current:.3g}{ends} against {one.baseline:.3g}: {word}"


def _joint(comparison: Findings) -> list[str]:
    lines = []
    if comparison.domain is not None:
        told = "can" if comparison.domain.big and comparison.domain.p <= comparison.alpha else "cannot"
        lines += _wrapped(
            f"All columns together: a classifier {told} tell the rows apart (AUC {comparison.domain.auc:.2f}, "
            f"p {_p(comparison.domain.p)})."
        )
    if comparison.reconstruction is not None:
        found = comparison.reconstruction
        lines += _wrapped(f"Reconstruction error {found.current:.3g} against {found.baseline:.3g} (z {found.z:+.1f}).")
    return lines


def _notes(comparison: Findings) -> list[str]:
    return [line for note in comparison.notes for line in _wrapped(note, "Note: ")]


def _wrapped(text: str, start: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))


def cut(text: str, width: int) -> str:
    """Both ends of a name: many names of one table differ in their last letters only."""
    if len(text) <= width:
        return text
    ending = (width - 1) // 3
    return f"{text[: width - 1 - ending]}…{text[-ending:]}"


def counted(count: int, noun: str) -> str:
    """A number of things.

    Examples
    --------
    >>> counted(1, "row"), counted(2_000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
