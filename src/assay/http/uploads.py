"""The file door: prediction rows of a batch as a file, under the caller's own name for it."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic.json_schema import SkipJsonSchema
from starlette.concurrency import run_in_threadpool

from assay.errors import TooLarge, UnsupportedFile
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, Moment
from assay.http.datasets import MAX_FILE_BYTES, MEDIA_TYPES
from assay.http.errors import documented
from assay.http.idempotency import REPLAYED
from assay.http.paging import Paging, page_body
from assay.http.status import location
from assay.monitoring.deployments import batches
from assay.monitoring.intake import uploads
from assay.monitoring.intake.uploads import NewFile
from assay.monitoring.rows.file_rows import ColumnRoles
from assay.records.datasets import FileForm
from assay.records.uploads import Upload

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}/monitoringBatches/{monitoringBatchId}",
    tags=["uploads"],
    responses=documented(409),
)

FORMS = {media_type: form for form, media_type in MEDIA_TYPES.items()}


class UploadReport(Body):
    """What an upload came to: rows counted, and what could not be read or used.

    ``withRepeatedAssociationId`` is how many association ids the batch held before, with the same model.
    ``withoutSegment`` has the rows whose value of a segment attribute came after as many others as are kept.
    """

    id: str
    upload_key: str | None
    batch_id: str | None
    model_id: str
    state: Literal["pending", "counted", "refused"]
    rows: int
    first_prediction_timestamp: Moment | None
    last_prediction_timestamp: Moment | None
    without_association_id: int
    with_repeated_association_id: int
    without_segment: dict[str, int]
    unreadable: dict[str, int]
    ignored_columns: list[str]
    missing_columns: list[str]
    message: str
    created_at: Moment


class UploadPage(Body):
    """A page of upload reports."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[UploadReport]


def _body(upload: Upload) -> UploadReport:
    return UploadReport(
        id=upload.id,
        upload_key=upload.key,
        batch_id=upload.batch_id,
        model_id=upload.model_id,
        # Rows of a draft and of a superseded version count there, as those of a batch do here.
        state="counted" if upload.state.is_held else str(upload.state),  # type: ignore[arg-type]  # one of these words
        rows=upload.rows,
        first_prediction_timestamp=upload.first_at,
        last_prediction_timestamp=upload.last_at,
        without_association_id=upload.report.get("withoutAssociationId", 0),
        with_repeated_association_id=upload.report.get("withRepeatedAssociationId", 0),
        without_segment=upload.report.get("withoutSegment", {}),
        unreadable=upload.report.get("unreadable", {}),
        ignored_columns=upload.report.get("ignoredColumns", []),
        missing_columns=upload.report.get("missingColumns", []),
        message=upload.error or "",
        created_at=upload.created_at,
    )


@dataclass(frozen=True)
class Received:
    """A body that has arrived whole."""

    path: Path
    size: int
    content_hash: str


@asynccontextmanager
async def received(request: Request, most: int) -> AsyncIterator[Received]:
    """The body in a side file, hashed on the way: memory stays flat however long it is."""
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(prefix="assay-upload-") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise TooLarge(f"The body has more than {most} bytes, which is the limit of one upload.")
            digest.update(piece)
            await run_in_threadpool(file.write, piece)
        file.flush()
        yield Received(Path(file.name), size, digest.hexdigest())


class Columns:
    """Query parameters that say what the file's columns mean."""

    def __init__(
        self,
        modelId: Annotated[
            str | SkipJsonSchema[None], Query(description="The model; the current one unless told.")
        ] = None,
        predictionColumns: Annotated[
            list[str] | SkipJsonSchema[None],
            Query(
                description="The column of the regression value or of the positive class's probability, or one "
                "column a class; the model's own prediction column unless told."
            ),
        ] = None,
        classNames: Annotated[
            list[str] | SkipJsonSchema[None], Query(description="Classes of predictionColumns, in its order.")
        ] = None,
        associationIdColumn: Annotated[
            str | SkipJsonSchema[None],
            Query(description="Column of association ids; that of the settings unless told."),
        ] = None,
        timestampColumn: Annotated[
            str | SkipJsonSchema[None],
            Query(description="Column of prediction times; the time of arrival unless told."),
        ] = None,
    ) -> None:
        self.model_id = modelId
        self.roles = ColumnRoles(
            prediction_columns=tuple(predictionColumns or ()),
            class_names=tuple(classNames or ()),
            association_id_column=associationIdColumn,
            timestamp_column=timestampColumn,
        )


_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.put(
    "/uploads/{uploadKey}/",
    operation_id="putUpload",
    status_code=202,
    response_model=UploadReport,
    responses=documented(409, 413, 415),
    max_body_size=MAX_FILE_BYTES,
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(FORMS, _BINARY)}},
)
async def put_upload(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    monitoringBatchId: str,
    uploadKey: str,
    columns: Annotated[Columns, Depends()],
) -> Response:
    """Add a file of prediction rows; the same key and bytes again is the same upload (header Idempotency-Replayed)."""
    form = _form(request)
    # Before the body is read: an unknown or locked batch should not cost an upload.
    await run_in_threadpool(batches.require_open, ctx, caller, deploymentId, monitoringBatchId, uploadKey)
    async with received(request, ctx.limits.max_upload_bytes) as body:
        file = NewFile(
            batch_id=monitoringBatchId,
            key=uploadKey,
            form=form,
            path=body.path,
            size=body.size,
            content_hash=body.content_hash,
            model_id=columns.model_id,
            columns=columns.roles,
        )
        taken = await run_in_threadpool(uploads.accept, ctx, caller, deploymentId, file)
    return JSONResponse(
        _body(taken.upload).model_dump(mode="json", by_alias=True),
        status_code=202,
        headers={**location(request, taken.job), **(REPLAYED if taken.is_repeated else {})},
    )


def _form(request: Request) -> FileForm:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = FORMS.get(media_type)
    if form is None:
        raise UnsupportedFile(f"Found the content type {media_type[:64]!r}, expected one of {', '.join(FORMS)}.")
    return form


@router.get("/uploads/{uploadKey}/", operation_id="getUpload")
def get_upload(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    monitoringBatchId: str,
    uploadKey: str,
) -> UploadReport:
    """Tell what an upload came to."""
    return _body(uploads.get(ctx, caller, deploymentId, monitoringBatchId, uploadKey))


@router.get("/uploads/", operation_id="listUploads", response_model=UploadPage)
def list_uploads(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: str,
    monitoringBatchId: str,
) -> dict[str, object]:
    """List the uploads of a batch, oldest first."""
    return page_body(request, uploads.page(ctx, caller, deploymentId, monitoringBatchId, paging), _body)
