"""Whether the features are those of the baseline: faults of the data, and drift.

Both come of one decision over all features, so that they share one budget of false alarms; what the first named cause
of a drifted feature is decides of which section it is a reason.
"""

from dataclasses import dataclass
from statistics import median
from typing import Any

from assay.monitoring.blocks import FEATURES
from assay.monitoring.profiles.loading import Source, load
from assay.monitoring.verdicts.subject import Subject
from assay.records.batches import HealthStatus
from assay.records.models import FeatureKind
from assay.records.slices import Selection
from assay.records.verdicts import Reason, Section, SectionName, worst
from assay.stats.causes import Cause, CauseCode, causes
from assay.stats.decision import DecisionOptions, FeatureVerdict, Outcome, StatusCounts, Verdict, decide
from assay.stats.decision.verdict import status_of
from assay.stats.profile import Profile

# What a fault on the way of the data looks like; all else may be the world's doing.
FAULTS = frozenset(
    {
        CauseCode.TYPE_CHANGE,
        CauseCode.CONSTANT_COLUMN,
        CauseCode.UNIT_OR_SCALE_CHANGE,
        CauseCode.LEVEL_RENAMED,
        CauseCode.DUPLICATED_ROWS,
        CauseCode.MORE_MISSING,
        CauseCode.NEW_LEVEL,
    }
)
# Of a feature that is known to have drifted, causes may be named with less proof.
CAUSE_ALPHA = 0.01
UNNAMED = "drift"
SMALLEST = 1e-300


@dataclass(frozen=True)
class Found:
    """What came of looking at the features."""

    sections: tuple[Section, Section]
    reasons: tuple[Reason, ...]


def judged(subject: Subject, alpha: float) -> Found:
    """Sections of data quality and feature drift, at a share of the budget.

    Parameters
    ----------
    alpha : float in (0, 1)
        Chance of any mark on a batch without drift.
    """
    names = _names(subject)
    baseline = subject.model.ready.features
    known = [name for name in names if name in baseline.columns]
    if not subject.model.deployment.settings.feature_drift:
        return _silent("Feature drift is not tracked.")
    if not known:
        return _silent("The baseline has no features: register the model with training data.")
    source = Source(subject.ctx, subject.tx, subject.model, FEATURES, known)
    current = load(source, Selection((subject.batch.id,))).profile
    reference = Profile(baseline.rows, {name: baseline.columns[name] for name in sorted(known)})
    verdict = decide(
        reference,
        current,
        options=options_of(subject, alpha),
        importance=_importance(subject),
        batch_id=subject.batch.id,
        starred=subject.health.data_drift.starred_features,
    )
    drifted = [one for one in verdict.features if one.outcome is Outcome.DRIFTED]
    # The counts of the settings are over all features that matter, and over all that do not.
    means = {flag: _status([f for f in drifted if f.important is flag], verdict.options) for flag in (True, False)}
    reasons = [_reason(one, means[one.important], reference, current) for one in drifted]
    return Found(
        (
            _section(SectionName.DATA_QUALITY, verdict, reasons),
            _section(SectionName.FEATURE_DRIFT, verdict, reasons),
        ),
        tuple(reasons),
    )


def options_of(subject: Subject, alpha: float) -> DecisionOptions:
    """The rule's options by the deployment's settings; a count of 0 is none there."""
    drift = subject.health.data_drift
    return DecisionOptions(
        alpha=alpha,
        big_psi=subject.rule.big_psi,
        big_rate=subject.rule.big_rate,
        importance_threshold=drift.importance_threshold,
        counts=StatusCounts(
            low_warning=drift.low_importance_warning_count or None,
            low_failing=drift.low_importance_failing_count or None,
            high_warning=drift.high_importance_warning_count or None,
            high_failing=drift.high_importance_failing_count or None,
        ),
    )


def _names(subject: Subject) -> list[str]:
    excluded = set(subject.health.data_drift.excluded_features)
    return sorted(f.name for f in subject.model.tracked_features if f.name not in excluded)


def _importance(subject: Subject) -> dict[str, float]:
    """As it was given; a date moves on by nature, so that somebody has to say that it matters."""
    found = {f.name: f.importance for f in subject.model.tracked_features if f.importance is not None}
    dates = [f.name for f in subject.model.tracked_features if f.kind is FeatureKind.DATE]
    return {**dict.fromkeys(dates, 0.0), **found}


