"""Accuracy pages: read from the accumulators that `accuracy_refresh` keeps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING, Generic, TypeVar

from assay.errors import Invalid
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.figures.accuracy_loading import load, load_by_span
from assay.monitoring.profiles import where
from assay.monitoring.profiles.where import ANYWHERE, Where
from assay.monitoring.rows.scored_rows import pooled
from assay.monitoring.watched import WatchedModel, watched
from assay.records.batches import Batch
from assay.records.buckets import BucketSize, Span
from assay.records.deployments import Deployment
from assay.records.models import TargetType
from assay.records.users import User
from assay.stats.accuracy import (
    CLASS_METRICS,
    HIGHER_IS_BETTER,
    METRICS,
    Accuracy,
    MulticlassAccuracy,
    accuracy_from_bytes,
    percent_change,
)
from assay.stats.accuracy.alarm import AccuracyRule, accuracy_change, shared
from assay.stats.estimate import Estimate

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

Bucket = TypeVar("Bucket", Batch, Span)


@dataclass(frozen=True, slots=True)
class AccuracyQuery:
    """Whose accuracy is wanted.

    Attributes
    ----------
    model_ids : tuple of str
        Empty: the current model.
    metric : str or None
        None: every metric of the target on a page, LogLoss or RMSE in a series.
    classes : tuple of str
        For a multiclass target: figures of these classes, each against the rest.
    baseline_model_id : str or None
        The model of the deployment whose holdout accuracy is compared with; None: each model's own.
    """

    where: Where = ANYWHERE
    model_ids: tuple[str, ...] = ()
    metric: str | None = None
    classes: tuple[str, ...] = ()
    baseline_model_id: str | None = None


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One accuracy metric, on some rows and on the baseline.

    ``higher_is_better`` is None for a metric whose best value lies in the middle. ``metrics`` is how many metrics the
    target type has, which share one alarm budget.
    """

    name: str
    model_id: str
    estimate: Estimate
    rows: int
    baseline: Estimate | None
    baseline_rows: int | None
    metrics: int

    @property
    def percent_change(self) -> float | None:
        """Change against the baseline in percent of its size."""
        return percent_change(self.estimate.value, None if self.baseline is None else self.baseline.value)

    @property
    def at_baseline(self) -> "MetricRow":
        """The same metric on the baseline's rows."""
        estimate = self.baseline or Estimate.undefined("there is no holdout with predictions and outcomes")
        return replace(self, estimate=estimate, rows=self.baseline_rows or 0)

    @property
    def degraded(self) -> bool | None:
        """Whether it is worse than on the baseline, beyond chance and by enough to matter; None if unknown."""
        if self.baseline is None:
            return None
        rule = shared(AccuracyRule(), self.metrics)
        return accuracy_change(self.name, self.estimate, self.baseline, rule).degraded

    @property
    def higher_is_better(self) -> bool | None:
        """Which way is good."""
        return HIGHER_IS_BETTER.get(self.name)


@dataclass(frozen=True)
class AccuracyPage:
    """Accuracy of some batches pooled row by row, or of all rows; of one model after the other."""

    batches: list[Batch]
    model_id: str
    rows: list[MetricRow]
    span: tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class AccuracyPoint(Generic[Bucket]):
    """One metric of one model in one batch or span; ``by_class`` holds the classes that were asked for."""

    bucket: Bucket
    row: MetricRow
    by_class: dict[str, Estimate]


@dataclass(frozen=True)
class AccuracySeries(Generic[Bucket]):
    """One metric by batch or by span, of one model after the other; ``summary`` is over all of them."""

    metric: str
    model_id: str
    summary: list[MetricRow]
    points: list[AccuracyPoint[Bucket]]


def page(ctx: Context, caller: User, deployment_id: str, query: AccuracyQuery) -> AccuracyPage:
    """Accuracy of all that is asked for, taken together."""
    if len(query.classes) > 1:
        raise Invalid("targetClass: a page of metrics takes one 'targetClass'; a series of one metric takes several.")
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        models = _models(ctx, tx, deployment, query)
        chosen = where.chosen(ctx, tx, deployment, replace(query.where, model_id=models[0].model_id))
        rows = []
        for model in models:
            found = load(ctx, tx, model, chosen.selection)
            rows += [_row(model, query, name, found) for name in _metrics(model, query)]
    return AccuracyPage(chosen.batches, models[0].model_id, rows, chosen.span)


