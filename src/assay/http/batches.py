"""Monitoring batches and their limits: the nine operations of the area."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from assay.http import bodies
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import JsonRoute, Moment, given
from assay.http.errors import documented
from assay.http.paging import Paging, page_body
from assay.http.times import QueryTime
from assay.monitoring.deployments import batches
from assay.records.batches import Batch, BatchModel, BatchOrder, BatchQuery

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}", route_class=JsonRoute, tags=["batchMonitoring"], responses=documented()
)

JobWord = Literal["INITIALIZING", "RUNNING", "COMPLETED", "ABORTED", "FAILED"]


class MonitoringBatchCreator(bodies.Body):
    """The user who made a batch."""

    id: str
    name: str


class MonitoringBatchServiceHealth(bodies.Body):
    """Service health of a batch."""

    status: str
    message: str


class MonitoringBatch(bodies.Body):
    """A batch of predictions of one deployment."""

    id: str
    name: str
    description: str | None
    external_context_url: Annotated[str | None, Field(json_schema_extra={"format": "uri"})]
    created_at: Moment
    created_by: MonitoringBatchCreator
    is_locked: bool
    predictions_count: int
    earliest_prediction_timestamp: Moment
    latest_prediction_timestamp: Moment
    service_health: MonitoringBatchServiceHealth
    batch_prediction_job_id: str | None
    batch_prediction_job_status: JobWord | None = None


class MonitoringBatchListResponse(bodies.Body):
    """A page of batches."""

    count: int = bodies.optional()
    total_count: int
    next: bodies.Link
    previous: bodies.Link
    data: list[MonitoringBatch]


class MonitoringBatchCreateUpdate(bodies.Body):
    """Fields that can be set on a batch."""

    batch_name: str = bodies.optional()
    description: str | None = bodies.optional()
    external_context_url: str | None = bodies.optional("uri")
    is_locked: bool | None = bodies.optional()


class MonitoringBatchModel(bodies.Body):
    """The part of a batch that belongs to one model."""

    batch_id: str
    model_id: str
    start_time: Moment
    end_time: Moment
    predictions_count: int


class MonitoringBatchModelListResponse(bodies.Body):
    """A page of batch models."""

    count: int = bodies.optional()
    total_count: int
    next: bodies.Link
    previous: bodies.Link
    data: list[MonitoringBatchModel]


class MonitoringBatchModelUpdate(bodies.Body):
    """The settable times of a batch model."""

    start_time: bodies.SentMoment = bodies.optional()
    end_time: bodies.SentMoment = bodies.optional()


class MonitoringBatchLimits(bodies.Body):
    """Bounds that are enforced on a deployment's batches."""

    max_batches: int
    batches_count: int
    max_rows_per_call: int
    max_batch_name_length: int
    max_description_length: int
    max_external_context_url_length: int
    max_json_body_bytes: int
    max_upload_bytes: int
    max_upload_key_length: int
    max_association_id_length: int


def _body(batch: Batch) -> MonitoringBatch:
    status, message = batches.service_health(batch)
    return MonitoringBatch(
        id=batch.id,
        name=batch.name,
        description=batch.description,
        external_context_url=batch.external_context_url,
        created_at=batch.created_at,
        created_by=MonitoringBatchCreator(id=batch.created_by_id, name=batch.created_by_name),
        is_locked=batch.is_locked,
        predictions_count=batch.predictions_count,
        # Both are required and not nullable on the wire; an empty batch has only the time it was made.
        earliest_prediction_timestamp=batch.earliest or batch.created_at,
        latest_prediction_timestamp=batch.latest or batch.created_at,
        service_health=MonitoringBatchServiceHealth(status=str(status), message=message),
        batch_prediction_job_id=batch.job_id,
        batch_prediction_job_status=batch.job_state,  # type: ignore[arg-type]  # the enum has these five words
    )


def _model_body(model: BatchModel) -> MonitoringBatchModel:
    return MonitoringBatchModel(
        batch_id=model.batch_id,
        model_id=model.model_id,
        start_time=model.start_time,
        end_time=model.end_time,
        predictions_count=model.predictions_count,
    )


_COLUMNS = {"batch_name": "name"}


def _columns(body: MonitoringBatchCreateUpdate) -> dict[str, Any]:
    fields = {_COLUMNS.get(name, name): value for name, value in given(body).items()}
    if fields.get("is_locked", False) is None:
        # The field may be null and the column may not: null means "leave it".
        del fields["is_locked"]
    return fields


@router.get("/monitoringBatchLimits/", operation_id="getMonitoringBatchLimits")
def get_limits(ctx: Ctx, caller: Caller, deploymentId: str) -> MonitoringBatchLimits:
    """Tell which limits apply to the monitoring batches of one deployment."""
    found = batches.limits(ctx, caller, deploymentId)
    limits = found.limits
    return MonitoringBatchLimits(
        max_batches=limits.max_batches,
        batches_count=found.batches_count,
        max_rows_per_call=limits.max_rows_per_call,
        max_batch_name_length=limits.max_batch_name_length,
        max_description_length=limits.max_description_length,
        max_external_context_url_length=limits.max_url_length,
        max_json_body_bytes=limits.max_json_body_bytes,
        max_upload_bytes=limits.max_upload_bytes,
        max_upload_key_length=limits.max_upload_key_length,
        max_association_id_length=limits.max_association_id_length,
    )


