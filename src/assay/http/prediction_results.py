"""Prediction rows as a list."""

from dataclasses import astuple
from typing import Annotated, Literal

import polars as pl
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic.json_schema import SkipJsonSchema

from assay.engines.writing import csv_pieces
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, Moment
from assay.http.errors import documented
from assay.http.paging import Paging, page_link
from assay.http.where import BatchIds, End, ModelId, Start
from assay.monitoring.figures import prediction_results
from assay.monitoring.figures.prediction_results import PredictionResult, ResultsPage
from assay.monitoring.profiles.where import Where
from assay.records.pages import PageRequest
from assay.records.times import format_time

router = APIRouter(prefix="/api/v2/deployments/{deploymentId}", tags=["exports"], responses=documented())

CSV = "text/csv"
# As CSV, the pages before and after are named in a header.
_CSV_ANSWER = {"content": {CSV: {"schema": {"type": "string"}}}}


class PredictionResultBody(Body):
    """One prediction row: the predicted value or class, and the outcome if known; batchId is this server's own."""

    model_id: str
    batch_id: str | None
    timestamp: Moment
    association_id: str | None
    predicted: float | str | None
    actual: float | str | None


class PredictionResultPage(Body):
    """A page of prediction rows. There is no total: only reading every row would tell it."""

    count: int
    next: str | None
    previous: str | None
    association_id_column_names: list[str]
    data: list[PredictionResultBody]


def _row(result: PredictionResult) -> PredictionResultBody:
    return PredictionResultBody(
        model_id=result.model_id,
        batch_id=result.batch_id,
        timestamp=result.at,
        association_id=result.association_id,
        predicted=result.predicted,
        actual=result.actual,
    )


@router.get(
    "/predictionResults/",
    operation_id="listPredictionResults",
    response_model=PredictionResultPage,
    responses={200: _CSV_ANSWER},
)
def list_prediction_results(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: str,
    batch_ids: BatchIds = None,
    model_id: ModelId = None,
    start: Start = None,
    end: End = None,
    actualsPresent: Annotated[
        Literal["false", "False", "true", "True"] | SkipJsonSchema[None],
        Query(description="Keep rows with (or without) actuals."),
    ] = None,
) -> Response:
    """List prediction rows in the order in which they came, as JSON or, where only that is accepted, as CSV."""
    where = Where(model_id, None if batch_ids is None else tuple(batch_ids), start, end)
    with_actuals = None if actualsPresent is None else actualsPresent.lower() == "true"
    found = prediction_results.page(ctx, caller, deploymentId, where, paging, actuals_present=with_actuals)
    links = _links(request, found, paging)
    if _wants_csv(request):
        header = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items())
        return Response(_csv(found), media_type=CSV, headers={"Link": header} if header else None)
    column = found.association_id_column
    body = PredictionResultPage(
        count=len(found.rows),
        next=links.get("next"),
        previous=links.get("prev"),
        association_id_column_names=[] if column is None else [column],
        data=[_row(result) for result in found.rows],
    )
    return JSONResponse(body.model_dump(mode="json", by_alias=True))


def _links(request: Request, found: ResultsPage, paging: PageRequest) -> dict[str, str]:
    """URLs of the pages beside this one; the bounds of time stay what they are now, whatever the clock says then."""
    bounds = {"start": found.start, "end": found.end}
    pinned = {name: format_time(moment) for name, moment in bounds.items() if moment is not None}
    step = paging.limit or len(found.rows)
    links = {}
    if found.more:
        links["next"] = page_link(request, paging.offset + step, step, **pinned)
    if paging.offset:
        links["prev"] = page_link(request, max(0, paging.offset - step), step, **pinned)
    return links


def _wants_csv(request: Request) -> bool:
    accepted = {part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")}
    return CSV in accepted and "application/json" not in accepted


def _csv(found: ResultsPage) -> bytes:
    value = pl.Float64() if found.is_number else pl.String()
    schema: dict[str, pl.DataType] = {
        "modelId": pl.String(),
        "batchId": pl.String(),
        "timestamp": pl.Datetime("us", "UTC"),
        "associationId": pl.String(),
        "predicted": value,
        "actual": value,
    }
    return b"".join(csv_pieces(schema, [pl.DataFrame([astuple(row) for row in found.rows], schema, orient="row")]))
