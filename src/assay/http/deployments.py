"""Deployments: made, listed, read, changed, deleted; their features and capabilities."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute, given
from assay.http.deployment_bodies import (
    DeploymentBody,
    DeploymentCreate,
    DeploymentCreated,
    DeploymentPage,
    DeploymentUpdate,
    deployment_body,
    tags_of,
)
from assay.http.deployment_filters import DeploymentFilter
from assay.http.errors import documented
from assay.http.features import FeaturePage, Features, features_page
from assay.http.paging import Paging, page_body
from assay.http.status import location
from assay.monitoring import capabilities
from assay.monitoring.deployments import deployment_views, deployments
from assay.monitoring.deployments.deployments import NewDeployment

router = APIRouter(prefix="/api/v2", route_class=JsonRoute, tags=["deployments"], responses=documented(409, 410))


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
            environment_id=body.prediction_environment_id,
            prediction_server_id=body.default_prediction_server_id,
            tags=tags_of(body.additional_metadata),
            runtime_parameters=body.runtime_parameter_values,
        ),
    )
    return JSONResponse({"id": deployment.id}, status_code=202, headers=location(request, job))


@router.get(
    "/deployments/",
    operation_id="listDeployments",
    response_model=DeploymentPage,
    response_model_exclude_unset=True,
)
def list_deployments(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    filters: Annotated[DeploymentFilter, Depends()],
) -> dict[str, object]:
    """List deployments; newest first unless told."""
    return page_body(request, deployment_views.page(ctx, caller, filters.wanted(caller), paging), deployment_body)


@router.get("/deployments/{deploymentId}/", operation_id="getDeployment", response_model_exclude_unset=True)
def get_deployment(ctx: Ctx, caller: Caller, deploymentId: str) -> DeploymentBody:
    """Read a deployment."""
    return deployment_body(deployments.get(ctx, caller, deploymentId))


@router.patch("/deployments/{deploymentId}/", operation_id="updateDeployment", status_code=204)
def update_deployment(ctx: Ctx, caller: Caller, deploymentId: str, body: DeploymentUpdate) -> None:
    """Change label, description or importance; only what is sent changes."""
    deployments.update(ctx, caller, deploymentId, given(body))


@router.delete("/deployments/{deploymentId}/", operation_id="deleteDeployment", status_code=204)
def delete_deployment(
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    ignoreManagementAgent: Annotated[  # noqa: ARG001  # part of the contract, without effect
        Literal["false", "False", "true", "True"],
        Query(description="No outside software is waited for in any case; kept for clients that send it."),
    ] = "false",
) -> None:
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


class CapabilityBody(Body):
    """One thing that a deployment can do, or why it cannot."""

    name: str
    supported: bool
    messages: list[str]


class Capabilities(Body):
    """What a deployment can do."""

    data: list[CapabilityBody]


@router.get("/deployments/{deploymentId}/capabilities/", operation_id="getCapabilities")
def get_capabilities(ctx: Ctx, caller: Caller, deploymentId: str) -> Capabilities:
    """Tell what a deployment can do here, and why not where it cannot."""
    found = capabilities.get(ctx, caller, deploymentId)
    return Capabilities(
        data=[
            CapabilityBody(
                name=one.name, supported=one.supported, messages=[] if one.message is None else [one.message]
            )
            for one in found
        ]
    )
