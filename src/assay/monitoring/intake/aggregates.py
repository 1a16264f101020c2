"""Aggregates that a sender made of its rows, counted on the same pages as rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from assay.errors import Invalid, TooLarge
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.intake import counting as intake
from assay.monitoring.rows import prediction_columns
from assay.monitoring.rows.segments import cut_of
from assay.monitoring.rows.tally import Profiles, Tally, tracking
from assay.monitoring.watched import WatchedModel, watched
from assay.records.buckets import bucket_of
from assay.records.ids import new_id
from assay.records.models import TargetType
from assay.records.slices import Segment, Slice
from assay.records.times import parse_time
from assay.records.uploads import Upload, UploadState
from assay.records.users import User
from assay.stats.profile import Column, Profile
from assay.stats.profile.aggregates import (
    LevelAggregate,
    NumberAggregate,
    categorical_column,
    numeric_column,
    text_column,
)
from assay.stats.profile.bins import Bins, LevelBins
from assay.stats.profile.words import WordBins


@dataclass(frozen=True, slots=True)
class FeatureAggregate:
    """Aggregates of one feature: of numbers, or of levels or words; ``missing`` rows have no value."""

    name: str
    missing: int
    numbers: NumberAggregate | None = None
    levels: LevelAggregate | None = None

    @property
    def rows(self) -> int:
        """Rows that the aggregates are of."""
        held = self.numbers or self.levels
        return self.missing + (0 if held is None else held.count)


@dataclass(frozen=True, slots=True)
class ScoreAggregate:
    """Aggregates of the predictions of one class, or of a regression.

    ``decisions`` is how often the class was the predicted one; None where it was not told.
    """

    numbers: NumberAggregate
    decisions: int | None


@dataclass(frozen=True, slots=True)
class AggregateGroup:
    """Aggregates of some rows: of features, and of predictions in the order of the call's classes."""

    features: Sequence[FeatureAggregate]
    predictions: Sequence[ScoreAggregate]

    @property
    def rows(self) -> int:
        """Rows that were aggregated: those of a prediction, else of the feature that has most."""
        if self.predictions:
            return max(p.numbers.count for p in self.predictions)
        return max((f.rows for f in self.features), default=0)


@dataclass(frozen=True, slots=True)
class SentAggregates:
    """One element of a call: aggregates of rows of one model, batch and time, also by segment."""

    timestamp: str | None
    model_id: str
    batch_id: str | None
    class_names: Sequence[str]
    group: AggregateGroup
    segments: Mapping[Segment, AggregateGroup]


def accept(
    ctx: Context,
    caller: User,
    deployment_id: str,
    sent: Sequence[SentAggregates],
    *,
    content_hash: str | None = None,
) -> int:
    """Count aggregated rows; all of the call, or nothing. Returns how many rows count.

    ``content_hash`` is the SHA-256 of the call's body.
    """
    if not sent:
        raise Invalid("data: found an empty list, expected aggregates.")
    if len(sent) > ctx.limits.max_rows_per_call:
        raise TooLarge(f"Found {len(sent)} elements, expected at most {ctx.limits.max_rows_per_call} in one call.")
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        for batch_id in {s.batch_id for s in sent if s.batch_id is not None}:
            access.open_batch(tx, deployment_id, batch_id)
        models = {i: watched(ctx, tx, deployment, i) for i in {s.model_id for s in sent}}
        cut = cut_of(ctx, tx, deployment)
    now = ctx.clock()
    arrivals = []
    for number, one in enumerate(sent):
        model = models[one.model_id]
        tally = Tally(ctx, model.ready, tracking(deployment.settings), "", cut.again())
        _fill(tally, model, one, f"data[{number}]", now)
        upload = intake.counted(replace(_upload(deployment_id, one, caller, now), content_hash=content_hash), tally)
        arrivals.append(intake.Arrival(upload, tally, caller.id, now))
    with ctx.store.transaction() as tx:
        # Asked again inside the transaction that counts: the batch may have been locked since.
        access.deployment(tx, caller, deployment_id)
        for batch_id in {s.batch_id for s in sent if s.batch_id is not None}:
            access.open_batch(tx, deployment_id, batch_id)
        for arrival in arrivals:
            upload = replace(arrival.upload, seq=tx.uploads.create(arrival.upload))
            intake.count_at_once(tx, replace(arrival, upload=upload))
    rows = sum(arrival.tally.rows for arrival in arrivals)
    ctx.meters.took_in("aggregates", rows)
    return rows


def _fill(tally: Tally, model: WatchedModel, sent: SentAggregates, place: str, now: datetime) -> None:
    """Put the aggregates where rows would have been counted."""
    at = now if sent.timestamp is None else parse_time(sent.timestamp, f"{place}.timestamp")
    bucket = bucket_of(at, tally.cut.size)
    tally.rows, tally.first_at, tally.last_at = sent.group.rows, at, at
    tally.without_association_id = tally.rows
    if tally.rows == 0:
        raise Invalid(f"{place}: found aggregates of no rows, expected at least one.")
    reader = _Reader(model, tally, sent.class_names)
    tally.slices[Slice(None, bucket)] = reader.profiles(sent.group, place)
    for segment, group in sent.segments.items():
        if segment.attribute in tally.cut.known and group.rows and tally.cut.keeps(segment, group.rows):
            found = reader.profiles(group, f"{place}.segments[{segment.attribute}={segment.value}]")
            tally.slices[Slice(segment, bucket)] = found


