"""Batches: named, bounded sets of predictions that are compared as a unit."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from assay.client.accuracy import Accuracy, AccuracyRow, BatchAccuracy
from assay.client.bodies import FileBody, Progress
from assay.client.deployments import DeploymentLike, deployment_id_of, is_id
from assay.client.drift import BatchDrift, DriftMetric, DriftRow, FeatureDrift, TargetDrift
from assay.client.errors import Ambiguous, NotFound, ServerProblem, WorkFailed
from assay.client.files import content_type, sha256
from assay.client.paging import Pages
from assay.client.predictions import BatchOutcome, BatchPredictions
from assay.client.series import Series
from assay.client.service import BatchService, ServiceStats
from assay.client.shapes import At, Json, Shape
from assay.client.transport import Params, Transport, path_of
from assay.client.uploads import Columns, UploadReport

P = TypeVar("P", bound=Shape)

BatchOrder = Literal[
    "name",
    "-name",
    "createdAt",
    "-createdAt",
    "earliestPredictionTimestamp",
    "-earliestPredictionTimestamp",
    "latestPredictionTimestamp",
    "-latestPredictionTimestamp",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Shape):
    """A batch of predictions.

    Attributes
    ----------
    earliest, latest : datetime
        Least and greatest prediction time; the time when it was made, while it is empty.
    predictions_count : int
        Prediction rows, each counted once.
    service_health : str or None
        ``passing``, ``warning``, ``failing`` or ``unknown``; `service_health_message` says why.
    job_id, job_status : str or None
        The job that filled the batch, if one did.
    """

    deployment_id: str
    id: str
    name: str
    description: str | None = None
    external_context_url: str | None = None
    is_locked: bool
    created_at: datetime
    created_by: Annotated[str | None, At("createdBy.name")] = None
    earliest: Annotated[datetime, At("earliestPredictionTimestamp")]
    latest: Annotated[datetime, At("latestPredictionTimestamp")]
    predictions_count: int
    service_health: Annotated[str | None, At("serviceHealth.status")] = None
    service_health_message: Annotated[str | None, At("serviceHealth.message")] = None
    job_id: Annotated[str | None, At("batchPredictionJobId")] = None
    job_status: Annotated[str | None, At("batchPredictionJobStatus")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchModel(Shape):
    """The part of a batch that belongs to one model."""

    batch_id: str
    model_id: str
    predictions_count: int
    start_time: datetime
    end_time: datetime


SomeBatches = Batch | Sequence[Batch]
"""One batch, or several of one deployment to be taken together."""


class Batches:
    """``client.batches``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # ------------------------------------------------------------ the batches themselves

    def create(
        self,
        deployment: DeploymentLike,
        name: str | None = None,
        *,
        description: str | None = None,
        external_context_url: str | None = None,
    ) -> Batch:
        """Add an empty batch to a deployment.

        Parameters
        ----------
        deployment : Deployment or str
        name : str, optional
            The server makes one up when it is left out.
        description : str, optional
        external_context_url : str, optional
            A link to keep with the batch.

        Raises
        ------
        Refused
            When batch monitoring is off, or a value is wrong.
        AssayClientError
        """
        deployment_id = deployment_id_of(deployment)
        body = {"batchName": name, "description": description, "externalContextUrl": external_context_url}
        given = {key: value for key, value in body.items() if value is not None}
        answer = self._transport.post(path_of("deployments", deployment_id, "monitoringBatches"), given)
        return Batch.of(answer.json, deployment_id=deployment_id)

    def list(
        self,
        deployment: DeploymentLike,
        *,
        search: str | None = None,
        order_by: BatchOrder | None = None,
        page_size: int | None = None,
        **filters: str | datetime | None,
    ) -> Pages[Batch]:
        """The batches of a deployment.

        Parameters
        ----------
        deployment : Deployment or str
        search : str, optional
            Text in the name, whatever its letters' case, or an exact id.
        order_by : str, optional
            A leading minus sorts downwards.
        page_size : int, optional
            Most items of one page; all are given in the end.
        **filters
            ``createdBy``, ``createdAfter``, ``createdBefore``, ``startAfter``, ``endBefore``, as the API
            names them.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        deployment_id = deployment_id_of(deployment)
        params: Params = {"search": search, "orderBy": order_by, "limit": page_size, **filters}

        def batch(found: Json) -> Batch:
            return Batch.of(found, deployment_id=deployment_id)

        return Pages(self._transport, path_of("deployments", deployment_id, "monitoringBatches"), params, batch)

    def get(self, deployment: DeploymentLike, batch_id: str) -> Batch:
        """One batch.

        Raises
        ------
        NotFound
        AssayClientError
        """
        deployment_id = deployment_id_of(deployment)
        found = self._transport.get(path_of("deployments", deployment_id, "monitoringBatches", batch_id))
        return Batch.of(found, deployment_id=deployment_id)

    def find(self, deployment: DeploymentLike, id_or_name: str) -> Batch | None:
        """The batch of this id or this exact name, if there is one.

        Raises
        ------
        Ambiguous
            When several batches bear the name.
        AssayClientError
        """
        if is_id(id_or_name):
            with suppress(NotFound):
                return self.get(deployment, id_or_name)
        found = [one for one in self.list(deployment, search=id_or_name) if one.name == id_or_name]
        if len(found) > 1:
            ids = ", ".join(one.id for one in found)
            raise Ambiguous(f"{len(found)} batches are called '{id_or_name}'. Use an id: {ids}.")
        return found[0] if found else None

    def update(self, batch: Batch, changes: Json) -> Batch:
        """Change some fields.

        Parameters
        ----------
        batch : Batch
        changes : dict
            ``batchName``, ``description``, ``externalContextUrl``, ``isLocked``, as the API names them; what
            is left out stays.

        Raises
        ------
        Refused
        AssayClientError
        """
        answer = self._transport.patch(_path(batch), changes)
        return Batch.of(answer.json, deployment_id=batch.deployment_id)

    def lock(self, batch: Batch) -> Batch:
        """Close the batch to new predictions; all else goes on.

        Raises
        ------
        AssayClientError
        """
        return self.update(batch, {"isLocked": True})

    def unlock(self, batch: Batch) -> Batch:
        """Open the batch to new predictions.

        Raises
        ------
        AssayClientError
        """
        return self.update(batch, {"isLocked": False})

    def delete(self, batch: Batch) -> None:
        """Delete the batch; its rows leave all statistics of the deployment.

        Raises
        ------
        NotFound
        AssayClientError
        """
        self._transport.wait(self._transport.send("DELETE", _path(batch)), f"Deleting batch '{batch.name}'")

    def models(self, batch: Batch) -> Pages[BatchModel]:
        """The models whose predictions are in the batch.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        return Pages(self._transport, _path(batch, "models"), {}, BatchModel.of)

    # ------------------------------------------------------------ rows come in

    def push(
        self,
        batch: Batch,
        path: str | Path,
        *,
        key: str | None = None,
        columns: Columns | None = None,
        model_id: str | None = None,
        progress: Progress | None = None,
    ) -> UploadReport:
        """Send a file of prediction rows and wait until it is counted.

        The same key and bytes again change nothing, so that a job may simply be run again.

        Parameters
        ----------
        batch : Batch
        path : str or Path
            CSV, Parquet or Arrow stream; it is streamed, whatever its size.
        key : str, optional
            Name of the upload, without a slash; the hash of the file's bytes when left out.
        columns : Columns, optional
        model_id : str, optional
            The deployment's current model when left out.
        progress : callable, optional
            Told again and again how many bytes of how many have been sent.

        Returns
        -------
        UploadReport

        Raises
        ------
        ValueError
            When the key holds a slash.
        FileUnusable
            When it is no such file.
        Refused
            When the batch is locked, or the file is not what it should be; nothing of it was stored.
        Conflict
            When the key was used for other bytes.
        WorkFailed
            When the server found the file wanting after it had taken it; nothing of it was stored.
        AssayClientError
        """
        if key is not None and "/" in key:
            raise ValueError(f"The key '{key}' holds a slash. Expected a name without one.")
        path = Path(path)
        kind = content_type(path)
        upload = _path(batch, "uploads", key or sha256(path))
        params = {"modelId": model_id, **(columns or Columns()).params()}
        body = FileBody(path, kind, progress)
        answer = self._transport.send("PUT", upload, params=params, body=body)
        report = UploadReport.of(answer.json)
        if report.state == "pending":
            self._transport.wait(answer, f"Counting the rows of '{path.name}'")
            report = UploadReport.of(self._transport.get(upload))
        if report.state == "refused":
            raise WorkFailed(report.message or f"The server refused '{path.name}'.")
        return report

    def uploads(self, batch: Batch) -> Pages[UploadReport]:
        """What became of the files that were sent to the batch.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        return Pages(self._transport, _path(batch, "uploads"), {}, UploadReport.of)

    # ------------------------------------------------------------ figures of one batch, or of several

    def drift(self, batches: SomeBatches, *, metric: DriftMetric = "psi", model_id: str | None = None) -> FeatureDrift:
        """How far each feature is from the baseline.

        Parameters
        ----------
        batches : Batch or sequence of Batch
        metric : str, default "psi"
        model_id : str, optional
            The deployment's current model when left out.

        Raises
        ------
        AssayClientError
        """
        path, params = self._figure(batches, "featureDrift", metric=metric, modelId=model_id)
        pages: Pages[DriftRow] = Pages(self._transport, path, params, DriftRow.of)
        features = tuple(pages)
        whole = {**pages.first_page, "data": [one.raw for one in features], "next": None, "previous": None}
        return FeatureDrift.of({**whole, "count": len(features)}, features=features)

    def target_drift(
        self, batches: SomeBatches, *, metric: DriftMetric = "psi", model_id: str | None = None
    ) -> TargetDrift:
        """How far the predictions are from the baseline's. The parameters are as in `drift`.

        Raises
        ------
        AssayClientError
        """
        path, params = self._figure(batches, "targetDrift", metric=metric, modelId=model_id)
        return TargetDrift.of(self._transport.get(path, params))

    def accuracy(self, batches: SomeBatches, *, model_id: str | None = None) -> Accuracy:
        """How the predictions compare with the actuals; several batches are pooled row by row.

        Raises
        ------
        AssayClientError
        """
        path, params = self._figure(batches, "accuracy", modelId=model_id)
        found = self._transport.get(path, params)
        return Accuracy.of(found, metrics=_many(AccuracyRow, found, "data"))

    def service_stats(self, batches: SomeBatches, *, slow_ms: int | None = None) -> ServiceStats:
        """How the prediction requests went.

        Parameters
        ----------
        batches : Batch or sequence of Batch
        slow_ms : int, optional
            Milliseconds above which a request is slow; 1000 when left out.

        Raises
        ------
        AssayClientError
        """
        path, params = self._figure(batches, "batchServiceStats", slowRequestsThreshold=slow_ms)
        return ServiceStats.of(self._transport.get(path, params))

    def predictions(self, batches: SomeBatches) -> Series[BatchPredictions]:
        """What the predictions look like, batch by batch, beside the baseline's.

        Raises
        ------
        AssayClientError
        """
        path, params = self._figure(batches, "predictionsOverBatch")
        return self._series(BatchPredictions, path, params)

    def predictions_vs_actuals(self, batches: SomeBatches) -> Series[BatchOutcome]:
        """Predictions beside actuals, batch by batch, and how many actuals are in.

        Raises
        ------
        AssayClientError
        """
        path, params = self._figure(batches, "predictionsVsActualsOverBatch")
        return self._series(BatchOutcome, path, params)

    # ------------------------------------------------------------ one figure over all batches

    def drift_over_batches(
        self,
        deployment: DeploymentLike,
        features: Iterable[str],
        *,
        metric: DriftMetric = "psi",
        batches: Iterable[Batch] | None = None,
    ) -> Series[BatchDrift]:
        """Drift of some features in every batch.

        Parameters
        ----------
        deployment : Deployment or str
        features : iterable of str
            Names that hold no comma, which the API separates them with.
        metric : str, default "psi"
        batches : iterable of Batch, optional
            All batches when left out.

        Raises
        ------
        AssayClientError
        """
        path, params = _over(deployment, "featureDriftOverBatch", batches)
        more = {"featureNames": ",".join(features), "driftMetric": metric}
        return self._series(BatchDrift, path, {**params, **more})

    def accuracy_over_batches(
        self, deployment: DeploymentLike, metric: str, *, batches: Iterable[Batch] | None = None
    ) -> Series[BatchAccuracy]:
        """One accuracy metric, such as ``"AUC"`` or ``"RMSE"``, of every batch.

        Raises
        ------
        AssayClientError
        """
        path, params = _over(deployment, "accuracyOverBatch", batches)
        return self._series(BatchAccuracy, path, {**params, "metric": metric})

    def service_stats_over_batches(
        self, deployment: DeploymentLike, metric: str, *, batches: Iterable[Batch] | None = None
    ) -> Series[BatchService]:
        """One service figure, such as ``"totalPredictions"`` or ``"executionTime"``, of every batch.

        Raises
        ------
        AssayClientError
        """
        path, params = _over(deployment, "serviceStatsOverBatch", batches)
        return self._series(BatchService, path, {**params, "metric": metric})

    def predictions_over_batches(
        self, deployment: DeploymentLike, *, batches: Iterable[Batch] | None = None
    ) -> Series[BatchPredictions]:
        """What the predictions of every batch look like.

        Raises
        ------
        AssayClientError
        """
        path, params = _over(deployment, "predictionsOverBatch", batches)
        return self._series(BatchPredictions, path, params)

    def predictions_vs_actuals_over_batches(
        self, deployment: DeploymentLike, *, batches: Iterable[Batch] | None = None
    ) -> Series[BatchOutcome]:
        """Predictions beside actuals of every batch.

        Raises
        ------
        AssayClientError
        """
        path, params = _over(deployment, "predictionsVsActualsOverBatch", batches)
        return self._series(BatchOutcome, path, params)

    def _figure(self, batches: SomeBatches, figure: str, **params: str | int | None) -> tuple[str, Params]:
        several = [batches] if isinstance(batches, Batch) else list(batches)
        deployments = {one.deployment_id for one in several}
        if len(deployments) != 1:
            raise ValueError(f"Expected batches of one deployment, got {len(deployments)} deployments.")
        path, scope = _over(deployments.pop(), figure, several)
        return path, {**scope, **params}

    def _series(self, kind: type[P], path: str, params: Params) -> Series[P]:
        found = self._transport.get(path, params)
        return Series.of(found, points=_many(kind, found, "buckets"))


def _path(batch: Batch, *more: str) -> str:
    return path_of("deployments", batch.deployment_id, "monitoringBatches", batch.id, *more)


def _over(
    deployment: DeploymentLike, figure: str, batches: Iterable[Batch] | None
) -> tuple[str, dict[str, list[str] | None]]:
    ids = None if batches is None else [one.id for one in batches]
    if ids == []:
        # No id in the query would mean all batches.
        raise ValueError("Expected at least one batch; leave 'batches' out for all of them.")
    return path_of("deployments", deployment_id_of(deployment), figure), {"batchId": ids}


def _many(kind: type[P], found: object, key: str) -> tuple[P, ...]:
    items = found.get(key) if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise ServerProblem(f"The server's answer holds no list '{key}'.")
    return tuple(kind.of(item) for item in items)
