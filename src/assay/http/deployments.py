"""Deployments and their settings."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic.json_schema import SkipJsonSchema

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute, Moment, given
from assay.http.errors import documented
from assay.http.model_packages import FeaturePage, Features, features_page
from assay.http.paging import Paging, page_body
from assay.http.status import location
from assay.monitoring import deployments
from assay.monitoring.deployments import DeploymentView, NewDeployment
from assay.records.times import format_time

router = APIRouter(prefix="/api/v2", route_class=JsonRoute, tags=["deployments"], responses=documented(409, 410))

Importance = Literal["CRITICAL", "HIGH", "MODERATE", "LOW"]


class DeploymentCreate(Body):
    """A new deployment of a registered model."""

    model_package_id: str
    label: str
    description: str | None = None
    prediction_environment_id: str | None = None
    default_prediction_server_id: str | None = None
    importance: Importance | None = None
    user_provided_id: str | None = None


class DeploymentCreated(Body):
    """Answer to a new deployment."""

    id: str


class DeploymentUpdate(Body):
    """New values of a deployment."""

    label: str | None = None
    description: str | None = None
    importance: Importance | None = None


class DeploymentModel(Body):
    """The model of a deployment."""

    id: str
    type: str
    target_name: str
    target_type: str
    build_environment_type: str | None
    deployed_at: Moment | None
    is_deprecated: bool
    unsupervised_mode: bool
    unstructured_model_kind: bool


class DeploymentBody(Body):
    """A deployment. Members that are not known are left out: some clients refuse null there."""

    id: str
    label: str
    description: str | None
    status: str
    created_at: Moment
    importance: Importance | None
    model: DeploymentModel
    model_package: dict[str, Any]
    prediction_usage: dict[str, Any]
    permissions: list[str]
    capabilities: dict[str, Any]
    governance: dict[str, Any]
    owners: dict[str, Any]
    settings: dict[str, Any]
    approval_status: str
    user_provided_id: str | None
    creator: dict[str, Any]
    tags: list[dict[str, Any]]


class DeploymentPage(Body):
    """A page of Deployment objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[DeploymentBody]


def _body(view: DeploymentView) -> DeploymentBody:
    deployment, package, model = view.deployment, view.package, view.model
    usage: dict[str, Any] = {"dailyRates": []}
    if view.last_prediction is not None:
        usage["lastTimestamp"] = format_time(view.last_prediction)
    owner = {"id": deployment.owner_id, "name": deployment.owner_name}
    return DeploymentBody(
        id=deployment.id,
        label=deployment.label,
        description=deployment.description,
        status="active",
        created_at=deployment.created_at,
        importance=deployment.importance,  # type: ignore[arg-type]  # checked when it was set
        model=DeploymentModel(
            id=model.model_id,
            type="External",
            target_name=package.target.name,
            target_type=str(package.target.type),
            build_environment_type=package.description.get("buildEnvironmentType"),
            deployed_at=model.since,
            is_deprecated=False,
            unsupervised_mode=False,
            unstructured_model_kind=False,
        ),
        model_package={"id": package.id, "name": package.name, "registeredModelId": package.id},
        prediction_usage=usage,
        permissions=["CAN_VIEW", "CAN_EDIT", "CAN_DELETE_DEPLOYMENT", "CAN_SUBMIT_ACTUALS"],
        capabilities={"supportsBatchMonitoring": True, "supportsDriftTracking": True},
        governance={"approvalStatus": "APPROVED", "hasOpenedChangeRequests": False},
        owners={"count": 1, "preview": [owner]},
        settings={"humbleAiEnabled": False, "predictionIntervalsEnabled": False, "predictionWarningEnabled": False},
        approval_status="APPROVED",
        user_provided_id=deployment.user_provided_id,
        creator=owner,
        tags=[],
    )


@router.post(
    "/deployments/fromModelPackage/",
    operation_id="createDeployment",
    status_code=202,
    response_model=DeploymentCreated,
)
def create_deployment(request: Request, ctx: Ctx, caller: Caller, body: DeploymentCreate) -> Response:
    """Put a registered model into service; its baseline is prepared by a job."""
    deployment, job = deployments.create(
        ctx,
        caller,
        NewDeployment(
            model_package_id=body.model_package_id,
            label=body.label,
            description=body.description,
            importance=body.importance,
            user_provided_id=body.user_provided_id,
        ),
    )
    return JSONResponse({"id": deployment.id}, status_code=202, headers=location(request, job))


@router.get("/deployments/", operation_id="listDeployments", response_model=DeploymentPage)
def list_deployments(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    search: Annotated[str | SkipJsonSchema[None], Query(description="Text in the label.")] = None,
    orderBy: Annotated[
        Literal["label", "-label", "createdAt", "-createdAt"] | SkipJsonSchema[None],
        Query(description="Sort key; newest first unless told."),
    ] = None,
) -> dict[str, object]:
    """List deployments."""
    return page_body(request, deployments.page(ctx, caller, paging, search=search, order_by=orderBy), _body)


@router.get("/deployments/{deploymentId}/", operation_id="getDeployment")
def get_deployment(ctx: Ctx, caller: Caller, deploymentId: str) -> DeploymentBody:
    """Read a deployment."""
    return _body(deployments.get(ctx, caller, deploymentId))


@router.patch("/deployments/{deploymentId}/", operation_id="updateDeployment", status_code=204)
def update_deployment(ctx: Ctx, caller: Caller, deploymentId: str, body: DeploymentUpdate) -> None:
    """Change label, description or importance; only what is sent changes."""
    deployments.update(ctx, caller, deploymentId, given(body))


@router.delete("/deployments/{deploymentId}/", operation_id="deleteDeployment", status_code=204)
def delete_deployment(ctx: Ctx, caller: Caller, deploymentId: str) -> None:
    """Delete a deployment and all that belongs to it."""
    deployments.delete(ctx, caller, deploymentId)


@router.get("/deployments/{deploymentId}/features/", operation_id="listDeploymentFeatures", response_model=FeaturePage)
def list_features(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    wanted: Features,
) -> dict[str, object]:
    """List the features of the deployment's current model."""
    return features_page(request, deployments.features(ctx, caller, deploymentId), wanted)
