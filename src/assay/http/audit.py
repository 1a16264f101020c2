"""The audit log: of a deployment, and of all that the caller may see."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic.json_schema import SkipJsonSchema

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, Moment
from assay.http.errors import documented
from assay.http.paging import Paging, page_body
from assay.http.times import QueryTime
from assay.monitoring import access, audit
from assay.records.audit import AuditEvent, AuditLine, AuditQuery

router = APIRouter(prefix="/api/v2", tags=["audit"], responses=documented())


class AuditUser(Body):
    """Who did it; the operator at the server's machine has no id."""

    id: str | None
    name: str


class AuditLineBody(Body):
    """One line of the log; ``detail`` is what there is to say beyond."""

    at: Moment
    user: AuditUser
    event: AuditEvent
    object_type: str
    object_id: str
    deployment_id: str | None
    detail: dict[str, Any]


class AuditPage(Body):
    """A page of lines."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[AuditLineBody]


def _body(line: AuditLine) -> AuditLineBody:
    return AuditLineBody(
        at=line.at,
        user=AuditUser(id=line.user_id, name=line.user_name),
        event=line.event,
        object_type=line.event.object_type,
        object_id=line.object_id,
        deployment_id=line.deployment_id,
        detail=line.detail,
    )


class Filters:
    """Query parameters of both lists."""

    def __init__(
        self,
        event: Annotated[list[AuditEvent] | SkipJsonSchema[None], Query(description="Keep these events.")] = None,
        objectId: Annotated[
            str | SkipJsonSchema[None], Query(description="Keep lines about this object, such as a batch.")
        ] = None,
        start: Annotated[QueryTime, Query(description="Written at this time or later.")] = None,
        end: Annotated[QueryTime, Query(description="Written earlier than this.")] = None,
    ) -> None:
        self.given: dict[str, Any] = {"events": tuple(event or ()), "object_id": objectId, "start": start, "end": end}


Wanted = Annotated[Filters, Depends()]


@router.get("/deployments/{deploymentId}/auditLog/", operation_id="listDeploymentAuditLog", response_model=AuditPage)
def list_of_deployment(
    request: Request, ctx: Ctx, caller: Caller, paging: Paging, filters: Wanted, deploymentId: str
) -> dict[str, object]:
    """List who changed what in a deployment, the newest first; for its owner and for admins."""
    query = AuditQuery(deployment_id=deploymentId, **filters.given)
    return page_body(request, audit.page(ctx, caller, deploymentId, query, paging), _body)


@router.get("/auditLog/", operation_id="listAuditLog", response_model=AuditPage)
def list_all(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    filters: Wanted,
    deploymentId: Annotated[
        str | SkipJsonSchema[None], Query(description="Keep lines about this deployment, deleted or not.")
    ] = None,
) -> dict[str, object]:
    """List who changed what, the newest first: admins see all lines, others those of what they did themselves."""
    query = AuditQuery(deployment_id=deploymentId, user_id=access.owner_filter(caller), **filters.given)
    return page_body(request, audit.page_of_all(ctx, query, paging), _body)