def by_batch(ctx: Context, caller: User, deployment_id: str, query: AccuracyQuery) -> AccuracySeries[Batch]:
    """One metric for each of the named batches, or for the deployment's last ones."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        models = _models(ctx, tx, deployment, query)
        chosen = where.chosen_batches(tx, deployment, query.where)
        found = []
        for model in models:
            states = tx.accuracy.list(deployment_id, model.model_id, chosen.selection)
            by_id = {s.batch_id: accuracy_from_bytes(s.data) for s in states}
            found.append([(batch, by_id.get(batch.id)) for batch in chosen.batches])
    return _series(models, query, found)


def by_span(
    ctx: Context, caller: User, deployment_id: str, query: AccuracyQuery, size: BucketSize
) -> AccuracySeries[Span]:
    """One metric for each bucket of time, by the time of the prediction."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        models = _models(ctx, tx, deployment, query)
        spans, selection = where.chosen_spans(ctx, deployment, query.where, size)
        found = [list(zip(spans, load_by_span(ctx, tx, model, selection, spans), strict=True)) for model in models]
    return _series(models, query, found)


def _models(ctx: Context, tx: "Transaction", deployment: Deployment, query: AccuracyQuery) -> list[WatchedModel]:
    if len(query.model_ids) > 1 and query.metric is None:
        raise Invalid("metric: with more than one 'modelId' one metric must be named.")
    models = [watched(ctx, tx, deployment, model_id) for model_id in query.model_ids or (None,)]
    if query.baseline_model_id is None:
        return models
    other = watched(ctx, tx, deployment, query.baseline_model_id).baseline
    return [WatchedModel(m.deployment, m.model_id, m.package, other) for m in models]


def _series(
    models: list[WatchedModel], query: AccuracyQuery, found: list[list[tuple[Bucket, Accuracy | None]]]
) -> AccuracySeries[Bucket]:
    points, summary = [], []
    for model, buckets in zip(models, found, strict=True):
        usual = "LogLoss" if model.target.class_names else "RMSE"
        (metric,) = _metrics(model, query, usual)
        together = [accumulators for _, accumulators in buckets if accumulators is not None]
        summary.append(_row(model, query, metric, reduce(pooled, together) if together else None))
        points += [
            AccuracyPoint(bucket, _row(model, query, metric, one), _by_class(model, query, metric, one))
            for bucket, one in buckets
        ]
    return AccuracySeries(summary[0].name, models[0].model_id, summary, points)


# ------------------------------------------------------------------ metrics


def _metrics(model: WatchedModel, query: AccuracyQuery, usual: str | None = None) -> Sequence[str]:
    """Names of the asked metric, of the usual one, or of all that the target type has."""
    names = list(_known(model, query))
    asked = usual if query.metric is None else query.metric
    if asked is None:
        return names
    if asked not in names:
        kind = model.target.type
        raise Invalid(f"metric: found {asked!r}, expected one of {', '.join(names)} for a {kind} target.")
    return [asked]


def _known(model: WatchedModel, query: AccuracyQuery) -> Sequence[str]:
    if not query.classes:
        return list(METRICS[str(model.target.type)])
    if model.target.type is not TargetType.MULTICLASS:
        raise Invalid(
            f"targetClass: figures of single classes are for multiclass targets, this one is {model.target.type}."
        )
    for name in query.classes:
        if name not in model.target.class_names:
            raise Invalid(f"targetClass: found {name[:64]!r}, expected one of {', '.join(model.target.class_names)}.")
    return list(CLASS_METRICS)


def _row(model: WatchedModel, query: AccuracyQuery, name: str, accumulators: Accuracy | None) -> MetricRow:
    baseline = None if model.baseline is None else model.baseline.accuracy
    return MetricRow(
        name=name,
        model_id=model.model_id,
        estimate=_estimate(model, query, name, accumulators),
        rows=0 if accumulators is None else accumulators.n,
        baseline=None if baseline is None else _estimate(model, query, name, baseline),
        baseline_rows=None if baseline is None else baseline.n,
        metrics=len(_known(model, query)),
    )


def _estimate(model: WatchedModel, query: AccuracyQuery, name: str, accumulators: Accuracy | None) -> Estimate:
    """The metric; of the first class asked for, where classes were asked for."""
    if accumulators is None:
        return Estimate.undefined("there are no predictions with an actual")
    if query.classes and isinstance(accumulators, MulticlassAccuracy):
        return CLASS_METRICS[name](accumulators, query.classes[0])
    return METRICS[str(model.target.type)][name](accumulators)


def _by_class(
    model: WatchedModel, query: AccuracyQuery, name: str, accumulators: Accuracy | None
) -> dict[str, Estimate]:
    if not isinstance(accumulators, MulticlassAccuracy):
        undefined = _estimate(model, query, name, None)
        return dict.fromkeys(query.classes, undefined)
    return {c: CLASS_METRICS[name](accumulators, c) for c in query.classes}
