"""The one place where an upload begins to count: profiles, counters and state in a single transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from assay.errors import UnknownDeployment
from assay.monitoring import access
from assay.monitoring.actuals.accuracy_refresh import recompute
from assay.monitoring.context import Context
from assay.monitoring.profiles import segment_profiles
from assay.monitoring.profiles.folding import FOLD_PROFILES, FRAGMENTS_BEFORE_FOLDING
from assay.monitoring.profiles.fragments import fragments_of, with_whole
from assay.monitoring.queueing import queued
from assay.monitoring.rows.row_parts import ASSOCIATION_ID, stored_parts
from assay.monitoring.rows.tally import Tally
from assay.records.batches import BatchRole
from assay.records.jobs import Job
from assay.records.uploads import Upload, UploadState

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


def counted(upload: Upload, tally: Tally) -> Upload:
    """The upload as it stands once its rows count.

    Rows that are there for accuracy only have been counted by their sender in another way.
    """
    return replace(
        upload,
        state=UploadState.COUNTED,
        rows=tally.rows if tally.tracking.drift else 0,
        first_at=tally.first_at,
        last_at=tally.last_at,
        parts=tally.parts,
        report={
            **upload.report,
            "unreadable": tally.unreadable,
            "withoutAssociationId": tally.without_association_id,
            "rowsKept": tally.tracking.raw_rows,
            **({"withoutSegment": tally.cut.left_out} if tally.cut.left_out else {}),
            **({"rowsSampled": True} if tally.sampled else {}),
            **({"withoutDrift": True} if tally.without_drift else {}),
        },
    )


@dataclass(frozen=True)
class Arrival:
    """An upload that is to count now, with its rows' tally and who sent it.

    ``ids`` are the association ids of a small one, read before the transaction: nobody should wait for the blob store
    while the deployment is held.
    """

    upload: Upload
    tally: Tally
    user_id: str
    now: datetime
    ids: tuple[pl.Series, ...] = ()


def with_ids(ctx: Context, arrival: Arrival) -> Arrival:
    """A small upload with its association ids."""
    return replace(arrival, ids=tuple(association_ids(ctx, arrival)))


def count_at_once(tx: "Transaction", arrival: Arrival) -> Upload:
    """Make a small upload count, wholly within the caller's transaction, which holds the deployment.

    Returns it with what was found of it.
    """
    count(tx, arrival)
    for ids in arrival.ids:
        tx.prediction_keys.add(arrival.upload.deployment_id, arrival.upload.seq, ids)
    follow(tx, arrival.upload, arrival.user_id, arrival.now)
    if not arrival.tally.has_association_ids:
        return arrival.upload
    return with_repeats(tx, arrival.upload, tx.prediction_keys.repeated(arrival.upload))


def with_repeats(tx: "Transaction", upload: Upload, repeated: int) -> Upload:
    """The upload with how many of its association ids its batch held before, noted in its report."""
    if not repeated:
        return upload
    noted = replace(upload, report={**upload.report, "withRepeatedAssociationId": repeated})
    tx.uploads.update(upload.id, report=noted.report)
    return noted


def count_in_steps(
    ctx: Context, job: Job, arrival: Arrival, also: "Callable[[Transaction], None] | None" = None
) -> None:
    """Make a large upload count without holding the write lock for long.

    What ``also`` does is in the transaction from which on the upload counts.

    Its association ids go first, a chunk at a time: they mean nothing until the upload counts. What follows from
    them is found afterwards, so that of two uploads with common ids the later one always sees the earlier.
    """
    upload = arrival.upload
    for ids in association_ids(ctx, arrival):
        with ctx.store.transaction() as tx:
            tx.jobs.hold(job)
            tx.prediction_keys.add(upload.deployment_id, upload.seq, ids)
    with ctx.store.transaction() as tx:
        if tx.deployments.find(upload.deployment_id) is None:
            raise UnknownDeployment(upload.deployment_id)
        tx.jobs.hold(job)
        if upload.batch_id is not None:
            # A lock waits for what is being counted; whatever comes to be locked all the same takes no rows.
            access.open_batch(tx, upload.deployment_id, upload.batch_id)
        tx.uploads.update(upload.id, **{name: getattr(upload, name) for name in COUNTED_FIELDS})
        count(tx, arrival)
        if also is not None:
            also(tx)
    ctx.meters.took_in("predictions", arrival.tally.rows)


COUNTED_FIELDS = ("state", "rows", "first_at", "last_at", "parts", "blob_prefix", "report")


def count(tx: "Transaction", arrival: Arrival) -> None:
    """Profiles and counters; what comes into a draft counts there alone."""
    upload, tally, now = arrival.upload, arrival.tally, arrival.now
    if upload.batch_id is not None:
        batch = tx.batches.get(upload.deployment_id, upload.batch_id)
        if batch.role is BatchRole.DRAFT:
            tx.uploads.update(upload.id, state=UploadState.DRAFT)
    if tally.tracking.drift and tally.rows:
        _add_profiles(tx, arrival)
        if upload.batch_id is not None:
            first, last = tally.first_at or now, tally.last_at or now
            tx.batches.add_predictions(upload.batch_id, upload.model_id, tally.rows, first, last)
        _fold_when_due(tx, arrival)


def association_ids(ctx: Context, arrival: Arrival) -> Iterator[pl.Series]:
    """Distinct association ids of an upload's rows, a chunk at a time."""
    if arrival.tally.has_association_ids:
        upload = arrival.upload
        for part in stored_parts(ctx, upload.blob_prefix, arrival.tally.parts, [ASSOCIATION_ID]):
            yield part[ASSOCIATION_ID].drop_nulls().unique(maintain_order=True)


