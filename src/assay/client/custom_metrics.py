"""Custom metrics: figures that the user computes, sent by time and by batch, and read back put together."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from assay.client.batch import Batch
from assay.client.batches import Batches
from assay.client.custom_metric import CustomMetric, MetricColumns, MetricValue, NewMetric, SubmitReport
from assay.client.custom_metric_figures import MetricFigures, metric_path
from assay.client.custom_metric_files import values_of_file
from assay.client.deployments import DeploymentLike, deployment_id_of, is_id
from assay.client.errors import AssayClientError, FileUnusable, NotFound
from assay.client.paging import Pages
from assay.client.shapes import Json
from assay.client.transport import Transport, path_of

VALUES_PER_CALL = 10_000


class CustomMetrics(MetricFigures):
    """``client.custom_metrics``: making metrics and sending values; `MetricFigures` has the reads."""

    def __init__(self, transport: Transport, batches: Batches) -> None:
        super().__init__(transport)
        self._batches = batches

    # ------------------------------------------------------------ the metrics themselves

    def create(self, deployment: DeploymentLike, metric: NewMetric) -> CustomMetric:
        """Add a metric to a deployment.

        Raises
        ------
        Conflict
            When the name is taken.
        Refused
            When a value is wrong.
        AssayClientError
        """
        deployment_id = deployment_id_of(deployment)
        made = self._transport.post(path_of("deployments", deployment_id, "customMetrics"), metric.as_json()).json
        return self.get(deployment_id, made["id"])

    def get(self, deployment: DeploymentLike, metric_id: str) -> CustomMetric:
        """One metric.

        Raises
        ------
        NotFound
        AssayClientError
        """
        deployment_id = deployment_id_of(deployment)
        found = self._transport.get(path_of("deployments", deployment_id, "customMetrics", metric_id))
        return CustomMetric.of(found, deployment_id=deployment_id)

    def list(self, deployment: DeploymentLike, *, page_size: int | None = None) -> Pages[CustomMetric]:
        """The metrics of a deployment, oldest first.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        deployment_id = deployment_id_of(deployment)

        def metric(found: Json) -> CustomMetric:
            return CustomMetric.of(found, deployment_id=deployment_id)

        path = path_of("deployments", deployment_id, "customMetrics")
        return Pages(self._transport, path, {"limit": page_size}, metric)

    def find(self, deployment: DeploymentLike, id_or_name: str) -> CustomMetric | None:
        """The metric of this id or this exact name, if there is one.

        Raises
        ------
        AssayClientError
        """
        if is_id(id_or_name):
            with suppress(NotFound):
                return self.get(deployment, id_or_name)
        return next((one for one in self.list(deployment) if one.name == id_or_name), None)

    def update(self, metric: CustomMetric, changes: Json) -> CustomMetric:
        """Change fields, named as in the API: ``{"units": "USD"}``.

        Raises
        ------
        Refused
            When a value is wrong.
        AssayClientError
        """
        answer = self._transport.patch(metric_path(metric), changes)
        return CustomMetric.of(answer.json, deployment_id=metric.deployment_id)

    def delete(self, metric: CustomMetric) -> None:
        """Delete a metric with its values.

        Raises
        ------
        AssayClientError
        """
        self._transport.send("DELETE", metric_path(metric))

    # ------------------------------------------------------------ values in

    def submit(
        self,
        metric: CustomMetric,
        values: Iterable[MetricValue],
        *,
        model_id: str | None = None,
        dry_run: bool = False,
        progress: Callable[[int], None] | None = None,
        idempotency_key: str | None = None,
    ) -> SubmitReport:
        """Send values, 10,000 a call. Values that are sent anew count anew, unless under the same key.

        Parameters
        ----------
        metric : CustomMetric
        values : iterable of MetricValue
            Read as they are sent; those without a value are left out and counted.
        model_id : str, optional
            Needed for a model-specific metric.
        dry_run : bool, default False
            Only have the values checked.
        progress : callable, optional
            Told after every call how many values have been sent.
        idempotency_key : str, optional
            Name of this delivery, at most 240 letters: the same values again under it change nothing.

        Raises
        ------
        Refused
            When the server refuses a call; the message says which, and the calls before it hold.
        AssayClientError
        """
        usable = _WithValue(values)
        sent = calls = 0
        while call := [one.as_json() for one in islice(usable, VALUES_PER_CALL)]:
            body = {"modelId": model_id, "dryRun": dry_run or None, "buckets": call}
            self._send(metric, body, sent, None if idempotency_key is None else f"{idempotency_key}:{sent}")
            sent += len(call)
            calls += 1
            if progress is not None:
                progress(sent)
        return SubmitReport(sent, calls, usable.without_value)

    def submit_file(
        self,
        metric: CustomMetric,
        path: str | Path,
        columns: MetricColumns,
        *,
        batch: Batch | None = None,
        model_id: str | None = None,
        dry_run: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> SubmitReport:
        """Send the values of a CSV or Parquet file.

        Parameters
        ----------
        metric : CustomMetric
        path : str or Path
        columns : MetricColumns
            Which columns hold what; the batch column holds ids or exact names of batches.
        batch : Batch, optional
            The batch of all rows, instead of a batch column.
        model_id, dry_run, progress
            As in `submit`.

        Raises
        ------
        FileUnusable
            When the file cannot be read, lacks a column, or holds what cannot be a value.
        Refused
            When the server refuses a call; the message says which, and the calls before it hold.
        AssayClientError
        """
        if batch is not None and columns.batch is not None:
            raise ValueError("Expected one batch for all rows or a batch column, got both.")
        known: dict[str, Batch] = {}

        def named(text: str) -> Batch:
            if text not in known:
                found = self._batches.find(metric.deployment_id, text)
                if found is None:
                    raise FileUnusable(f"'{path}' names the batch '{text}', which the deployment does not have.")
                known[text] = found
            return known[text]

        rows = values_of_file(Path(path), columns, as_number=metric.type != "categorical", batch=named)
        if batch is not None:
            rows = (MetricValue(one.value, one.sample_size, one.at, batch) for one in rows)
        return self.submit(metric, rows, model_id=model_id, dry_run=dry_run, progress=progress)

    def _send(self, metric: CustomMetric, body: Json, sent: int, key: str | None) -> None:
        last = sent + len(body["buckets"])
        place = f"Values {sent + 1:,} to {last:,}"
        given = {key: value for key, value in body.items() if value is not None}
        try:
            self._transport.wait(self._transport.post(f"{metric_path(metric)}fromJSON/", given, key=key), place)
        except AssayClientError as problem:
            if not sent:
                raise
            raise problem.after(f"{place} (the {sent:,} before them were taken)") from problem


class _WithValue(Iterator[MetricValue]):
    """The values that can be sent, while the others are counted."""

    def __init__(self, values: Iterable[MetricValue]) -> None:
        self._values = iter(values)
        self.without_value = 0

    def __next__(self) -> MetricValue:
        for one in self._values:
            # NaN is not equal to itself.
            if one.value is not None and one.value == one.value:
                return one
            self.without_value += 1
        raise StopIteration
