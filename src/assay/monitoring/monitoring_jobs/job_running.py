"""Running a monitoring job: its rows are read, counted in one new batch and given back, exactly once.

An attempt keeps all it writes below a prefix of its own, and every step is fenced by the lease. From the transaction
on in which the rows count, a later attempt only does what is left: the actuals, and the end.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from assay.engines.row_counts import most_rows
from assay.errors import AssayError, LeaseLost, TooManyBadRows, Unavailable, UnknownDeployment
from assay.monitoring.actuals.accuracy_refresh import recompute
from assay.monitoring.context import Context
from assay.monitoring.deployments import batches
from assay.monitoring.intake import counting as intake
from assay.monitoring.monitoring_jobs import job_actuals
from assay.monitoring.monitoring_jobs.job_intake import RowsFile, rows_file
from assay.monitoring.monitoring_jobs.job_result import ResultFile
from assay.monitoring.monitoring_jobs.job_rows import JobPlan, JobRows, job_plan
from assay.monitoring.monitoring_jobs.monitoring_jobs import line
from assay.monitoring.rows.segments import cut_of
from assay.monitoring.rows.tally import Tally, Tracking, tracking
from assay.monitoring.undoing import undone
from assay.monitoring.watched import WatchedModel, watched
from assay.records.ids import new_id
from assay.records.jobs import Job
from assay.records.monitoring_jobs import JobStatus, MonitoringJob
from assay.records.uploads import Upload, UploadState
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

DEFAULT_PREFIX = "Monitoring job"
# Reading is nearly all of the work; the rest is left for counting and the actuals.
READ_PERCENT = 90.0


@dataclass(frozen=True)
class Run:
    """One attempt to run a job."""

    ctx: Context
    task: Job
    job: MonitoringJob
    caller: User
    model: WatchedModel

    @property
    def prefix(self) -> str:
        """Where this attempt keeps what it makes."""
        return f"{self.job.prefix}/attempt-{self.task.attempt}"

    def note(self, *, log: str | None = None, **values: Any) -> None:
        """Store how far the job has come; `LeaseLost` when it is no longer this worker's, or was cancelled."""
        now = self.ctx.clock()
        with self.ctx.store.transaction() as tx:
            tx.jobs.hold(self.task)
            tx.monitoring_jobs.update(self.job.id, log=None if log is None else line(now, log), **values)


def run(ctx: Context, task: Job) -> None:
    """Run a job to its end; one that cannot be done ends with the reason, and nothing of it counts."""
    with ctx.store.snapshot() as tx:
        job = tx.monitoring_jobs.get(task.args["monitoring_job_id"])
        caller = tx.users.get(task.user_id)
        deployment = tx.deployments.find(job.deployment_id)
        if deployment is None:
            raise UnknownDeployment(job.deployment_id)
        this = Run(ctx, task, job, caller, watched(ctx, tx, deployment, job.model_id))
    try:
        if not job.is_counted:
            _count(this)
        _finish(this)
    except LeaseLost:
        # Another attempt has a prefix of its own; after a cancellation nobody needs this one's.
        _forget(this)
        raise
    except Unavailable:
        # What the job needs is not there now; a later attempt finds it.
        raise
    except AssayError as fault:
        _give_up(this, fault)


def _forget(this: Run) -> None:
    with this.ctx.store.snapshot() as tx:
        found = tx.monitoring_jobs.find(this.job.id)
    if found is None or not (found.is_counted and found.attempt == this.task.attempt):
        this.ctx.store.blobs.delete(this.prefix)


def _give_up(this: Run, fault: AssayError) -> None:
    ctx, now = this.ctx, this.ctx.clock()
    status = JobStatus.ABORTED if isinstance(fault, TooManyBadRows) else JobStatus.FAILED
    with ctx.store.transaction() as tx:
        tx.deployments.hold(this.job.deployment_id)
        tx.jobs.hold(this.task)
        job = tx.monitoring_jobs.get(this.job.id)
        if job.upload_id is not None and not job.is_counted:
            tx.uploads.update(job.upload_id, state=UploadState.REFUSED, error=str(fault))
        tx.monitoring_jobs.update(
            job.id,
            log=line(now, f"{status}: {fault}"),
            status=status,
            details=str(fault),
            scored_rows=0 if not job.is_counted else job.scored_rows,
            finished_at=now,
        )
        tx.jobs.fail(this.task, str(fault), now, None)
    ctx.store.blobs.delete(this.job.prefix)


