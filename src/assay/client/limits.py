"""Limits that the server enforces."""

from dataclasses import dataclass

from assay.client.deployment import DeploymentLike, deployment_id_of
from assay.client.shapes import Shape
from assay.client.transport import Transport, path_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Shape):
    """What one call or one deployment may carry. ``raw`` holds all that the server told."""

    max_batches: int | None = None
    batches_count: int | None = None
    max_rows_per_call: int | None = None
    max_batch_name_length: int | None = None


class LimitsOfBatches:
    """``client.limits``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, deployment: DeploymentLike) -> Limits:
        """The limits of a deployment's batches.

        Raises
        ------
        NotFound
        AssayClientError
        """
        path = path_of("deployments", deployment_id_of(deployment), "monitoringBatchLimits")
        return Limits.of(self._transport.get(path))
