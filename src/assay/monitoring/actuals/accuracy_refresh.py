"""Computing accuracy: whole, from the kept predictions and the newest actuals of a (batch, model) pair, by a job."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from assay.monitoring import access, paths
from assay.monitoring.actuals import accuracy_revisions
from assay.monitoring.context import Context
from assay.monitoring.queueing import queued
from assay.monitoring.rows import prediction_columns
from assay.monitoring.rows.row_parts import ASSOCIATION_ID, AT, stored_parts
from assay.monitoring.rows.scored_rows import accuracy_of, nothing, pooled
from assay.monitoring.rows.segments import columns_of, cut_of, segments_of
from assay.monitoring.rows.slicing import Cut
from assay.records.actuals import ComputedAccuracy, StaleAccuracy
from assay.records.jobs import Job
from assay.records.models import Target
from assay.records.slices import WHOLE, Segment, Slice
from assay.records.uploads import Upload
from assay.stats.accuracy import Accuracy, accuracy_from_bytes

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

REFRESH_ACCURACY = "refresh_accuracy"


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
    compute_stale(ctx, job.args["deployment_id"])
    with ctx.store.transaction() as tx:
        tx.jobs.complete(job, ctx.clock())


def compute_stale(ctx: Context, deployment_id: str) -> None:
    """Compute what is stale of a deployment, now; an older computation that runs beside never replaces a newer."""
    with ctx.store.snapshot() as tx:
        stale = tx.accuracy.stale(deployment_id)
    for pair in stale:
        _refresh_pair(ctx, pair)


def _refresh_pair(ctx: Context, pair: StaleAccuracy) -> None:
    with ctx.store.snapshot() as tx:
        deployment = tx.deployments.find(pair.deployment_id)
        if deployment is None:
            return
        package = access.package_of(tx, access.deployed_model(tx, deployment, pair.model_id))
        uploads = tx.uploads.counted(pair.deployment_id, pair.batch_id, pair.model_id)
        rows = MatchedRows(
            ctx, package.target, uploads, outcomes_of(tx, pair.deployment_id, pair.batch_id, pair.model_id)
        )
        cut = cut_of(ctx, tx, deployment)
        closed = tx.accuracy.closed(pair.deployment_id, pair.model_id, [pair.batch_id])
    slices = _with_whole(_with_closed(rows.by_slice(cut, deployment.settings.segmented_by), closed))
    computed = [
        ComputedAccuracy(pair.batch_id, pair.model_id, part, found.n, found.to_bytes())
        for part, found in slices.items()
    ]
    whole = slices[WHOLE] if slices else nothing(package.target)
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        tx.deployments.hold(pair.deployment_id)
        if tx.accuracy.save(pair, computed, now):
            accuracy_revisions.note(tx, pair, package.target, whole, now)


def _with_closed(buckets: dict[Slice, Accuracy], closed: Sequence[ComputedAccuracy]) -> dict[Slice, Accuracy]:
    """The same, with what was counted for good of rows that are gone."""
    found = dict(buckets)
    for one in closed:
        gone, known = accuracy_from_bytes(one.data), found.get(one.slice)
        found[one.slice] = gone if known is None else pooled(gone, known)
    return found


def _with_whole(buckets: dict[Slice, Accuracy]) -> dict[Slice, Accuracy]:
    """The same, with what all buckets of a segment, or of all rows, come to together."""
    whole: dict[Segment | None, Accuracy] = {}
    for part, found in buckets.items():
        known = whole.get(part.segment)
        whole[part.segment] = found if known is None else pooled(known, found)
    return buckets | {Slice(segment): found for segment, found in whole.items()}


def outcomes_of(
    tx: "Transaction", deployment_id: str, batch_id: str | None, model_id: str, upload_seq: int | None = None
) -> pl.DataFrame:
    """Newest actuals of a pair's rows, or of one upload's: upload, association id, and a label or a number."""
    rows = list(tx.actuals.matched(deployment_id, batch_id, model_id, upload_seq))
    schema = {"seq": pl.Int64, ASSOCIATION_ID: pl.String, "label": pl.String, "number": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True)
class MatchedRows:
    """Rows of some uploads of a pair that have an actual."""

    ctx: Context
    target: Target
    uploads: Sequence[Upload]
    outcomes: pl.DataFrame

    def by_slice(self, cut: Cut, attributes: Sequence[str]) -> dict[Slice, Accuracy]:
        """Accuracy of every slice that has rows."""
        found: dict[Slice, Accuracy] = {}
        for rows in self._of_uploads(attributes):
            for part, places in cut.parts(rows[AT], segments_of(rows, attributes)):
                some = rows[places]
                here = accuracy_of(self.target, some, some["label" if self.target.class_names else "number"])
                known = found.get(part)
                found[part] = here if known is None else pooled(known, here)
        return found

    def _of_uploads(self, attributes: Sequence[str]) -> Iterator[pl.DataFrame]:
        columns = [ASSOCIATION_ID, AT, *prediction_columns.score_columns(self.target), *columns_of(attributes)]
        for upload in self.uploads:
            mine = self.outcomes.filter(pl.col("seq") == upload.seq)
            parts = [
                part.join(mine, on=ASSOCIATION_ID, how="inner", maintain_order="left")
                for part in (stored_parts(self.ctx, upload.blob_prefix, upload.parts, columns) if mine.height else ())
                if ASSOCIATION_ID in part.columns
            ]
            if parts:
                # An id that stands twice in an upload: the later row wins.
                yield pl.concat(parts, how="diagonal").unique(ASSOCIATION_ID, keep="last", maintain_order=True)
