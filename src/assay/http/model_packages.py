"""Model packages: registered model versions."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic.json_schema import SkipJsonSchema

from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute
from assay.http.errors import documented
from assay.http.paging import Paging, page_body
from assay.monitoring import models
from assay.monitoring.models import FeatureQuery, NewModelPackage
from assay.records.models import Feature, ModelPackage, Target, TargetType
from assay.records.pages import PageRequest

router = APIRouter(prefix="/api/v2", route_class=JsonRoute, tags=["modelPackages"], responses=documented(409, 410))


class TargetBody(Body):
    """The target of a model."""

    name: str
    type: Literal["Binary", "Multiclass", "Regression"]
    class_names: list[str] | None = None
    class_count: int | None = None
    prediction_threshold: float | None = None
    prediction_probabilities_column: str | None = None


class ModelDescription(Body):
    """Where a model comes from."""

    model_name: str | None = None
    description: str | None = None
    location: str | None = None
    build_environment_type: Literal["DataRobot", "Python", "R", "Java", "Julia", "Legacy", "Other"] | None = None


class ModelPackageDatasets(Body):
    """Training and holdout data of an external model."""

    training_data_catalog_id: str | None = None
    training_data_catalog_version_id: str | None = None
    holdout_data_catalog_id: str | None = None
    holdout_data_catalog_version_id: str | None = None
    dataset_name: str | None = None
    holdout_dataset_name: str | None = None
    training_data_size: int | None = None


class ModelPackageCreate(Body):
    """A new external model."""

    name: str | None = None
    model_id: str | None = None
    target: TargetBody
    model_description: ModelDescription = ModelDescription()
    datasets: ModelPackageDatasets = ModelPackageDatasets()
    geospatial_monitoring: dict[str, Any] | None = None
    feature_importance: dict[str, float] | None = None


class ModelPackageBody(Body):
    """A registered model version."""

    id: str
    name: str
    model_id: str
    target: TargetBody
    datasets: ModelPackageDatasets
    model_description: ModelDescription
    model_kind: dict[str, Any]
    model_execution_type: str
    import_meta: dict[str, Any]
    source_meta: dict[str, Any]
    timeseries: dict[str, Any]
    capabilities: dict[str, Any]
    permissions: list[str]
    active_deployment_count: int
    is_archived: bool
    is_deprecated: bool
    build_status: Literal["inProgress", "complete", "failed"] | None
    user_provided_id: str | None


class ModelPackagePage(Body):
    """A page of ModelPackage objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[ModelPackageBody]


class FeatureBody(Body):
    """One feature of a model."""

    name: str
    feature_type: Literal["Numeric", "Categorical", "Binary", "Text", "Date"] | None
    importance: float | None
    date_format: str | None
    known_in_advance: bool


