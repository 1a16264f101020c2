"""Prediction rows on their way in: read, checked, profiled and kept, a chunk at a time."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from assay.errors import Invalid
from assay.monitoring.baseline_cache import OpenBaseline
from assay.monitoring.context import Context
from assay.monitoring.slicing import ByBucket
from assay.records.deployments import Settings
from assay.records.slices import Slice
from assay.stats.profile import Profile

ASSOCIATION_ID = "association_id"
AT = "at"
FEATURE = "feature:"
SEGMENT = "segment:"


@dataclass(frozen=True)
class Rows:
    """Some prediction rows of one model, ready to be counted; all parts have the same height.

    Attributes
    ----------
    features : DataFrame
        Feature columns, cast to their kinds.
    predictions : DataFrame
        The columns of `prediction_columns`.
    association_ids : Series of text, or None
        Missing where a row has none.
    at : Series of UTC times
        When each prediction was made.
    unreadable : dict
        Values by feature that could not be read and count as missing.
    segments : DataFrame of texts
        One column a segment attribute; may have no column.
    """

    features: pl.DataFrame
    predictions: pl.DataFrame
    association_ids: pl.Series | None
    at: pl.Series
    unreadable: dict[str, int]
    segments: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def height(self) -> int:
        """Rows."""
        return self.predictions.height

    def at_places(self, places: pl.Series) -> "Rows":
        """Some of the rows, without their association ids."""
        return Rows(
            features=self.features[places] if self.features.width else self.features,
            predictions=self.predictions[places],
            association_ids=None,
            at=self.at[places],
            unreadable={},
        )


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


def check_association_ids(ids: pl.Series, place: str, *, required: bool, longest: int = 256) -> pl.Series:
    """Blank ids are missing; refuses ids that cannot be kept, and missing ones where each row needs one."""
    ids = without_blanks(ids)
    for wrong, reason in association_id_faults(ids, required=required, longest=longest):
        if wrong.any():
            raise Invalid(f"{place}, row {wrong.arg_true()[0] + 1}: {reason}.")
    return ids


def without_blanks(ids: pl.Series) -> pl.Series:
    """Blank ids are missing."""
    return ids.set(ids.str.strip_chars() == "", None)


def association_id_faults(ids: pl.Series, *, required: bool, longest: int = 256) -> list[tuple[pl.Series, str]]:
    """Which ids cannot be kept, and why; also missing ones where each row needs one."""
    faults = [
        ((ids.str.len_bytes() > longest), f"found an association id of more than {longest} bytes"),
        (
            ids.str.contains("\x00", literal=True),
            "found a NUL character in an association id, which no text may hold",
        ),
    ]
    if required:
        faults.insert(0, (ids.is_null(), "the deployment requires an association id for every row"))
    return [(wrong.fill_null(value=False), reason) for wrong, reason in faults]


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
        self.ctx.store.blobs.put(part_key(self.blob_prefix, self.parts), [_parquet(frame)])
        self.parts += 1

    def discard(self) -> None:
        """Remove the rows kept so far, of an upload that will not be counted."""
        self.ctx.store.blobs.delete(self.blob_prefix)


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1)
    return buffer.getvalue()


def part_key(prefix: str, part: int) -> str:
    """Blob key of one chunk of an upload's rows."""
    return f"{prefix}/{part:05d}.parquet"


def stored_parts(
    ctx: Context, prefix: str, parts: int, columns: list[str], *, first: int = 0
) -> Iterator[pl.DataFrame]:
    """The kept rows of an upload, a chunk at a time from one on, without the columns that they lack."""
    for part in range(first, parts):
        data = io.BytesIO(ctx.store.blobs.read(part_key(prefix, part)))
        present = set(pl.read_parquet_schema(data))
        data.seek(0)
        yield pl.read_parquet(data, columns=[c for c in columns if c in present])
