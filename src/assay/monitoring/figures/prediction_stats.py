"""Pages of predictions: how many, their mean and percentiles, which classes; baseline beside batches or spans."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from assay.errors import Invalid
from assay.monitoring import access
from assay.monitoring.blocks import FEATURES, PREDICTIONS
from assay.monitoring.context import Context
from assay.monitoring.figures.accuracy_loading import load_by_span as accuracy_by_span
from assay.monitoring.profiles import where
from assay.monitoring.profiles.loading import Loaded, Source, load_by_batch, load_by_span
from assay.monitoring.profiles.where import ANYWHERE, Where
from assay.monitoring.rows import prediction_columns
from assay.monitoring.watched import WatchedModel, watched
from assay.records.batches import Batch
from assay.records.buckets import BucketSize, Span
from assay.records.models import Target, TargetType
from assay.records.users import User
from assay.stats.accuracy import Accuracy, BinaryAccuracy, RegressionAccuracy, accuracy_from_bytes
from assay.stats.profile import Profile
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.shares import percent

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

Bucket = TypeVar("Bucket", Batch, Span)
PERCENTILES = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)


@dataclass(frozen=True, slots=True)
class ClassCount:
    """Rows of one class, and their share in percent of the rows whose class is known."""

    name: str
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class PredictionSummary:
    """Predictions of some rows. Means are None where there is none; lists are empty where they do not apply."""

    model_id: str
    rows: int | None
    mean: float | None = None
    percentiles: list[tuple[float, float | None]] = field(default_factory=list)
    mean_probabilities: list[tuple[str, float | None]] = field(default_factory=list)
    classes: list[ClassCount] = field(default_factory=list)


@dataclass(frozen=True)
class PredictionSeries(Generic[Bucket]):
    """Predictions on the baseline and in each batch or span."""

    baselines: list[PredictionSummary]
    buckets: list[tuple[Bucket, PredictionSummary]]


@dataclass(frozen=True, slots=True)
class StatsQuery:
    """Whose predictions are wanted; ``classes`` keeps some classes, all when empty."""

    where: Where = ANYWHERE
    percentiles: bool = False
    classes: tuple[str, ...] = ()


def predictions_by_batch(ctx: Context, caller: User, deployment_id: str, query: StatsQuery) -> PredictionSeries[Batch]:
    """What was predicted in each batch, beside the holdout."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        model = watched(ctx, tx, deployment, query.where.model_id)
        chosen = where.chosen_batches(tx, deployment, query.where)
        source = Source(ctx, tx, model, PREDICTIONS)
        found = {} if model.baseline is None else load_by_batch(source, chosen.selection)
    return _series(model, query, [(batch, found.get(batch.id)) for batch in chosen.batches])


