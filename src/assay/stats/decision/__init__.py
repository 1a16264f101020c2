"""The alarm rule: which features of a batch have drifted, REAL and BIG, and what that makes of the batch.

See docs/methods/alarms.md.
"""

from assay.stats.decision.checks import Check, CheckName, Gate
from assay.stats.decision.detectable import smallest_detectable_psi
from assay.stats.decision.evidence import FeatureEvidence, evidence
from assay.stats.decision.options import Confirm, DecisionOptions, StatusCounts
from assay.stats.decision.stream import (
    WindowedVerdict,
    confirmed_features,
    decide_with_window,
    notices,
    with_stream_level,
)
from assay.stats.decision.verdict import FeatureVerdict, Outcome, Status, Verdict, decide, worst

__all__ = [
    "Check",
    "CheckName",
    "Confirm",
    "DecisionOptions",
    "FeatureEvidence",
    "FeatureVerdict",
    "Gate",
    "Outcome",
    "Status",
    "StatusCounts",
    "Verdict",
    "WindowedVerdict",
    "confirmed_features",
    "decide",
    "decide_with_window",
    "evidence",
    "notices",
    "smallest_detectable_psi",
    "with_stream_level",
    "worst",
]
