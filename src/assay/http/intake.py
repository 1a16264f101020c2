"""What arrives as JSON: prediction rows, service figures, actuals."""

import hashlib
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, decoded
from assay.http.errors import documented
from assay.http.shapes import Accepted
from assay.http.status import location
from assay.monitoring.actuals import actuals
from assay.monitoring.actuals.actuals import SentActual
from assay.monitoring.figures import service
from assay.monitoring.figures.service import SentRequest
from assay.monitoring.intake import predictions
from assay.monitoring.intake.predictions import RowsCall
from assay.monitoring.rows.json_rows import RowBlock

router = APIRouter(prefix="/api/v2/deployments/{deploymentId}", tags=["intake"], responses=documented(409, 413))


class FeatureColumn(msgspec.Struct):
    """One column of feature values."""

    name: str
    values: list[Any]


class SegmentColumn(msgspec.Struct):
    """One segment attribute of rows: a value that all of them share, or one a row."""

    name: str
    value: str | int | float | bool | None = None
    values: list[str | int | float | bool | None] | None = None


class PredictionInput(msgspec.Struct, rename="camel"):
    """Rows of one call that share a model, a batch and a time."""

    model_id: str
    predictions: list[Any] | None = None
    timestamp: str | None = None
    batch_id: str | None = None
    features: list[FeatureColumn] | None = None
    association_ids: list[str | None] | None = None
    class_names: list[str] | None = None
    request_parameters: dict[str, Any] | None = None
    forecast_distance: Any = None
    segments: list[SegmentColumn] | dict[str, Any] | None = None


class PredictionInputs(msgspec.Struct, rename="camel"):
    """Rows for drift and accuracy."""

    data: list[PredictionInput]
    skip_drift_tracking: bool = False
    skip_accuracy_tracking: bool = False


class PredictionRequest(msgspec.Struct, rename="camel"):
    """Service figures of one prediction request; time in milliseconds."""

    model_id: str
    num_predictions: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    timestamp: str | None = None
    batch_id: str | None = None
    execution_time: float | None = None
    user_error: bool | None = None
    system_error: bool | None = None


class PredictionRequests(msgspec.Struct, rename="camel"):
    """Service figures."""

    data: list[PredictionRequest]


class Actual(msgspec.Struct, rename="camel"):
    """One actual value."""

    association_id: str
    actual_value: str | int | float | bool
    timestamp: str | None = None
    was_acted_on: bool | None = None


class Actuals(msgspec.Struct, rename="camel"):
    """Actual values."""

    data: Annotated[list[Actual], msgspec.Meta(min_length=1)]
    keep_actuals_without_predictions: bool = True


class RowsAccepted(Body):
    """What a delivery of rows came to.

    ``repeatedAssociationIds`` of theirs were in the batch before, with the same model. All the rows count, as they were
    sent; for accuracy the newest prediction of an id does.
    """

    message: str
    repeated_association_ids: int = 0


class ActualsAccepted(Body):
    """What a delivery of actuals came to; the accuracy follows at the Location header."""

    message: str
    received: int
    matched: int
    waiting: int


def json_body(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """The request body of an operation that reads its bytes itself, for the API description."""
    reference = {"$ref": f"#/components/schemas/{shape.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": reference}}}}


BODIES: tuple[type[msgspec.Struct], ...] = (PredictionInputs, PredictionRequests, Actuals)


async def raw_body(request: Request) -> bytes:
    """The request's bytes; the body limit has been applied on the way."""
    return await request.body()


Raw = Annotated[bytes, Depends(raw_body)]


@router.post(
    "/predictionInputs/fromJSON/",
    operation_id="addPredictionInputs",
    status_code=202,
    openapi_extra=json_body(PredictionInputs),
)
async def add_prediction_inputs(ctx: Ctx, caller: Caller, deploymentId: str, raw: Raw) -> RowsAccepted:
    """Add prediction rows, by column; they count when the answer arrives."""
    return await run_in_threadpool(_add_rows, ctx, caller, deploymentId, raw)


def _add_rows(ctx: Ctx, caller: Caller, deployment_id: str, raw: bytes) -> RowsAccepted:
    call = replace(rows_call(decoded(raw, PredictionInputs)), content_hash=hashlib.sha256(raw).hexdigest())
    uploads = predictions.accept(ctx, caller, deployment_id, call)
    repeated = predictions.repeated_association_ids(uploads)
    message = f"{sum(u.rows for u in uploads)} rows counted."
    if repeated:
        message += f" {repeated} of their association ids were in their batch before."
    return RowsAccepted(message=message, repeated_association_ids=repeated)


def rows_call(sent: PredictionInputs) -> RowsCall:
    """A call's rows in the product's own terms."""
    return RowsCall(
        blocks=[_block(one) for one in sent.data],
        skip_drift=sent.skip_drift_tracking,
        skip_accuracy=sent.skip_accuracy_tracking,
    )


def _block(sent: PredictionInput) -> RowBlock:
    return RowBlock(
        timestamp=sent.timestamp,
        model_id=sent.model_id,
        batch_id=sent.batch_id,
        features=[(f.name, f.values) for f in sent.features or ()],
        predictions=sent.predictions or [],
        association_ids=sent.association_ids,
        class_names=sent.class_names,
        segments=_segments(sent.segments),
    )


def _segments(sent: list[SegmentColumn] | dict[str, Any] | None) -> dict[str, Any]:
    """Values by attribute, whether they came as a list of columns or as an object of names and values."""
    if isinstance(sent, dict):
        return sent
    return {one.name: one.value if one.values is None else one.values for one in sent or ()}


@router.post(
    "/predictionRequests/fromJSON/",
    operation_id="addPredictionRequests",
    status_code=202,
    openapi_extra=json_body(PredictionRequests),
)
async def add_prediction_requests(ctx: Ctx, caller: Caller, deploymentId: str, raw: Raw) -> Accepted:
    """Add service figures of prediction requests; they count when the answer arrives."""
    sent = decoded(raw, PredictionRequests)
    requests = [
        SentRequest(
            timestamp=one.timestamp,
            model_id=one.model_id,
            batch_id=one.batch_id,
            predictions=one.num_predictions,
            execution_ms=one.execution_time,
            user_error=bool(one.user_error),
            server_error=bool(one.system_error),
        )
        for one in sent.data
    ]
    await run_in_threadpool(service.accept, ctx, caller, deploymentId, requests)
    return Accepted(message=f"{len(requests)} requests counted.")


@router.post(
    "/actuals/fromJSON/",
    operation_id="addActuals",
    status_code=202,
    response_model=ActualsAccepted,
    openapi_extra=json_body(Actuals),
)
async def add_actuals(request: Request, ctx: Ctx, caller: Caller, deploymentId: str, raw: Raw) -> Response:
    """Add actual values; those without a prediction wait for it."""
    sent = decoded(raw, Actuals)
    values = [SentActual(a.association_id, a.actual_value, a.timestamp, a.was_acted_on) for a in sent.data]
    receipt = await run_in_threadpool(
        actuals.accept,
        ctx,
        caller,
        deploymentId,
        values,
        keep_unmatched=sent.keep_actuals_without_predictions,
    )
    waiting = receipt.kept - receipt.matched
    body = ActualsAccepted(
        message=f"{receipt.received} actuals received: {receipt.matched} match a prediction, {waiting} wait for one.",
        received=receipt.received,
        matched=receipt.matched,
        waiting=waiting,
    )
    return JSONResponse(body.model_dump(by_alias=True), status_code=202, headers=location(request, receipt.job))
