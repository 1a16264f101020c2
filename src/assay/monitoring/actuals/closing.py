"""Closing predictions: their accuracy is counted once more and for good, and then they are found no more.

What is deleted by age must not take its accuracy with it, and accuracy is otherwise computed anew, whole, from what is
there. So before rows or actuals go, the pairs of prediction and actual that go with them are summed up by bucket and
segment; every later computation starts from these sums. The entries by which an actual finds its predictions go in the
same transaction, so that no such pair can be counted a second time. It can be corrected no more either.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from assay.monitoring import access
from assay.monitoring.actuals.accuracy_refresh import MatchedRows, outcomes_of
from assay.monitoring.context import Context
from assay.monitoring.rows.row_parts import ASSOCIATION_ID
from assay.monitoring.rows.segments import cut_of
from assay.records.actuals import ComputedAccuracy
from assay.records.jobs import Job
from assay.records.uploads import HELD, Upload

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

Pair = tuple[str | None, str]


@dataclass(frozen=True)
class _Sums:
    """What some pairs of prediction and actual come to, and how the accuracy they are of stood meanwhile."""

    computed: list[ComputedAccuracy]
    wanted: dict[Pair, int]


def close_upload(ctx: Context, job: Job, upload: Upload, also: "Callable[[Transaction], None]") -> None:
    """Close all predictions of an upload; what ``also`` does is in the same transaction."""
    pair = (upload.batch_id, upload.model_id)
    while True:
        sums = _sums(ctx, upload.deployment_id, {pair}, upload=upload)
        with ctx.store.transaction() as tx:
            tx.deployments.hold(upload.deployment_id)
            tx.jobs.hold(job)
            if not _still(tx, upload.deployment_id, sums):
                continue
            if tx.uploads.find_counted(upload.id) is None:
                # Deleted meanwhile, with all that was counted of it.
                return
            tx.accuracy.close(upload.deployment_id, sums.computed)
            tx.prediction_keys.remove(upload.deployment_id, upload_seq=upload.seq)
            also(tx)
        return


def close_ids(
    ctx: Context, job: Job, deployment_id: str, association_ids: Sequence[str], also: "Callable[[Transaction], None]"
) -> None:
    """Close all predictions of some association ids; what ``also`` does is in the same transaction."""
    while True:
        with ctx.store.snapshot() as tx:
            pairs = tx.prediction_keys.pairs_holding(deployment_id, association_ids, HELD)
        sums = _sums(ctx, deployment_id, pairs, association_ids=association_ids)
        with ctx.store.transaction() as tx:
            tx.deployments.hold(deployment_id)
            tx.jobs.hold(job)
            same = tx.prediction_keys.pairs_holding(deployment_id, association_ids, HELD) == pairs
            if not same or not _still(tx, deployment_id, sums):
                continue
            tx.accuracy.close(deployment_id, sums.computed)
            tx.prediction_keys.remove(deployment_id, association_ids=association_ids)
            also(tx)
        return


def _still(tx: "Transaction", deployment_id: str, sums: _Sums) -> bool:
    """Whether nothing has come since that would change the sums: a corrected actual, a newer prediction."""
    return all(tx.accuracy.wanted(deployment_id, *pair) == wanted for pair, wanted in sums.wanted.items())


def _sums(
    ctx: Context,
    deployment_id: str,
    pairs: set[Pair],
    *,
    upload: Upload | None = None,
    association_ids: Sequence[str] | None = None,
) -> _Sums:
    found, wanted = list[ComputedAccuracy](), dict[Pair, int]()
    for pair in sorted(pairs, key=lambda one: (one[0] or "", one[1])):
        with ctx.store.snapshot() as tx:
            wanted[pair] = tx.accuracy.wanted(deployment_id, *pair)
            rows = _rows(ctx, tx, deployment_id, pair, upload)
            deployment = tx.deployments.find(deployment_id)
            if rows is None or deployment is None:
                continue
            cut, segments = cut_of(ctx, tx, deployment), deployment.settings.segmented_by
        if association_ids is not None:
            rows = MatchedRows(
                ctx, rows.target, rows.uploads, rows.outcomes.filter(pl.col(ASSOCIATION_ID).is_in(association_ids))
            )
        found += [
            ComputedAccuracy(*pair, part, one.n, one.to_bytes()) for part, one in rows.by_slice(cut, segments).items()
        ]
    return _Sums(found, wanted)


def _rows(ctx: Context, tx: "Transaction", deployment_id: str, pair: Pair, upload: Upload | None) -> MatchedRows | None:
    deployment = tx.deployments.find(deployment_id)
    if deployment is None:
        return None
    package = access.package_of(tx, access.deployed_model(tx, deployment, pair[1]))
    uploads = tx.uploads.counted(deployment_id, *pair) if upload is None else [upload]
    outcomes = outcomes_of(tx, deployment_id, *pair, None if upload is None else upload.seq)
    return MatchedRows(ctx, package.target, uploads, outcomes)
