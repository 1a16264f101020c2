"""Erasures of association ids."""

from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute, Moment
from assay.http.errors import documented
from assay.http.paging import Paging, page_body
from assay.http.status import WORDS, location
from assay.monitoring.erasures import erasures
from assay.records.erasures import Erasure
from assay.records.jobs import JobState

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}/erasures",
    route_class=JsonRoute,
    tags=["erasures"],
    responses=documented(),
)

STAYS = [
    "Profiles and the figures made of them: they hold counts by cell, and no id.",
    "Accuracy of rows or actuals that were deleted by age before: it holds sums, and no id.",
    "Data sets that were uploaded by hand, and any that a model was made from: delete those yourself.",
    "Copies outside of the server, backups among them.",
]


class EraseBody(Body):
    """The association id that is to go."""

    association_id: str


class RemovedBody(Body):
    """What was taken away, and from where."""

    rows: int
    uploads: int
    predictions: int
    actuals: int
    waiting_files: int
    exports: int
    job_results: int
    metric_values: int


class ErasureBody(Body):
    """An erasure. The id that it was about is not kept."""

    id: str
    status: Literal["ABORTED", "COMPLETED", "ERROR", "EXPIRED", "INITIALIZED", "RUNNING"]
    message: str
    created_at: Moment
    created_by: str
    finished_at: Moment | None
    removed: RemovedBody
    stays: list[str]


class ErasurePage(Body):
    """A page of erasures."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[ErasureBody]


def _body(erasure: Erasure) -> ErasureBody:
    return ErasureBody(
        id=erasure.id,
        status=WORDS[erasure.job_state],
        # A fault may quote what it was about.
        message="The job has failed; the server's log says why." if erasure.job_state is JobState.FAILED else "",
        created_at=erasure.created_at,
        created_by=erasure.created_by_name,
        finished_at=erasure.finished_at,
        removed=RemovedBody(**asdict(erasure.removed)),
        stays=STAYS,
    )


@router.post("/", operation_id="createErasure", status_code=202, response_model=ErasureBody)
def create_erasure(request: Request, ctx: Ctx, caller: Caller, deploymentId: str, body: EraseBody) -> Response:
    """Remove everything of one association id: rows, actual, accuracy, and the files made of them."""
    erasure, job = erasures.create(ctx, caller, deploymentId, body.association_id)
    content = _body(erasure).model_dump(mode="json", by_alias=True)
    return JSONResponse(content, status_code=202, headers=location(request, job))


@router.get("/", operation_id="listErasures", response_model=ErasurePage)
def list_erasures(request: Request, ctx: Ctx, caller: Caller, paging: Paging, deploymentId: str) -> dict[str, object]:
    """List the erasures of a deployment, newest first."""
    return page_body(request, erasures.page(ctx, caller, deploymentId, paging), _body)


@router.get("/{erasureId}/", operation_id="getErasure")
def get_erasure(ctx: Ctx, caller: Caller, deploymentId: str, erasureId: str) -> ErasureBody:
    """Tell what an erasure has removed, and from where."""
    return _body(erasures.get(ctx, caller, deploymentId, erasureId))
