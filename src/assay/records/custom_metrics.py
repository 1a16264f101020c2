"""Custom metrics: figures that the user computes and Assay keeps, by time and by batch."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MAX_NAME_LENGTH = 512
MAX_UNITS_LENGTH = 128
MAX_CATEGORIES = 100
MAX_CATEGORY_LENGTH = 256
MAX_BASELINE_VALUES = 100
MAX_SEGMENTS = 10
MAX_SEGMENT_LENGTH = 256
MAX_METADATA_LENGTH = 4_096
# Sums of four thousand million such sizes still fit into 63 bits.
MAX_SAMPLE_SIZE = 2**31 - 1


class MetricType(StrEnum):
    """How values are put together."""

    SUM = "sum"
    AVERAGE = "average"
    GAUGE = "gauge"
    CATEGORICAL = "categorical"


class Directionality(StrEnum):
    """Which way is better."""

    HIGHER = "higherIsBetter"
    LOWER = "lowerIsBetter"


class TimeStep(StrEnum):
    """Span that values are kept by."""

    HOUR = "hour"


class SourceColumn(StrEnum):
    """What a column of a table of values can hold."""

    VALUE = "value"
    SAMPLE_COUNT = "sampleCount"
    TIMESTAMP = "timestamp"
    BATCH = "batch"
    ASSOCIATION_ID = "associationId"


@dataclass(frozen=True, slots=True)
class Category:
    """A category of a categorical metric, and how often it is expected."""

    name: str
    directionality: Directionality
    baseline_count: int | None = None


@dataclass(frozen=True, slots=True)
class ColumnName:
    """A column of a table, and the form of its times."""

    name: str
    time_format: str | None = None


@dataclass(frozen=True, slots=True)
class CustomMetric:
    """What the user says of a metric.

    Attributes
    ----------
    is_model_specific : bool
        Whether values belong to one model of the deployment, or to the deployment as a whole.
    baseline_values : tuple of float
        Reference points in the metric's unit; figures are compared with the first.
    columns : dict of SourceColumn to ColumnName
        Where a table holds values, for those who read one; kept as it was sent.
    categories : tuple of Category
        Empty unless the metric is categorical.
    """

    id: str
    deployment_id: str
    name: str
    units: str
    type: MetricType
    is_model_specific: bool
    created_at: datetime
    created_by_id: str
    created_by_name: str
    description: str | None = None
    directionality: Directionality | None = None
    time_step: TimeStep = TimeStep.HOUR
    baseline_values: tuple[float, ...] = ()
    columns: dict[SourceColumn, ColumnName] = field(default_factory=dict)
    categories: tuple[Category, ...] = ()

    @property
    def is_categorical(self) -> bool:
        """Whether values are names of categories."""
        return self.type is MetricType.CATEGORICAL

    @property
    def baseline(self) -> float | None:
        """What figures are compared with."""
        return self.baseline_values[0] if self.baseline_values else None


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One reported value.

    Attributes
    ----------
    at : datetime
        When it was; the time of arrival where its sender did not say.
    value : float or None
        In the metric's unit; None for a categorical metric.
    category : str or None
        For a categorical metric only; any text.
    sample_size : int
        Observations that the value rests on, 0 or more.
    segments : tuple of (str, str)
        Attributes with their values, each attribute once.
    """

    at: datetime
    value: float | None
    category: str | None = None
    sample_size: int = 1
    model_id: str | None = None
    batch_id: str | None = None
    association_id: str | None = None
    segments: tuple[tuple[str, str], ...] = ()
    metadata: str | None = None


class GroupBy(StrEnum):
    """What values are put together by; the names are those of the columns."""

    HOUR = "hour"
    BATCH = "batch_id"


@dataclass(frozen=True, slots=True)
class ValueScope:
    """Which values of a metric are wanted; None means no such filter.

    Attributes
    ----------
    in_batches : bool
        Only values that belong to a batch.
    start, end : datetime or None
        The moments from start, included, to end, not included.
    segment : (str, str or None) or None
        An attribute with its value; with None, whatever has the attribute.
    """

    metric_id: str
    model_id: str | None = None
    batch_ids: tuple[str, ...] | None = None
    in_batches: bool = False
    start: datetime | None = None
    end: datetime | None = None
    segment: tuple[str, str | None] | None = None


GroupKey = int | str | None
"""The hour (full hours since 1970, UTC) or the batch that values were put together by; None where all were."""


@dataclass(frozen=True, slots=True)
class ValueSums:
    """How many values there are, and what they add up to; sums beyond all numbers are infinite or NaN.

    ``weighted`` is the sum of value times sample size.
    """

    n: int
    sample_size: int
    total: float
    weighted: float


@dataclass(frozen=True, slots=True)
class LastValue:
    """The last of some values; ``place`` tells which came later of those at the same moment."""

    at: datetime
    place: int
    value: float
    sample_size: int
