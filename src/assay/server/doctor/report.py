"""What was found, for people and for programs."""

import json
import textwrap
from collections.abc import Sequence

from assay.server.doctor.check import Check, Verdict

WORDS = {Verdict.OK: "ok", Verdict.WARNING: "warning", Verdict.FAILING: "failing"}
WIDTH = 100
INDENT = " " * 24


def table(checks: Sequence[Check]) -> str:
    """A line for each check, with what to do below those that need it."""
    lines = []
    for check in checks:
        head = f"{WORDS[check.verdict]:<8} {check.name:<14} "
        lines += textwrap.wrap(check.found, WIDTH, initial_indent=head, subsequent_indent=INDENT)
        lines += [f"{INDENT}- {detail[:200]}" for detail in check.details]
        if check.advice:
            lines += textwrap.wrap(check.advice, WIDTH, initial_indent=f"{INDENT}> ", subsequent_indent=f"{INDENT}  ")
    return "\n".join(lines)


def document(checks: Sequence[Check]) -> str:
    """The same as JSON."""
    found = [
        {
            "name": check.name,
            "verdict": WORDS[check.verdict],
            "found": check.found,
            "advice": check.advice,
            "details": list(check.details),
        }
        for check in checks
    ]
    return json.dumps({"verdict": WORDS[worst(checks)], "checks": found}, indent=2)


def worst(checks: Sequence[Check]) -> Verdict:
    """The worst of the verdicts."""
    return max((check.verdict for check in checks), default=Verdict.OK)
