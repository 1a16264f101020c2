"""Blobs that no row refers to: what crashes, killed attempts and deletions during a backup leave behind."""

import logging
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import structlog

from assay.monitoring.context import Context
from assay.records.jobs import Job
from assay.storage.base import BlobEntry, Storage

SWEEP_BLOBS = "sweep_blobs"
AT_ONCE = 500

log = structlog.wrap_logger(logging.getLogger(__name__))


def sweep(ctx: Context, job: Job) -> None:
    """Remove every blob that no row refers to and that is older than the grace time.

    Blobs are written before the rows that refer to them, by calls and jobs in progress: the grace time is theirs. An
    attempt that reads for longer keeps what it has written because its upload and its job are there.
    """
    blobs = size = 0
    for entries in unreferenced(ctx.store, ctx.limits.blob_grace):
        # One that was taken over, or cancelled, must not go on.
        with ctx.store.transaction() as tx:
            tx.jobs.hold(job)
        for entry in entries:
            ctx.store.blobs.delete(entry.key)
            blobs, size = blobs + 1, size + entry.size
    with ctx.store.transaction() as tx:
        tx.jobs.complete(job, ctx.clock())
    log.info("blobs.swept", blobs=blobs, bytes=size)


def unreferenced(store: Storage, grace: timedelta) -> Iterator[list[BlobEntry]]:
    """Blobs of known kinds, older than some time, that no row refers to; some at a time."""
    # By the store's own clock, in which the blobs' times are told.
    oldest_kept = now_of(store) - grace
    for entries in in_pieces(store.blobs.entries("")):
        with store.snapshot() as tx:
            judged = [e for e in entries if e.modified <= oldest_kept and tx.blob_references.is_known(e.key)]
            needed = tx.blob_references.among([entry.key for entry in judged])
        found = [entry for entry in judged if entry.key not in needed]
        if found:
            yield found


def now_of(store: Storage) -> datetime:
    """The time by the blob store's clock, told by a blob that is written for it."""
    key = f"probes/{secrets.token_hex(12)}"
    store.blobs.put(key, [b"probe"])
    (entry,) = store.blobs.entries(key)
    store.blobs.delete(key)
    return entry.modified


def in_pieces(entries: Iterable[BlobEntry], at_once: int = AT_ONCE) -> Iterator[list[BlobEntry]]:
    """The same, so many at a time."""
    some: list[BlobEntry] = []
    for entry in entries:
        some.append(entry)
        if len(some) == at_once:
            yield some
            some = []
    if some:
        yield some
