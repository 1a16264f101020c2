"""From judged columns to one verdict with reasons."""

from collections.abc import Sequence

from assay.library.accuracy import MetricChange
from assay.library.comparison import FeatureComparison, Verdict, VerdictStatus

IMPORTANT = 0.5


def verdict_of(
    features: Sequence[FeatureComparison],
    target: FeatureComparison | None,
    prediction: FeatureComparison | None,
    accuracy: Sequence[MetricChange],
    *,
    rows: int,
    ranked: bool,
) -> Verdict:
    """Failing when an important feature, the target or the prediction drifted, or accuracy fell; else warning."""
    outcomes = [one for one in (target, prediction) if one is not None]
    failing = [one for one in outcomes if one.status == "drifted"]
    drifted = [one for one in features if one.status == "drifted"]
    failing += [one for one in drifted if _important(one, given=ranked)]
    warning = [one for one in drifted if not _important(one, given=ranked)]
    # One metric says it; the table holds the others.
    worse = [_worse(one) for one in accuracy if one.degraded][:1]
    reasons = (*worse, *(_drifted(one) for one in (*failing, *warning)))
    if reasons:
        return Verdict("failing" if worse or failing else "warning", reasons)
    judged = [one for one in (*features, *outcomes) if one.status != "unknown"]
    if not judged:
        return Verdict("unknown", (f"Too few rows to tell: {rows:,} in current; ten are the least.",))
    status: VerdictStatus = "passing"
    return Verdict(status, (_quiet(features, rows),))


def _important(feature: FeatureComparison, *, given: bool) -> bool:
    return not given or (feature.importance or 0.0) >= IMPORTANT


def _drifted(one: FeatureComparison) -> str:
    role = "" if one.role == "feature" else f"{one.role} "
    figures = [] if one.psi_bc is None else [f"PSI {max(0.0, one.psi_bc):.2f}"]
    figures += [] if one.importance is None else [f"importance {one.importance:.2f}"]
    return f"{role}'{one.name}': {one.words} ({', '.join(figures)})" if figures else f"{role}'{one.name}': {one.words}"


def _worse(one: MetricChange) -> str:
    ends = "" if one.low is None or one.high is None else f" ({one.low:.3g} to {one.high:.3g})"
    return f"{one.metric} {one.current:.3g}{ends} against {one.baseline:.3g}"


def _quiet(features: Sequence[FeatureComparison], rows: int) -> str:
    small = sum(one.status == "detectable" for one in features)
    more = f"; {small} changed detectably, but little" if small else ""
    return f"Looked at {len(features)} features in {rows:,} rows{more}."
