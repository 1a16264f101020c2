"""When the server does what it does by itself."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assay.monitoring.context import Context
from assay.monitoring.queueing import queued
from assay.monitoring.upkeep.retention import APPLY_RETENTION
from assay.monitoring.upkeep.sweeping import SWEEP_BLOBS
from assay.records.users import SYSTEM

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

EVERY = timedelta(hours=1)


def enqueue_due(ctx: Context) -> None:
    """Queue what was last queued an hour ago. Any number of processes may look: jobs of one key run one at a time."""
    now = ctx.clock()
    with ctx.store.snapshot() as tx:
        due = _is_due(tx, SWEEP_BLOBS, now)
    if due:
        _enqueue(ctx, now)


def _is_due(tx: "Transaction", key: str, now: datetime) -> bool:
    latest = tx.jobs.latest(key)
    return latest is None or (latest.finished_at is not None and latest.created_at + EVERY <= now)


def _enqueue(ctx: Context, now: datetime) -> None:
    with ctx.store.transaction() as tx:
        if not _is_due(tx, SWEEP_BLOBS, now):
            return
        # The traces of these jobs would else be most of the table one day.
        tx.jobs.forget(SWEEP_BLOBS)
        tx.jobs.create(queued(SWEEP_BLOBS, {}, SYSTEM, now, key=SWEEP_BLOBS))
        for deployment_id in tx.deployments.with_limits_of_age():
            key = f"{APPLY_RETENTION}:{deployment_id}"
            if tx.jobs.find_open(key) is None:
                tx.jobs.forget(key)
                args = {"deployment_id": deployment_id}
                tx.jobs.create(queued(APPLY_RETENTION, args, SYSTEM, now, key=key))
