"""Drift pages: baseline against batches, from stored profiles alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING, Generic, TypeVar

from assay.errors import Invalid
from assay.monitoring import access
from assay.monitoring.blocks import FEATURES, PREDICTIONS
from assay.monitoring.context import Context
from assay.monitoring.profiles import where
from assay.monitoring.profiles.loading import Loaded, Source, load, load_by_batch, load_by_span
from assay.monitoring.profiles.where import ANYWHERE, Where
from assay.monitoring.rows import prediction_columns
from assay.monitoring.watched import WatchedModel, find_watched, watched
from assay.records.batches import Batch
from assay.records.buckets import BucketSize, Span
from assay.records.deployments import Deployment
from assay.records.models import Feature, FeatureKind
from assay.records.pages import Page, PageRequest
from assay.records.slices import Selection
from assay.records.users import User
from assay.stats.drift import DISTANCES, drift_score
from assay.stats.drift.psi_estimate import drift_interval
from assay.stats.drift.rates import missing_share
from assay.stats.profile import Column
from assay.stats.profile.categorical import CategoricalColumn

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

DEFAULT_METRIC = "psi"
Bucket = TypeVar("Bucket", Batch, Span)


@dataclass(frozen=True, slots=True)
class DriftQuery:
    """Whose drift is wanted, by which distance."""

    where: Where = ANYWHERE
    metric: str = DEFAULT_METRIC


@dataclass(frozen=True, slots=True)
class DriftRow:
    """Drift of one column.

    Attributes
    ----------
    score : float or None
        None when either side has no rows, or the baseline has no bins for the column.
    low, high : float or None
        Ends of the 95 % interval; for the PSI of numbers, dates and categories only.
    sample_size, baseline_sample_size : int or None
        Rows on either side, missing values included.
    estimated : bool
        Whether some of the rows came as aggregates, whose cells can only be estimated.
    missing_rate, baseline_missing_rate : float or None
        Share of rows without a value, in [0, 1].
    """

    name: str
    kind: str
    importance: float | None
    score: float | None
    low: float | None
    high: float | None
    sample_size: int | None
    baseline_sample_size: int | None
    missing_rate: float | None
    baseline_missing_rate: float | None
    new_level_rows: int | None
    estimated: bool = False


@dataclass(frozen=True)
class DriftPage:
    """Drift of several features, or of the target alone, over some batches taken together."""

    model_id: str | None
    metric: str
    batches: list[Batch]
    span: tuple[datetime | None, datetime | None]
    rows: Page[DriftRow]
    target_name: str | None = None


@dataclass(frozen=True)
class DriftSeries(Generic[Bucket]):
    """Drift of some features, batch by batch or span by span; ``summary`` is over all of these together."""

    metric: str
    model_id: str
    buckets: list[tuple[Bucket, DriftRow]]
    summary: list[DriftRow]


def feature_drift(ctx: Context, caller: User, deployment_id: str, query: DriftQuery, request: PageRequest) -> DriftPage:
    """Drift of the model's features over what is asked for, taken together; most important first."""
    with ctx.store.snapshot() as tx:
        deployment = _deployment(tx, caller, deployment_id, query)
        model = find_watched(ctx, tx, deployment, query.where.model_id)
        chosen = where.chosen(ctx, tx, deployment, query.where)
        features = [] if model is None else _ordered(model.tracked_features)
        end = None if request.limit is None else request.offset + request.limit
        shown = features[request.offset : end]
        rows = [] if model is None else _feature_rows(ctx, tx, model, query, chosen.selection, shown)
    page = Page(rows, len(features), request.offset, request.limit)
    return DriftPage(query.where.model_id or deployment.model_id, query.metric, chosen.batches, chosen.span, page)


def _deployment(tx: "Transaction", caller: User, deployment_id: str, query: DriftQuery) -> Deployment:
    if query.metric not in DISTANCES:
        raise Invalid(f"metric: found {query.metric!r}, expected one of {', '.join(DISTANCES)}.")
    return access.deployment(tx, caller, deployment_id)


def _ordered(features: tuple[Feature, ...]) -> list[Feature]:
    return sorted(features, key=lambda f: (-(f.importance or 0.0), f.name))


def _feature_rows(
    ctx: Context,
    tx: "Transaction",
    model: WatchedModel,
    query: DriftQuery,
    selection: Selection,
    shown: list[Feature],
) -> list[DriftRow]:
    if model.baseline is None:
        return [_unknown(feature) for feature in shown]
    current = load(Source(ctx, tx, model, FEATURES, [f.name for f in shown]), selection)
    return [_feature_row(model, query, feature, current) for feature in shown]


def _feature_row(model: WatchedModel, query: DriftQuery, feature: Feature, current: Loaded | None) -> DriftRow:
    reference = model.ready.features.columns.get(feature.name)
    return drift_row(feature, query.metric, reference, current)