class FeaturePage(Body):
    """A page of Feature objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[FeatureBody]


def _new(body: ModelPackageCreate) -> NewModelPackage:
    target = body.target
    threshold = target.prediction_threshold
    return NewModelPackage(
        name=body.name,
        model_id=body.model_id,
        target=Target(
            name=target.name,
            type=TargetType(target.type),
            class_names=tuple(target.class_names or ()),
            threshold=0.5 if threshold is None else threshold,
            prediction_column=target.prediction_probabilities_column,
        ),
        description=body.model_description.model_dump(by_alias=True, exclude_unset=True),
        training_dataset_id=body.datasets.training_data_catalog_id,
        holdout_dataset_id=body.datasets.holdout_data_catalog_id,
        importance=body.feature_importance or {},
    )


def _body(package: ModelPackage, deployments: int) -> ModelPackageBody:
    target = package.target
    training, holdout = package.training_dataset_id, package.holdout_dataset_id
    return ModelPackageBody(
        id=package.id,
        name=package.name,
        model_id=package.model_id,
        target=TargetBody(
            name=target.name,
            type=str(target.type),  # type: ignore[arg-type]  # the enum has these three words
            class_names=list(target.class_names) or None,
            class_count=len(target.class_names) or None,
            prediction_threshold=target.threshold if target.type is TargetType.BINARY else None,
            prediction_probabilities_column=target.prediction_column,
        ),
        datasets=ModelPackageDatasets(
            training_data_catalog_id=training,
            training_data_catalog_version_id=training,
            holdout_data_catalog_id=holdout,
            holdout_data_catalog_version_id=holdout,
        ),
        model_description=ModelDescription.model_validate(package.description),
        model_kind={"isTimeSeries": False, "isAnomalyDetectionModel": False},
        model_execution_type="external",
        import_meta={},
        source_meta={},
        timeseries={},
        capabilities={},
        permissions=["CAN_VIEW", "CAN_DEPLOY", "CAN_ARCHIVE"],
        active_deployment_count=deployments,
        is_archived=package.archived_at is not None,
        is_deprecated=False,
        build_status="complete",
        user_provided_id=None,
    )


@router.post("/modelPackages/fromJSON/", operation_id="createModelPackage", status_code=201)
def create_model_package(ctx: Ctx, caller: Caller, body: ModelPackageCreate) -> ModelPackageBody:
    """Register an external model with its target and its training and holdout data."""
    return _body(models.create(ctx, caller, _new(body)), 0)


@router.get("/modelPackages/", operation_id="listModelPackages", response_model=ModelPackagePage)
def list_model_packages(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    search: Annotated[str | SkipJsonSchema[None], Query(description="Text in the name.")] = None,
    modelId: Annotated[str | SkipJsonSchema[None], Query(description="Keep packages of this model.")] = None,
) -> dict[str, object]:
    """List model packages that are not archived."""
    page = models.page(ctx, caller, paging, search=search, model_id=modelId)
    return page_body(request, page, lambda p: _body(p, models.deployments_of(ctx, p.id)))


@router.get("/modelPackages/{modelPackageId}/", operation_id="getModelPackage")
def get_model_package(ctx: Ctx, caller: Caller, modelPackageId: str) -> ModelPackageBody:
    """Read a model package."""
    return _body(models.get(ctx, caller, modelPackageId), models.deployments_of(ctx, modelPackageId))


@router.post("/modelPackages/{modelPackageId}/archive/", operation_id="archiveModelPackage", status_code=204)
def archive_model_package(ctx: Ctx, caller: Caller, modelPackageId: str) -> None:
    """Take a model package out of lists; deployments that use it go on."""
    models.archive(ctx, caller, modelPackageId)


Flag = Literal["false", "False", "true", "True"]


class FeatureFilter:
    """Query parameters of a list of features."""

    def __init__(
        self,
        offset: Annotated[int, Query(ge=0, description="Items to leave out from the start.")] = 0,
        limit: Annotated[int, Query(ge=0, description="Most items of the page; 0 means all.")] = 0,
        search: Annotated[str | SkipJsonSchema[None], Query(description="Text in the name.")] = None,
        orderBy: Annotated[
            Literal["name", "-name", "importance", "-importance"], Query(description="Sort key.")
        ] = "name",
        forSegmentedAnalysis: Annotated[
            Flag, Query(description="Keep features that segments can be made of.")
        ] = "false",
        includeNonPredictionFeatures: Annotated[  # noqa: ARG002  # part of the contract, without effect
            Flag, Query(description="External models have no other features; kept for clients that send it.")
        ] = "false",
    ) -> None:
        self.query = FeatureQuery(search, orderBy, forSegmentedAnalysis.lower() == "true")
        self.request = PageRequest(offset, limit or None)


Features = Annotated[FeatureFilter, Depends()]


@router.get(
    "/modelPackages/{modelPackageId}/features/",
    operation_id="listModelPackageFeatures",
    response_model=FeaturePage,
)
def list_model_package_features(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    modelPackageId: str,
    wanted: Features,
) -> dict[str, object]:
    """List the features of a model."""
    return features_page(request, models.get(ctx, caller, modelPackageId).features, wanted)


def features_page(request: Request, found: tuple[Feature, ...], wanted: FeatureFilter) -> dict[str, object]:
    """A page of a model's features."""
    return page_body(request, models.chosen_features(found, wanted.query, wanted.request), _feature)


def _feature(feature: Feature) -> FeatureBody:
    return FeatureBody(
        name=feature.name,
        feature_type=str(feature.kind),  # type: ignore[arg-type]  # the enum has these words
        importance=feature.importance,
        date_format="ISO 8601" if feature.kind == "Date" else None,
        known_in_advance=False,
    )
