"""Whether what the model says is distributed as on the holdout."""

from dataclasses import replace

from assay.monitoring.blocks import PREDICTIONS
from assay.monitoring.profiles.loading import Source, load
from assay.monitoring.rows import prediction_columns
from assay.monitoring.verdicts.feature_drift import evidence_of, figures_of, options_of
from assay.monitoring.verdicts.subject import Subject
from assay.records.batches import HealthStatus
from assay.records.slices import Selection
from assay.records.verdicts import Reason, Section, SectionName
from assay.stats.causes import causes
from assay.stats.decision import Outcome, decide
from assay.stats.decision.verdict import TARGET
from assay.stats.profile import Profile

NAME = SectionName.PREDICTIONS


def predictions(subject: Subject, alpha: float) -> tuple[Section, tuple[Reason, ...]]:
    """The model's predictions against those on the holdout, at a share of the budget."""
    if not subject.model.deployment.settings.target_drift:
        return Section(NAME, HealthStatus.UNKNOWN, "Drift of the predictions is not tracked."), ()
    baseline = subject.model.ready.predictions
    if baseline is None:
        return Section(NAME, HealthStatus.UNKNOWN, "The model was registered without a holdout with predictions."), ()
    column = prediction_columns.drift_column(subject.model.target)
    source = Source(subject.ctx, subject.tx, subject.model, PREDICTIONS, [column])
    current = load(source, Selection((subject.batch.id,))).profile
    then, now = baseline.columns[column], current.columns[column]
    reference = Profile(baseline.rows, {column: then})
    options = options_of(subject, alpha)
    judged = decide(reference, current, options=options, batch_id=subject.batch.id, families={column: TARGET}).features[
        0
    ]
    section = Section(
        NAME,
        HealthStatus.UNKNOWN,
        f"No verdict on the predictions: {judged.evidence.reason}.",
        looked_at=1,
        rows=judged.evidence.rows,
        baseline_rows=judged.evidence.baseline_rows,
        alpha=alpha,
        smallest_detectable=judged.smallest_detectable_psi,
    )
    if judged.outcome is Outcome.UNKNOWN:
        return section, ()
    if judged.outcome is not Outcome.DRIFTED:
        tail = ", but for a small change that is more than chance" if judged.outcome is Outcome.SMALL else ""
        words = f"The predictions are distributed as on the holdout{tail}."
        return _with(section, HealthStatus.PASSING, words), ()
    named = causes(then, now)
    what = named[0].words if named else "their distribution has changed"
    reason = Reason(
        section=NAME,
        status=HealthStatus.FAILING,
        code="prediction_drift",
        words=f"predictions: {what}{figures_of(judged)}",
        is_real=judged.real,
        is_big=judged.big,
        smallest_detectable=judged.smallest_detectable_psi,
        evidence=evidence_of(judged, named),
    )
    return _with(section, HealthStatus.FAILING, "The predictions have drifted."), (reason,)


def _with(section: Section, status: HealthStatus, words: str) -> Section:
    return replace(section, status=status, words=words)
