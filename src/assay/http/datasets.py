"""Data sets."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic.json_schema import SkipJsonSchema

from assay.errors import Invalid, UnsupportedFile
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, Moment, Route, decoded
from assay.http.errors import documented
from assay.http.paging import Paging, absolute, page_body
from assay.http.streams import begun
from assay.monitoring import datasets
from assay.records.datasets import CATEGORIES, Dataset, DatasetState, FileForm

FORMS = {
    ".csv": FileForm.CSV,
    ".parquet": FileForm.PARQUET,
    ".pq": FileForm.PARQUET,
    ".arrow": FileForm.ARROW,
    ".arrows": FileForm.ARROW,
}
MEDIA_TYPES = {
    FileForm.CSV: "text/csv",
    FileForm.PARQUET: "application/vnd.apache.parquet",
    FileForm.ARROW: "application/vnd.apache.arrow.stream",
}
MAX_FILE_BYTES = 16 * 2**30
MOST_CATEGORIES, LONGEST_CATEGORY = 16, 64

router = APIRouter(prefix="/api/v2", route_class=Route, tags=["datasets"], responses=documented(409, 410))


class DatasetCreated(Body):
    """Answer to an upload."""

    catalog_id: str
    catalog_version_id: str
    status_id: str


class DatasetBody(Body):
    """A data set."""

    dataset_id: str
    version_id: str
    name: str
    categories: list[str]
    creation_date: Moment
    created_by: str | None
    data_persisted: bool | None
    is_data_engine_eligible: bool
    is_latest_version: bool
    is_snapshot: bool
    processing_state: Literal["COMPLETED", "ERROR", "RUNNING"]
    row_count: int | None
    dataset_size: int | None
    error: str | None


class DatasetPage(Body):
    """A page of Dataset objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[DatasetBody]


def _body(dataset: Dataset) -> DatasetBody:
    return DatasetBody(
        dataset_id=dataset.id,
        # A data set is never changed in place, so its one version has its id.
        version_id=dataset.id,
        name=dataset.name,
        categories=dataset.categories,
        creation_date=dataset.created_at,
        created_by=dataset.owner_name,
        data_persisted=True,
        is_data_engine_eligible=False,
        is_latest_version=True,
        is_snapshot=True,
        processing_state=str(dataset.state),  # type: ignore[arg-type]  # the enum has these three words
        row_count=dataset.row_count,
        dataset_size=dataset.size,
        error=dataset.error if dataset.state is DatasetState.ERROR else None,
    )


@router.post(
    "/datasets/fromFile/",
    operation_id="createDatasetFromFile",
    status_code=202,
    response_model=DatasetCreated,
    responses=documented(413, 415),
    max_body_size=MAX_FILE_BYTES,
)
def create_dataset(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    file: Annotated[UploadFile, File()],
    categories: Annotated[
        list[str] | SkipJsonSchema[None], Form(description="What it is meant for; TRAINING and PREDICTION unless told.")
    ] = None,
) -> Response:
    """Upload a table (CSV, Parquet or Arrow stream, told by the file's name); its columns are read by a job."""
    name = PurePath(file.filename or "data.csv").name
    form = FORMS.get(PurePath(name).suffix.lower())
    if form is None:
        raise UnsupportedFile(f"Found the file name {name[:64]!r}, expected one that ends in {', '.join(FORMS)}.")
    dataset = datasets.accept(ctx, caller, name, form, _pieces(file), categories=_categories(categories))
    job_id = str(dataset.job_id)
    body = DatasetCreated(catalog_id=dataset.id, catalog_version_id=dataset.id, status_id=job_id)
    where = absolute(request, f"/api/v2/status/{job_id}/")
    return JSONResponse(body.model_dump(by_alias=True), status_code=202, headers={"Location": where})


def _categories(sent: list[str] | None) -> tuple[str, ...]:
    """The words of a form: one field each, or a single one that holds a list as JSON."""
    if sent is None:
        return CATEGORIES
    words = decoded(sent[0].encode(), list[str]) if len(sent) == 1 and sent[0].startswith("[") else sent
    if not 0 < len(words) <= MOST_CATEGORIES or not all(0 < len(word.strip()) <= LONGEST_CATEGORY for word in words):
        raise Invalid(
            f"categories: found {str(words)[:64]!r}, expected 1 to {MOST_CATEGORIES} words of at most "
            f"{LONGEST_CATEGORY} characters, such as TRAINING."
        )
    if any("\x00" in word for word in words):
        raise Invalid("categories: found a NUL character, which no text may hold.")
    return tuple(dict.fromkeys(words))


def _pieces(file: UploadFile) -> Iterator[bytes]:
    while piece := file.file.read(1 << 20):
        yield piece


@router.get("/datasets/", operation_id="listDatasets", response_model=DatasetPage)
def list_datasets(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    orderBy: Annotated[Literal["created", "-created"], Query(description="Sort key.")] = "-created",
    filterFailed: Annotated[
        Literal["false", "False", "true", "True"], Query(description="Leave out what could not be read.")
    ] = "false",
    category: Annotated[
        str | SkipJsonSchema[None], Query(description="Keep data sets that are meant for this, such as TRAINING.")
    ] = None,
) -> dict[str, object]:
    """List data sets."""
    page = datasets.page(
        ctx,
        caller,
        paging,
        category=category,
        newest_first=orderBy.startswith("-"),
        without_failed=filterFailed.lower() == "true",
    )
    return page_body(request, page, _body)


@router.get("/datasets/{datasetId}/", operation_id="getDataset")
def get_dataset(ctx: Ctx, caller: Caller, datasetId: str) -> DatasetBody:
    """Read a data set's description."""
    return _body(datasets.get(ctx, caller, datasetId))


@router.delete("/datasets/{datasetId}/", operation_id="deleteDataset", status_code=204)
def delete_dataset(ctx: Ctx, caller: Caller, datasetId: str) -> None:
    """Delete a data set that no model package names."""
    datasets.delete(ctx, caller, datasetId)


@router.get(
    "/datasets/{datasetId}/file/",
    operation_id="getDatasetFile",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}},
)
def get_dataset_file(ctx: Ctx, caller: Caller, datasetId: str) -> StreamingResponse:
    """Download a data set's bytes as they were uploaded."""
    dataset = datasets.completed(datasets.get(ctx, caller, datasetId))
    return StreamingResponse(begun(ctx.store.blobs.stream(dataset.blob_key)), media_type=MEDIA_TYPES[dataset.form])
