"""Custom metrics, as the server shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from assay.client.batch import Batch
from assay.client.shapes import At, Json, Shape

MetricType = Literal["sum", "average", "gauge", "categorical"]
Direction = Literal["higherIsBetter", "lowerIsBetter"]
BucketSize = Literal["PT1H", "P1D", "P7D", "P1M"]
"""An hour, a day, a week from Monday on, a calendar month; in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomMetric(Shape):
    """A figure that the user computes.

    Attributes
    ----------
    type : str
        How values are put together: ``sum``, ``average`` (weighted by sample size), ``gauge`` (the last one) or
        ``categorical`` (counted by name).
    directionality : str or None
        ``higherIsBetter`` or ``lowerIsBetter``.
    is_model_specific : bool
        Whether values belong to one model, or to the deployment.
    """

    deployment_id: str
    id: str
    name: str
    units: str
    type: str
    is_model_specific: bool
    description: str | None = None
    directionality: str | None = None
    baseline_values: tuple[Json, ...] = ()
    categories: tuple[Json, ...] = ()
    created_at: datetime | None = None
    created_by: Annotated[str | None, At("createdBy.name")] = None
    value_column: Annotated[str | None, At("value.columnName")] = None
    sample_size_column: Annotated[str | None, At("sampleCount.columnName")] = None
    timestamp_column: Annotated[str | None, At("timestamp.columnName")] = None
    batch_column: Annotated[str | None, At("batch.columnName")] = None

    @property
    def baseline(self) -> float | None:
        """What figures are compared with, in the metric's unit."""
        return self.baseline_values[0].get("value") if self.baseline_values else None


@dataclass(frozen=True, slots=True)
class MetricColumns:
    """Which columns of a file hold the value and, where there are such, its sample size, its time and its batch."""

    value: str
    sample_size: str | None = None
    timestamp: str | None = None
    batch: str | None = None

    def as_json(self) -> Json:
        """What goes over the wire; what is not set is left out."""
        named = {
            "value": self.value,
            "sampleCount": self.sample_size,
            "timestamp": self.timestamp,
            "batch": self.batch,
        }
        return {key: {"columnName": name} for key, name in named.items() if name is not None}


@dataclass(frozen=True, slots=True)
class NewMetric:
    """A metric that is to be made.

    Attributes
    ----------
    name : str
        Free in the deployment.
    type : str
        As in `CustomMetric`.
    directionality : str or None
        ``higherIsBetter`` or ``lowerIsBetter``; categories get it too, ``higherIsBetter`` without it.
    baseline : float or None
        What figures are compared with, in the metric's unit.
    categories : sequence of str
        For a categorical metric only.
    columns : MetricColumns or None
        Where files of values have what, so that it need not be said again.
    """

    name: str
    units: str
    type: MetricType = "average"
    directionality: Direction | None = None
    is_model_specific: bool = False
    baseline: float | None = None
    categories: Sequence[str] = ()
    description: str | None = None
    columns: MetricColumns | None = None

    def as_json(self) -> Json:
        """What goes over the wire; what is not set is left out."""
        direction = self.directionality or "higherIsBetter"
        found: dict[str, Any] = {
            "name": self.name,
            "units": self.units,
            "type": self.type,
            "directionality": self.directionality,
            "isModelSpecific": self.is_model_specific,
            "baselineValues": None if self.baseline is None else [{"value": self.baseline}],
            "categories": [{"value": one, "directionality": direction} for one in self.categories] or None,
            "description": self.description,
            **({} if self.columns is None else self.columns.as_json()),
        }
        return {key: value for key, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One value of a custom metric.

    Attributes
    ----------
    value : float, str or None
        Number, or the name of a category; None is left out when values are sent.
    sample_size : int or None
        Observations that it rests on; 1 when None.
    at : datetime, str or None
        When it was; the time of arrival when None.
    batch : Batch, str or None
        The batch, or its id.
    segments : mapping of str to str
        Attributes of what was measured.
    """

    value: float | str | None
    sample_size: int | None = None
    at: datetime | str | None = None
    batch: Batch | str | None = None
    association_id: str | None = None
    segments: Mapping[str, str] = field(default_factory=dict)
    metadata: str | None = None

    def as_json(self) -> Json:
        """What goes over the wire; what is not set is left out."""
        found: dict[str, Any] = {
            "value": self.value,
            "sampleSize": self.sample_size,
            "timestamp": self.at,
            "batch": self.batch.id if isinstance(self.batch, Batch) else self.batch,
            "associationId": self.association_id,
            "segments": [{"name": name, "value": value} for name, value in self.segments.items()] or None,
            "metadata": self.metadata,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class SubmitReport:
    """What was sent.

    Attributes
    ----------
    rows : int
        Values that the server took.
    calls : int
    without_value : int
        Rows that were left out because they have no value.
    """

    rows: int
    calls: int
    without_value: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSummary(Shape):
    """What the values of a metric come to.

    Attributes
    ----------
    value : float or None
        In the metric's unit; None when it is unknown, and for categorical metrics.
    rows : int
        Sample size.
    change_percent : float or None
        Against the baseline, in percent of its size.
    start, end : datetime or None
        The span, if it is one of time.
    """

    id: Annotated[str, At("metric.id")]
    name: Annotated[str, At("metric.name")]
    value: Annotated[float | None, At("metric.value")] = None
    rows: Annotated[int, At("metric.sampleCount")] = 0
    baseline: Annotated[float | None, At("metric.baselineValue")] = None
    change_percent: Annotated[float | None, At("metric.percentChange")] = None
    unknown_categories: Annotated[int, At("metric.unknownCategoriesCount")] = 0
    categories: Annotated[tuple[Json, ...], At("metric.categories")] = ()
    start: Annotated[datetime | None, At("period.start")] = None
    end: Annotated[datetime | None, At("period.end")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint(Shape):
    """A metric at one place of a series; the fields are as in `MetricSummary`."""

    value: float | None = None
    rows: Annotated[int, At("sampleSize")] = 0
    unknown_categories: Annotated[int, At("unknownCategoriesCount")] = 0
    categories: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchMetric(MetricPoint):
    """A metric in one batch."""

    batch_id: Annotated[str, At("batch.id")]
    batch_name: Annotated[str, At("batch.name")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMetric(MetricPoint):
    """A metric in one span of time."""

    start: Annotated[datetime, At("period.start")]
    end: Annotated[datetime, At("period.end")]
