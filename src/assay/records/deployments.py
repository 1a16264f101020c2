"""Deployments: what is watched, and its settings."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from assay.records.buckets import BucketSize


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployment tracks. Kept as one JSON object; absent keys have the defaults below.

    ``bucket_size`` is the length of the buckets of time that profiles are kept for: an hour or a day.
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

    @property
    def segmented_by(self) -> tuple[str, ...]:
        """Attributes by which rows are profiled apart."""
        return self.segment_attributes if self.segment_analysis else ()

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Settings from the JSON object of the database."""
        known = {
            **stored,
            "segment_attributes": tuple(stored.get("segment_attributes", ())),
            "bucket_size": BucketSize(stored.get("bucket_size", BucketSize.DAY)),
        }
        return cls(**known)

    def changed(self, changes: dict[str, Any]) -> Self:
        """The settings with some fields replaced."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model in service whose data we watch. ``model_id`` and ``model_package_id`` are the current model's."""

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


@dataclass(frozen=True, slots=True)
class DeployedModel:
    """One entry of a deployment's model history. ``baseline_id`` is None while it is being prepared."""

    deployment_id: str
    model_id: str
    model_package_id: str
    baseline_id: str | None
    since: datetime
    until: datetime | None
