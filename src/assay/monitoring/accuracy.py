"""Accuracy by batch: computed whole from predictions and actuals, kept as accumulators, read from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from assay.errors import Invalid
from assay.monitoring import access, paths, prediction_columns
from assay.monitoring.context import Context
from assay.monitoring.queueing import queued
from assay.monitoring.rows import ASSOCIATION_ID, stored_parts
from assay.monitoring.scored_rows import accuracy_of, nothing, pooled
from assay.monitoring.watched import WatchedModel, watched_by
from assay.records.actuals import StaleAccuracy
from assay.records.batches import Batch
from assay.records.jobs import Job
from assay.records.models import ModelPackage
from assay.records.uploads import Upload
from assay.records.users import User
from assay.stats.accuracy import HIGHER_IS_BETTER, METRICS, Accuracy, accuracy_from_bytes, percent_change
from assay.stats.accuracy.alarm import AccuracyRule, accuracy_change, shared
from assay.stats.estimate import Estimate

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

REFRESH_ACCURACY = "refresh_accuracy"


# ------------------------------------------------------------------ computing


def recompute(
    tx: "Transaction", deployment_id: str, pairs: set[tuple[str | None, str]], user_id: str, now: datetime
) -> Job:
    """Have the accuracy of some (batch, model) pairs computed anew, by the job that is returned.

    Deliveries that come while a computation waits share it, so that many small ones do not cost many computations.
    """
    tx.accuracy.mark_stale(deployment_id, pairs)
    job = queued(
        REFRESH_ACCURACY,
        {"deployment_id": deployment_id},
        user_id,
        now,
        result_path=paths.deployment(deployment_id),
        key=f"{REFRESH_ACCURACY}:{deployment_id}",
    )
    return tx.jobs.create_once(job)


def refresh(ctx: Context, job: Job) -> None:
    """Compute every pair of the deployment that is stale. Deliveries that came together are one computation."""
    deployment_id = job.args["deployment_id"]
    with ctx.store.snapshot() as tx:
        stale = tx.accuracy.stale(deployment_id)
    for pair in stale:
        _refresh_pair(ctx, pair)
    with ctx.store.transaction() as tx:
        tx.jobs.complete(job, ctx.clock())


def _refresh_pair(ctx: Context, pair: StaleAccuracy) -> None:
    with ctx.store.snapshot() as tx:
        deployment = tx.deployments.find(pair.deployment_id)
        if deployment is None:
            return
        package = access.package_of(tx, access.deployed_model(tx, deployment, pair.model_id))
        uploads = tx.uploads.counted(pair.deployment_id, pair.batch_id, pair.model_id)
        outcomes = _outcomes(tx, pair)
    parts = (_of_upload(ctx, package, upload, outcomes) for upload in uploads)
    computed = reduce(pooled, parts, nothing(package.target))
    with ctx.store.transaction() as tx:
        tx.accuracy.save(pair, computed.n, computed.to_bytes(), ctx.clock())


def _outcomes(tx: "Transaction", pair: StaleAccuracy) -> pl.DataFrame:
    rows = list(tx.actuals.matched(pair.deployment_id, pair.batch_id, pair.model_id))
    schema = {"seq": pl.Int64, ASSOCIATION_ID: pl.String, "label": pl.String, "number": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _of_upload(ctx: Context, package: ModelPackage, upload: Upload, outcomes: pl.DataFrame) -> Accuracy:
    target = package.target
    mine = outcomes.filter(pl.col("seq") == upload.seq)
    columns = [ASSOCIATION_ID, *prediction_columns.score_columns(target)]
    parts = [
        part.join(mine, on=ASSOCIATION_ID, how="inner", maintain_order="left")
        for part in (stored_parts(ctx, upload.blob_prefix, upload.parts, columns) if mine.height else ())
    ]
    if not parts:
        return nothing(target)
    # An id that stands twice in an upload: the later row wins.
    rows = pl.concat(parts).unique(ASSOCIATION_ID, keep="last", maintain_order=True)
    return accuracy_of(target, rows, rows["label" if target.class_names else "number"])


# ------------------------------------------------------------------ reading


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
    """Accuracy of some batches pooled row by row, or of all rows."""

    batches: list[Batch]
    model_id: str
    rows: list[MetricRow]
    span: tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class AccuracyByBatch:
    """One metric by batch, in the order asked for."""

    metric: str
    model_id: str
    baseline: MetricRow
    buckets: list[tuple[Batch, MetricRow]]


@dataclass(frozen=True, slots=True)
class AccuracyQuery:
    """Whose accuracy is wanted; None means the current model, all batches, all metrics."""

    model_id: str | None = None
    batch_ids: tuple[str, ...] | None = None
    metric: str | None = None


def page(ctx: Context, caller: User, deployment_id: str, query: AccuracyQuery) -> AccuracyPage:
    """Accuracy of the named batches taken together."""
    with ctx.store.snapshot() as tx:
        model = watched_by(ctx, tx, caller, deployment_id, query.model_id)
        named = [] if query.batch_ids is None else list(tx.batches.get_many(deployment_id, query.batch_ids))
        states = tx.accuracy.list(deployment_id, model.model_id, query.batch_ids)
        span = access.span(tx, deployment_id, named)
    found = [accuracy_from_bytes(state.data) for state in states]
    together = reduce(pooled, found) if found else None
    rows = [_row(model, name, together) for name in _metrics(model, query.metric)]
    return AccuracyPage(named, model.model_id, rows, span)


def by_batch(ctx: Context, caller: User, deployment_id: str, query: AccuracyQuery) -> AccuracyByBatch:
    """One metric for each of the named batches, or for the deployment's last ones."""
    with ctx.store.snapshot() as tx:
        model = watched_by(ctx, tx, caller, deployment_id, query.model_id)
        batches = access.chosen_batches(tx, deployment_id, query.batch_ids)
        ids = [batch.id for batch in batches]
        states = {s.batch_id: s for s in tx.accuracy.list(deployment_id, model.model_id, ids)}
    usual = "LogLoss" if model.target.class_names else "RMSE"
    (metric,) = _metrics(model, usual if query.metric is None else query.metric)
    buckets = []
    for batch in batches:
        state = states.get(batch.id)
        accumulators = None if state is None else accuracy_from_bytes(state.data)
        buckets.append((batch, _row(model, metric, accumulators)))
    return AccuracyByBatch(metric, model.model_id, _row(model, metric, None), buckets)


def _metrics(model: WatchedModel, asked: str | None) -> Sequence[str]:
    """Names of the asked metric, or of all that the target type has."""
    names = METRICS[str(model.target.type)]
    if asked is None:
        return list(names)
    if asked not in names:
        kind = model.target.type
        raise Invalid(f"metric: found {asked!r}, expected one of {', '.join(names)} for a {kind} target.")
    return [asked]


def _row(model: WatchedModel, name: str, accumulators: Accuracy | None) -> MetricRow:
    metrics = METRICS[str(model.target.type)]
    metric = metrics[name]
    baseline = None if model.baseline is None else model.baseline.accuracy
    return MetricRow(
        name=name,
        model_id=model.model_id,
        estimate=(
            Estimate.undefined("there are no predictions with an actual")
            if accumulators is None
            else metric(accumulators)
        ),
        rows=0 if accumulators is None else accumulators.n,
        baseline=None if baseline is None else metric(baseline),
        baseline_rows=None if baseline is None else baseline.n,
        metrics=len(metrics),
    )
