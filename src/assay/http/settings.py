"""Settings of a deployment."""

import json
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from assay.errors import Invalid
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import Body, JsonRoute, given, optional
from assay.http.errors import documented
from assay.http.shapes import Switch
from assay.http.status import location
from assay.monitoring.deployments import deployments
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
    """Feature drift tracking: of the features named, or of all; how they were selected is only kept."""

    enabled: bool
    feature_selection: str | None = None
    tracked_features: list[str] | None = None


StoredSize = Literal[BucketSize.HOUR, BucketSize.DAY]


class TimeBuckets(Body):
    """Buckets of time that profiles are kept for: hours take more room, days can be cut finer from kept rows alone."""

    size: StoredSize


Days = Annotated[int | None, Field(ge=1, le=36_500)]


class Retention(Body):
    """For how many days rows, actuals and the files made of them are kept after they came; null for ever.

    Figures stay. An actual that comes once its prediction is gone waits for one that comes later.
    """

    rows_days: Days = None
    actuals_days: Days = None
    files_days: Days = None


class CustomBoundaries(Body):
    """Between which values a prediction is no outlier."""

    lower: float | None = None
    upper: float | None = None


class PredictionWarning(Body):
    """Warning of outliers. Kept; this server makes no predictions, so it warns of none."""

    enabled: bool = False
    custom_boundaries: CustomBoundaries | None = None


class PredictionIntervals(Body):
    """Prediction intervals of time series, which this server does not have."""

    enabled: bool = False
    percentiles: list[int] | None = None


class ForecastDate(Body):
    """Predictions by forecast date, which this server does not have."""

    enabled: bool
    column_name: str | None = None
    datetime_format: str | None = None


class BiasAndFairness(Body):
    """Fairness monitoring. Kept; this server computes no fairness."""

    model_config = ConfigDict(extra="allow")

    protected_features: list[str] | None = None
    preferable_target_value: bool | float | str | None = None
    fairness_metrics_set: str | None = None
    fairness_threshold: float | None = Field(default=None, ge=0, le=1)


class VerdictSettings(Body):
    """When a change is a reason against a batch: it must be real (alpha) and big (bigPsi, or bigRate of a rate)."""

    alpha: Annotated[float, Field(gt=0, lt=1)] = optional()
    big_psi: Annotated[float, Field(gt=0, allow_inf_nan=False)] = optional()
    big_rate: Annotated[float, Field(gt=0, le=1)] = optional()


class SettingsBody(Body):
    """Settings of a deployment. A PATCH names only what it changes."""

    association_id: AssociationId | None = None
    automatic_actuals: Switch | None = None
    batch_monitoring: Switch | None = None
    bias_and_fairness: BiasAndFairness | None = None
    challenger_models: Switch | None = None
    feature_drift: FeatureDriftSetting | None = None
    humility: Switch | None = None
    prediction_intervals: PredictionIntervals | None = None
    prediction_warning: PredictionWarning | None = None
    predictions_by_forecast_date: ForecastDate | None = None
    predictions_data_collection: Switch | None = None
    retention: Retention | None = None
    segment_analysis: SegmentAnalysis | None = None
    target_drift: Switch | None = None
    time_buckets: TimeBuckets | None = None
    verdict: VerdictSettings | None = None


OFF = Switch(enabled=False)
MOST_KEPT_BYTES = 64 * 2**10

# With these on, figures would be others than those that are asked for, so turning one on is refused, and the reason
# told. All else that this server does not act on is kept as it is sent, for clients that set and read it.
ALWAYS_OFF = {
    "automatic_actuals": "actuals of time series are not taken from history here; send them",
    "prediction_intervals": "this server has no time series models",
    "predictions_by_forecast_date": "rows stand at the time that each carries; send the forecast date as timestamp",
}


