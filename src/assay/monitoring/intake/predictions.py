"""Predictions sent as JSON, by column: checked as a whole, then counted in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from assay.errors import Invalid, TooLarge
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.intake import counting as intake
from assay.monitoring.rows.json_rows import RowBlock, height_of, rows_of
from assay.monitoring.rows.segments import cut_of
from assay.monitoring.rows.tally import Tally, tracking
from assay.monitoring.undoing import undone
from assay.monitoring.watched import watched
from assay.records.ids import new_id
from assay.records.uploads import Upload, UploadState
from assay.records.users import User


@dataclass(frozen=True, slots=True)
class RowsCall:
    """All rows of one call, and what of them is to be counted; ``content_hash`` is the SHA-256 of its body."""

    blocks: list[RowBlock]
    skip_drift: bool = False
    skip_accuracy: bool = False
    content_hash: str | None = None


def accept(ctx: Context, caller: User, deployment_id: str, call: RowsCall) -> list[Upload]:
    """Take in the rows of a call. Either all of them count when this returns, or nothing was stored."""
    _check_size(ctx, call)
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        for batch_id in {b.batch_id for b in call.blocks if b.batch_id is not None}:
            access.open_batch(tx, deployment_id, batch_id)
        models = {i: watched(ctx, tx, deployment, i) for i in {b.model_id for b in call.blocks}}
        cut = cut_of(ctx, tx, deployment)
    now = ctx.clock()
    rows = [rows_of(block, i, models[block.model_id], now) for i, block in enumerate(call.blocks)]
    tracked = tracking(deployment.settings, skip_drift=call.skip_drift, skip_accuracy=call.skip_accuracy)
    ids = [new_id(now) for _ in call.blocks]
    tallies = [
        Tally(ctx, models[block.model_id].ready, tracked, f"rows/{deployment_id}/{upload_id}", cut.again())
        for block, upload_id in zip(call.blocks, ids, strict=True)
    ]
    with undone(lambda: _discard(tallies)):
        arrivals = []
        for block, upload_id, tally, some in zip(call.blocks, ids, tallies, rows, strict=True):
            tally.add(some)
            pending = _upload(upload_id, deployment_id, block, tally, caller, now)
            upload = intake.counted(replace(pending, content_hash=call.content_hash), tally)
            arrivals.append(intake.with_ids(ctx, intake.Arrival(upload, tally, caller.id, now)))
        return _store(ctx, caller, deployment_id, arrivals)


def _discard(tallies: list[Tally]) -> None:
    for tally in tallies:
        tally.discard()


def _store(ctx: Context, caller: User, deployment_id: str, arrivals: list[intake.Arrival]) -> list[Upload]:
    stored = []
    with ctx.store.transaction() as tx:
        # Asked again inside the transaction that counts: the batch may have been locked since.
        access.deployment(tx, caller, deployment_id)
        for batch_id in {a.upload.batch_id for a in arrivals if a.upload.batch_id is not None}:
            access.open_batch(tx, deployment_id, batch_id)
        for arrival in arrivals:
            upload = replace(arrival.upload, seq=tx.uploads.create(arrival.upload))
            stored.append(intake.count_at_once(tx, replace(arrival, upload=upload)))
    ctx.meters.took_in("predictions", sum(arrival.tally.rows for arrival in arrivals))
    return stored


def repeated_association_ids(uploads: Iterable[Upload]) -> int:
    """Association ids of some uploads that their batches held before them."""
    return sum(upload.report.get("withRepeatedAssociationId", 0) for upload in uploads)


def _check_size(ctx: Context, call: RowsCall) -> None:
    if not call.blocks:
        raise Invalid("data: found an empty list, expected rows.")
    rows = sum(height_of(block) for block in call.blocks)
    if rows > ctx.limits.max_rows_per_call:
        raise TooLarge(
            f"Found {rows} rows in one call, expected at most {ctx.limits.max_rows_per_call}. "
            "Split them over several calls, or upload a file."
        )


def _upload(upload_id: str, deployment_id: str, block: RowBlock, tally: Tally, caller: User, now: datetime) -> Upload:
    known = set(tally.baseline.feature_bins)
    sent = [name for name, _ in block.features]
    return Upload(
        seq=0,
        id=upload_id,
        deployment_id=deployment_id,
        batch_id=block.batch_id,
        model_id=block.model_id,
        key=None,
        content_hash=None,
        state=UploadState.PENDING,
        rows=0,
        first_at=None,
        last_at=None,
        parts=0,
        blob_prefix=tally.blob_prefix,
        report={
            "ignoredColumns": [name for name in sent if name not in known],
            "missingColumns": sorted(known - set(sent)),
        },
        error=None,
        job_id=None,
        created_at=now,
        created_by_id=caller.id,
    )
