"""Whether the outcomes that have come are distributed over the classes as on the holdout."""

from dataclasses import replace

import numpy as np

from assay.monitoring.verdicts.feature_drift import evidence_of, figures_of, options_of
from assay.monitoring.verdicts.subject import Subject
from assay.records.batches import HealthStatus
from assay.records.verdicts import Reason, Section, SectionName
from assay.stats.accuracy import Accuracy, BinaryAccuracy, RegressionAccuracy
from assay.stats.arrays import read_only
from assay.stats.causes import causes
from assay.stats.decision import Outcome, decide
from assay.stats.decision.verdict import TARGET
from assay.stats.profile import Profile
from assay.stats.profile.bins import LevelBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.distinct import Distinct

NAME = SectionName.TARGET


def is_judged(subject: Subject, found: Accuracy | None) -> bool:
    """Whether both sides have outcomes of classes."""
    baseline = subject.model.ready.accuracy
    return not isinstance(found, RegressionAccuracy | None) and baseline is not None and baseline.n > 0


def target(subject: Subject, found: Accuracy | None, alpha: float) -> tuple[Section, tuple[Reason, ...]]:
    """Shares of the classes among the actuals against those on the holdout, at a share of the budget."""
    section = Section(NAME, HealthStatus.UNKNOWN, "No prediction of the batch has an actual yet.")
    baseline = subject.model.ready.accuracy
    if found is None or found.n == 0:
        return section, ()
    if isinstance(found, RegressionAccuracy):
        return replace(section, words="Outcomes that are numbers are looked at through accuracy alone."), ()
    if baseline is None or baseline.n == 0:
        return replace(section, words="The model was registered without outcomes on a holdout."), ()
    name = subject.model.target.name
    then, now = (_column(subject, side) for side in (baseline, found))
    reference, current = (Profile(column.rows, {name: column}) for column in (then, now))
    options = options_of(subject, alpha)
    families = {name: TARGET}
    judged = decide(reference, current, options=options, batch_id=subject.batch.id, families=families).features[0]
    section = replace(
        section,
        looked_at=1,
        rows=now.rows,
        baseline_rows=then.rows,
        alpha=alpha,
        smallest_detectable=judged.smallest_detectable_psi,
    )
    if judged.outcome is Outcome.UNKNOWN:
        return replace(section, words=f"No verdict on the outcomes: {judged.evidence.reason}."), ()
    if judged.outcome is not Outcome.DRIFTED:
        words = "The outcomes so far are distributed as on the holdout."
        return replace(section, status=HealthStatus.PASSING, words=words), ()
    named = causes(then, now)
    what = named[0].words if named else "shares of the classes have changed"
    reason = Reason(
        section=NAME,
        status=HealthStatus.FAILING,
        code="target_drift",
        words=f"outcomes '{name}': {what}{figures_of(judged)}",
        subject=name,
        is_real=judged.real,
        is_big=judged.big,
        smallest_detectable=judged.smallest_detectable_psi,
        evidence=evidence_of(judged, named),
    )
    return replace(section, status=HealthStatus.FAILING, words="The outcomes have drifted."), (reason,)


def _column(subject: Subject, rows: Accuracy) -> CategoricalColumn:
    classes = subject.model.target.class_names
    counts = _counts(rows, classes)
    bins = LevelBins(levels=classes, other_levels=frozenset(), singletons=0)
    return CategoricalColumn(bins, read_only(np.array([*counts, 0], dtype=np.int64)), 0, 0, Distinct.empty())


def _counts(rows: Accuracy, classes: tuple[str, ...]) -> list[int]:
    if isinstance(rows, BinaryAccuracy):
        return [rows.actual_positive, rows.n - rows.actual_positive]
    if isinstance(rows, RegressionAccuracy):
        raise TypeError("outcomes that are numbers have no classes")
    known = rows.actual_counts
    return [known.get(name, 0) for name in classes]
