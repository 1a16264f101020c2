"""The rows of a monitoring job: uploaded whole or in parts."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool

from assay.errors import UnsupportedFile
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Route
from assay.http.datasets import MAX_FILE_BYTES
from assay.http.errors import documented
from assay.http.shapes import Accepted
from assay.http.uploads import Received, received
from assay.monitoring.monitoring_jobs import monitoring_jobs
from assay.monitoring.monitoring_jobs.monitoring_jobs import MOST_PARTS

router = APIRouter(
    prefix="/api/v2/batchJobs/{batchJobId}/csvUpload",
    route_class=Route,
    tags=["jobs"],
    responses=documented(406, 409),
)

_CSV: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}
}
_FILE: dict[str, Any] = {
    "status_code": 202,
    "responses": documented(406, 409, 413, 415),
    "max_body_size": MAX_FILE_BYTES,
    "openapi_extra": _CSV,
}


async def rows_wanted(request: Request, ctx: Ctx, caller: Caller, batchJobId: str) -> None:
    """Refuse rows that are not wanted, or not CSV, before the body is read."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    await run_in_threadpool(monitoring_jobs.require_rows_wanted, ctx, caller, batchJobId)
    if media_type != "text/csv":
        raise UnsupportedFile(f"Found the content type {media_type[:64]!r}, expected text/csv.")


Wanted = Annotated[None, Depends(rows_wanted)]


@router.put("/", operation_id="uploadJobCsv", **_FILE)
async def put_rows(request: Request, ctx: Ctx, caller: Caller, batchJobId: str, _: Wanted) -> Accepted:
    """Upload all rows of a job as CSV; it runs from then on."""
    async with received(request, ctx.limits.max_upload_bytes) as body:
        await run_in_threadpool(monitoring_jobs.put_rows, ctx, caller, batchJobId, _pieces(body))
    return Accepted(message=f"The rows are there ({body.size} bytes); the job waits for its turn.")


@router.put("/part/{partNumber}/", operation_id="uploadJobCsvPart", **_FILE)
async def put_part(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    batchJobId: str,
    partNumber: Annotated[int, Path(description=f"Number of the part, from 0 to {MOST_PARTS - 1}.")],
    _: Wanted,
) -> Accepted:
    """Upload one part of a job's rows, in any order; the same number again replaces the part."""
    async with received(request, ctx.limits.max_upload_bytes) as body:
        await run_in_threadpool(monitoring_jobs.put_part, ctx, caller, batchJobId, partNumber, _pieces(body))
    return Accepted(message=f"Part {partNumber} is there ({body.size} bytes).")


@router.post("/finalizeMultipart/", operation_id="finishJobCsv", status_code=202)
def finish(ctx: Ctx, caller: Caller, batchJobId: str) -> Accepted:
    """Say that all parts are there; the job runs from then on."""
    monitoring_jobs.finish_parts(ctx, caller, batchJobId)
    return Accepted(message="All parts are there; the job waits for its turn.")


def _pieces(body: Received) -> Any:
    with body.path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece
