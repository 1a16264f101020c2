"""What the values of custom metrics come to: in one figure, by batch, in spans of time."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.custom_metrics import custom_metrics
from assay.monitoring.custom_metrics.custom_metric_tallies import FigureQuery, Tally, TallyReader
from assay.records.batches import Batch
from assay.records.buckets import Span, asked_span, bucket_start, buckets
from assay.records.custom_metrics import CustomMetric, GroupBy, GroupKey, MetricType
from assay.records.deployments import Deployment
from assay.records.pages import PageRequest
from assay.records.users import User
from assay.stats.accuracy import percent_change
from assay.stats.custom_metric import CategoryCounts, Latest, WeightedSum

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CategoryFigure:
    """How often a category was reported; the change in percent of the size of its baseline."""

    name: str
    count: int
    baseline: int | None

    @property
    def percent_change(self) -> float | None:
        """None without a baseline, or when it is 0."""
        return percent_change(self.count, self.baseline)


@dataclass(frozen=True, slots=True)
class MetricFigure:
    """What some values of a metric come to.

    Attributes
    ----------
    value : float or None
        In the metric's unit; None when it is unknown, and for categorical metrics.
    sample_size : int
        Observations that the value rests on; of a gauge, those of its last value.
    categories : tuple of CategoryFigure
        Empty unless the metric is categorical.
    unknown : int
        Observations of no known category.
    """

    metric: CustomMetric
    value: float | None
    sample_size: int
    categories: tuple[CategoryFigure, ...] = ()
    unknown: int = 0

    @property
    def percent_change(self) -> float | None:
        """Change against the metric's baseline in percent of the baseline's size; None without one, or when it is 0."""
        return percent_change(self.value, self.metric.baseline)


@dataclass(frozen=True)
class TimeSeries:
    """A metric in spans of time; every span has its figure, with values or without."""

    metric: CustomMetric
    span: Span
    buckets: list[tuple[Span, MetricFigure]]


@dataclass(frozen=True)
class BatchSeries:
    """A metric batch by batch."""

    metric: CustomMetric
    buckets: list[tuple[Batch, MetricFigure]]


def summary(
    ctx: Context, caller: User, deployment_id: str, metric_id: str, query: FigureQuery
) -> tuple[Span, MetricFigure]:
    """A metric over a span of time."""
    span = asked_span(query.start, query.end, ctx.clock())
    with ctx.store.snapshot() as tx:
        reader = TallyReader(tx, access.deployment(tx, caller, deployment_id), query, span)
        return span, _whole(reader, custom_metrics.found(tx, deployment_id, metric_id))


def summaries(ctx: Context, caller: User, deployment_id: str, query: FigureQuery) -> tuple[Span, list[MetricFigure]]:
    """Every metric over a span of time."""
    span = asked_span(query.start, query.end, ctx.clock())
    with ctx.store.snapshot() as tx:
        reader = TallyReader(tx, access.deployment(tx, caller, deployment_id), query, span)
        return span, [_whole(reader, m) for m in tx.custom_metrics.list(deployment_id, PageRequest()).items]


def batch_summary(ctx: Context, caller: User, deployment_id: str, metric_id: str, query: FigureQuery) -> MetricFigure:
    """A metric over the named batches, or over all; narrowed to a span of time only where one is asked for."""
    with ctx.store.snapshot() as tx:
        reader = TallyReader(tx, access.deployment(tx, caller, deployment_id), query, in_batches=True)
        return _whole(reader, custom_metrics.found(tx, deployment_id, metric_id))


def batch_summaries(ctx: Context, caller: User, deployment_id: str, query: FigureQuery) -> list[MetricFigure]:
    """Every metric over the named batches, or over all."""
    with ctx.store.snapshot() as tx:
        reader = TallyReader(tx, access.deployment(tx, caller, deployment_id), query, in_batches=True)
        return [_whole(reader, m) for m in tx.custom_metrics.list(deployment_id, PageRequest()).items]


def figures_of_batch(
    tx: "Transaction", deployment: Deployment, batch_id: str, metric_ids: Collection[str], *, model_id: str
) -> list[MetricFigure]:
    """Some metrics in one batch; of a metric that is gone there is no figure."""
    reader = TallyReader(tx, deployment, FigureQuery(model_id=model_id, batch_ids=(batch_id,)), in_batches=True)
    known = tx.custom_metrics.list(deployment.id, PageRequest()).items
    return [_whole(reader, metric) for metric in known if metric.id in metric_ids]


def over_batches(ctx: Context, caller: User, deployment_id: str, metric_id: str, query: FigureQuery) -> BatchSeries:
    """A metric in each named batch, or in the deployment's last ones."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        metric = custom_metrics.found(tx, deployment_id, metric_id)
        batches = access.chosen_batches(tx, deployment_id, query.batch_ids)
        named = replace(query, batch_ids=tuple(b.id for b in batches))
        found = TallyReader(tx, deployment, named, in_batches=True).by(metric, GroupBy.BATCH, str)
    return BatchSeries(metric, [(batch, _figure(metric, found.get(batch.id))) for batch in batches])


def over_time(ctx: Context, caller: User, deployment_id: str, metric_id: str, query: FigureQuery) -> TimeSeries:
    """A metric in every bucket of a span of time."""
    span = asked_span(query.start, query.end, ctx.clock())
    spans = buckets(span, query.bucket_size)

    def start_of(hour: GroupKey) -> datetime:
        # The first bucket may begin within an hour, or within the bucket that the calendar has.
        return max(bucket_start(_EPOCH + timedelta(hours=int(hour or 0)), query.bucket_size), span.start)

    with ctx.store.snapshot() as tx:
        reader = TallyReader(tx, access.deployment(tx, caller, deployment_id), query, span)
        metric = custom_metrics.found(tx, deployment_id, metric_id)
        found = reader.by(metric, GroupBy.HOUR, start_of)
    return TimeSeries(metric, span, [(one, _figure(metric, found.get(one.start))) for one in spans])


def _whole(reader: TallyReader, metric: CustomMetric) -> MetricFigure:
    return _figure(metric, reader.whole(metric))


def _figure(metric: CustomMetric, tally: Tally | None) -> MetricFigure:
    if isinstance(tally, WeightedSum):
        value = tally.average if metric.type is MetricType.AVERAGE else tally.sum
        return MetricFigure(metric, value, tally.sample_size)
    if isinstance(tally, Latest):
        return MetricFigure(metric, tally.value, tally.sample_size)
    counts = tally or CategoryCounts.empty(tuple(c.name for c in metric.categories))
    categories = tuple(
        CategoryFigure(category.name, count, category.baseline_count)
        for category, count in zip(metric.categories, counts.counts, strict=True)
    )
    return MetricFigure(metric, None, counts.sample_size, categories, counts.unknown)