def predictions_by_span(
    ctx: Context, caller: User, deployment_id: str, query: StatsQuery, size: BucketSize
) -> PredictionSeries[Span]:
    """What was predicted in each bucket of time, beside the holdout."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        model = watched(ctx, tx, deployment, query.where.model_id)
        spans, selection = where.chosen_spans(ctx, deployment, query.where, size)
        source = Source(ctx, tx, model, PREDICTIONS)
        found = [None] * len(spans) if model.baseline is None else load_by_span(source, selection, spans)
    return _series(model, query, list(zip(spans, found, strict=True)))


def _series(
    model: WatchedModel, query: StatsQuery, found: Sequence[tuple[Bucket, Loaded | None]]
) -> PredictionSeries[Bucket]:
    _check_classes(model.target, query)

    def summary(profile: Profile | None) -> PredictionSummary:
        return _summary(model.target, model.model_id, profile, query)

    baseline = None if model.baseline is None else model.baseline.predictions
    return PredictionSeries(
        [] if baseline is None else [summary(baseline)],
        [(bucket, summary(None if one is None else one.profile)) for bucket, one in found],
    )


def _check_classes(target: Target, query: StatsQuery) -> None:
    for name in query.classes:
        if name not in target.class_names:
            known = ", ".join(target.class_names) or "none, for the target is a number"
            raise Invalid(f"targetClass: found {name[:64]!r}, expected one of the model's classes: {known}.")


def _summary(target: Target, model_id: str, profile: Profile | None, query: StatsQuery) -> PredictionSummary:
    if profile is None:
        return PredictionSummary(model_id, 0)
    columns = {name: profile.columns[name] for name in prediction_columns.score_columns(target)}
    scores = {name: c for name, c in columns.items() if isinstance(c, NumericColumn)}
    drift = scores.get(prediction_columns.drift_column(target))
    shown = PERCENTILES if query.percentiles and drift is not None else ()
    regression = target.type is TargetType.REGRESSION
    return PredictionSummary(
        model_id=model_id,
        rows=profile.rows,
        mean=scores[prediction_columns.VALUE].moments.mean if regression else None,
        percentiles=[(p, None if drift is None else drift.quantile(p / 100)) for p in shown],
        mean_probabilities=[
            (name, column.moments.mean)
            for name, column in zip(target.class_names, scores.values(), strict=False)
            if not query.classes or name in query.classes
        ],
        classes=_kept(_predicted_classes(target, profile), query),
    )


def _predicted_classes(target: Target, profile: Profile) -> list[ClassCount]:
    if target.type is TargetType.REGRESSION:
        return []
    column = profile.columns[prediction_columns.LABEL]
    if not isinstance(column, CategoricalColumn):
        raise TypeError(f"predicted classes are kept as {type(column).__name__}")
    counts = dict(zip(column.bins.levels, column.counts.tolist(), strict=False))
    return class_counts({name: counts.get(name, 0) for name in target.class_names})


def _kept(counts: list[ClassCount], query: StatsQuery) -> list[ClassCount]:
    """Those of the classes that are asked for; their shares are still of all rows."""
    return [c for c in counts if not query.classes or c.name in query.classes]


def class_counts(counts: dict[str, int]) -> list[ClassCount]:
    """Counts with their shares in percent."""
    total = sum(counts.values())
    # The contract has numbers here, not nulls: of no rows, none is of the class.
    return [ClassCount(name, count, percent(count, total) or 0.0) for name, count in counts.items()]


# ------------------------------------------------------------------ predictions against actuals


@dataclass(frozen=True, slots=True)
class ComparedRows:
    """Predictions beside actuals, on the rows that have both.

    ``rows`` are all predictions; means are for regression, classes for classification (else None).
    """

    model_id: str
    rows: int
    rows_with_actual: int
    mean_predicted: float | None = None
    mean_actual: float | None = None
    predicted_classes: list[ClassCount] | None = None
    actual_classes: list[ClassCount] | None = None


@dataclass(frozen=True)
class ComparedSeries(Generic[Bucket]):
    """Predictions against actuals on the baseline and in each batch or span."""

    baselines: list[ComparedRows]
    buckets: list[tuple[Bucket, ComparedRows]]

    @property
    def totals(self) -> tuple[int, int]:
        """Rows in all buckets, and rows with an actual."""
        return (
            sum(row.rows for _, row in self.buckets),
            sum(row.rows_with_actual for _, row in self.buckets),
        )


def compared_by_batch(ctx: Context, caller: User, deployment_id: str, query: StatsQuery) -> ComparedSeries[Batch]:
    """What was predicted and what came of it, batch by batch."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        model = watched(ctx, tx, deployment, query.where.model_id)
        chosen = where.chosen_batches(tx, deployment, query.where)
        states = tx.accuracy.list(deployment_id, model.model_id, chosen.selection)
        found = {s.batch_id: accuracy_from_bytes(s.data) for s in states}
        if chosen.selection.segment is None or model.baseline is None:
            rows = tx.batches.model_counts([b.id for b in chosen.batches], model.model_id)
        else:
            counted = load_by_batch(_row_source(ctx, tx, model), chosen.selection)
            rows = {batch_id: one.profile.rows for batch_id, one in counted.items()}
    return _comparison(model, query, [(b, rows.get(b.id, 0), found.get(b.id)) for b in chosen.batches])


def compared_by_span(
    ctx: Context, caller: User, deployment_id: str, query: StatsQuery, size: BucketSize
) -> ComparedSeries[Span]:
    """What was predicted in each bucket of time, and what came of it."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        model = watched(ctx, tx, deployment, query.where.model_id)
        spans, selection = where.chosen_spans(ctx, deployment, query.where, size)
        found = accuracy_by_span(ctx, tx, model, selection, spans)
        rows = [0] * len(spans)
        if model.baseline is not None:
            rows = [one.profile.rows for one in load_by_span(_row_source(ctx, tx, model), selection, spans)]
    return _comparison(model, query, list(zip(spans, rows, found, strict=True)))


def _row_source(ctx: Context, tx: "Transaction", model: WatchedModel) -> Source:
    """Whatever profile tells how many rows there are, without its columns."""
    tracked = model.deployment.settings.target_drift
    return Source(ctx, tx, model, PREDICTIONS if tracked else FEATURES, names=())


def _comparison(
    model: WatchedModel, query: StatsQuery, found: Sequence[tuple[Bucket, int, Accuracy | None]]
) -> ComparedSeries[Bucket]:
    _check_classes(model.target, query)
    baseline = model.baseline
    baselines = []
    if baseline is not None and baseline.accuracy is not None:
        baselines = [_compared(model, query, baseline.holdout_rows, baseline.accuracy)]
    return ComparedSeries(baselines, [(bucket, _compared(model, query, rows, one)) for bucket, rows, one in found])


def _compared(model: WatchedModel, query: StatsQuery, rows: int, found: Accuracy | None) -> ComparedRows:
    target, model_id = model.target, model.model_id
    if found is None:
        empty: list[ClassCount] | None = [] if target.class_names else None
        return ComparedRows(model_id, rows, 0, predicted_classes=empty, actual_classes=empty)
    if isinstance(found, RegressionAccuracy):
        return ComparedRows(model_id, rows, found.n, found.mean_predicted, found.mean_actual)
    if isinstance(found, BinaryAccuracy):
        predicted = _two(target, found.predicted_positive, found.n)
        actual = _two(target, found.actual_positive, found.n)
    else:
        predicted, actual = found.predicted_counts, found.actual_counts
    return ComparedRows(
        model_id,
        rows,
        found.n,
        predicted_classes=_kept(class_counts(predicted), query),
        actual_classes=_kept(class_counts(actual), query),
    )


def _two(target: Target, positive: int, rows: int) -> dict[str, int]:
    return dict(zip(target.class_names, (positive, rows - positive), strict=True))
