"""Health settings of a deployment."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from pydantic.alias_generators import to_camel

from assay.errors import Invalid
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute, given, optional
from assay.http.errors import documented
from assay.monitoring.deployments import health_settings
from assay.records.health import HealthSettings

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}", route_class=JsonRoute, tags=["settings"], responses=documented()
)

BatchCount = Literal[1, 5, 10, 50, 100, 1_000, 10_000]
Count = Annotated[int, Field(ge=0, le=2**31)]
Names = Annotated[list[str], Field(max_length=10_000)]


class HealthService(Body):
    """When service health changes."""

    batch_count: BatchCount = optional()


class HealthDrift(Body):
    """When drift health changes; a count of 0 means that no number of features does."""

    batch_count: BatchCount = optional()
    time_interval: str = optional()
    drift_threshold: float = optional()
    importance_threshold: float = optional()
    low_importance_warning_count: Count = optional()
    low_importance_failing_count: Count = optional()
    high_importance_warning_count: Count = optional()
    high_importance_failing_count: Count = optional()
    excluded_features: Names = optional()
    starred_features: Names = optional()


class HealthAccuracy(Body):
    """When accuracy health changes."""

    batch_count: BatchCount = optional()
    metric: str = optional()
    measurement: Literal["percent", "value"] = optional()
    warning_threshold: float | None = optional()
    failing_threshold: float | None = optional()


class HealthFairness(Body):
    """When fairness health would change; kept, for this server does not track fairness."""

    protected_class_warning_count: Count = optional()
    protected_class_failing_count: Count = optional()


class HealthCustomCondition(Body):
    """One condition on a custom metric; all but the category is needed."""

    metric_id: str = optional()
    compare_operator: Literal["lt", "lte", "gt", "gte"] = optional()
    threshold: float = optional()
    category_name: str | None = None


class HealthCustom(Body):
    """When custom metrics change health."""

    warning_conditions: list[HealthCustomCondition] = optional()
    failing_conditions: list[HealthCustomCondition] = optional()


class HealthTimeliness(Body):
    """How often data is expected, as an ISO 8601 duration."""

    enabled: bool = optional()
    expected_frequency: str = optional()


class HealthSettingsBody(Body):
    """What the health indicators look at. A PATCH names only what it changes."""

    service: HealthService = optional()
    data_drift: HealthDrift = optional()
    accuracy: HealthAccuracy = optional()
    fairness: HealthFairness = optional()
    custom_metrics: HealthCustom = optional()
    predictions_timeliness: HealthTimeliness = optional()
    actuals_timeliness: HealthTimeliness = optional()


def _body(settings: HealthSettings) -> HealthSettingsBody:
    # Tuples become the lists that the shapes have.
    return HealthSettingsBody.model_validate(asdict(settings), strict=False)


def _changes(body: HealthSettingsBody) -> dict[str, dict[str, Any]]:
    return {group: {name: _plain(value) for name, value in given(sent).items()} for group, sent in given(body).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_condition(one) if isinstance(one, HealthCustomCondition) else one for one in value]
    return value


def _condition(sent: HealthCustomCondition) -> dict[str, Any]:
    for name in ("metric_id", "compare_operator", "threshold"):
        if name not in sent.model_fields_set:
            raise Invalid(f"customMetrics: found a condition without {to_camel(name)}, expected one with it.")
    return sent.model_dump()


@router.get("/healthSettings/", operation_id="getHealthSettings")
def get_health_settings(ctx: Ctx, caller: Caller, deploymentId: str) -> HealthSettingsBody:
    """Read what the deployment's health looks at."""
    return _body(health_settings.get(ctx, caller, deploymentId))


@router.patch("/healthSettings/", operation_id="updateHealthSettings")
def update_health_settings(ctx: Ctx, caller: Caller, deploymentId: str, body: HealthSettingsBody) -> HealthSettingsBody:
    """Change the fields that are sent; answers with all settings as they are then."""
    return _body(health_settings.change(ctx, caller, deploymentId, _changes(body)))


@router.get("/healthSettings/defaults/", operation_id="getDefaultHealthSettings")
def get_default_health_settings(ctx: Ctx, caller: Caller, deploymentId: str) -> HealthSettingsBody:
    """Read what the deployment's health would look at if nobody had changed it."""
    return _body(health_settings.defaults(ctx, caller, deploymentId))
