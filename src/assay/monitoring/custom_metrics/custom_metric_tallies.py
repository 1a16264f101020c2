"""Values of custom metrics as the statistics core puts them together: sums, last values, counts of categories."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from assay.errors import Invalid
from assay.monitoring.custom_metrics.custom_metric_values import asked_model
from assay.records.buckets import DEFAULT_BUCKET_SIZE, BucketSize, Span
from assay.records.custom_metrics import CustomMetric, GroupBy, GroupKey, MetricType, ValueScope
from assay.records.deployments import Deployment
from assay.stats.custom_metric import CategoryCounts, Latest, WeightedSum

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

Tally = WeightedSum | Latest | CategoryCounts


class _Mergeable(Protocol):
    def merge(self, other: Self) -> Self: ...


T = TypeVar("T", bound=_Mergeable)
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """Which values are wanted; None means no such filter.

    Attributes
    ----------
    model_id, model_package_id : str or None
        For a model-specific metric, the current model when neither is given; other metrics have no model.
    segment_attribute, segment_value : str or None
        With the attribute alone, whatever has it.
    """

    start: datetime | None = None
    end: datetime | None = None
    model_id: str | None = None
    model_package_id: str | None = None
    batch_ids: tuple[str, ...] | None = None
    segment_attribute: str | None = None
    segment_value: str | None = None
    bucket_size: BucketSize = DEFAULT_BUCKET_SIZE


class TallyReader:
    """Reads what metrics come to within one transaction and for one query.

    Without ``span``, the query's own start and end hold, each only if given. ``in_batches`` leaves out values that
    belong to no batch.

    Raises
    ------
    Invalid
        When the query contradicts itself.
    UnknownBatch, UnknownModel
        When it names what the deployment does not have.
    """

    def __init__(
        self,
        tx: "Transaction",
        deployment: Deployment,
        query: FigureQuery,
        span: Span | None = None,
        *,
        in_batches: bool = False,
    ) -> None:
        _check(query)
        if query.batch_ids is not None:
            tx.batches.get_many(deployment.id, query.batch_ids)
        self._values = tx.custom_metric_values
        self._query = query
        self._model_id = asked_model(tx, deployment, query.model_id, query.model_package_id) or deployment.model_id
        self._start = query.start if span is None else span.start
        self._end = query.end if span is None else span.end
        self._in_batches = in_batches

    def whole(self, metric: CustomMetric) -> Tally | None:
        """All values together; None if there are none."""
        return self.by(metric, None, lambda key: key).get(None)

    def by(self, metric: CustomMetric, group: GroupBy | None, place: Callable[[GroupKey], K]) -> Mapping[K, Tally]:
        """The values by the place that each group of them has; groups of one place are merged."""
        scope = self._scope(metric)
        if metric.is_categorical:
            names = tuple(c.name for c in metric.categories)
            sizes = self._values.categories(scope, names, group)
            counts = {k: CategoryCounts.of(list(s), list(s.values()), names) for k, s in sizes.items()}
            return _placed(counts, place)
        if metric.type is MetricType.GAUGE:
            last = self._values.latest(scope, group)
            return _placed({k: Latest((v.at, v.place), v.value, v.sample_size) for k, v in last.items()}, place)
        sums = self._values.sums(scope, group)
        return _placed({k: WeightedSum(s.n, s.sample_size, s.total, s.weighted) for k, s in sums.items()}, place)

    def _scope(self, metric: CustomMetric) -> ValueScope:
        attribute = self._query.segment_attribute
        return ValueScope(
            metric_id=metric.id,
            model_id=self._model_id if metric.is_model_specific else None,
            batch_ids=self._query.batch_ids,
            in_batches=self._in_batches,
            start=self._start,
            end=self._end,
            segment=None if attribute is None else (attribute, self._query.segment_value),
        )


def _check(query: FigureQuery) -> None:
    if query.segment_value is not None and query.segment_attribute is None:
        raise Invalid("segmentValue: found a value without an attribute, expected 'segmentAttribute' beside it.")
    if query.start is not None and query.end is not None and query.start >= query.end:
        raise Invalid(
            f"start: found {query.start.isoformat()}, expected a time before the end, {query.end.isoformat()}."
        )


def _placed(groups: Mapping[GroupKey, T], place: Callable[[GroupKey], K]) -> dict[K, T]:
    found: dict[K, T] = {}
    for key, tally in groups.items():
        where = place(key)
        found[where] = found[where].merge(tally) if where in found else tally
    return found
