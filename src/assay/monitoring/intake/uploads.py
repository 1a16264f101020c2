"""The file door: prediction rows of a batch as CSV, Parquet or Arrow, each file under the caller's own name.

The same name and bytes again is the same upload; the same name with other bytes is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError, Conflict, Gone, Invalid, NotFound, UnknownDeployment
from assay.monitoring import access, paths
from assay.monitoring.actuals.accuracy_refresh import recompute
from assay.monitoring.context import Context
from assay.monitoring.intake import counting as intake
from assay.monitoring.queueing import finished, queued
from assay.monitoring.rows.file_rows import ColumnRoles, FilePlan, plan_of, tally_of
from assay.monitoring.undoing import undone
from assay.monitoring.watched import watched
from assay.records.datasets import FileForm
from assay.records.ids import new_id
from assay.records.jobs import Job
from assay.records.pages import Page, PageRequest
from assay.records.uploads import Upload, UploadState, incoming_key
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

COUNT_UPLOAD = "count_upload"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that has arrived, and what its columns mean."""

    batch_id: str
    key: str
    form: FileForm
    path: Path
    size: int
    content_hash: str
    model_id: str | None = None
    columns: ColumnRoles = field(default_factory=ColumnRoles)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a delivery came to; the job's status can be polled even where it is done.

    ``is_repeated`` says that the upload was there already, and this delivery changed nothing.
    """

    upload: Upload
    job: Job
    is_repeated: bool = False


def accept(ctx: Context, caller: User, deployment_id: str, file: NewFile) -> Taken:
    """Take in a file. A small one counts when this returns, a large one when its job has run."""
    if not 0 < len(file.key) <= ctx.limits.max_upload_key_length:
        raise Invalid(f"uploadKey: expected 1 to {ctx.limits.max_upload_key_length} characters.")
    if "\x00" in file.key:
        raise Invalid("uploadKey: found a NUL character, which no text may hold.")
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        known = _same_upload(tx, deployment_id, file)
        model = watched(ctx, tx, deployment, file.model_id)
        if known is None:
            access.open_batch(tx, deployment_id, file.batch_id)
    if known is not None:
        return _repeated(ctx, caller, known)
    plan = plan_of(model, ctx.engine.columns(file.path, file.form), file.form, file.columns)
    if file.size <= ctx.limits.inline_upload_bytes:
        return _count_now(ctx, caller, plan, file)
    return _count_later(ctx, caller, plan, file)


def _same_upload(tx: "Transaction", deployment_id: str, file: NewFile) -> Upload | None:
    tx.batches.get(deployment_id, file.batch_id)
    found = tx.uploads.find(file.batch_id, file.key)
    if found is None or found.state is UploadState.REFUSED:
        # A refused upload left nothing behind: its name is free.
        return None
    if found.content_hash != file.content_hash:
        raise Conflict(
            f"Upload '{file.key}' of this batch already holds other bytes (sha256 {str(found.content_hash)[:12]}..., "
            f"now {file.content_hash[:12]}...). Use another key for other data."
        )
    return found


def _repeated(ctx: Context, caller: User, upload: Upload) -> Taken:
    with ctx.store.transaction() as tx:
        job = tx.jobs.find(upload.job_id) if upload.job_id else None
        if job is None:
            job = finished(COUNT_UPLOAD, caller.id, ctx.clock(), result_path=_path(upload))
            tx.jobs.create(job)
    return Taken(upload, job, is_repeated=True)


def _path(upload: Upload) -> str:
    return paths.upload(upload.deployment_id, str(upload.batch_id), str(upload.key))


def _count_now(ctx: Context, caller: User, plan: FilePlan, file: NewFile) -> Taken:
    now = ctx.clock()
    upload = replace(
        new_upload(plan, caller, now), batch_id=file.batch_id, key=file.key, content_hash=file.content_hash
    )
    tally = tally_of(ctx, plan, file.path, blob_prefix=upload.blob_prefix, arrived=now)
    upload = intake.counted(upload, tally)
    job = finished(COUNT_UPLOAD, caller.id, now, result_path=_path(upload))
    upload = replace(upload, job_id=job.id)
    with undone(tally.discard):
        arrival = intake.with_ids(ctx, intake.Arrival(upload, tally, caller.id, now))
        with ctx.store.transaction() as tx:
            access.deployment(tx, caller, upload.deployment_id)
            known = _same_upload(tx, upload.deployment_id, file)
            if known is None:
                access.open_batch(tx, upload.deployment_id, file.batch_id)
                tx.jobs.create(job)
                _forget_refused(tx, file)
                upload = replace(upload, seq=tx.uploads.create(upload))
                upload = intake.count_at_once(tx, replace(arrival, upload=upload))
    if known is not None:
        tally.discard()
        return _repeated(ctx, caller, known)
    ctx.meters.took_in("predictions", tally.rows)
    return Taken(upload, job)


def _forget_refused(tx: "Transaction", file: NewFile) -> None:
    """Free the name of a refused upload for the new attempt; the old row stays as a record."""
    old = tx.uploads.find(file.batch_id, file.key)
    if old is not None:
        tx.uploads.update(old.id, key=None)


def _count_later(ctx: Context, caller: User, plan: FilePlan, file: NewFile) -> Taken:
    now = ctx.clock()
    upload = replace(
        new_upload(plan, caller, now), batch_id=file.batch_id, key=file.key, content_hash=file.content_hash
    )
    job = queued(
        COUNT_UPLOAD,
        count_args(upload, plan),
        caller.id,
        now,
        result_path=_path(upload),
    )
    upload = replace(upload, job_id=job.id)
    ctx.store.blobs.put(incoming_key(upload.id), _pieces(file.path))
    with undone(lambda: _forget(ctx, upload.id)), ctx.store.transaction() as tx:
        access.deployment(tx, caller, upload.deployment_id)
        known = _same_upload(tx, upload.deployment_id, file)
        if known is None:
            access.open_batch(tx, upload.deployment_id, file.batch_id)
            _forget_refused(tx, file)
            upload = replace(upload, seq=tx.uploads.create(upload))
            tx.jobs.create(job)
    if known is not None:
        _forget(ctx, upload.id)
        return _repeated(ctx, caller, known)
    return Taken(upload, job)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def count(ctx: Context, job: Job) -> None:
    """Count a large upload; one that cannot be read is refused as a whole, with the reason."""
    with ctx.store.snapshot() as tx:
        upload = tx.uploads.find_by_id(job.args["upload_id"])
    if upload is None:
        _forget(ctx, job.args["upload_id"])
        raise Gone(f"Upload {job.args['upload_id']} was deleted with its batch before it was counted.")
    # An attempt that was cut off after the upload had begun to count leaves only the rest to do.
    if upload.state is UploadState.PENDING:
        try:
            arrival = _arrival(ctx, job, upload)
            intake.count_in_steps(ctx, job, arrival)
        except Invalid as fault:
            _refuse(ctx, job, upload, fault)
            return
        except NotFound:
            # Its batch was deleted, or its draft abandoned, while it was read.
            _forget(ctx, upload.id)
            ctx.store.blobs.delete(upload.blob_prefix)
            raise
        upload = arrival.upload
    with ctx.store.snapshot() as tx:
        touched = intake.touched_by(tx, upload)
        # After it began to count: of two uploads that count at the same time, the later one sees the other.
        repeated = tx.prediction_keys.repeated(upload)
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        tx.deployments.hold(upload.deployment_id)
        intake.with_repeats(tx, upload, repeated)
        if touched:
            recompute(tx, upload.deployment_id, touched, job.user_id, now)
        tx.jobs.complete(job, now)
    _forget(ctx, upload.id)


def _forget(ctx: Context, upload_id: str) -> None:
    ctx.store.blobs.delete(incoming_key(upload_id))


def _arrival(ctx: Context, job: Job, upload: Upload) -> intake.Arrival:
    with ctx.store.snapshot() as tx:
        deployment = tx.deployments.find(upload.deployment_id)
        if deployment is None:
            raise UnknownDeployment(upload.deployment_id)
        model = watched(ctx, tx, deployment, upload.model_id)
    form = FileForm(job.args["form"])
    # Each attempt keeps rows under its own prefix: one that was thought dead cannot touch those of the next.
    own = replace(upload, blob_prefix=f"{upload.blob_prefix}/{job.attempt}")
    with ctx.store.blobs.local_copy(incoming_key(upload.id)) as path:
        plan = FilePlan(
            model=model,
            form=form,
            names=ctx.engine.columns(path, form),
            predictions=job.args["predictions"],
            association_id=job.args["association_id"],
            timestamp=job.args["timestamp"],
        )
        uncounted = bool(job.args.get("uncounted"))
        tally = tally_of(ctx, plan, path, blob_prefix=own.blob_prefix, arrived=upload.created_at, uncounted=uncounted)
    return intake.Arrival(intake.counted(own, tally), tally, job.user_id, ctx.clock())


def _refuse(ctx: Context, job: Job, upload: Upload, fault: AssayError) -> None:
    with ctx.store.transaction() as tx:
        tx.jobs.hold(job)
        tx.uploads.update(upload.id, state=UploadState.REFUSED, error=str(fault))
        tx.jobs.fail(job, str(fault), ctx.clock(), None)
    _forget(ctx, upload.id)
    ctx.store.blobs.delete(upload.blob_prefix)


def new_upload(plan: FilePlan, caller: User, now: datetime) -> Upload:
    """An upload of a file's rows that belongs to no batch and has no name yet."""
    upload_id = new_id(now)
    return Upload(
        seq=0,
        id=upload_id,
        deployment_id=plan.model.deployment.id,
        batch_id=None,
        model_id=plan.model.model_id,
        key=None,
        content_hash=None,
        state=UploadState.PENDING,
        rows=0,
        first_at=None,
        last_at=None,
        parts=0,
        blob_prefix=f"rows/{plan.model.deployment.id}/{upload_id}",
        report=dict(plan.report()),
        error=None,
        job_id=None,
        created_at=now,
        created_by_id=caller.id,
    )


def count_args(upload: Upload, plan: FilePlan) -> dict[str, Any]:
    """What the job that counts an upload is told."""
    return {
        "upload_id": upload.id,
        "form": str(plan.form),
        "predictions": plan.predictions,
        "association_id": plan.association_id,
        "timestamp": plan.timestamp,
    }


def get(ctx: Context, caller: User, deployment_id: str, batch_id: str, key: str) -> Upload:
    """The upload that was named so."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        tx.batches.get(deployment_id, batch_id)
        found = tx.uploads.find(batch_id, key)
    if found is None:
        raise NotFound(f"Upload not found: batch {batch_id} has none named '{key[:64]}'.")
    return found


def page(ctx: Context, caller: User, deployment_id: str, batch_id: str, request: PageRequest) -> Page[Upload]:
    """Uploads of a batch, oldest first."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        tx.batches.get(deployment_id, batch_id)
        return tx.uploads.list(batch_id, request)
