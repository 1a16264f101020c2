"""Accuracy: how predictions compare with actuals."""

from dataclasses import dataclass
from typing import Annotated

from assay.client.shapes import At, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyRow(Shape):
    """One accuracy metric.

    Attributes
    ----------
    value : float or None
        None when it cannot be told; `reason` says why.
    low, high : float or None
        95 % interval of the value.
    bound : float or None
        How far the value can be from the exact one, where it is made from cells.
    rows, baseline_rows : int or None
        Rows with an actual that the value and the baseline's value were made of.
    change_percent : float or None
        From the baseline's value, in percent of it.
    direction : str or None
        Whether ``higher`` or ``lower`` is better.
    degraded : bool or None
        The server's verdict; None when it cannot tell.
    """

    metric: Annotated[str, At("metricName")]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    bound: float | None = None
    rows: Annotated[int | None, At("sampleSize")] = None
    baseline: Annotated[float | None, At("baselineValue")] = None
    baseline_rows: Annotated[int | None, At("baselineSampleSize")] = None
    change_percent: Annotated[float | None, At("percentChange")] = None
    direction: str | None = None
    degraded: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy(Shape):
    """All metrics of some batches pooled row by row."""

    model_id: str | None = None
    metrics: tuple[AccuracyRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAccuracy(Shape):
    """One metric of one batch of a series. The attributes are as in `AccuracyRow`."""

    batch_id: Annotated[str, At("batch.id")]
    batch_name: Annotated[str, At("batch.name")]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    rows: Annotated[int | None, At("sampleSize")] = None
    reason: str | None = None
