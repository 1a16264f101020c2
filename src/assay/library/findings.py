"""What a comparison found: per feature, and as one verdict with reasons."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from assay.library.accuracy import MetricChange
from assay.library.charts import Chart
from assay.library.decision import Status, VerdictStatus
from assay.stats.causes import Cause
from assay.stats.drift.psi_estimate import Interval
from assay.stats.multivariate import DomainClassifier, ReconstructionError

Role = Literal["feature", "target", "prediction"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in one word, and why.

    Attributes
    ----------
    status : str
        "passing", "warning", "failing" or "unknown"; unknown is not "no drift".
    reasons : tuple of str
        Sentences, most important first; for "passing" what was looked at.
    """

    status: VerdictStatus
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeatureComparison:
    """One column of both sides.

    Attributes
    ----------
    kind : str
        "Numeric", "Categorical", "Binary", "Text" or "Date".
    status : str
        "drifted", "detectable" (real but small), "no evidence" or "unknown" (then ``reason`` says why).
    importance : float or None
        In [0, 1], 1 for the most important feature; None when none was given.
    important : bool
        Whether its drift fails the verdict: importance of 0.5 or more, or none given; target and prediction always.
    psi : float or None
        Population Stability Index on ten bins, all levels or all words, missing included; natural log.
    psi_bc : float or None
        The index on the decision cells less what chance adds on average; below 0 reads as "about 0".
    psi_low, psi_high : float or None
        95 % interval of the index; None for text.
    p : float or None
        Adjusted for the number of features.
    smallest_detectable : float or None
        Smallest PSI that as many rows would have revealed four times in five; None where it is not known.
    reason : str or None
        Why there is no verdict on the column.
    missing, missing_baseline : float or None
        Rates in [0, 1].
    causes : tuple of Cause
        Most telling first; named for drifted and detectable columns.
    chart : Chart
        Rows per value or interval.
    """

    name: str
    role: Role
    kind: str
    status: Status
    importance: float | None
    important: bool
    psi: float | None
    psi_bc: float | None
    psi_low: float | None
    psi_high: float | None
    p: float | None
    real: bool
    big: bool
    smallest_detectable: float | None
    reason: str | None
    missing: float | None
    missing_baseline: float | None
    causes: tuple[Cause, ...] = ()
    chart: Chart = field(default_factory=lambda: Chart((), (0, 0), "numbers"), repr=False)

    @property
    def words(self) -> str:
        """The first cause in words; what can be said when none is named."""
        if self.causes:
            return self.causes[0].words
        return {
            "drifted": "no single cause stands out",
            "detectable": "a small change without a single cause",
            "no evidence": "no evidence of drift",
            "unknown": self.reason or "too few rows to tell",
        }[self.status]

    @property
    def interval(self) -> Interval | None:
        """95 % interval of the index; None when a side has no rows."""
        return None if self.psi_low is None or self.psi_high is None else Interval(self.psi_low, self.psi_high)

    def to_dict(self) -> dict[str, Any]:
        """Plain values; the chart's bars included."""
        return {**asdict(self), "causes": [_cause(cause) for cause in self.causes], "chart": _bars(self.chart)}


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found on baseline and current, side by side.

    Attributes
    ----------
    verdict : Verdict
    features : tuple of FeatureComparison
        Drifted ones first, then by importance and size of the change.
    labels : pair of str
        What baseline and current are called: names of files, else "baseline" and "current".
    rows, baseline_rows : int
    worth : pair of int or None
        Equally weighted rows that the weighted rows of baseline and current are worth; None without weights.
    target, prediction : FeatureComparison or None
        Judged on their own.
    accuracy : tuple of MetricChange
        When target and prediction are in both tables.
    domain : DomainClassifier or None
    reconstruction : ReconstructionError or None
        All columns together; None with too few rows or when not asked for.
    notes : tuple of str
        What was left out or is odd about the rows.
    alpha : float
        Chance of any real mark on a clean batch.
    """

    verdict: Verdict
    features: tuple[FeatureComparison, ...]
    labels: tuple[str, str]
    rows: int
    baseline_rows: int
    worth: tuple[int, int] | None
    target: FeatureComparison | None
    prediction: FeatureComparison | None
    accuracy: tuple[MetricChange, ...]
    domain: DomainClassifier | None
    reconstruction: ReconstructionError | None
    notes: tuple[str, ...]
    alpha: float
    big_psi: float

    @property
    def columns(self) -> tuple[FeatureComparison, ...]:
        """Target and prediction, then the features."""
        return (*(one for one in (self.target, self.prediction) if one is not None), *self.features)

    def with_status(self, status: Status) -> list[FeatureComparison]:
        """Columns of one status, in their order."""
        return [one for one in self.columns if one.status == status]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "verdict": {"status": self.verdict.status, "reasons": list(self.verdict.reasons)},
            "baseline": self.labels[0],
            "current": self.labels[1],
            "rows": self.rows,
            "baseline_rows": self.baseline_rows,
            "worth": None if self.worth is None else {"baseline": self.worth[0], "current": self.worth[1]},
            "alpha": self.alpha,
            "big_psi": self.big_psi,
            "features": [one.to_dict() for one in self.features],
            "target": self.target.to_dict() if self.target else None,
            "prediction": self.prediction.to_dict() if self.prediction else None,
            "accuracy": [one.to_dict() for one in self.accuracy],
            "domain_classifier": asdict(self.domain) if self.domain else None,
            "reconstruction_error": asdict(self.reconstruction) if self.reconstruction else None,
            "notes": list(self.notes),
        }


def _cause(cause: Cause) -> dict[str, Any]:
    return {"code": cause.code.value, "words": cause.words, "evidence": dict(cause.evidence)}


def _bars(chart: Chart) -> list[dict[str, Any]]:
    return [asdict(bar) for bar in chart.bars]
