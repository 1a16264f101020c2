"""Statuses: how work stands that goes on after its answer."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, Moment
from assay.http.errors import documented
from assay.http.paging import Paging, absolute, page_body
from assay.monitoring import statuses
from assay.records.jobs import Job, JobState

router = APIRouter(prefix="/api/v2", tags=["status"], responses=documented())

Word = Literal["ABORTED", "COMPLETED", "ERROR", "EXPIRED", "INITIALIZED", "RUNNING"]

WORDS: dict[JobState, Word] = {
    JobState.QUEUED: "INITIALIZED",
    JobState.RUNNING: "RUNNING",
    JobState.DONE: "COMPLETED",
    JobState.FAILED: "ERROR",
    JobState.CANCELLED: "ABORTED",
}


class Status(Body):
    """State of one asynchronous task."""

    status_id: str
    status: Word
    code: int
    message: str
    description: str
    status_type: str | None
    type: str | None
    created: Moment


class StatusPage(Body):
    """A page of Status objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[Status]


def status_body(job: Job) -> Status:
    """A job as its status tells it."""
    failed = job.state is JobState.FAILED
    return Status(
        status_id=job.id,
        status=WORDS[job.state],
        code=1 if failed else 0,
        message=job.error or "",
        description=job.kind.replace("_", " "),
        status_type=job.kind,
        type=job.kind,
        created=job.created_at,
    )


def location(request: Request, job: Job) -> dict[str, str]:
    """The header that tells where a job's status is."""
    return {"Location": absolute(request, f"/api/v2/status/{job.id}/")}


@router.get("/status/", operation_id="listStatus", response_model=StatusPage)
def list_status(request: Request, ctx: Ctx, caller: Caller, paging: Paging) -> dict[str, object]:
    """List the caller's tasks, newest first."""
    return page_body(request, statuses.page(ctx, caller, paging), status_body)


@router.get(
    "/status/{statusId}/",
    operation_id="getStatus",
    response_model=Status,
    responses={303: {"description": "Done: what was made is at the Location header."}},
)
def get_status(request: Request, ctx: Ctx, caller: Caller, statusId: str) -> Response:
    """Tell how a task stands; a finished one points at what it made."""
    job = statuses.get(ctx, caller, statusId)
    body = status_body(job).model_dump(mode="json", by_alias=True)
    if job.state is JobState.DONE and job.result_path is not None:
        return JSONResponse(body, status_code=303, headers={"Location": absolute(request, job.result_path)})
    return JSONResponse(body)


@router.delete("/status/{statusId}/", operation_id="deleteStatus", status_code=204, responses=documented(409))
def delete_status(ctx: Ctx, caller: Caller, statusId: str) -> None:
    """Cancel a task that has not ended; an ended one stays as it is."""
    statuses.cancel(ctx, caller, statusId)
