"""Verdicts: whether a batch is good, and why not."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from assay.records.batches import HealthStatus


class SectionName(StrEnum):
    """What a verdict looks at."""

    DATA_QUALITY = "dataQuality"
    FEATURE_DRIFT = "featureDrift"
    PREDICTIONS = "predictions"
    TARGET = "target"
    SERVICE = "service"
    ACCURACY = "accuracy"
    CUSTOM_METRICS = "customMetrics"


# From what says least to what says most.
SEVERITY = (HealthStatus.UNKNOWN, HealthStatus.PASSING, HealthStatus.WARNING, HealthStatus.FAILING)


def worst(statuses: Iterable[HealthStatus]) -> HealthStatus:
    """The word that says most; passing when there is none.

    Examples
    --------
    >>> worst([HealthStatus.UNKNOWN, HealthStatus.WARNING]), worst([])
    (<HealthStatus.WARNING: 'warning'>, <HealthStatus.PASSING: 'passing'>)
    """
    return max(statuses, key=SEVERITY.index, default=HealthStatus.PASSING)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks against a batch.

    Attributes
    ----------
    status : HealthStatus
        What this alone makes of the batch: a warning or a failure.
    code : str
        Stable word for what happened, such as ``more_missing`` or ``accuracy_loss``.
    words : str
        For people, with the figures.
    subject : str or None
        The feature or metric; None where it is the batch as a whole.
    importance : float or None
        Of a feature, as the caller gave it.
    is_real, is_big : bool or None
        Whether it is more than chance, and whether it is large enough to matter; None where no chance is in it.
    smallest_detectable : float or None
        Of a feature: smallest PSI that as many rows would have revealed four times in five.
    evidence : dict
        The figures.
    """

    section: SectionName
    status: HealthStatus
    code: str
    words: str
    subject: str | None = None
    importance: float | None = None
    is_important: bool = True
    is_real: bool | None = None
    is_big: bool | None = None
    smallest_detectable: float | None = None
    evidence: Mapping[str, Any] | None = None

    @property
    def rank(self) -> tuple[int, bool, float, float, str]:
        """Sorts the reason first that matters most: by status, importance, then size of the change."""
        figures = self.evidence or {}
        weight = self.importance if self.importance is not None else float(self.is_important)
        return (
            -SEVERITY.index(self.status),
            not self.is_important,
            -weight,
            -float(figures.get("psiBc") or 0.0),
            self.subject or "",
        )


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a verdict.

    Attributes
    ----------
    words : str
        What was looked at and what came of it, or why nothing can be said.
    looked_at : int
        Features, metrics or requests.
    rows, baseline_rows : int or None
        What it rests on; None where there are none.
    alpha : float or None
        Its share of the budget of false alarms; None where it needs none.
    smallest_detectable : float or None
        Half of its features would have shown a PSI of this size four times in five.
    """

    name: SectionName
    status: HealthStatus
    words: str
    looked_at: int = 0
    rows: int | None = None
    baseline_rows: int | None = None
    alpha: float | None = None
    smallest_detectable: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a verdict says, apart from whose and when.

    Attributes
    ----------
    reasons : tuple of Reason
        Most important first.
    rows : int
        Prediction rows of the model in the batch.
    rows_with_actual : int
    baseline_id : str or None
        The version of the baseline; None before there is one.
    settings : dict
        What it was judged by.
    """

    status: HealthStatus
    reasons: tuple[Reason, ...]
    sections: tuple[Section, ...]
    rows: int
    rows_with_actual: int
    baseline_id: str | None
    settings: Mapping[str, Any]

    def to_document(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """From what `to_document` gave, as JSON has it."""
        reasons = [
            Reason(**{**r, "section": SectionName(r["section"]), "status": HealthStatus(r["status"])})
            for r in document["reasons"]
        ]
        sections = [
            Section(**{**s, "name": SectionName(s["name"]), "status": HealthStatus(s["status"])})
            for s in document["sections"]
        ]
        return cls(
            **{
                **document,
                "status": HealthStatus(document["status"]),
                "reasons": tuple(reasons),
                "sections": tuple(sections),
            }
        )

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says: equal for equal judgements, whenever and wherever they were made."""
        text = json.dumps(self.to_document(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def section(self, name: SectionName) -> Section:
        """One of its sections."""
        return next(one for one in self.sections if one.name is name)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of one model in one batch, as it was stored.

    Attributes
    ----------
    fingerprint : str
        SHA-256 of all that it was judged from; another one says that it must be judged anew.
    judged_at : datetime
        When it became the batch's verdict.
    """

    id: str
    deployment_id: str
    batch_id: str
    model_id: str
    fingerprint: str
    digest: str
    judged_at: datetime
    judgement: Judgement
