"""Events that reporting clients want recorded."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic.json_schema import SkipJsonSchema

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute, Moment
from assay.http.errors import documented
from assay.http.paging import Paging, page_body
from assay.monitoring import events
from assay.monitoring.events import SentEvent
from assay.records.events import RemoteEvent

router = APIRouter(prefix="/api/v2", route_class=JsonRoute, tags=["remoteEvents"], responses=documented(410))


class RemoteEventCreate(Body):
    """An event that a reporting client wants recorded."""

    timestamp: str
    event_type: str
    message: str | None = None
    org_id: str | None = None
    deployment_id: str | None = None
    prediction_environment_id: str | None = None
    data: dict[str, Any] | None = None
    prediction_request_data: dict[str, Any] | None = None
    spooler_channel_data: dict[str, Any] | None = None


class RemoteEventCreated(Body):
    """Answer to an event."""

    message: str


class RemoteEventBody(Body):
    """An event as it was reported."""

    id: str
    timestamp: Moment
    event_type: str
    message: str | None
    org_id: str | None
    deployment_id: str | None
    prediction_environment_id: str | None
    data: dict[str, Any] | None
    prediction_request_data: dict[str, Any] | None
    spooler_channel_data: dict[str, Any] | None
    received_at: Moment
    reported_by_id: str


class RemoteEventPage(Body):
    """A page of events."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[RemoteEventBody]


def _body(event: RemoteEvent) -> RemoteEventBody:
    return RemoteEventBody(
        id=event.id,
        timestamp=event.at,
        event_type=event.kind,
        message=event.message,
        org_id=event.org_id,
        deployment_id=event.deployment_id,
        prediction_environment_id=event.environment_id,
        data=event.data,
        prediction_request_data=event.request,
        spooler_channel_data=event.channel,
        received_at=event.received_at,
        reported_by_id=event.reporter_id,
    )


@router.post("/remoteEvents/", operation_id="addRemoteEvent", status_code=201)
def add_event(ctx: Ctx, caller: Caller, body: RemoteEventCreate) -> RemoteEventCreated:
    """Record an event that a reporting client tells."""
    event = events.accept(
        ctx,
        caller,
        SentEvent(
            timestamp=body.timestamp,
            kind=body.event_type,
            message=body.message,
            org_id=body.org_id,
            deployment_id=body.deployment_id,
            environment_id=body.prediction_environment_id,
            data=body.data,
            request=body.prediction_request_data,
            channel=body.spooler_channel_data,
        ),
    )
    return RemoteEventCreated(message=f"Event {event.id} is recorded.")


@router.get("/remoteEvents/", operation_id="listRemoteEvents", response_model=RemoteEventPage)
def list_events(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: Annotated[
        str | SkipJsonSchema[None],
        Query(description="Keep events of this deployment; all that you may see unless told."),
    ] = None,
) -> dict[str, object]:
    """List recorded events, the latest first; this operation is Assay's own."""
    return page_body(request, events.page(ctx, caller, paging, deployment_id=deploymentId), _body)
