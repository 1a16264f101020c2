"""Exports of predictions, actuals and training data: asked for, listed, read; the rows are in their data sets."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic.json_schema import SkipJsonSchema

from assay.errors import Invalid
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute
from assay.http.errors import documented
from assay.http.export_shapes import (
    STATUS_WORDS,
    ActualsExport,
    ActualsExportCreate,
    ActualsExportPage,
    PredictionExport,
    PredictionExportCreate,
    PredictionExportPage,
    StatusWord,
    TrainingExport,
    TrainingExportCreate,
    TrainingExportPage,
    actuals_body,
    predictions_body,
    training_body,
)
from assay.http.paging import Paging, page_body
from assay.http.status import location
from assay.monitoring.exports import exports
from assay.monitoring.exports.exports import NewExport
from assay.records.datasets import FileForm
from assay.records.exports import ExportKind, ExportQuery
from assay.records.jobs import Job

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}", route_class=JsonRoute, tags=["exports"], responses=documented()
)

Statuses = Annotated[
    list[StatusWord] | SkipJsonSchema[None],
    Query(alias="status", description="Keep those in this state. May come more than once."),
]
ModelId = Annotated[str | SkipJsonSchema[None], Query(alias="modelId", description="Keep those of this model.")]

PREDICTIONS, ACTUALS, TRAINING = ExportKind.PREDICTIONS, ExportKind.ACTUALS, ExportKind.TRAINING


def _query(
    kind: ExportKind, statuses: list[StatusWord] | None, model_id: str | None, *, by_batch: bool | None = None
) -> ExportQuery:
    states = None if statuses is None else tuple(s for s, word in STATUS_WORDS.items() if word in statuses)
    return ExportQuery(kind, states, model_id, by_batch)


def _accepted(request: Request, body: Body, job: Job) -> Response:
    return JSONResponse(body.model_dump(mode="json", by_alias=True), status_code=202, headers=location(request, job))


@router.get("/predictionDataExports/", operation_id="listPredictionExports", response_model=PredictionExportPage)
def list_prediction_exports(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: str,
    statuses: Statuses = None,
    model_id: ModelId = None,
    batch: Annotated[
        Literal["false", "False", "true", "True"] | SkipJsonSchema[None],
        Query(description="Keep exports of named batches, or the others."),
    ] = None,
) -> dict[str, object]:
    """List the exports of predictions, newest first."""
    query = _query(PREDICTIONS, statuses, model_id, by_batch=None if batch is None else batch.lower() == "true")
    return page_body(request, exports.page(ctx, caller, deploymentId, query, paging), predictions_body)


@router.post(
    "/predictionDataExports/",
    operation_id="createPredictionExport",
    status_code=202,
    response_model=PredictionExport,
)
def create_prediction_export(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, body: PredictionExportCreate
) -> Response:
    """Have prediction rows with their features written to a data set, by time and by batch."""
    if body.augmentation_type not in {None, "NO_AUGMENTATION"}:
        raise Invalid(
            f"augmentationType: found {str(body.augmentation_type)[:64]!r}, expected null. For the actuals beside the "
            "predictions send 'includeActuals': true."
        )
    new = NewExport(
        kind=PREDICTIONS,
        form=FileForm(body.format),
        model_id=body.model_id,
        start=body.start,
        end=body.end,
        batch_ids=None if body.batch_ids is None else tuple(body.batch_ids),
        include_actuals=body.include_actuals,
    )
    export, job = exports.create(ctx, caller, deploymentId, new)
    return _accepted(request, predictions_body(export), job)


@router.get("/predictionDataExports/{exportId}/", operation_id="getPredictionExport")
def get_prediction_export(ctx: Ctx, caller: Caller, deploymentId: str, exportId: str) -> PredictionExport:
    """Read an export of predictions; its rows are in the data sets that it names."""
    return predictions_body(exports.get(ctx, caller, deploymentId, PREDICTIONS, exportId))


@router.get("/actualsDataExports/", operation_id="listActualsExports", response_model=ActualsExportPage)
def list_actuals_exports(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: str,
    statuses: Statuses = None,
    model_id: ModelId = None,
) -> dict[str, object]:
    """List the exports of actuals, newest first."""
    found = exports.page(ctx, caller, deploymentId, _query(ACTUALS, statuses, model_id), paging)
    return page_body(request, found, actuals_body)


@router.post("/actualsDataExports/", operation_id="createActualsExport", status_code=202, response_model=ActualsExport)
def create_actuals_export(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, body: ActualsExportCreate
) -> Response:
    """Have actuals, beside the newest prediction of their id, written to a data set."""
    new = NewExport(
        kind=ACTUALS,
        form=FileForm(body.format),
        model_id=body.model_id,
        start=body.start,
        end=body.end,
        batch_ids=None if body.batch_ids is None else tuple(body.batch_ids),
        only_matched=body.only_matched_predictions,
    )
    export, job = exports.create(ctx, caller, deploymentId, new)
    return _accepted(request, actuals_body(export), job)


@router.get("/actualsDataExports/{exportId}/", operation_id="getActualsExport")
def get_actuals_export(ctx: Ctx, caller: Caller, deploymentId: str, exportId: str) -> ActualsExport:
    """Read an export of actuals; its rows are in the data sets that it names."""
    return actuals_body(exports.get(ctx, caller, deploymentId, ACTUALS, exportId))


@router.get("/trainingDataExports/", operation_id="listTrainingExports", response_model=TrainingExportPage)
def list_training_exports(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: str,
    statuses: Statuses = None,
    model_id: ModelId = None,
) -> dict[str, object]:
    """List the exports of training data, newest first."""
    found = exports.page(ctx, caller, deploymentId, _query(TRAINING, statuses, model_id), paging)
    return page_body(request, found, training_body)


@router.post(
    "/trainingDataExports/",
    operation_id="createTrainingExport",
    status_code=202,
    response_model=TrainingExport,
    responses=documented(410),
)
def create_training_export(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, body: TrainingExportCreate
) -> Response:
    """Have the training data of a model written to a data set of its own."""
    new = NewExport(kind=TRAINING, form=FileForm(body.format), model_id=body.model_id)
    export, job = exports.create(ctx, caller, deploymentId, new)
    return _accepted(request, training_body(export), job)


@router.get("/trainingDataExports/{exportId}/", operation_id="getTrainingExport")
def get_training_export(ctx: Ctx, caller: Caller, deploymentId: str, exportId: str) -> TrainingExport:
    """Read an export of training data; its rows are in the data sets that it names."""
    return training_body(exports.get(ctx, caller, deploymentId, TRAINING, exportId))
