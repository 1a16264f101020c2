"""Model packages: registered model versions."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from assay.errors import Invalid, NotFound
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute
from assay.http.errors import documented
from assay.http.features import FeaturePage, Features, Flag, features_page
from assay.http.paging import Paging, page_body
from assay.monitoring import models
from assay.monitoring.models import NewModelPackage, PackagesWanted, PackageView
from assay.records.models import Target, TargetType
from assay.records.pages import cut
from assay.records.times import format_time

router = APIRouter(prefix="/api/v2", route_class=JsonRoute, tags=["modelPackages"], responses=documented(409, 410))


Text512 = Annotated[str | None, Field(max_length=512)]
Text2048 = Annotated[str | None, Field(max_length=2_048)]


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

    model_name: Text512 = None
    description: Text2048 = None
    location: Text2048 = None
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


def _new(body: ModelPackageCreate) -> NewModelPackage:
    target, data = body.target, body.datasets
    threshold = target.prediction_threshold
    if body.geospatial_monitoring:
        raise Invalid("geospatialMonitoring: this server has no maps, expected null.")
    _check_version(data.training_data_catalog_id, data.training_data_catalog_version_id)
    _check_version(data.holdout_data_catalog_id, data.holdout_data_catalog_version_id)
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
        training_dataset_id=data.training_data_catalog_id,
        holdout_dataset_id=data.holdout_data_catalog_id,
        importance=body.feature_importance or {},
    )


def _check_version(dataset_id: str | None, version_id: str | None) -> None:
    # A data set is never changed in place, so its one version has its id.
    if version_id is not None and version_id != dataset_id:
        raise NotFound(f"Data set version not found: {version_id} of data set {dataset_id}.")


MODEL_KINDS = (
    "isTimeSeries",
    "isMultiseries",
    "isUnsupervisedLearning",
    "isFeatureDiscovery",
    "isAnomalyDetectionModel",
    "isCombinedModel",
    "isDecisionFlow",
)
TIMESERIES = (
    "datetimeColumnName",
    "datetimePartitionColumn",
    "effectiveFeatureDerivationWindowEnd",
    "effectiveFeatureDerivationWindowStart",
    "forecastDistanceColumnName",
    "forecastDistances",
    "forecastDistancesTimeUnit",
    "forecastPointColumnName",
    "seriesColumnName",
)
CAPABILITIES = {
    "supportsAutomaticActuals": False,
    "supportsChallengerModels": False,
    "supportsFeatureDriftTracking": True,
    "supportsHumilityRules": False,
    "supportsModelReplacement": True,
    "supportsTargetDriftTracking": True,
}


def _body(view: PackageView) -> ModelPackageBody:
    package, training, holdout = view.package, view.training, view.holdout
    target = package.target
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
            training_data_catalog_id=package.training_dataset_id,
            training_data_catalog_version_id=package.training_dataset_id,
            holdout_data_catalog_id=package.holdout_dataset_id,
            holdout_data_catalog_version_id=package.holdout_dataset_id,
            dataset_name=None if training is None else training.name,
            holdout_dataset_name=None if holdout is None else holdout.name,
            training_data_size=None if training is None else training.row_count,
        ),
        model_description=ModelDescription.model_validate(package.description),
        model_kind=dict.fromkeys(MODEL_KINDS, False),
        model_execution_type="external",
        import_meta={
            "creatorId": package.owner_id,
            "creatorUsername": view.creator,
            "dateCreated": format_time(package.created_at),
            "originalFileName": None,
        },
        source_meta={"projectId": None, "projectName": None, "environmentUrl": None, "scoringCode": None},
        timeseries=dict.fromkeys(TIMESERIES),
        capabilities=CAPABILITIES,
        permissions=["CAN_VIEW", "CAN_DEPLOY", "CAN_ARCHIVE"],
        active_deployment_count=view.deployments,
        is_archived=package.archived_at is not None,
        is_deprecated=False,
        # An external model is not built here.
        build_status=None,
        user_provided_id=None,
    )


@router.post("/modelPackages/fromJSON/", operation_id="createModelPackage", status_code=201)
def create_model_package(ctx: Ctx, caller: Caller, body: ModelPackageCreate) -> ModelPackageBody:
    """Register an external model with its target and its training and holdout data."""
    package = models.create(ctx, caller, _new(body))
    return _body(models.seen(ctx, caller, package.id))


class PackageFilter:
    """Query parameters of a list of model packages."""

    def __init__(
        self,
        search: Annotated[str | SkipJsonSchema[None], Query(description="Text in the name.")] = None,
        modelId: Annotated[str | SkipJsonSchema[None], Query(description="Keep packages of this model.")] = None,
        similarTo: Annotated[
            str | SkipJsonSchema[None],
            Query(description="Keep packages that can replace this one: same target, type and classes."),
        ] = None,
        forChallenger: Annotated[  # noqa: ARG002  # what can replace a model could challenge it too
            Flag, Query(description="Keep packages that can challenge similarTo: the same that can replace it.")
        ] = "false",
        predictionThreshold: Annotated[
            float | SkipJsonSchema[None], Query(description="Keep binary packages with this threshold.")
        ] = None,
        imported: Annotated[
            Flag | SkipJsonSchema[None], Query(description="Keep imported packages, or the others; none is imported.")
        ] = None,
        predictionEnvironmentId: Annotated[
            str | SkipJsonSchema[None],
            Query(description="Keep packages that this environment can run: all, if it supports externalModel."),
        ] = None,
        modelKind: Annotated[
            list[str] | SkipJsonSchema[None],
            Query(description="Keep packages that are of one of these kinds; external models are of none."),
        ] = None,
        buildStatus: Annotated[
            Literal["inProgress", "complete", "failed"] | SkipJsonSchema[None],
            Query(description="Keep packages in this state; external models are not built, so they are in none."),
        ] = None,
    ) -> None:
        self.wanted = PackagesWanted(search, modelId, similarTo, predictionThreshold, predictionEnvironmentId)
        self.keeps_none = (imported or "false").lower() == "true" or bool(modelKind) or buildStatus is not None


@router.get("/modelPackages/", operation_id="listModelPackages", response_model=ModelPackagePage)
def list_model_packages(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    filters: Annotated[PackageFilter, Depends()],
) -> dict[str, object]:
    """List model packages that are not archived."""
    page = models.page(ctx, caller, paging, filters.wanted)
    return page_body(request, cut([], paging) if filters.keeps_none else page, _body)


@router.get("/modelPackages/{modelPackageId}/", operation_id="getModelPackage")
def get_model_package(ctx: Ctx, caller: Caller, modelPackageId: str) -> ModelPackageBody:
    """Read a model package."""
    return _body(models.seen(ctx, caller, modelPackageId))


@router.post("/modelPackages/{modelPackageId}/archive/", operation_id="archiveModelPackage", status_code=204)
def archive_model_package(ctx: Ctx, caller: Caller, modelPackageId: str) -> None:
    """Take a model package out of lists; deployments that use it go on."""
    models.archive(ctx, caller, modelPackageId)


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