def target_drift(ctx: Context, caller: User, deployment_id: str, query: DriftQuery) -> DriftPage:
    """Drift of the predictions against those of the holdout."""
    with ctx.store.snapshot() as tx:
        deployment = _deployment(tx, caller, deployment_id, query)
        model = find_watched(ctx, tx, deployment, query.where.model_id)
        chosen = where.chosen(ctx, tx, deployment, query.where)
        rows = [] if model is None else [_target_row(ctx, tx, model, query, chosen.selection)]
    page = Page(rows, len(rows), 0, None)
    if model is None:
        return DriftPage(None, query.metric, chosen.batches, chosen.span, page)
    return DriftPage(model.model_id, query.metric, chosen.batches, chosen.span, page, model.target.name)


def _target_row(
    ctx: Context, tx: "Transaction", model: WatchedModel, query: DriftQuery, selection: Selection
) -> DriftRow:
    column = prediction_columns.drift_column(model.target)
    kind = FeatureKind.CATEGORICAL if column == prediction_columns.LABEL else FeatureKind.NUMERIC
    target = Feature(model.target.name, kind)
    baseline = model.baseline
    if baseline is None:
        return _unknown(target)
    current = load(Source(ctx, tx, model, PREDICTIONS, [column]), selection)
    reference = None if baseline.predictions is None else baseline.predictions.columns[column]
    return drift_row(target, query.metric, reference, current, column)


def feature_drift_by_batch(
    ctx: Context, caller: User, deployment_id: str, query: DriftQuery, names: list[str]
) -> DriftSeries[Batch]:
    """Drift of the named features in each of the named batches, or in the deployment's last ones."""
    with ctx.store.snapshot() as tx:
        deployment = _deployment(tx, caller, deployment_id, query)
        model = watched(ctx, tx, deployment, query.where.model_id)
        chosen = where.chosen_batches(tx, deployment, query.where)
        features = _named_features(model.features, names)
        source = Source(ctx, tx, model, FEATURES, names)
        found = {} if model.baseline is None else load_by_batch(source, chosen.selection)
    return _series(model, query, features, [(batch, found.get(batch.id)) for batch in chosen.batches])


def feature_drift_by_span(
    ctx: Context, caller: User, deployment_id: str, query: DriftQuery, names: list[str], size: BucketSize
) -> DriftSeries[Span]:
    """Drift of the named features in each bucket of time."""
    with ctx.store.snapshot() as tx:
        deployment = _deployment(tx, caller, deployment_id, query)
        model = watched(ctx, tx, deployment, query.where.model_id)
        spans, selection = where.chosen_spans(ctx, deployment, query.where, size)
        features = _named_features(model.features, names)
        source = Source(ctx, tx, model, FEATURES, names)
        found = [None] * len(spans) if model.baseline is None else load_by_span(source, selection, spans)
    return _series(model, query, features, list(zip(spans, found, strict=True)))


def _series(
    model: WatchedModel, query: DriftQuery, features: list[Feature], found: Sequence[tuple[Bucket, Loaded | None]]
) -> DriftSeries[Bucket]:
    def row(feature: Feature, current: Loaded | None) -> DriftRow:
        return _unknown(feature) if model.baseline is None else _feature_row(model, query, feature, current)

    together = [current for _, current in found if current is not None]
    summary = reduce(Loaded.merge, together) if together else None
    return DriftSeries(
        query.metric,
        model.model_id,
        [(bucket, row(f, current)) for bucket, current in found for f in features],
        [row(f, summary) for f in features],
    )


def _named_features(features: tuple[Feature, ...], names: list[str]) -> list[Feature]:
    by_name = {f.name: f for f in features}
    for name in names:
        if name not in by_name:
            some = ", ".join(list(by_name)[:12])
            raise Invalid(f"featureNames: the model has no feature {name[:64]!r}. It has: {some}.")
    return [by_name[name] for name in names]


def drift_row(
    feature: Feature, metric: str, baseline: Column | None, found: Loaded | None, name: str | None = None
) -> DriftRow:
    """Drift of one column, with what it rests on; unknown where a side is not there.

    ``name`` is that of the column, where it is not the feature's.
    """
    current = None if found is None else found.column(name or feature.name)
    score, ends = None, None
    if baseline is not None and current is not None:
        score, ends = drift_score(metric, baseline, current), drift_interval(metric, baseline, current)
    low, high = ends or (None, None)
    return DriftRow(
        name=feature.name,
        kind=str(feature.kind),
        importance=feature.importance,
        score=score,
        low=low,
        high=high,
        sample_size=None if current is None else current.rows,
        baseline_sample_size=None if baseline is None else baseline.rows,
        missing_rate=None if current is None else missing_share(current),
        baseline_missing_rate=None if baseline is None else missing_share(baseline),
        new_level_rows=current.new_level_rows if isinstance(current, CategoricalColumn) else None,
        estimated=found is not None and current is not None and found.estimated,
    )


def _unknown(feature: Feature) -> DriftRow:
    return drift_row(feature, DEFAULT_METRIC, None, None)