# ------------------------------------------------------------------ reading and counting


def _count(this: Run) -> None:
    now = this.ctx.clock()
    this.note(
        log=f"Attempt {this.task.attempt} begins.",
        status=JobStatus.RUNNING,
        details="The rows are being read.",
        started_at=this.job.started_at or now,
        attempt=this.task.attempt,
        scored_rows=0,
        failed_rows=0,
        skipped_rows=0,
        percent=0.0,
    )
    with rows_file(this.ctx, this.job, this.caller, this.note) as file:
        names = this.ctx.engine.columns(file.path, file.form)
        plan = job_plan(this.model, this.job.spec, names, file)
        this.note(intake_size=file.size)
        upload = None if plan.predictions is None else _prepare_upload(this, plan)
        with ResultFile.opened(this.job.spec, names) as result:
            _read_and_count(this, file, plan, upload, result)


def _prepare_upload(this: Run, plan: JobPlan) -> Upload:
    """The upload that the rows will be, and the batch that it is in; an earlier attempt may have made both."""
    ctx, now, job = this.ctx, this.ctx.clock(), this.job
    with ctx.store.transaction() as tx:
        tx.deployments.hold(job.deployment_id)
        tx.jobs.hold(this.task)
        if job.upload_id is not None:
            return tx.uploads.get(job.upload_id)
        batch_id = _new_batch(this, tx, now)
        upload = _new_upload(this, plan, batch_id, now)
        upload = replace(upload, seq=tx.uploads.create(upload))
        tx.monitoring_jobs.update(job.id, batch_id=batch_id, upload_id=upload.id)
    return upload


def _new_batch(this: Run, tx: "Transaction", now: datetime) -> str | None:
    deployment, job = this.model.deployment, this.job
    if not deployment.settings.batch_monitoring:
        return None
    batches.check_room(tx, deployment.id, this.ctx.limits)
    prefix = job.spec.batch_prefix or DEFAULT_PREFIX
    name = f"{prefix} {job.created_at:%Y-%m-%d %H:%M:%S} {job.id[-6:]}"
    batch = batches.empty(deployment.id, this.caller, now, {"name": name}, job)
    batches.add(tx, batch, this.caller)
    return batch.id


def _new_upload(this: Run, plan: JobPlan, batch_id: str | None, now: datetime) -> Upload:
    upload_id, deployment_id = new_id(now), this.model.deployment.id
    return Upload(
        seq=0,
        id=upload_id,
        deployment_id=deployment_id,
        batch_id=batch_id,
        model_id=this.model.model_id,
        key=None,
        content_hash=None,
        state=UploadState.PENDING,
        rows=0,
        first_at=None,
        last_at=None,
        parts=0,
        blob_prefix=f"rows/{deployment_id}/{upload_id}",
        report={} if plan.predictions is None else dict(plan.predictions.report()),
        error=None,
        job_id=this.task.id,
        created_at=now,
        created_by_id=this.caller.id,
    )


def _tracking(this: Run) -> Tracking:
    spec = this.job.spec
    found = tracking(this.model.deployment.settings, skip_drift=not spec.columns.report_predictions)
    if spec.skip_drift or not spec.columns.report_drift:
        # The rows are counted all the same: only their profile is left out.
        return replace(found, features=False, target=False)
    return found


def _tally(this: Run, blob_prefix: str) -> Tally:
    spec = this.job.spec
    with this.ctx.store.snapshot() as tx:
        cut = cut_of(this.ctx, tx, this.model.deployment)
    without_drift = spec.skip_drift or not spec.columns.report_drift
    return Tally(this.ctx, this.model.ready, _tracking(this), blob_prefix, cut, without_drift=without_drift)


