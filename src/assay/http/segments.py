"""Segments of a deployment: the attributes that its rows are told apart by, and their values."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body
from assay.http.errors import documented
from assay.http.paging import Paging, page_body
from assay.monitoring.rows import segments
from assay.records.pages import cut

router = APIRouter(prefix="/api/v2/deployments/{deploymentId}", tags=["segments"], responses=documented())


class SegmentAttribute(Body):
    """An attribute, and how many values of it have figures; of ``mostValues`` at most, those that came first."""

    name: str
    values_count: int
    most_values: int


class SegmentAttributePage(Body):
    """A page of SegmentAttribute objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[SegmentAttribute]


class SegmentValue(Body):
    """A value that figures can be asked for."""

    value: str
    segment_attribute: str


class SegmentValuePage(Body):
    """A page of SegmentValue objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[SegmentValue]


@router.get("/segmentAttributes/", operation_id="listSegmentAttributes", response_model=SegmentAttributePage)
def list_segment_attributes(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, paging: Paging
) -> dict[str, Any]:
    """List the attributes that the deployment is segmented by."""
    found = segments.values(ctx, caller, deploymentId)
    most = ctx.limits.max_segment_values
    items = [SegmentAttribute(name=n, values_count=len(values), most_values=most) for n, values in found.items()]
    return page_body(request, cut(items, paging), lambda item: item)


@router.get("/segmentValues/", operation_id="listSegmentValues", response_model=SegmentValuePage)
def list_segment_values(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    paging: Paging,
    segmentAttribute: Annotated[str, Query(description="The attribute.")],
) -> dict[str, Any]:
    """List the values of an attribute that have rows."""
    found = segments.values_of(ctx, caller, deploymentId, segmentAttribute)
    items = [SegmentValue(value=value, segment_attribute=segmentAttribute) for value in found]
    return page_body(request, cut(items, paging), lambda item: item)