# ------------------------------------------------------------------ reasons


def _status(drifted: list[FeatureVerdict], options: DecisionOptions) -> HealthStatus:
    return HealthStatus(status_of(drifted, options)[0].value)


def _reason(one: FeatureVerdict, status: HealthStatus, baseline: Profile, current: Profile) -> Reason:
    named = causes(baseline.columns[one.name], current.columns[one.name], alpha=CAUSE_ALPHA)
    first = named[0] if named else None
    is_fault = first is not None and first.code in FAULTS
    return Reason(
        section=SectionName.DATA_QUALITY if is_fault else SectionName.FEATURE_DRIFT,
        status=status,
        code=UNNAMED if first is None else first.code.value,
        words=_words(one, first),
        subject=one.name,
        importance=one.importance,
        is_important=one.important,
        is_real=one.real,
        is_big=one.big,
        smallest_detectable=one.smallest_detectable_psi,
        evidence=evidence_of(one, named),
    )


def _words(one: FeatureVerdict, cause: Cause | None) -> str:
    what = "its distribution has changed" if cause is None else cause.words
    return f"'{one.name}': {what}{figures_of(one)}"


def figures_of(one: FeatureVerdict) -> str:
    """PSI, what it rests on and how sure it is, in brackets."""
    size = one.evidence.psi_bc
    told = [] if size is None else [f"PSI {max(0.0, size):.2f}"]
    told += [chance(one.adjusted_p), f"{one.evidence.rows:,} rows"]
    if one.importance is not None:
        told.append(f"importance {one.importance:.2f}")
    return f" ({', '.join(told)})"


def chance(p: float | None) -> str:
    """A p-value in words; what is too small for a number is below the smallest one.

    Examples
    --------
    >>> chance(0.00123), chance(0.0), chance(None)
    ('p = 0.0012', 'p < 1e-300', 'p unknown')
    """
    if p is None:
        return "p unknown"
    return f"p = {p:.2g}" if p > SMALLEST else f"p < {SMALLEST:g}"


def evidence_of(one: FeatureVerdict, named: tuple[Cause, ...] = ()) -> dict[str, Any]:
    """The figures behind a judged column, by the names that they have on the wire."""
    found, leading = one.evidence, one.evidence.leading
    return {
        "psi": found.psi,
        "psiBc": found.psi_bc,
        "p": one.adjusted_p,
        "leadingCheck": None if leading is None else leading.name.value,
        "gates": [{"name": g.name, "value": g.value, "limit": g.limit} for g in found.gates],
        "rows": found.rows,
        "baselineRows": found.baseline_rows,
        "causes": [{"code": c.code.value, "words": c.words, "evidence": dict(c.evidence)} for c in named],
    }


# ------------------------------------------------------------------ sections


def _section(name: SectionName, verdict: Verdict, reasons: list[Reason]) -> Section:
    mine = [one for one in reasons if one.section is name]
    known = [f for f in verdict.features if f.outcome is not Outcome.UNKNOWN]
    detectable = [f.smallest_detectable_psi for f in known if f.smallest_detectable_psi is not None]
    return Section(
        name=name,
        status=worst(one.status for one in mine) if known else HealthStatus.UNKNOWN,
        words=_told(name, verdict, mine, len(known)),
        looked_at=len(known),
        rows=max((f.evidence.rows for f in verdict.features), default=0),
        baseline_rows=max((f.evidence.baseline_rows for f in verdict.features), default=0),
        alpha=verdict.level,
        smallest_detectable=median(detectable) if detectable else None,
    )


def _told(name: SectionName, verdict: Verdict, mine: list[Reason], known: int) -> str:
    if not known:
        why = [f.evidence.reason for f in verdict.features if f.evidence.reason is not None]
        return f"No verdict on any feature: {why[0] if why else 'there is none'}."
    small = sum(f.outcome is Outcome.SMALL for f in verdict.features)
    what = "faults of the data" if name is SectionName.DATA_QUALITY else "drift"
    tail = f"; {small} changed detectably, but little" if small and name is SectionName.FEATURE_DRIFT else ""
    return f"{len(mine)} of {known} features show {what}{tail}."


def _silent(words: str) -> Found:
    names = SectionName.DATA_QUALITY, SectionName.FEATURE_DRIFT
    quality, drift = (Section(name, HealthStatus.UNKNOWN, words) for name in names)
    return Found((quality, drift), ())
