"""A worker: claims jobs one after the other and runs them, keeping each lease alive meanwhile."""

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from assay.errors import AssayError, LeaseLost, Postponed, Unavailable
from assay.jobs import queue
from assay.jobs.handlers import HANDLERS
from assay.monitoring import idempotency
from assay.monitoring.context import Context
from assay.monitoring.meters import Outcome
from assay.monitoring.monitoring_jobs.job_definitions import enqueue_due
from assay.monitoring.upkeep import schedule
from assay.records.jobs import Job

POLL_SECONDS = 0.2
SCHEDULE_SECONDS = 1.0
UPKEEP_SECONDS = 60.0
SWEEP_SECONDS = 3600.0
# Without a server to say where to, its lines go where those of any library go.
log = structlog.wrap_logger(logging.getLogger(__name__))


class Worker:
    """One thread that runs jobs until it is stopped; a job that has begun is finished, or given back."""

    def __init__(self, ctx: Context, *, keeps_up: bool = False) -> None:
        """``keeps_up`` has it also queue what the server does by itself."""
        self._ctx = ctx
        self._keeps_up = keeps_up
        self._next_upkeep = 0.0
        self._owner = f"{socket.gethostname()[:40]}-{secrets.token_hex(6)}"
        self._stop = threading.Event()
        self._next_look = 0.0
        self._job: Job | None = None
        self._next_sweep = 0.0
        self._thread = threading.Thread(target=self._run, name=f"worker-{self._owner}", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it works, or waits for work."""
        return self._thread.is_alive()

    def rest(self) -> None:
        """Take no more jobs."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the present job has ended."""
        self._thread.join(timeout)

    def stop(self, timeout: float | None = None) -> None:
        """Take no more jobs, and wait for the present one."""
        self.rest()
        self.wait(timeout)

    def give_back(self) -> bool:
        """Have the present job, if there is one, claimed by another worker; what this one still does is in vain."""
        job = self._job
        try:
            if job is None or not queue.release(self._ctx, job):
                return False
        except Unavailable as trouble:
            # Then others wait for its lease to end.
            log.warning("job.kept", job=job.id if job else None, reason=str(trouble))
            return False
        self._ctx.meters.worked(job.kind, "handed_back", 0.0)
        log.info("job.handed_back", job=job.id, kind=job.kind, attempt=job.attempt)
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            # The outermost loop: whatever goes wrong between jobs, such as a busy database, must not end the worker.
            try:
                busy = self.run_one()
            except Unavailable as trouble:
                log.warning("worker.waits", owner=self._owner, reason=str(trouble))
                busy = False
            except Exception:
                log.exception("worker.trouble", owner=self._owner)
                busy = False
            if not busy:
                self._stop.wait(POLL_SECONDS)

    def run_one(self) -> bool:
        """Run the next job that is due; False if there was none."""
        self._look_at_schedules()
        job = queue.claim(self._ctx, self._owner)
        if job is None:
            return False
        self._job = job
        try:
            with self._lease(job):
                run(self._ctx, job)
        finally:
            self._job = None
        return True

    def _look_at_schedules(self) -> None:
        # Schedules are to the minute; a fault of theirs must not keep every claim from being made.
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + SCHEDULE_SECONDS
            enqueue_due(self._ctx)
        if self._keeps_up and time.monotonic() >= self._next_upkeep:
            self._next_upkeep = time.monotonic() + UPKEEP_SECONDS
            schedule.enqueue_due(self._ctx)
        if time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + SWEEP_SECONDS
            idempotency.forget_old(self._ctx)

    @contextmanager
    def _lease(self, job: Job) -> Iterator[None]:
        done = threading.Event()

        def keep() -> None:
            while not done.wait(self._ctx.limits.job_lease.total_seconds() / 3):
                try:
                    if not queue.renew(self._ctx, job):
                        return
                except Unavailable as trouble:
                    # The lease outlasts two more tries; should it end, the fence keeps this attempt from storing.
                    log.warning("job.lease_not_renewed", job=job.id, reason=str(trouble))

        keeper = threading.Thread(target=keep, name=f"lease-{job.id}", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()


def run(ctx: Context, job: Job) -> None:
    """Run one claimed job to its end, good or bad, and tell of it."""
    began = time.perf_counter()
    with structlog.contextvars.bound_contextvars(job=job.id, kind=job.kind, attempt=job.attempt):
        log.debug("job.begun")
        outcome = _run(ctx, job)
        seconds = time.perf_counter() - began
        log.info("job.ended", outcome=outcome, ms=round(seconds * 1000, 1))
    ctx.meters.worked(job.kind, outcome, seconds)


def _run(ctx: Context, job: Job) -> Outcome:
    handler = HANDLERS.get(job.kind)
    if handler is None:
        queue.fail(ctx, job, f"This program knows no job of kind '{job.kind}'.", final=True)
        return "failed"
    if job.attempt > job.max_attempts:
        # Only a job whose worker died, each time, is claimed so often; it may be what kills them.
        queue.fail(ctx, job, f"{job.max_attempts} attempts were begun and their workers died.", final=True)
        return "failed"
    return _tried(ctx, job, handler)


def _tried(ctx: Context, job: Job, handler: Callable[[Context, Job], None]) -> Outcome:
    try:
        handler(ctx, job)
    except LeaseLost:
        return "lost"
    except Postponed as later:
        queue.release(ctx, job, later.wait)
        return "postponed"
    except Unavailable as trouble:
        queue.postpone(ctx, job, str(trouble))
        log.warning("job.postponed", reason=str(trouble))
        return "postponed"
    except AssayError as refusal:
        # The facts are against it; they will be the same next time.
        queue.fail(ctx, job, str(refusal), final=True)
        # The reason is in the job. It may quote the users' data, which has no place in a log.
        return "refused"
    except Exception as fault:
        log.exception("job.fault")
        queue.fail(ctx, job, f"{type(fault).__name__}: {fault}", final=False)
        return "failed"
    return "done"