def _body(settings: Settings) -> SettingsBody:
    column = settings.association_id_column
    tracked = settings.tracked_features
    fairness, warning = settings.bias_and_fairness, settings.prediction_warning
    return SettingsBody(
        association_id=AssociationId(
            column_names=None if column is None else [column],
            required_in_prediction_requests=settings.association_id_required,
            auto_generate_id=False,
        ),
        automatic_actuals=OFF,
        batch_monitoring=Switch(enabled=settings.batch_monitoring),
        bias_and_fairness=None if fairness is None else BiasAndFairness.model_validate(fairness),
        challenger_models=Switch(enabled=settings.challenger_models),
        feature_drift=FeatureDriftSetting(
            enabled=settings.feature_drift,
            feature_selection=settings.feature_selection,
            tracked_features=None if tracked is None else list(tracked),
        ),
        humility=Switch(enabled=settings.humility),
        prediction_intervals=PredictionIntervals(enabled=False, percentiles=[]),
        prediction_warning=PredictionWarning(enabled=False)
        if warning is None
        else PredictionWarning.model_validate(warning),
        predictions_by_forecast_date=ForecastDate(enabled=False),
        predictions_data_collection=Switch(enabled=settings.prediction_rows_kept),
        retention=Retention(
            rows_days=settings.rows_days, actuals_days=settings.actuals_days, files_days=settings.files_days
        ),
        segment_analysis=SegmentAnalysis(
            enabled=settings.segment_analysis, attributes=list(settings.segment_attributes)
        ),
        target_drift=Switch(enabled=settings.target_drift),
        time_buckets=TimeBuckets(size=cast("StoredSize", settings.bucket_size)),
        verdict=VerdictSettings(
            alpha=settings.verdict.alpha, big_psi=settings.verdict.big_psi, big_rate=settings.verdict.big_rate
        ),
    )


def _changes(body: SettingsBody) -> dict[str, Any]:
    sent = {name: value for name, value in given(body).items() if value is not None}
    for name, reason in ALWAYS_OFF.items():
        if sent.pop(name, OFF).enabled:
            raise Invalid(f"{to_camel(name)}: {reason}; expected 'enabled': false.")
    changes: dict[str, Any] = {}
    for name, field in (
        ("batch_monitoring", "batch_monitoring"),
        ("target_drift", "target_drift"),
        ("feature_drift", "feature_drift"),
        ("predictions_data_collection", "prediction_rows_kept"),
        ("challenger_models", "challenger_models"),
        ("humility", "humility"),
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
    if "feature_drift" in sent:
        changes |= _tracked(sent["feature_drift"])
    return changes | _kept(body)


def _tracked(sent: FeatureDriftSetting) -> dict[str, Any]:
    fields = given(sent)
    return {name: fields[name] for name in ("feature_selection", "tracked_features") if name in fields}


def _kept(body: SettingsBody) -> dict[str, Any]:
    """What is kept as it is sent; null takes the fairness settings, or a limit of age, away."""
    changes: dict[str, Any] = {}
    if "bias_and_fairness" in body.model_fields_set:
        fairness = body.bias_and_fairness
        changes["bias_and_fairness"] = None if fairness is None else fairness.model_dump(by_alias=True)
    if body.prediction_warning is not None:
        changes["prediction_warning"] = _checked(body.prediction_warning).model_dump(by_alias=True)
    size = len(json.dumps(changes, ensure_ascii=False).encode())
    if size > MOST_KEPT_BYTES:
        raise Invalid(f"biasAndFairness: found {size} bytes, expected at most {MOST_KEPT_BYTES}.")
    if body.verdict is not None:
        changes["verdict"] = given(body.verdict)
    return changes if body.retention is None else changes | given(body.retention)


def _checked(warning: PredictionWarning) -> PredictionWarning:
    bounds = warning.custom_boundaries or CustomBoundaries()
    if bounds.lower is not None and bounds.upper is not None and bounds.lower > bounds.upper:
        raise Invalid(
            f"predictionWarning.customBoundaries: found lower {bounds.lower} above upper {bounds.upper}, expected "
            "the lower one first."
        )
    return warning


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
