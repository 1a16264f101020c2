"""From a batch to its verdict: every section, one budget of false alarms, reasons in their order."""

from typing import TYPE_CHECKING

from assay.monitoring.figures.accuracy_loading import together
from assay.monitoring.verdicts import accuracy_loss, feature_drift, prediction_drift, target_drift
from assay.monitoring.verdicts.custom_metrics import custom_metrics
from assay.monitoring.verdicts.service_errors import service
from assay.monitoring.verdicts.subject import Subject
from assay.records.batches import HealthStatus
from assay.records.slices import Selection
from assay.records.verdicts import Judgement, Reason, Section, SectionName, worst
from assay.stats.accuracy import Accuracy

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_READY = "The model's baseline is still being prepared."


def judge(subject: Subject) -> Judgement:
    """Judge one model in a batch. See docs/methods/verdict.md.

    Each section that rests on chance has an equal share of the budget ``alpha``, so that a batch in which nothing has
    changed is anything but passing at most that often, by all sections together.
    """
    if subject.model.baseline is None:
        return _judgement(subject, _unready(), (), None)
    found = _accuracy(subject)
    share = subject.rule.alpha / _shares(subject, found)
    drift = feature_drift.judged(subject, share)
    parts: list[tuple[Section, tuple[Reason, ...]]] = [
        (drift.sections[0], drift.reasons),
        (drift.sections[1], ()),
        prediction_drift.predictions(subject, share),
        target_drift.target(subject, found, share),
        service(subject),
        accuracy_loss.accuracy(subject, found, share),
        custom_metrics(subject),
    ]
    sections = [section for section, _ in parts]
    reasons = tuple(sorted((one for _, some in parts for one in some), key=lambda one: one.rank))
    return _judgement(subject, sections, reasons, found)


def _accuracy(subject: Subject) -> Accuracy | None:
    model = subject.model
    states = subject.tx.accuracy.list(model.deployment.id, model.model_id, Selection((subject.batch.id,)))
    return together(states)


def _shares(subject: Subject, found: Accuracy | None) -> int:
    """Among how many sections the budget is split: the two of the features are one."""
    judged = [
        True,
        subject.model.ready.predictions is not None,
        target_drift.is_judged(subject, found),
        accuracy_loss.is_judged(subject, found),
    ]
    return sum(judged)


def _unready() -> list[Section]:
    return [Section(name, HealthStatus.UNKNOWN, NOT_READY) for name in SectionName]


def _judgement(
    subject: Subject, sections: "Sequence[Section]", reasons: tuple[Reason, ...], found: Accuracy | None
) -> Judgement:
    model = subject.model
    counts = subject.tx.batches.model_counts([subject.batch.id], model.model_id)
    return Judgement(
        status=worst(section.status for section in sections),
        reasons=reasons,
        sections=tuple(sections),
        rows=counts.get(subject.batch.id, 0),
        rows_with_actual=0 if found is None else found.n,
        baseline_id=None if model.baseline is None else model.baseline.id,
        settings=subject.settings,
    )
