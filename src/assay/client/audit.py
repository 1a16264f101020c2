"""The audit log: who changed what, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from assay.client.batch import Batch
from assay.client.deployment import DeploymentLike, deployment_id_of
from assay.client.paging import Pages
from assay.client.shapes import At, Json, Shape
from assay.client.transport import Params, Transport, path_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine(Shape):
    """One line of the log.

    Attributes
    ----------
    event : str
        Such as ``batch.locked``.
    user_id : str or None
        None for the operator at the server's machine.
    detail : dict
        What there is to say beyond; of a changed field the old and the new value.
    """

    at: datetime
    user: Annotated[str, At("user.name")]
    user_id: Annotated[str | None, At("user.id")] = None
    event: str
    object_type: str
    object_id: str
    deployment_id: str | None = None
    detail: Json = field(default_factory=dict)


class Audit:
    """``client.audit``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        about: DeploymentLike | Batch | None = None,
        *,
        events: Sequence[str] = (),
        start: datetime | None = None,
        end: datetime | None = None,
        page_size: int | None = None,
    ) -> Pages[AuditLine]:
        """Lines of the log, the newest first.

        Parameters
        ----------
        about : Deployment, str or Batch, optional
            Keep what was done to this batch, or in this deployment. Without it, all that the caller sees: everything
            for an admin, for others what they did themselves.
        events : sequence of str, optional
            Keep these.
        start, end : datetime, optional
            Written from the one on and before the other.
        page_size : int, optional
            Most lines of one page; all are given in the end.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        params: Params = {"event": tuple(events), "start": start, "end": end, "limit": page_size}
        if about is None:
            return Pages(self._transport, "auditLog/", params, AuditLine.of)
        if isinstance(about, Batch):
            path = path_of("deployments", about.deployment_id, "auditLog")
            return Pages(self._transport, path, {**params, "objectId": about.id}, AuditLine.of)
        return Pages(self._transport, path_of("deployments", deployment_id_of(about), "auditLog"), params, AuditLine.of)
