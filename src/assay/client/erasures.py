"""Erasures: everything of one association id taken out of a deployment."""

from dataclasses import dataclass
from datetime import datetime

from assay.client.deployment import DeploymentLike, deployment_id_of
from assay.client.paging import Pages
from assay.client.shapes import Shape
from assay.client.transport import Transport, path_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure(Shape):
    """What an erasure has removed.

    Attributes
    ----------
    status : str
        ``COMPLETED`` once it is done.
    removed : dict of str to int
        How much, by what: rows, actuals, exports and so on.
    stays : list of str
        What the server has kept or does not know, and why, in sentences.
    """

    id: str
    status: str
    created_at: datetime
    finished_at: datetime | None = None
    created_by: str | None = None
    removed: dict[str, int]
    stays: tuple[str, ...] = ()


class Erasures:
    """``client.erasures``: taking an association id out of a deployment."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def erase(self, deployment: DeploymentLike, association_id: str) -> Erasure:
        """Remove everything of an association id, and wait until it is done. It may be called again.

        Raises
        ------
        NotFound, Refused, WorkFailed, StillWorking
        AssayClientError
        """
        deployment_id = deployment_id_of(deployment)
        path = path_of("deployments", deployment_id, "erasures")
        answer = self._transport.post(path, {"associationId": association_id})
        self._transport.wait(answer, "The erasure")
        return self.get(deployment_id, answer.json["id"])

    def get(self, deployment: DeploymentLike, erasure_id: str) -> Erasure:
        """One erasure.

        Raises
        ------
        NotFound
        AssayClientError
        """
        path = path_of("deployments", deployment_id_of(deployment), "erasures", erasure_id)
        return Erasure.of(self._transport.get(path))

    def list(self, deployment: DeploymentLike) -> Pages[Erasure]:
        """The erasures of a deployment, newest first.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        path = path_of("deployments", deployment_id_of(deployment), "erasures")
        return Pages(self._transport, path, {}, Erasure.of)
