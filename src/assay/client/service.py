"""Service health: how prediction requests went, as their sender reports them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from assay.client.deployment import DeploymentLike, deployment_id_of
from assay.client.shapes import At, Json, Shape
from assay.client.transport import Transport, path_of


@dataclass(frozen=True, slots=True)
class PredictionRequest:
    """One request to a model.

    Attributes
    ----------
    model_id : str
    predictions : int
        Rows that it scored.
    batch_id : str or None
    execution_ms : float or None
        How long it took.
    user_error, server_error : bool
        Whether it failed through its sender, or through the model's server.
    at : datetime or None
        The time of arrival when None.
    """

    model_id: str
    predictions: int
    batch_id: str | None = None
    execution_ms: float | None = None
    user_error: bool = False
    server_error: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStats(Shape):
    """Service figures of some batches taken together.

    Attributes
    ----------
    total_predictions, total_requests, slow_requests : int
    execution_ms : float or None
        Median over the requests.
    user_error_rate, server_error_rate : float or None
        Share of requests, in [0, 1].
    """

    total_predictions: Annotated[int, At("metrics.totalPredictions")]
    total_requests: Annotated[int, At("metrics.totalRequests")] = 0
    slow_requests: Annotated[int, At("metrics.slowRequests")] = 0
    execution_ms: Annotated[float | None, At("metrics.executionTime")] = None
    response_ms: Annotated[float | None, At("metrics.responseTime")] = None
    user_error_rate: Annotated[float | None, At("metrics.userErrorRate")] = None
    server_error_rate: Annotated[float | None, At("metrics.serverErrorRate")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchService(Shape):
    """One service figure of one batch of a series."""

    batch_id: Annotated[str, At("batch.id")]
    batch_name: Annotated[str, At("batch.name")]
    value: float | None = None


class Service:
    """``client.service``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def push(
        self,
        deployment: DeploymentLike,
        requests: Iterable[PredictionRequest],
        *,
        idempotency_key: str | None = None,
    ) -> None:
        """Report prediction requests. Those that are reported anew count anew, unless under the same key.

        Raises
        ------
        Refused
            When a batch is locked or unknown; nothing of the call was stored.
        AssayClientError
        """
        path = path_of("deployments", deployment_id_of(deployment), "predictionRequests", "fromJSON")
        answer = self._transport.post(path, {"data": [_request_json(one) for one in requests]}, key=idempotency_key)
        self._transport.wait(answer, "Counting the requests")


def _request_json(request: PredictionRequest) -> Json:
    return {
        "timestamp": request.at,
        "modelId": request.model_id,
        "batchId": request.batch_id,
        "numPredictions": request.predictions,
        "executionTime": request.execution_ms,
        "userError": request.user_error,
        "systemError": request.server_error,
    }
