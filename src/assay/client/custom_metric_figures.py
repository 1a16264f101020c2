"""What custom metrics come to: in one figure, by batch, in spans of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from assay.client.batch import Batch
from assay.client.custom_metric import BatchMetric, BucketSize, CustomMetric, MetricPoint, MetricSummary, TimeMetric
from assay.client.errors import ServerProblem
from assay.client.shapes import Shape
from assay.client.transport import Params, Transport, path_of

P = TypeVar("P", bound=MetricPoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSeries(Shape, Generic[P]):
    """A metric at many places in a row, in the server's order."""

    points: tuple[P, ...] = ()


class MetricFigures:
    """The reads of ``client.custom_metrics``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def summary(
        self,
        metric: CustomMetric,
        *,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        model_id: str | None = None,
    ) -> MetricSummary:
        """A metric over a span of time; the last seven days when neither end is given.

        Raises
        ------
        AssayClientError
        """
        params: Params = {"start": start, "end": end, "modelId": model_id}
        return MetricSummary.of(self._transport.get(f"{metric_path(metric)}summary/", params))

    def batch_summary(
        self, metric: CustomMetric, *, batches: Sequence[Batch | str] | None = None, model_id: str | None = None
    ) -> MetricSummary:
        """A metric over some batches taken together, or over all.

        Raises
        ------
        AssayClientError
        """
        params: Params = {"batchId": _ids(batches), "modelId": model_id}
        return MetricSummary.of(self._transport.get(f"{metric_path(metric)}batchSummary/", params))

    def over_batch(
        self, metric: CustomMetric, *, batches: Sequence[Batch | str] | None = None, model_id: str | None = None
    ) -> MetricSeries[BatchMetric]:
        """A metric in each of some batches, or of the last 50.

        Raises
        ------
        AssayClientError
        """
        params: Params = {"batchId": _ids(batches), "modelId": model_id}
        return self._series(BatchMetric, f"{metric_path(metric)}valuesOverBatch/", params)

    def over_time(
        self,
        metric: CustomMetric,
        *,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        bucket_size: BucketSize = "P1D",
        model_id: str | None = None,
    ) -> MetricSeries[TimeMetric]:
        """A metric in every hour, day, week or month of a span; of the last seven days when neither end is given.

        Raises
        ------
        AssayClientError
        """
        params: Params = {"start": start, "end": end, "bucketSize": bucket_size, "modelId": model_id}
        return self._series(TimeMetric, f"{metric_path(metric)}valuesOverTime/", params)

    def _series(self, kind: type[P], path: str, params: Params) -> MetricSeries[P]:
        found = self._transport.get(path, params)
        if not isinstance(found, dict) or not isinstance(found.get("buckets"), list):
            raise ServerProblem(f"The server's answer to {path} has no 'buckets'.")
        return MetricSeries.of(found, points=tuple(kind.of(one) for one in found["buckets"]))


def metric_path(metric: CustomMetric) -> str:
    """Path of a metric below the API's root."""
    return path_of("deployments", metric.deployment_id, "customMetrics", metric.id)


def _ids(batches: Sequence[Batch | str] | None) -> list[str] | None:
    if batches is None:
        return None
    if not batches:
        # No id in the query would mean all batches.
        raise ValueError("Expected at least one batch; leave 'batches' out for all of them.")
    return [one.id if isinstance(one, Batch) else one for one in batches]
