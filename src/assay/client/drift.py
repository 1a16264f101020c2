"""Drift: how far a batch is from the baseline."""

from dataclasses import dataclass
from typing import Annotated, Literal

from assay.client.shapes import At, Shape

DriftMetric = Literal["psi", "kl_divergence", "dissimilarity", "hellinger", "js_divergence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow(Shape):
    """Drift of one feature.

    Attributes
    ----------
    score : float or None
        In the metric's own unit; None when it cannot be told, as without rows.
    low, high : float or None
        95 % interval of the PSI.
    importance : float or None
        In [0, 1].
    rows, baseline_rows : int or None
        What the score was made of.
    missing_rate, baseline_missing_rate : float or None
        Share of rows without a value, in [0, 1].
    status : str or None
        The server's verdict, if it gives one.
    """

    feature: Annotated[str, At("name")]
    score: Annotated[float | None, At("driftScore")] = None
    low: float | None = None
    high: float | None = None
    importance: Annotated[float | None, At("featureImpact")] = None
    rows: Annotated[int | None, At("sampleSize")] = None
    baseline_rows: Annotated[int | None, At("baselineSampleSize")] = None
    missing_rate: float | None = None
    baseline_missing_rate: float | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureDrift(Shape):
    """Drift of all features of some batches taken together. ``raw`` holds all pages as one."""

    metric: str | None = None
    model_id: str | None = None
    features: tuple[DriftRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDrift(Shape):
    """Drift of the predictions. The attributes are as in `DriftRow`."""

    target: Annotated[str | None, At("targetName")] = None
    metric: str | None = None
    score: Annotated[float | None, At("driftScore")] = None
    low: float | None = None
    high: float | None = None
    rows: Annotated[int | None, At("sampleSize")] = None
    baseline_rows: Annotated[int | None, At("baselineSampleSize")] = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDrift(Shape):
    """Drift of one feature in one batch of a series. The attributes are as in `DriftRow`."""

    batch_id: Annotated[str, At("batch.id")]
    batch_name: Annotated[str, At("batch.name")]
    feature: Annotated[str, At("featureName")]
    score: Annotated[float | None, At("driftScore")] = None
    low: float | None = None
    high: float | None = None
    importance: Annotated[float | None, At("featureImpact")] = None
    rows: Annotated[int | None, At("sampleSize")] = None
    baseline_rows: Annotated[int | None, At("baselineSampleSize")] = None
