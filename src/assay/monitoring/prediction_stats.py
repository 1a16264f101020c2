"""Pages of predictions: how many, their mean and percentiles, which classes; baseline beside batches."""

from dataclasses import dataclass, field

from assay.monitoring import access, prediction_columns, profiles
from assay.monitoring.blocks import PREDICTIONS
from assay.monitoring.context import Context
from assay.monitoring.watched import watched_by
from assay.records.batches import Batch
from assay.records.models import Target, TargetType
from assay.records.users import User
from assay.stats.accuracy import Accuracy, BinaryAccuracy, RegressionAccuracy, accuracy_from_bytes
from assay.stats.categorical import CategoricalColumn
from assay.stats.numeric import NumericColumn
from assay.stats.profile import Profile
from assay.stats.shares import percent

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
class PredictionsByBatch:
    """Predictions on the baseline and in each batch."""

    baselines: list[PredictionSummary]
    buckets: list[tuple[Batch, PredictionSummary]]


@dataclass(frozen=True, slots=True)
class StatsQuery:
    """Whose predictions are wanted; None means the current model, or the deployment's last batches."""

    model_id: str | None = None
    batch_ids: tuple[str, ...] | None = None
    percentiles: bool = False


def predictions_by_batch(ctx: Context, caller: User, deployment_id: str, query: StatsQuery) -> PredictionsByBatch:
    """What was predicted in each batch, beside the holdout."""
    with ctx.store.snapshot() as tx:
        model = watched_by(ctx, tx, caller, deployment_id, query.model_id)
        batches = access.chosen_batches(tx, deployment_id, query.batch_ids)
        baseline = model.baseline
        if baseline is None:
            return PredictionsByBatch([], [(b, PredictionSummary(model.model_id, 0)) for b in batches])
        ids = [b.id for b in batches]
        found = profiles.load_by_batch(tx, baseline, model.source(PREDICTIONS), batch_ids=ids)

    def summary(profile: Profile | None) -> PredictionSummary:
        return _summary(model.target, model.model_id, profile, percentiles=query.percentiles)

    baselines = [] if baseline.predictions is None else [summary(baseline.predictions)]
    return PredictionsByBatch(baselines, [(b, summary(found.get(b.id))) for b in batches])


def _summary(target: Target, model_id: str, profile: Profile | None, *, percentiles: bool) -> PredictionSummary:
    if profile is None:
        return PredictionSummary(model_id, 0)
    columns = {name: profile.columns[name] for name in prediction_columns.score_columns(target)}
    scores = {name: c for name, c in columns.items() if isinstance(c, NumericColumn)}
    drift = scores.get(prediction_columns.drift_column(target))
    shown = PERCENTILES if percentiles and drift is not None else ()
    regression = target.type is TargetType.REGRESSION
    return PredictionSummary(
        model_id=model_id,
        rows=profile.rows,
        mean=scores[prediction_columns.VALUE].moments.mean if regression else None,
        percentiles=[(p, None if drift is None else drift.quantile(p / 100)) for p in shown],
        mean_probabilities=[
            (name, column.moments.mean) for name, column in zip(target.class_names, scores.values(), strict=False)
        ],
        classes=_predicted_classes(target, profile),
    )


def _predicted_classes(target: Target, profile: Profile) -> list[ClassCount]:
    if target.type is TargetType.REGRESSION:
        return []
    column = profile.columns[prediction_columns.LABEL]
    if not isinstance(column, CategoricalColumn):
        raise TypeError(f"predicted classes are kept as {type(column).__name__}")
    counts = dict(zip(column.bins.levels, column.counts.tolist(), strict=False))
    return class_counts({name: counts.get(name, 0) for name in target.class_names})


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
class ComparedByBatch:
    """Predictions against actuals on the baseline and in each batch."""

    baselines: list[ComparedRows]
    buckets: list[tuple[Batch, ComparedRows]]

    @property
    def totals(self) -> tuple[int, int]:
        """Rows in all batches, and rows with an actual."""
        return (
            sum(row.rows for _, row in self.buckets),
            sum(row.rows_with_actual for _, row in self.buckets),
        )


def compared_by_batch(ctx: Context, caller: User, deployment_id: str, query: StatsQuery) -> ComparedByBatch:
    """What was predicted and what came of it, batch by batch."""
    with ctx.store.snapshot() as tx:
        model = watched_by(ctx, tx, caller, deployment_id, query.model_id)
        batches = access.chosen_batches(tx, deployment_id, query.batch_ids)
        ids = [b.id for b in batches]
        states = {s.batch_id: s for s in tx.accuracy.list(deployment_id, model.model_id, ids)}
        rows = tx.batches.model_counts(ids, model.model_id)
    target, baseline = model.target, model.baseline
    buckets = []
    for batch in batches:
        state = states.get(batch.id)
        accumulators = None if state is None else accuracy_from_bytes(state.data)
        buckets.append((batch, _compared(target, model.model_id, rows.get(batch.id, 0), accumulators)))
    baselines = []
    if baseline is not None and baseline.accuracy is not None:
        baselines = [_compared(target, model.model_id, baseline.holdout_rows, baseline.accuracy)]
    return ComparedByBatch(baselines, buckets)


def _compared(target: Target, model_id: str, rows: int, found: Accuracy | None) -> ComparedRows:
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
        predicted_classes=class_counts(predicted),
        actual_classes=class_counts(actual),
    )


def _two(target: Target, positive: int, rows: int) -> dict[str, int]:
    return dict(zip(target.class_names, (positive, rows - positive), strict=True))
