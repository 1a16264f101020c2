"""The one place where the library asks the decision rule: is a change real, and is it big?"""

from dataclasses import dataclass
from typing import Literal

from assay.stats.decision import DecisionOptions, FeatureVerdict, Outcome, decide
from assay.stats.profile import Profile

Status = Literal["drifted", "detectable", "no evidence", "unknown"]

WORDS: dict[Outcome, Status] = {
    Outcome.DRIFTED: "drifted",
    Outcome.SMALL: "detectable",
    Outcome.NO_EVIDENCE: "no evidence",
    Outcome.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rule says of one column.

    Attributes
    ----------
    status : str
        "drifted" (real and big), "detectable" (real and small), "no evidence", or "unknown" (too few rows).
    psi : float or None
        Bias corrected, on the decision cells.
    p : float or None
        Adjusted for all columns of the family.
    smallest_detectable : float or None
        Smallest PSI that as many rows would have revealed four times in five.
    """

    status: Status
    psi: float | None
    p: float | None
    real: bool
    big: bool
    smallest_detectable: float | None = None

    @classmethod
    def of(cls, verdict: FeatureVerdict) -> "Judged":
        """The library's words for a verdict on one feature."""
        return cls(
            status=WORDS[verdict.outcome],
            psi=verdict.evidence.psi_bc,
            p=verdict.adjusted_p,
            real=bool(verdict.real),
            big=bool(verdict.big),
            smallest_detectable=verdict.smallest_detectable_psi,
        )


def judge(baseline: Profile, current: Profile, *, alpha: float, big_psi: float) -> dict[str, Judged]:
    """Judge every column of a family."""
    verdict = decide(baseline, current, options=DecisionOptions(alpha=alpha, big_psi=big_psi))
    return {feature.name: Judged.of(feature) for feature in verdict.features}
