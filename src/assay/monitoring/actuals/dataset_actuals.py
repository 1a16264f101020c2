"""Actuals that lie in a data set: checked as a whole, stored by a job, joined to their predictions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from assay.errors import Invalid, UnknownDataset, UnknownDeployment
from assay.monitoring import access, datasets, paths
from assay.monitoring.actuals.accuracy_refresh import compute_stale, recompute
from assay.monitoring.context import Context
from assay.monitoring.queueing import queued
from assay.monitoring.rows.actual_columns import ActualsPlan, in_pieces
from assay.records.datasets import Dataset
from assay.records.jobs import Job
from assay.records.users import User

STORE_ACTUALS = "store_actuals"


@dataclass(frozen=True, slots=True)
class DatasetActuals:
    """A data set with actuals, and what its columns mean; rows without a value are passed over."""

    dataset_id: str
    association_id_column: str
    value_column: str
    timestamp_column: str | None = None
    acted_upon_column: str | None = None
    keep_unmatched: bool = True


def accept(ctx: Context, caller: User, deployment_id: str, sent: DatasetActuals) -> Job:
    """Have the actuals of a data set stored, by the job that is returned.

    Raises
    ------
    Invalid
        When the data set lacks a named column.
    """
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        dataset = datasets.completed(access.dataset(tx, caller, sent.dataset_id))
        for name, column in (
            ("associationIdColumn", sent.association_id_column),
            ("actualValueColumn", sent.value_column),
            ("timestampColumn", sent.timestamp_column),
            ("wasActedOnColumn", sent.acted_upon_column),
        ):
            if column is not None and column not in dataset.columns:
                known = ", ".join(list(dataset.columns)[:12])
                raise Invalid(f"{name}: the data set has no column {column[:64]!r}. It has: {known}.")
        args: dict[str, Any] = {
            "deployment_id": deployment_id,
            "dataset_id": dataset.id,
            "association_id": sent.association_id_column,
            "value": sent.value_column,
            "at": sent.timestamp_column,
            "acted_upon": sent.acted_upon_column,
            "keep_unmatched": sent.keep_unmatched,
        }
        job = queued(STORE_ACTUALS, args, caller.id, now, result_path=paths.deployment(deployment_id))
        tx.jobs.create(job)
    return job


def store(ctx: Context, job: Job) -> None:
    """Check every row, then store the actuals; one that cannot be read refuses them all, with its row.

    An attempt that was cut off is begun again: an actual that is stored twice changes nothing.
    """
    deployment_id, dataset = job.args["deployment_id"], _dataset(ctx, job)
    plan = _plan(ctx, job)
    first_row = 1
    for chunk in _chunks(ctx, dataset, plan):
        for wrong, reason in plan.faults(chunk):
            if wrong.any():
                raise Invalid(f"Row {first_row + wrong.arg_true()[0]}, {reason}.")
        first_row += chunk.height
    for chunk in _chunks(ctx, dataset, plan):
        for actuals in in_pieces(plan.of(chunk), ctx.limits.max_rows_per_call):
            ids = [a.association_id for a in actuals]
            now = ctx.clock()
            with ctx.store.transaction() as tx:
                tx.deployments.hold(deployment_id)
                tx.jobs.hold(job)
                known = set(ids) if job.args["keep_unmatched"] else tx.prediction_keys.known(deployment_id, ids)
                kept = [a for a in actuals if a.association_id in known]
                tx.actuals.put(deployment_id, kept, now)
                recompute(tx, deployment_id, tx.prediction_keys.pairs_holding(deployment_id, ids), job.user_id, now)
            ctx.meters.took_in("actuals", len(kept))
    compute_stale(ctx, deployment_id)
    with ctx.store.transaction() as tx:
        tx.jobs.complete(job, ctx.clock())


def _dataset(ctx: Context, job: Job) -> Dataset:
    with ctx.store.snapshot() as tx:
        found = tx.datasets.find(job.args["dataset_id"])
    if found is None or found.deleted_at is not None:
        raise UnknownDataset(job.args["dataset_id"])
    return found


def _plan(ctx: Context, job: Job) -> ActualsPlan:
    with ctx.store.snapshot() as tx:
        deployment = tx.deployments.find(job.args["deployment_id"])
        if deployment is None:
            raise UnknownDeployment(job.args["deployment_id"])
        package = access.package_of(tx, access.deployed_model(tx, deployment, None))
    args = job.args
    return ActualsPlan(package.target, args["association_id"], args["value"], args["at"], args["acted_upon"])


def _chunks(ctx: Context, dataset: Dataset, plan: ActualsPlan) -> Iterator[pl.DataFrame]:
    columns = [c for c in (plan.association_id, plan.value, plan.at, plan.acted_upon) if c is not None]
    with ctx.store.blobs.local_copy(dataset.blob_key) as path:
        wanted = list(dict.fromkeys(columns))
        yield from ctx.engine.chunks(path, dataset.form, rows=ctx.limits.chunk_rows, columns=wanted)
