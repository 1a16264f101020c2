"""Blobs: whether those that rows refer to are there, and what nobody refers to."""

import random
from collections.abc import Sequence
from datetime import timedelta

from assay.monitoring.upkeep.sweeping import in_pieces, unreferenced
from assay.server.doctor.check import Check, Subject, failing, ok, warning

SAMPLE = 500
SHOWN = 5


def writable(subject: Subject) -> Check:
    """Whether blobs can be written."""
    trouble = subject.store.blobs.trouble()
    if trouble is not None:
        return failing("blob store", trouble, "Until then no upload is taken in.")
    return ok("blob store", "Can be written.")


def referenced(subject: Subject) -> Check:
    """Whether the blobs are there that rows refer to: all of them, or some drawn at random."""
    with subject.store.snapshot() as tx:
        # What stands for a folder belongs to a job at work, which knows itself what is in there.
        keys = [key for key in tx.blob_references.all() if not key.endswith("/")]
    looked_at = keys if subject.full or len(keys) <= SAMPLE else random.sample(keys, SAMPLE)
    lost = [key for key in looked_at if not any(entry.key == key for entry in subject.store.blobs.entries(key))]
    # Deleted while we looked: then its row is gone too.
    lost = _still_referenced(subject, lost)
    of_all = "" if len(looked_at) == len(keys) else f" ('--full' looks at all {len(keys):,})"
    found = f"{len(looked_at):,} looked at, {len(lost):,} missing{of_all}."
    if lost:
        return failing("blobs", found, "Bring them back from a backup: copy its blobs/ over the missing.", lost[:SHOWN])
    return ok("blobs", found)


def _still_referenced(subject: Subject, keys: Sequence[str]) -> list[str]:
    with subject.store.snapshot() as tx:
        return sorted(tx.blob_references.among(keys))


def orphans(subject: Subject, grace: timedelta) -> Check:
    """Blobs that nobody refers to; the sweep takes those that are older than the grace time."""
    entries = [entry for some in unreferenced(subject.store, timedelta(0)) for entry in some]
    due = sum(entry.modified <= subject.now - grace for entry in entries)
    unknown = _of_no_kind(subject)
    size = sum(entry.size for entry in entries) / 2**20
    found = f"{len(entries):,} blobs, {size:,.1f} MiB; {due:,} of them are due to be swept."
    if unknown:
        return warning(
            "orphans", f"{found} {len(unknown):,} are of no known kind.", "Look what they are.", unknown[:SHOWN]
        )
    return ok("orphans", found)


def _of_no_kind(subject: Subject) -> list[str]:
    with subject.store.snapshot() as tx:
        is_known = tx.blob_references.is_known
    return [e.key for some in in_pieces(subject.store.blobs.entries("")) for e in some if not is_known(e.key)]
