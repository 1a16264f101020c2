"""Prediction environments."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute
from assay.http.errors import documented
from assay.http.paging import Paging, page_body
from assay.monitoring import environments
from assay.monitoring.environments import EXTERNAL_FORMAT, NewEnvironment
from assay.records.environments import PredictionEnvironment

router = APIRouter(prefix="/api/v2", route_class=JsonRoute, tags=["predictionEnvironments"])


class EnvironmentCreate(Body):
    """A new prediction environment. Nothing runs in it: it is a name that deployments can refer to."""

    name: str
    description: str | None = None
    platform: str = "other"
    supported_model_formats: list[str] = Field(default_factory=lambda: [EXTERNAL_FORMAT])
    is_managed_by_management_agent: bool = False


class PredictionEnvironmentBody(Body):
    """Where a model runs."""

    id: str
    name: str
    description: str | None
    platform: str
    supported_model_formats: list[str]
    is_managed_by_management_agent: bool


class EnvironmentPage(Body):
    """A page of PredictionEnvironment objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[PredictionEnvironmentBody]


def environment_body(environment: PredictionEnvironment) -> PredictionEnvironmentBody:
    """An environment as it is on the wire."""
    return PredictionEnvironmentBody(
        id=environment.id,
        name=environment.name,
        description=environment.description,
        platform=environment.platform,
        supported_model_formats=list(environment.model_formats),
        is_managed_by_management_agent=environment.managed_by_agent,
    )


@router.post(
    "/predictionEnvironments/",
    operation_id="createPredictionEnvironment",
    status_code=201,
    responses=documented(),
)
def create_environment(ctx: Ctx, caller: Caller, body: EnvironmentCreate) -> PredictionEnvironmentBody:
    """Make a prediction environment, for deployments to name."""
    new = NewEnvironment(
        name=body.name,
        description=body.description,
        platform=body.platform,
        model_formats=tuple(body.supported_model_formats),
        managed_by_agent=body.is_managed_by_management_agent,
    )
    return environment_body(environments.create(ctx, caller, new))


@router.get(
    "/predictionEnvironments/",
    operation_id="listPredictionEnvironments",
    response_model=EnvironmentPage,
    responses=documented(),
)
def list_environments(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    search: Annotated[str | SkipJsonSchema[None], Query(description="Text in the name.")] = None,
) -> dict[str, object]:
    """List prediction environments, newest first."""
    return page_body(request, environments.page(ctx, caller, paging, search=search), environment_body)


@router.get(
    "/predictionEnvironments/{predictionEnvironmentId}/",
    operation_id="getPredictionEnvironment",
    responses=documented(410),
)
def get_environment(ctx: Ctx, caller: Caller, predictionEnvironmentId: str) -> PredictionEnvironmentBody:
    """Read a prediction environment."""
    return environment_body(environments.get(ctx, caller, predictionEnvironmentId))


@router.delete(
    "/predictionEnvironments/{predictionEnvironmentId}/",
    operation_id="deletePredictionEnvironment",
    status_code=204,
    responses=documented(409, 410),
)
def delete_environment(ctx: Ctx, caller: Caller, predictionEnvironmentId: str) -> None:
    """Delete a prediction environment that no deployment names."""
    environments.delete(ctx, caller, predictionEnvironmentId)
