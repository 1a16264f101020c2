"""Deployments: what is watched, and its settings."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from assay.records.buckets import BucketSize


@dataclass(frozen=True, slots=True)
class VerdictRule:
    """When a change is a reason against a batch: it must be real and big.

    Attributes
    ----------
    alpha : float in (0, 1)
        Chance that a batch in which nothing has changed is anything but passing.
    big_psi : float, above 0
        Bias-corrected PSI from which a change matters.
    big_rate : float in (0, 1]
        Change of a rate (missing, out of range, new level) from which it matters; 0.02 are two points.
    """

    alpha: float = 0.01
    big_psi: float = 0.10
    big_rate: float = 0.02


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployment tracks. Kept as one JSON object; absent keys have the defaults below.

    Attributes
    ----------
    bucket_size : BucketSize
        Length of the buckets of time that profiles are kept for: an hour or a day.
    tracked_features : tuple of str or None
        The features whose drift is told; None for all.
    feature_selection : str or None
        The caller's word for how they were chosen.
    rows_days, actuals_days, files_days : int or None
        For how many days prediction rows, actuals, and the files made of them (exports, results of monitoring jobs)
        are kept after they came; None for ever.
    challenger_models, humility, prediction_warning, bias_and_fairness
        Kept for clients that set and read them; nothing here depends on them.
    """

    batch_monitoring: bool = False
    target_drift: bool = True
    feature_drift: bool = True
    prediction_rows_kept: bool = True
    association_id_column: str | None = None
    association_id_required: bool = False
    segment_attributes: tuple[str, ...] = ()
    segment_analysis: bool = False
    bucket_size: BucketSize = BucketSize.DAY
    tracked_features: tuple[str, ...] | None = None
    feature_selection: str | None = None
    challenger_models: bool = False
    humility: bool = False
    prediction_warning: dict[str, Any] | None = None
    bias_and_fairness: dict[str, Any] | None = None
    rows_days: int | None = None
    actuals_days: int | None = None
    files_days: int | None = None
    verdict: VerdictRule = field(default_factory=VerdictRule)

    @property
    def forgets(self) -> bool:
        """Whether anything is kept for a time only."""
        return any(days is not None for days in (self.rows_days, self.actuals_days, self.files_days))

    @property
    def segmented_by(self) -> tuple[str, ...]:
        """Attributes by which rows are profiled apart."""
        return self.segment_attributes if self.segment_analysis else ()

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Settings from the JSON object of the database."""
        tracked = stored.get("tracked_features")
        known = {
            **stored,
            "segment_attributes": tuple(stored.get("segment_attributes", ())),
            "bucket_size": BucketSize(stored.get("bucket_size", BucketSize.DAY)),
            "tracked_features": None if tracked is None else tuple(tracked),
            "verdict": VerdictRule(**stored.get("verdict", {})),
        }
        return cls(**known)

    def changed(self, changes: dict[str, Any]) -> Self:
        """The settings with some fields replaced."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model in service whose data we watch. ``model_id`` and ``model_package_id`` are the current model's.

    Attributes
    ----------
    environment_id : str or None
        The prediction environment that the caller named.
    prediction_server_id, runtime_parameters : str or None
        Kept as sent; nothing here depends on them.
    tags : list of dict
        Names and values (``name``, ``value``, ``id``) that the caller gave.
    """

    id: str
    owner_id: str
    owner_name: str
    label: str
    description: str | None
    importance: str | None
    model_id: str
    model_package_id: str
    settings: Settings
    user_provided_id: str | None
    created_at: datetime
    environment_id: str | None = None
    prediction_server_id: str | None = None
    tags: list[dict[str, str]] = field(default_factory=list)
    runtime_parameters: str | None = None


@dataclass(frozen=True, slots=True)
class DeployedModel:
    """A model that a deployment has or had, once however often it served.

    ``baseline_id`` is None while it is being prepared; ``since`` and ``until`` are of its latest service.
    """

    deployment_id: str
    model_id: str
    model_package_id: str
    baseline_id: str | None
    since: datetime
    until: datetime | None


class ReplacementReason(StrEnum):
    """Why a model is replaced, in the words of the public API."""

    ACCURACY = "ACCURACY"
    DATA_DRIFT = "DATA_DRIFT"
    ERRORS = "ERRORS"
    SCHEDULED_REFRESH = "SCHEDULED_REFRESH"
    SCORING_SPEED = "SCORING_SPEED"
    DEPRECATION = "DEPRECATION"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class ModelPeriod:
    """One service of a model: from when to when, put there by whom and why.

    ``until`` is None for the current one, ``reason`` for a deployment's first.
    """

    deployment_id: str
    model_id: str
    model_package_id: str
    package_name: str
    since: datetime
    until: datetime | None
    reason: ReplacementReason | None
    user_id: str
    user_name: str


class DeploymentOrder(StrEnum):
    """Sort keys of a list of deployments; a minus before one sorts downwards."""

    LABEL = "label"
    CREATED = "createdAt"
    IMPORTANCE = "importance"
    MODEL_SINCE = "currentModelDeployedTimestamp"
    LAST_PREDICTION = "lastPredictionTimestamp"
    RECENT_PREDICTIONS = "recentPredictions"


@dataclass(frozen=True, slots=True)
class DeploymentQuery:
    """Which deployments are wanted, and in which order; None means no such filter.

    Attributes
    ----------
    owner_id : str or None
        Whose deployments.
    created_by : str or None
        Id or name of the maker.
    last_prediction_from, last_prediction_to : datetime or None
        Bounds of the latest prediction time, both taken in.
    more_a_day, fewer_a_day : int or None
        Bounds, left out, of the mean rows a day since ``usage_since`` (``USAGE_DAYS`` days ago).
    none : bool
        Whether some filter keeps no deployment at all.
    """

    owner_id: str | None = None
    search: str | None = None
    order_by: DeploymentOrder = DeploymentOrder.CREATED
    descending: bool = True
    created_by: str | None = None
    not_owner_id: str | None = None
    importance: tuple[str, ...] | None = None
    last_prediction_from: datetime | None = None
    last_prediction_to: datetime | None = None
    usage_since: datetime | None = None
    more_a_day: int | None = None
    fewer_a_day: int | None = None
    prediction_servers: tuple[str, ...] | None = None
    build_environments: tuple[str, ...] | None = None
    platforms: tuple[str, ...] | None = None
    target_types: tuple[str, ...] | None = None
    none: bool = False


# Over how many days the usage of a deployment is told.
USAGE_DAYS = 7
