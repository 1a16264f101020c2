"""What an upload adds up to: its rows profiled and kept, a chunk at a time."""

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from assay.monitoring.baseline_cache import OpenBaseline
from assay.monitoring.context import Context
from assay.monitoring.rows.row_parts import ASSOCIATION_ID, AT, FEATURE, SEGMENT, parquet
from assay.monitoring.rows.rows import Rows
from assay.monitoring.rows.slicing import ByBucket
from assay.records.deployments import Settings
from assay.records.slices import Slice
from assay.records.uploads import part_key
from assay.stats.profile import Profile


@dataclass(frozen=True, slots=True)
class Tracking:
    """What of an upload is kept and counted."""

    drift: bool = True
    features: bool = True
    target: bool = True
    accuracy: bool = True
    raw_rows: bool = True


def tracking(settings: Settings, *, skip_drift: bool = False, skip_accuracy: bool = False) -> Tracking:
    """What a deployment's settings, and the call itself, ask to keep and count."""
    return Tracking(
        drift=not skip_drift,
        features=settings.feature_drift,
        target=settings.target_drift,
        accuracy=not skip_accuracy,
        raw_rows=settings.prediction_rows_kept,
    )


@dataclass(frozen=True, slots=True)
class Profiles:
    """Profiles of the same rows: of their features and of their predictions; None where one is not tracked."""

    features: Profile | None
    predictions: Profile | None

    def merge(self, other: "Profiles") -> "Profiles":
        """Profiles of both inputs' rows."""
        return Profiles(_both(self.features, other.features), _both(self.predictions, other.predictions))


def _both(one: Profile | None, other: Profile | None) -> Profile | None:
    return one if other is None else other if one is None else one.merge(other)


@dataclass
class Tally:
    """What an upload adds up to so far; `add` takes the next chunk.

    Profiles grow by merging, rows go to a new Parquet blob a chunk: memory does not grow with the rows.

    Attributes
    ----------
    slices : dict
        Profiles by bucket of time, and by segment and bucket. Those of all rows are their sum.
    estimated : bool
        Whether the rows came as aggregates whose cells can only be estimated.
    sampled : bool
        Whether only some of the rows are kept one by one, so that these cannot be profiled again.
    without_drift : bool
        Whether the rows count and have no profile, because their sender left drift out.
    """

    ctx: Context
    baseline: OpenBaseline
    tracking: Tracking
    blob_prefix: str
    cut: ByBucket
    rows: int = 0
    parts: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    has_association_ids: bool = False
    without_association_id: int = 0
    unreadable: dict[str, int] = field(default_factory=dict)
    slices: dict[Slice, Profiles] = field(default_factory=dict)
    estimated: bool = False
    sampled: bool = False
    without_drift: bool = False

    def add(self, rows: Rows, kept: pl.Series | None = None) -> None:
        """Count some rows, and keep those that ``kept`` (booleans) says; all of them unless told."""
        if rows.height == 0:
            return
        if self.tracking.drift:
            self._profile(rows)
        self.rows += rows.height
        first, last = rows.at.min(), rows.at.max()
        if isinstance(first, datetime) and isinstance(last, datetime):
            self.first_at = first if self.first_at is None else min(self.first_at, first)
            self.last_at = last if self.last_at is None else max(self.last_at, last)
        for name, count in rows.unreadable.items():
            self.unreadable[name] = self.unreadable.get(name, 0) + count
        self._keep(rows, kept)

    def _profile(self, rows: Rows) -> None:
        for part, places in self.cut.parts(rows.at, rows.segments):
            # Most often all rows are of one bucket: then nothing need be gathered.
            some = rows if places.len() == rows.height else rows.at_places(places)
            found = self._profiles(some)
            known = self.slices.get(part)
            self.slices[part] = found if known is None else known.merge(found)

    def _profiles(self, rows: Rows) -> Profiles:
        features, predictions = None, None
        if self.tracking.features:
            # The frame of features may have no column at all, and then no height.
            frame = rows.features if rows.features.width else rows.predictions
            features = Profile.of(frame, self.baseline.feature_bins)
        if self.tracking.target:
            predictions = Profile.of(rows.predictions, self.baseline.prediction_bins)
        return Profiles(features, predictions)

    def _keep(self, rows: Rows, kept: pl.Series | None) -> None:
        ids = rows.association_ids if self.tracking.accuracy else None
        self.without_association_id += rows.height if ids is None else ids.null_count()
        if ids is None and not self.tracking.raw_rows:
            return
        frame = rows.predictions.with_columns(rows.at.alias(AT))
        if ids is not None:
            frame = frame.with_columns(ids.alias(ASSOCIATION_ID))
            self.has_association_ids = self.has_association_ids or ids.null_count() < ids.len()
        if self.tracking.raw_rows:
            frame = frame.with_columns([column.alias(FEATURE + column.name) for column in rows.features])
        # A segment attribute may be no feature, or features may not be kept.
        frame = frame.with_columns(
            [c.alias(SEGMENT + c.name) for c in rows.segments if FEATURE + c.name not in frame.columns]
        )
        if kept is not None:
            frame = frame.filter(kept)
            self.sampled = True
        if frame.is_empty():
            return
        self.ctx.store.blobs.put(part_key(self.blob_prefix, self.parts), [parquet(frame)])
        self.parts += 1

    def discard(self) -> None:
        """Remove the rows kept so far, of an upload that will not be counted."""
        self.ctx.store.blobs.delete(self.blob_prefix)