OrderWord = Literal[
    "name",
    "-name",
    "createdAt",
    "-createdAt",
    "earliestPredictionTimestamp",
    "-earliestPredictionTimestamp",
    "latestPredictionTimestamp",
    "-latestPredictionTimestamp",
]


@router.get("/monitoringBatches/", operation_id="listMonitoringBatches", response_model=MonitoringBatchListResponse)
def list_batches(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: str,
    createdBy: Annotated[str | SkipJsonSchema[None], Query(description="Made by the user with this id.")] = None,
    search: Annotated[
        str | SkipJsonSchema[None], Query(description="Text in the name (letter case ignored), or the exact id.")
    ] = None,
    orderBy: Annotated[OrderWord, Query(description="Sort key; a leading minus sorts downwards.")] = "-createdAt",
    createdAfter: Annotated[QueryTime, Query(description="Made later than this.")] = None,
    createdBefore: Annotated[QueryTime, Query(description="Made earlier than this.")] = None,
    startAfter: Annotated[QueryTime, Query(description="First prediction later than this.")] = None,
    endBefore: Annotated[QueryTime, Query(description="Last prediction earlier than this.")] = None,
) -> dict[str, object]:
    """List one page of the batches of a deployment, filtered and sorted as asked."""
    query = BatchQuery(
        created_by=createdBy,
        search=search,
        order_by=BatchOrder(orderBy),
        created_after=createdAfter,
        created_before=createdBefore,
        start_after=startAfter,
        end_before=endBefore,
    )
    return page_body(request, batches.page(ctx, caller, deploymentId, query, paging), _body)


OptionalBody = Annotated[MonitoringBatchCreateUpdate | SkipJsonSchema[None], Body()]


@router.post("/monitoringBatches/", operation_id="createMonitoringBatch")
def create_batch(ctx: Ctx, caller: Caller, deploymentId: str, body: OptionalBody = None) -> MonitoringBatch:
    """Add an empty batch to a deployment and answer with it."""
    return _body(batches.create(ctx, caller, deploymentId, _columns(body or MonitoringBatchCreateUpdate())))


@router.get("/monitoringBatches/{monitoringBatchId}/", operation_id="getMonitoringBatch")
def get_batch(ctx: Ctx, caller: Caller, deploymentId: str, monitoringBatchId: str) -> MonitoringBatch:
    """Read one batch of a deployment."""
    return _body(batches.get(ctx, caller, deploymentId, monitoringBatchId))


@router.patch("/monitoringBatches/{monitoringBatchId}/", operation_id="updateMonitoringBatch")
def update_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    monitoringBatchId: str,
    body: OptionalBody = None,
) -> MonitoringBatch:
    """Change the given fields of a batch and answer with the batch."""
    columns = _columns(body or MonitoringBatchCreateUpdate())
    return _body(batches.update(ctx, caller, deploymentId, monitoringBatchId, columns))


@router.delete("/monitoringBatches/{monitoringBatchId}/", operation_id="deleteMonitoringBatch", status_code=200)
def delete_batch(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    monitoringBatchId: str,
) -> dict[str, str]:
    """Remove one batch of a deployment; its rows leave every statistic at once."""
    batches.delete(ctx, caller, deploymentId, monitoringBatchId)
    return {"message": f"Batch {monitoringBatchId} is deleted."}


@router.get(
    "/monitoringBatches/{monitoringBatchId}/models/",
    operation_id="listMonitoringBatchModels",
    response_model=MonitoringBatchModelListResponse,
)
def list_batch_models(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: str,
    monitoringBatchId: str,
    modelId: Annotated[str | SkipJsonSchema[None], Query(description="Keep this model only.")] = None,
) -> dict[str, object]:
    """List one page of the models whose predictions are in the batch."""
    page = batches.models(ctx, caller, deploymentId, monitoringBatchId, modelId, paging)
    return page_body(request, page, _model_body)


@router.get("/monitoringBatches/{monitoringBatchId}/models/{modelId}/", operation_id="getMonitoringBatchModel")
def get_batch_model(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    monitoringBatchId: str,
    modelId: str,
) -> MonitoringBatchModel:
    """Tell what the batch holds of one model."""
    return _model_body(batches.model(ctx, caller, deploymentId, monitoringBatchId, modelId))


@router.patch("/monitoringBatches/{monitoringBatchId}/models/{modelId}/", operation_id="updateMonitoringBatchModel")
def update_batch_model(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    monitoringBatchId: str,
    modelId: str,
    body: Annotated[MonitoringBatchModelUpdate | SkipJsonSchema[None], Body()] = None,
) -> MonitoringBatchModel:
    """Set the first and/or last prediction time kept for one model of the batch."""
    sent = given(body or MonitoringBatchModelUpdate())
    span: tuple[datetime | None, datetime | None] = (sent.get("start_time"), sent.get("end_time"))
    return _model_body(batches.set_model_span(ctx, caller, deploymentId, monitoringBatchId, modelId, span))
