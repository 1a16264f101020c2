"""The model of a deployment: replaced, and its history."""

from fastapi import APIRouter, Request, Response

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import JsonRoute
from assay.http.deployment_bodies import ModelHistory, ModelReplace, period_body
from assay.http.errors import documented
from assay.http.paging import Paging, page_body
from assay.http.status import location
from assay.monitoring.deployments import replacements
from assay.monitoring.deployments.replacements import Replacement

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    route_class=JsonRoute,
    tags=["deployments"],
    responses=documented(409, 410),
)


@router.patch("/model/", operation_id="replaceModel", status_code=202)
def replace_model(request: Request, ctx: Ctx, caller: Caller, deploymentId: str, body: ModelReplace) -> Response:
    """Replace the model by another that predicts the same; a job makes its baseline and then puts it into service."""
    wanted = Replacement(body.reason, body.model_package_id, body.model_id)
    job = replacements.accept(ctx, caller, deploymentId, wanted)
    return Response("{}", status_code=202, media_type="application/json", headers=location(request, job))


@router.get("/modelHistory/", operation_id="listModelHistory", response_model=ModelHistory)
def list_model_history(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, paging: Paging
) -> dict[str, object]:
    """List the models that a deployment has and had, the present one first; this operation is Assay's own."""
    return page_body(request, replacements.history(ctx, caller, deploymentId, paging), period_body)