@dataclass(frozen=True)
class _Reader:
    """Makes profiles of aggregates; notes in the tally what had to be estimated or could not be read."""

    model: WatchedModel
    tally: Tally
    class_names: Sequence[str]

    def profiles(self, group: AggregateGroup, place: str) -> Profiles:
        """Profiles of a group's features and predictions."""
        features, predictions = None, None
        if self.tally.tracking.features:
            features = self._features(group, place)
        if self.tally.tracking.target:
            predictions = self._predictions(group, place)
        return Profiles(features, predictions)

    def _features(self, group: AggregateGroup, place: str) -> Profile:
        bins = self.model.ready.feature_bins
        empty = Profile.of_missing(group.rows, bins)
        columns: dict[str, Column] = dict(empty.columns)
        for feature in group.features:
            if feature.name in bins:
                columns[feature.name] = self._column(feature, bins[feature.name], group.rows, place)
        return Profile(group.rows, columns)

    def _column(self, feature: FeatureAggregate, bins: Bins, rows: int, place: str) -> Column:
        where = f"{place}, feature '{feature.name}'"
        if feature.rows > rows:
            raise Invalid(f"{where}: found {feature.rows} rows, there are {rows} predictions.")
        missing = feature.missing + rows - feature.rows
        try:
            if isinstance(bins, (LevelBins, WordBins)):
                if feature.levels is None:
                    return self._unreadable(feature, bins, rows)
                found, exact = _named(feature.levels, missing, bins)
            elif feature.numbers is None:
                return self._unreadable(feature, bins, rows)
            else:
                found, exact = numeric_column(feature.numbers, missing, bins)
        except Invalid as fault:
            raise Invalid(f"{where}: {fault}.") from fault
        self.tally.estimated = self.tally.estimated or not exact
        return found

    def _unreadable(self, feature: FeatureAggregate, bins: Bins, rows: int) -> Column:
        """Aggregates of the other kind than the feature's: like values that cannot be read, they are missing."""
        lost = feature.rows - feature.missing
        if lost:
            self.tally.unreadable[feature.name] = self.tally.unreadable.get(feature.name, 0) + lost
        return Profile.of_missing(rows, {feature.name: bins}).columns[feature.name]

    def _predictions(self, group: AggregateGroup, place: str) -> Profile:
        target, bins = self.model.target, self.model.ready.prediction_bins
        columns: dict[str, Column] = dict(Profile.of_missing(group.rows, bins).columns)
        if not group.predictions:
            return Profile(group.rows, columns)
        names = prediction_columns.score_columns(target)
        order = self._order(len(group.predictions), place)
        decisions: list[tuple[str, int | None]] = []
        for position, (name, score) in enumerate(zip((names[k] for k in order), group.predictions, strict=True)):
            told = FeatureAggregate(name, 0, numbers=score.numbers)
            columns[name] = self._column(told, bins[name], group.rows, f"{place}.predictions[{position}]")
            if target.type is not TargetType.REGRESSION:
                decisions.append((target.class_names[order[position]], score.decisions))
        label = _labels(decisions, group.rows)
        if label is not None:
            told = FeatureAggregate(prediction_columns.LABEL, 0, levels=label)
            columns[prediction_columns.LABEL] = self._column(
                told, bins[prediction_columns.LABEL], group.rows, f"{place}.predictions.decisionCount"
            )
        return Profile(group.rows, columns)

    def _order(self, sent: int, place: str) -> list[int]:
        """For each of the call's predictions, the place of its class among the model's."""
        target = self.model.target
        if target.type is TargetType.REGRESSION:
            if sent != 1:
                raise Invalid(f"{place}.predictions: found {sent} aggregates, expected one for a regression target.")
            return [0]
        order = list(self.class_names) or list(target.class_names)
        if sorted(order) != sorted(target.class_names) or sent != len(order):
            raise Invalid(
                f"{place}: found {sent} predictions for the classes {', '.join(order)[:200]}, expected one for each of "
                f"{', '.join(target.class_names)} in any order."
            )
        return [target.class_names.index(name) for name in order]


def _named(sent: LevelAggregate, missing: int, bins: LevelBins | WordBins) -> tuple[Column, bool]:
    return text_column(sent, missing, bins) if isinstance(bins, WordBins) else categorical_column(sent, missing, bins)


def _labels(decisions: Iterable[tuple[str, int | None]], rows: int) -> LevelAggregate | None:
    """Rows by predicted class; None where it was not told."""
    told = [(name, count) for name, count in decisions if count is not None]
    if not told or sum(count for _, count in told) == 0:
        return None
    return LevelAggregate(rows, tuple(name for name, _ in told), tuple(count for _, count in told))


def _upload(deployment_id: str, sent: SentAggregates, caller: User, now: datetime) -> Upload:
    return Upload(
        seq=0,
        id=new_id(now),
        deployment_id=deployment_id,
        batch_id=sent.batch_id,
        model_id=sent.model_id,
        key=None,
        content_hash=None,
        state=UploadState.PENDING,
        rows=0,
        first_at=None,
        last_at=None,
        parts=0,
        blob_prefix="",
        report={"aggregated": True},
        error=None,
        job_id=None,
        created_at=now,
        created_by_id=caller.id,
    )
