"""A comparison as plain text, 80 columns wide unless told."""

import math
import re
import textwrap
import unicodedata
from itertools import zip_longest

from assay.library.accuracy import MetricChange
from assay.library.findings import FeatureComparison, Findings

WIDTH = 80
NAME = 18
NAME_LINES = 3
REASONS = 5
SMALL_SHOWN = 10
STEERING = frozenset({"Cc", "Cf", "Zl", "Zp"})
WORDS = {"passing": "Passing", "warning": "Warning", "failing": "Failing", "unknown": "Unknown"}


def table(comparison: Findings, width: int = WIDTH) -> str:
    """The verdict, its reasons, drifted features, and what else there is to say, in lines of at most ``width``."""
    blocks = [
        _head(comparison, width),
        _features(comparison, width),
        _wrapped(_unknown(comparison), width),
        [line for one in comparison.accuracy for line in _wrapped(_metric(one), width)],
        [line for sentence in _joint(comparison) for line in _wrapped(sentence, width)],
        [line for note in comparison.notes for line in _wrapped(note, width, "Note: ")],
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


def _head(comparison: Findings, width: int) -> list[str]:
    drifted = sum(one.status == "drifted" for one in comparison.features)
    lines = _wrapped(
        f"{WORDS[comparison.verdict.status]}. {drifted or 'None'} of {len(comparison.features)} features drifted.",
        width,
    )
    lines += _wrapped(
        f"{counted(comparison.rows, 'row')}{_worth(comparison, 1)} against {comparison.baseline_rows:,} of the baseline"
        f"{_worth(comparison, 0)}; alarm budget {100 * comparison.alpha:g} %.",
        width,
    )
    reasons = comparison.verdict.reasons
    lines += [line for reason in reasons[:REASONS] for line in _wrapped(reason, width, "  - ")]
    if len(reasons) > REASONS:
        lines.append(f"  - and {len(reasons) - REASONS} more")
    return lines


def _worth(comparison: Findings, side: int) -> str:
    return "" if comparison.worth is None else f" (worth {comparison.worth[side]:,})"


def _features(comparison: Findings, width: int) -> list[str]:
    shown = [*comparison.with_status("drifted"), *comparison.with_status("detectable")[:SMALL_SHOWN]]
    if not shown:
        return []
    ranked = any(one.importance is not None for one in comparison.features)
    # What a wider terminal has beyond 80 columns, names and words share.
    name = max(len("column"), min(max(len(one.name) for one in shown), NAME + (width - WIDTH) // 2))
    head = f"{'column':<{name}}  {'status':<10}  {'PSI':>6}  {'imp.  ' if ranked else ''}what changed"
    lines = [head, "-" * width, *(line for one in shown for line in _row(one, name, width, ranked=ranked))]
    quiet = len(comparison.columns) - len(shown) - len(comparison.with_status("unknown"))
    return [*lines, f"{quiet} more without evidence of drift."] if quiet else lines


def _unknown(comparison: Findings) -> str:
    """Columns without a verdict, unless that is all there is to say."""
    found = comparison.with_status("unknown")
    if not found or comparison.verdict.status == "unknown":
        return ""
    names = ", ".join(f"'{one.name}'" for one in found[:REASONS]) + (", ..." if len(found) > REASONS else "")
    return f"{counted(len(found), 'column')} without a verdict: {names} ({found[0].reason})."


def _row(one: FeatureComparison, name: int, width: int, *, ranked: bool) -> list[str]:
    index = "-" if one.psi is None else f"{one.psi:.2f}" if one.psi < 1000 else ">999"
    weight = f"{'-' if one.importance is None else f'{one.importance:.2f}':>4}  " if ranked else ""
    names = broken(one.name, name)
    figures = f"  {one.status:<10}  {index:>6}  {weight}"
    words = textwrap.wrap(one.words, width - name - len(figures)) or [""]
    return [
        f"{part:<{name}}{figures if line == 0 else ' ' * len(figures)}{said}".rstrip()
        for line, (part, said) in enumerate(zip_longest(names, words, fillvalue=""))
    ]


def _metric(one: MetricChange) -> str:
    if one.current is None or one.baseline is None:
        return f"{one.metric:<10} unknown: {one.reason}"
    ends = "" if one.low is None or one.high is None else f" ({measure(one.low)} to {measure(one.high)})"
    word = "worse" if one.degraded else "unknown" if one.degraded is None else "no alarm"
    return f"{one.metric:<10} {measure(one.current)}{ends} against {measure(one.baseline)}: {word}"


def _joint(comparison: Findings) -> list[str]:
    lines = []
    if comparison.domain is not None:
        told = "can" if comparison.domain.big and comparison.domain.p <= comparison.alpha else "cannot"
        lines.append(
            f"All columns together: a classifier {told} tell the rows apart (AUC {comparison.domain.auc:.2f}, "
            f"p {_p(comparison.domain.p)})."
        )
    if comparison.reconstruction is not None:
        found = comparison.reconstruction
        lines.append(
            f"Reconstruction error {measure(found.current)} against {measure(found.baseline)} (z {found.z:+.1f})."
        )
    return lines


def _wrapped(text: str, width: int, start: str = "") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=start, subsequent_indent=" " * len(start))


def broken(name: str, width: int) -> list[str]:
    """A name in lines, broken after its own separators where it has some.

    Examples
    --------
    >>> broken("average_daily_balance_2024", 14)
    ['average_daily_', 'balance_2024']
    """
    # Names of strangers may be of any length.
    pieces = re.findall(r"[^\s_./:-]*[\s_./:-]?", cut(name, NAME_LINES * (width - 1)))
    lines = [""]
    for piece in (one[at : at + width] for one in pieces for at in range(0, len(one), width)):
        if len(lines[-1]) + len(piece) <= width:
            lines[-1] += piece
        else:
            lines.append(piece)
    return lines


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


def measure(value: float | None) -> str:
    """A figure of a model or of rows: three digits, and no fewer where the last is 0; a dash for unknown.

    Examples
    --------
    >>> measure(0.69), measure(0.0), measure(12.04), measure(1234.5), measure(2.5e9), measure(3e-7)
    ('0.690', '0.000', '12.0', '1,234', '2.5e+09', '3e-07')
    """
    if value is None:
        return "-"
    size = abs(value)
    if size and not 1e-3 <= size < 1e6:
        return f"{value:.3g}"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(size))) if size else 3}f}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
