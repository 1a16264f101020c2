"""What the server knows of batches: drift, accuracy, predictions and service health, together or one by one."""

from collections.abc import Iterable
from typing import TypeVar

from assay.client.accuracy import Accuracy, AccuracyRow, BatchAccuracy
from assay.client.batch import Batch, SomeBatches
from assay.client.deployment import DeploymentLike, deployment_id_of
from assay.client.drift import BatchDrift, DriftMetric, DriftRow, FeatureDrift, TargetDrift
from assay.client.errors import ServerProblem
from assay.client.paging import Pages
from assay.client.predictions import BatchOutcome, BatchPredictions
from assay.client.series import Series
from assay.client.service import BatchService, ServiceStats
from assay.client.shapes import Shape
from assay.client.transport import Params, Transport, path_of

P = TypeVar("P", bound=Shape)


class BatchFigures:
    """The reads of ``client.batches``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

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

    def predictions(self, batches: SomeBatches, *, model_id: str | None = None) -> Series[BatchPredictions]:
        """What the predictions look like, batch by batch, beside the baseline's.

        Raises
        ------
        AssayClientError
        """
        path, params = self._figure(batches, "predictionsOverBatch", modelId=model_id)
        return self._series(BatchPredictions, path, params)

    def predictions_vs_actuals(self, batches: SomeBatches, *, model_id: str | None = None) -> Series[BatchOutcome]:
        """Predictions beside actuals, batch by batch, and how many actuals are in.

        Raises
        ------
        AssayClientError
        """
        path, params = self._figure(batches, "predictionsVsActualsOverBatch", modelId=model_id)
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
