"""Drift pages: baseline against batches, from stored profiles alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from assay.errors import Invalid
from assay.monitoring import access, prediction_columns, profiles
from assay.monitoring.blocks import FEATURES, PREDICTIONS
from assay.monitoring.context import Context
from assay.monitoring.watched import WatchedModel, find_watched, watched
from assay.records.batches import Batch
from assay.records.deployments import Deployment
from assay.records.models import Feature, FeatureKind
from assay.records.pages import Page, PageRequest
from assay.records.users import User
from assay.stats.categorical import CategoricalColumn
from assay.stats.drift import DISTANCES, drift_score
from assay.stats.profile import Column
from assay.stats.psi import drift_interval
from assay.stats.rates import missing_share

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

DEFAULT_METRIC = "psi"


@dataclass(frozen=True, slots=True)
class DriftQuery:
    """Whose drift is wanted; None means the current model, or all rows of it."""

    model_id: str | None = None
    batch_ids: tuple[str, ...] | None = None
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
class DriftByBatch:
    """Drift of some features, batch by batch."""

    metric: str
    model_id: str
    buckets: list[tuple[Batch, DriftRow]]


def feature_drift(ctx: Context, caller: User, deployment_id: str, query: DriftQuery, request: PageRequest) -> DriftPage:
    """Drift of the model's features over the named batches; most important first."""
    with ctx.store.snapshot() as tx:
        deployment = _deployment(tx, caller, deployment_id, query)
        model = find_watched(ctx, tx, deployment, query.model_id)
        batches = _named(tx, deployment_id, query)
        features = [] if model is None else _ordered(model.features)
        end = None if request.limit is None else request.offset + request.limit
        shown = features[request.offset : end]
        rows = [] if model is None else _feature_rows(tx, model, query, shown)
        span = access.span(tx, deployment_id, batches)
    page = Page(rows, len(features), request.offset, request.limit)
    return DriftPage(query.model_id or deployment.model_id, query.metric, batches, span, page)


def _deployment(tx: "Transaction", caller: User, deployment_id: str, query: DriftQuery) -> Deployment:
    if query.metric not in DISTANCES:
        raise Invalid(f"metric: found {query.metric!r}, expected one of {', '.join(DISTANCES)}.")
    return access.deployment(tx, caller, deployment_id)


def _ordered(features: tuple[Feature, ...]) -> list[Feature]:
    return sorted(features, key=lambda f: (-(f.importance or 0.0), f.name))


def _feature_rows(tx: "Transaction", model: WatchedModel, query: DriftQuery, shown: list[Feature]) -> list[DriftRow]:
    baseline = model.baseline
    if baseline is None:
        return [_unknown(feature) for feature in shown]
    names = [f.name for f in shown]
    current = profiles.load(tx, baseline, model.source(FEATURES), batch_ids=query.batch_ids, names=names)
    return [
        drift_row(feature, query.metric, baseline.features.columns[feature.name], current.columns[feature.name])
        if feature.name in current.columns
        else _unknown(feature)
        for feature in shown
    ]


def target_drift(ctx: Context, caller: User, deployment_id: str, query: DriftQuery) -> DriftPage:
    """Drift of the predictions against those of the holdout."""
    with ctx.store.snapshot() as tx:
        model = find_watched(ctx, tx, _deployment(tx, caller, deployment_id, query), query.model_id)
        batches = _named(tx, deployment_id, query)
        span = access.span(tx, deployment_id, batches)
        rows = [] if model is None else [_target_row(tx, model, query)]
    page = Page(rows, len(rows), 0, None)
    if model is None:
        return DriftPage(None, query.metric, batches, span, page)
    return DriftPage(model.model_id, query.metric, batches, span, page, model.target.name)


def _target_row(tx: "Transaction", model: WatchedModel, query: DriftQuery) -> DriftRow:
    column = prediction_columns.drift_column(model.target)
    kind = FeatureKind.CATEGORICAL if column == prediction_columns.LABEL else FeatureKind.NUMERIC
    target = Feature(model.target.name, kind)
    baseline = model.baseline
    if baseline is None:
        return _unknown(target)
    current = profiles.load(tx, baseline, model.source(PREDICTIONS), batch_ids=query.batch_ids, names=[column])
    reference = None if baseline.predictions is None else baseline.predictions.columns[column]
    return drift_row(target, query.metric, reference, current.columns[column])


def feature_drift_by_batch(
    ctx: Context, caller: User, deployment_id: str, query: DriftQuery, names: list[str]
) -> DriftByBatch:
    """Drift of the named features in each of the named batches, or in the deployment's last ones."""
    with ctx.store.snapshot() as tx:
        model = watched(ctx, tx, _deployment(tx, caller, deployment_id, query), query.model_id)
        batches = access.chosen_batches(tx, deployment_id, query.batch_ids)
        features = _named_features(model.features, names)
        ids = [batch.id for batch in batches]
        baseline = model.baseline
        if baseline is None:
            rows = [(b, _unknown(f)) for b in batches for f in features]
            return DriftByBatch(query.metric, model.model_id, rows)
        found = profiles.load_by_batch(tx, baseline, model.source(FEATURES), batch_ids=ids, names=names)
    buckets = []
    for batch in batches:
        for feature in features:
            profile = found.get(batch.id)
            column = None if profile is None else profile.columns.get(feature.name)
            reference = baseline.features.columns.get(feature.name)
            buckets.append((batch, drift_row(feature, query.metric, reference, column)))
    return DriftByBatch(query.metric, model.model_id, buckets)


def _named_features(features: tuple[Feature, ...], names: list[str]) -> list[Feature]:
    by_name = {f.name: f for f in features}
    for name in names:
        if name not in by_name:
            some = ", ".join(list(by_name)[:12])
            raise Invalid(f"featureNames: the model has no feature {name[:64]!r}. It has: {some}.")
    return [by_name[name] for name in names]


def _named(tx: "Transaction", deployment_id: str, query: DriftQuery) -> list[Batch]:
    return [] if query.batch_ids is None else list(tx.batches.get_many(deployment_id, query.batch_ids))


def drift_row(feature: Feature, metric: str, baseline: Column | None, current: Column | None) -> DriftRow:
    """Drift of one column, with what it rests on; unknown where a side is not there."""
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
    )


def _unknown(feature: Feature) -> DriftRow:
    return drift_row(feature, DEFAULT_METRIC, None, None)