def _read_and_count(this: Run, file: RowsFile, plan: JobPlan, upload: Upload | None, result: ResultFile) -> None:
    ctx, now = this.ctx, this.ctx.clock()
    own = None if upload is None else replace(upload, blob_prefix=f"{upload.blob_prefix}/{this.task.attempt}")
    tally = None if own is None else _tally(this, own.blob_prefix)
    rows = JobRows(
        ctx=ctx,
        plan=plan,
        tally=tally,
        actuals=job_actuals.KeptActuals(ctx, f"{this.prefix}/actuals"),
        result=result,
        arrived=now if upload is None else upload.created_at,
        most=most_rows(file.path, file.form),
    )
    with undone(lambda: None if tally is None else tally.discard()):
        rows.read(file, lambda rows: _tell(this, rows))
        size = ctx.store.blobs.put(f"{this.prefix}/result.csv", result.pieces())
        _tell(this, rows, percent=READ_PERCENT, output_size=size, details="The rows are being counted.")
        if own is None or tally is None:
            this.note(is_counted=True, log=_summary(rows))
            return
        arrival = intake.Arrival(intake.counted(own, tally), tally, this.caller.id, ctx.clock())
        intake.count_in_steps(ctx, this.task, arrival, lambda tx: _now_counted(this, tx, rows))


def _now_counted(this: Run, tx: "Transaction", rows: JobRows) -> None:
    tx.monitoring_jobs.update(this.job.id, log=line(this.ctx.clock(), _summary(rows)), is_counted=True)


def _summary(rows: JobRows) -> str:
    faults = f" {' '.join(rows.first_faults)}" if rows.first_faults else ""
    return f"{rows.scored} rows counted, {rows.failed} cannot be read, {rows.skipped} passed over.{faults}"


def _tell(this: Run, rows: JobRows, **more: Any) -> None:
    share = 0.5 if rows.most is None else rows.seen / max(1, rows.most)
    progress = {"percent": round(READ_PERCENT * min(1.0, share), 2)}
    this.note(
        **{
            "scored_rows": rows.scored,
            "failed_rows": rows.failed,
            "skipped_rows": rows.skipped,
            **progress,
            **more,
        }
    )


# ------------------------------------------------------------------ what follows once the rows count


def _finish(this: Run) -> None:
    ctx = this.ctx
    with ctx.store.snapshot() as tx:
        job = tx.monitoring_jobs.get(this.job.id)
    touched = _store_actuals(this, job)
    if job.upload_id is not None:
        with ctx.store.snapshot() as tx:
            touched |= intake.touched_by(tx, tx.uploads.get(job.upload_id))
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        tx.deployments.hold(job.deployment_id)
        if touched:
            recompute(tx, job.deployment_id, touched, this.caller.id, now)
        tx.monitoring_jobs.update(
            job.id,
            log=line(now, "Completed."),
            status=JobStatus.COMPLETED,
            details=f"The job is done: {job.scored_rows} rows counted, {job.failed_rows} could not be read.",
            percent=100.0,
            finished_at=now,
        )
        tx.jobs.complete(this.task, now)
    _keep_only_result(this)


def _store_actuals(this: Run, job: MonitoringJob) -> set[tuple[str | None, str]]:
    """Store the actuals of the rows; a repeated one changes nothing."""
    ctx, touched = this.ctx, set[tuple[str | None, str]]()
    prefix = f"{job.prefix}/attempt-{job.attempt}/actuals"
    for actuals in job_actuals.kept(ctx, prefix, ctx.limits.max_rows_per_call):
        with ctx.store.transaction() as tx:
            tx.deployments.hold(job.deployment_id)
            tx.jobs.hold(this.task)
            tx.actuals.put(job.deployment_id, actuals, ctx.clock())
            touched |= tx.prediction_keys.pairs_holding(job.deployment_id, [a.association_id for a in actuals])
    return touched


def _keep_only_result(this: Run) -> None:
    """Remove what the job no longer needs: the rows as they came are in the result."""
    with this.ctx.store.snapshot() as tx:
        job = tx.monitoring_jobs.get(this.job.id)
    for found in this.ctx.store.blobs.list(job.prefix):
        if found != job.result_key or job.results_deleted:
            this.ctx.store.blobs.delete(found)
