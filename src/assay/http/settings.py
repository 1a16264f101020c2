"""Settings of a deployment."""

from typing import Any, Literal, cast

from fastapi import APIRouter, Request, Response

from assay.errors import Invalid
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute, given
from assay.http.errors import documented
from assay.http.shapes import Switch
from assay.http.status import location
from assay.monitoring import deployments
from assay.records.buckets import BucketSize
from assay.records.deployments import Settings

router = APIRouter(prefix="/api/v2", route_class=JsonRoute, tags=["settings"], responses=documented(409))


class AssociationId(Body):
    """How actuals are joined to predictions."""

    column_names: list[str] | None = None
    required_in_prediction_requests: bool | None = None
    auto_generate_id: bool | None = None


class SegmentAnalysis(Body):
    """Segmented analysis."""

    enabled: bool
    attributes: list[str] | None = None


class FeatureDriftSetting(Body):
    """Feature drift tracking."""

    enabled: bool
    feature_selection: str | None = None
    tracked_features: list[str] | None = None


StoredSize = Literal[BucketSize.HOUR, BucketSize.DAY]


class TimeBuckets(Body):
    """Buckets of time that profiles are kept for: hours take more room, days can be cut finer from kept rows alone."""

    size: StoredSize


class SettingsBody(Body):
    """Settings of a deployment. A PATCH names only what it changes."""

    association_id: AssociationId | None = None
    automatic_actuals: Switch | None = None
    batch_monitoring: Switch | None = None
    bias_and_fairness: dict[str, Any] | None = None
    challenger_models: Switch | None = None
    feature_drift: FeatureDriftSetting | None = None
    humility: Switch | None = None
    prediction_intervals: dict[str, Any] | None = None
    prediction_warning: dict[str, Any] | None = None
    predictions_by_forecast_date: dict[str, Any] | None = None
    predictions_data_collection: Switch | None = None
    segment_analysis: SegmentAnalysis | None = None
    target_drift: Switch | None = None
    time_buckets: TimeBuckets | None = None


OFF = Switch(enabled=False)

# What this product does not do; turning it on is refused, so that nobody waits for an effect.
ALWAYS_OFF = (
    "automatic_actuals",
    "challenger_models",
    "humility",
    "prediction_intervals",
    "prediction_warning",
    "predictions_by_forecast_date",
)


def _body(settings: Settings) -> SettingsBody:
    column = settings.association_id_column
    return SettingsBody(
        association_id=AssociationId(
            column_names=None if column is None else [column],
            required_in_prediction_requests=settings.association_id_required,
            auto_generate_id=False,
        ),
        automatic_actuals=OFF,
        batch_monitoring=Switch(enabled=settings.batch_monitoring),
        bias_and_fairness=None,
        challenger_models=OFF,
        feature_drift=FeatureDriftSetting(
            enabled=settings.feature_drift, feature_selection=None, tracked_features=None
        ),
        humility=OFF,
        prediction_intervals={"enabled": False, "percentiles": []},
        prediction_warning={"enabled": False, "customBoundaries": None},
        predictions_by_forecast_date={"enabled": False, "columnName": None, "datetimeFormat": None},
        predictions_data_collection=Switch(enabled=settings.prediction_rows_kept),
        segment_analysis=SegmentAnalysis(
            enabled=settings.segment_analysis, attributes=list(settings.segment_attributes)
        ),
        target_drift=Switch(enabled=settings.target_drift),
        time_buckets=TimeBuckets(size=cast("StoredSize", settings.bucket_size)),
    )


def _changes(body: SettingsBody) -> dict[str, Any]:
    sent = {name: value for name, value in given(body).items() if value is not None}
    for name in ALWAYS_OFF:
        _require_off(name, sent.pop(name, OFF))
    if sent.pop("bias_and_fairness", None):
        raise Invalid("biasAndFairness: this server does not track fairness.")
    changes: dict[str, Any] = {}
    for name, field in (
        ("batch_monitoring", "batch_monitoring"),
        ("target_drift", "target_drift"),
        ("feature_drift", "feature_drift"),
        ("predictions_data_collection", "prediction_rows_kept"),
    ):
        if name in sent:
            changes[field] = sent[name].enabled
    if "segment_analysis" in sent:
        changes["segment_analysis"] = sent["segment_analysis"].enabled
        if sent["segment_analysis"].attributes is not None:
            changes["segment_attributes"] = tuple(sent["segment_analysis"].attributes)
    if "time_buckets" in sent:
        changes["bucket_size"] = sent["time_buckets"].size
    if "association_id" in sent:
        changes |= _association_id(sent["association_id"])
    return changes


def _require_off(name: str, value: Any) -> None:
    enabled = value.get("enabled") if isinstance(value, dict) else value.enabled
    if enabled:
        raise Invalid(f"{name.replace('_', ' ')}: this server does not have it, expected 'enabled': false.")


def _association_id(sent: AssociationId) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    fields = given(sent)
    if "column_names" in fields:
        names = sent.column_names or []
        if len(names) > 1:
            raise Invalid(f"associationId.columnNames: found {len(names)} names, expected at most one.")
        changes["association_id_column"] = names[0] if names else None
    if sent.required_in_prediction_requests is not None:
        changes["association_id_required"] = sent.required_in_prediction_requests
    if sent.auto_generate_id:
        raise Invalid("associationId.autoGenerateId: this server does not make up ids; send your own.")
    return changes


@router.get("/deployments/{deploymentId}/settings/", operation_id="getSettings")
def get_settings(ctx: Ctx, caller: Caller, deploymentId: str) -> SettingsBody:
    """Read a deployment's settings."""
    return _body(deployments.settings(ctx, caller, deploymentId))


@router.patch("/deployments/{deploymentId}/settings/", operation_id="updateSettings", status_code=202)
def update_settings(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    body: SettingsBody,
) -> Response:
    """Change the settings that are sent."""
    job = deployments.change_settings(ctx, caller, deploymentId, _changes(body))
    return Response("{}", status_code=202, media_type="application/json", headers=location(request, job))
