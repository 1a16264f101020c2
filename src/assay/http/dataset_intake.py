"""What arrives as a data set: prediction rows, actuals."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute
from assay.http.errors import documented
from assay.http.shapes import Accepted
from assay.http.status import location
from assay.monitoring.actuals import dataset_actuals
from assay.monitoring.actuals.dataset_actuals import DatasetActuals
from assay.monitoring.intake import dataset_rows

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    route_class=JsonRoute,
    tags=["intake"],
    responses=documented(409, 410),
)


class PredictionInputsDataset(Body):
    """Rows that lie in a data set."""

    dataset_id: str


class ActualsDataset(Body):
    """Actual values that lie in a data set; of its newest version, which is the only one."""

    dataset_id: str
    association_id_column: str
    actual_value_column: str
    dataset_version_id: str | None = None
    timestamp_column: str | None = None
    was_acted_on_column: str | None = None
    keep_actuals_without_predictions: bool = True
    user: str | None = None
    password: str | None = None


@router.post(
    "/predictionInputs/fromDataset/",
    operation_id="addPredictionInputsFromDataset",
    status_code=202,
    response_model=Accepted,
)
def add_prediction_inputs_from_dataset(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, body: PredictionInputsDataset
) -> Response:
    """Keep the rows of a data set for exports; they count by the call that names their batch."""
    job = dataset_rows.accept(ctx, caller, deploymentId, body.dataset_id)
    kept = Accepted(message="The rows are kept for exports. They count when they are sent with their batch.")
    return JSONResponse(kept.model_dump(by_alias=True), status_code=202, headers=location(request, job))


@router.post("/actuals/fromDataset/", operation_id="addActualsFromDataset", status_code=202, response_model=Accepted)
def add_actuals_from_dataset(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, body: ActualsDataset
) -> Response:
    """Add the actual values of a data set; the status at Location is done when accuracy follows them."""
    sent = DatasetActuals(
        dataset_id=body.dataset_id,
        association_id_column=body.association_id_column,
        value_column=body.actual_value_column,
        timestamp_column=body.timestamp_column,
        acted_upon_column=body.was_acted_on_column,
        keep_unmatched=body.keep_actuals_without_predictions,
    )
    job = dataset_actuals.accept(ctx, caller, deploymentId, sent)
    return JSONResponse(Accepted().model_dump(by_alias=True), status_code=202, headers=location(request, job))
