"""The one place where the library asks the decision rule: is a change real, and is it big?"""

from collections.abc import Mapping
from typing import Literal

from assay.stats.decision import DecisionOptions, Outcome, Verdict, decide
from assay.stats.decision import Status as BatchStatus
from assay.stats.profile import Profile

Status = Literal["drifted", "detectable", "no evidence", "unknown"]
VerdictStatus = Literal["passing", "warning", "failing", "unknown"]

STATUS: dict[Outcome, Status] = {
    Outcome.DRIFTED: "drifted",
    Outcome.SMALL: "detectable",
    Outcome.NO_EVIDENCE: "no evidence",
    Outcome.UNKNOWN: "unknown",
}
"""The library's words for what the rule says of one column."""

WORDS: dict[BatchStatus, VerdictStatus] = {
    BatchStatus.PASSING: "passing",
    BatchStatus.WARNING: "warning",
    BatchStatus.FAILING: "failing",
    BatchStatus.UNKNOWN: "unknown",
}
"""And for what it says of the whole."""


def judge(
    baseline: Profile,
    current: Profile,
    *,
    alpha: float,
    big_psi: float,
    importance: Mapping[str, float],
    families: Mapping[str, str],
) -> Verdict:
    """Judge every column: the features as one family, target and prediction each on its own."""
    options = DecisionOptions(alpha=alpha, big_psi=big_psi)
    return decide(baseline, current, options=options, importance=importance, families=families)