def _add_profiles(tx: "Transaction", arrival: Arrival) -> None:
    upload, tally = arrival.upload, arrival.tally
    for part, found in with_whole(tally.slices).items():
        fragments = fragments_of(upload, tally.baseline, part, found, estimated=tally.estimated)
        tx.profiles.add(upload.deployment_id, list(fragments))
    tx.segments.add(upload.deployment_id, (p.segment for p in tally.slices if p.segment is not None))
    tx.segments.mark(upload.seq, tally.cut.known)
    deployment = tx.deployments.find(upload.deployment_id)
    if deployment is not None and not set(deployment.settings.segmented_by) <= tally.cut.known.keys():
        # The settings have changed since the rows were cut.
        segment_profiles.ask(tx, upload.deployment_id, arrival.user_id, arrival.now)


def _fold_when_due(tx: "Transaction", arrival: Arrival) -> None:
    upload = arrival.upload
    fragments = tx.profiles.count(upload.deployment_id, upload.batch_id, upload.model_id)
    if fragments and fragments % FRAGMENTS_BEFORE_FOLDING == 0:
        args = {
            "deployment_id": upload.deployment_id,
            "batch_id": upload.batch_id,
            "model_id": upload.model_id,
        }
        key = f"{FOLD_PROFILES}:{upload.batch_id or upload.deployment_id}:{upload.model_id}"
        tx.jobs.create_once(queued(FOLD_PROFILES, args, arrival.user_id, arrival.now, key=key))


def follow(tx: "Transaction", upload: Upload, user_id: str, now: datetime) -> None:
    """Have accuracy follow: actuals may have come first, and a new prediction supersedes older ones of its id."""
    touched = touched_by(tx, upload)
    if touched:
        recompute(tx, upload.deployment_id, touched, user_id, now)


def touched_by(tx: "Transaction", upload: Upload) -> set[tuple[str | None, str]]:
    """(batch, model) pairs whose accuracy changes by an upload that counts now."""
    touched = tx.prediction_keys.pairs_overlapping(upload.deployment_id, upload_seq=upload.seq)
    if touched or tx.actuals.any_for_upload(upload.deployment_id, upload.seq):
        touched.add((upload.batch_id, upload.model_id))
    return touched
