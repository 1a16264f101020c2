"""Deployments as they are on the wire."""

from typing import Any, Literal

from pydantic import Field

from assay.errors import Invalid
from assay.http.bodies import Body, Moment, optional
from assay.http.environments import PredictionEnvironmentBody, environment_body
from assay.monitoring import capabilities
from assay.monitoring.deployments.deployment_views import DeploymentView
from assay.records.deployments import ModelPeriod, ReplacementReason, Settings
from assay.records.health import Health
from assay.records.times import format_time

MOST_TAGS, LONGEST_TAG = 50, 512
Importance = Literal["CRITICAL", "HIGH", "MODERATE", "LOW"]


class DeploymentCreate(Body):
    """A new deployment of a registered model.

    Pairs of additional metadata (``key`` or ``name``, and ``value``) show as its tags; a prediction server and
    runtime parameters are only kept.
    """

    model_package_id: str
    label: str
    description: str | None = None
    prediction_environment_id: str | None = None
    default_prediction_server_id: str | None = None
    importance: Importance | None = None
    user_provided_id: str | None = None
    additional_metadata: list[dict[str, Any]] | None = None
    runtime_parameter_values: str | None = None


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


class HealthBody(Body):
    """One health indicator, and the span of time it looks at; without the span where there was nothing to look at."""

    status: Literal["passing", "warning", "failing", "unknown", "unavailable"]
    message: str
    start_date: str = optional("date-time")
    end_date: str = optional("date-time")


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
    service_health: HealthBody
    model_health: HealthBody
    accuracy_health: HealthBody
    fairness_health: HealthBody
    capabilities: dict[str, Any]
    governance: dict[str, Any]
    owners: dict[str, Any]
    prediction_environment: PredictionEnvironmentBody = optional()
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


class ModelReplace(Body):
    """The model that is to come into service, by its package or by its own id, and why."""

    model_package_id: str | None = None
    model_id: str | None = None
    reason: ReplacementReason = Field(strict=False)


class ModelPeriodBody(Body):
    """One service of a model in a deployment; the present one has not been replaced."""

    model_id: str
    model_package_id: str
    model_package_name: str
    deployed_at: Moment
    replaced_at: Moment | None
    reason: ReplacementReason | None = Field(strict=False)
    deployed_by: dict[str, str]


class ModelHistory(Body):
    """A page of a deployment's models."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[ModelPeriodBody]


def tags_of(pairs: list[dict[str, Any]] | None) -> tuple[tuple[str, str], ...]:
    """Names and values of additional metadata."""
    found = []
    for place, pair in enumerate(pairs or ()):
        name, value = pair.get("key", pair.get("name")), pair.get("value")
        if not isinstance(name, str) or not isinstance(value, str) or not name.strip():
            raise Invalid(
                f"additionalMetadata[{place}]: found {str(pair)[:64]}, expected a key and a value that are text."
            )
        if max(len(name), len(value)) > LONGEST_TAG or place >= MOST_TAGS:
            raise Invalid(
                f"additionalMetadata[{place}]: expected at most {MOST_TAGS} pairs, of texts of at most {LONGEST_TAG} "
                "characters."
            )
        found.append((name, value))
    return tuple(found)


PERMISSIONS = [
    "CAN_VIEW",
    "CAN_EDIT",
    "CAN_UPDATE_DEPLOYMENT",
    "CAN_REPLACE_MODEL",
    "CAN_SUBMIT_ACTUALS",
    "CAN_DELETE_DEPLOYMENT",
]


def deployment_body(view: DeploymentView) -> DeploymentBody:
    """A deployment as its page shows it."""
    deployment, package = view.deployment, view.package
    owner = {"id": deployment.owner_id, "name": deployment.owner_name}
    body = DeploymentBody(
        id=deployment.id,
        label=deployment.label,
        description=deployment.description,
        status="active",
        created_at=deployment.created_at,
        importance=deployment.importance,  # type: ignore[arg-type]  # checked when it was set
        model=_model(view),
        model_package={"id": package.id, "name": package.name, "registeredModelId": package.id},
        prediction_usage=_usage(view),
        permissions=PERMISSIONS,
        service_health=_health(view.health.service),
        model_health=_health(view.health.drift),
        accuracy_health=_health(view.health.accuracy),
        fairness_health=_health(view.health.fairness),
        capabilities={"supportsDriftTracking": True} | {one.name: one.supported for one in capabilities.of(deployment)},
        governance={"approvalStatus": "APPROVED", "hasOpenedChangeRequests": False},
        owners={"count": 1, "preview": [owner]},
        settings=_settings(deployment.settings),
        approval_status="APPROVED",
        user_provided_id=deployment.user_provided_id,
        creator=owner,
        tags=list(deployment.tags),
    )
    if view.environment is not None:
        body.prediction_environment = environment_body(view.environment)
    return body


def _model(view: DeploymentView) -> DeploymentModel:
    target = view.package.target
    return DeploymentModel(
        id=view.model.model_id,
        type="External",
        target_name=target.name,
        target_type=str(target.type),
        build_environment_type=view.package.description.get("buildEnvironmentType"),
        deployed_at=view.model.since,
        is_deprecated=False,
        unsupervised_mode=False,
        unstructured_model_kind=False,
    )


def _usage(view: DeploymentView) -> dict[str, Any]:
    usage: dict[str, Any] = {"dailyRates": list(view.daily_rows)}
    if view.last_prediction is not None:
        usage["lastTimestamp"] = format_time(view.last_prediction)
    return usage


def _health(health: Health) -> HealthBody:
    body = HealthBody(status=str(health.status), message=health.message)  # type: ignore[arg-type]  # the same words
    if health.start is not None and health.end is not None:
        body.start_date, body.end_date = format_time(health.start), format_time(health.end)
    return body


def _settings(settings: Settings) -> dict[str, bool]:
    return {
        "humbleAiEnabled": settings.humility,
        "predictionIntervalsEnabled": False,
        "predictionWarningEnabled": bool((settings.prediction_warning or {}).get("enabled")),
    }


def period_body(period: ModelPeriod) -> ModelPeriodBody:
    """One service of a model."""
    return ModelPeriodBody(
        model_id=period.model_id,
        model_package_id=period.model_package_id,
        model_package_name=period.package_name,
        deployed_at=period.since,
        replaced_at=period.until,
        reason=period.reason,
        deployed_by={"id": period.user_id, "name": period.user_name},
    )
