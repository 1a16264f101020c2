"""The metadata database: its schema, its pages, its clock, its tokens."""

from datetime import timedelta

from assay.server.doctor.check import Check, Subject, failing, ok, warning

# Further apart than this, leases and schedules go wrong.
CLOCKS_APART = timedelta(seconds=5)
PROBE = "probes/doctor"


def schema(subject: Subject) -> Check:
    """Whether this program can work with it."""
    trouble = subject.store.trouble()
    if trouble is not None:
        return failing("schema", trouble, "Until then the server does not start.")
    return ok("schema", "It is this program's.")


def integrity(subject: Subject) -> Check:
    """Whether its pages are whole."""
    with subject.store.snapshot() as tx:
        faults, size = tx.upkeep.faults(), tx.upkeep.size()
    if faults:
        return failing("database", "It is damaged.", "Restore the last backup into a new folder.", faults)
    return ok("database", f"{size / 2**20:,.1f} MiB, whole.")


def clock(subject: Subject) -> Check:
    """Whether the clocks of this machine, of the database and of the blobs agree, and none was set back."""
    blobs = subject.store.blobs
    blobs.put(PROBE, [b"probe"])
    (entry,) = blobs.entries(PROBE)
    blobs.delete(PROBE)
    with subject.store.snapshot() as tx:
        database, newest = tx.upkeep.now(), tx.upkeep.newest()
    apart = {"database": database - subject.now, "blob store": entry.modified - subject.now}
    wrong = [f"{name}: {by.total_seconds():+,.0f} s" for name, by in apart.items() if abs(by) > CLOCKS_APART]
    if wrong:
        return failing("clock", "The clocks do not agree.", "Set them by a time server: leases depend on it.", wrong)
    if newest is not None and newest - subject.now > CLOCKS_APART:
        return warning(
            "clock",
            f"A row was made at {newest:%Y-%m-%d %H:%M:%S} UTC, which is yet to come.",
            "The clock was set back, or was wrong. Set it by a time server.",
        )
    return ok("clock", "All agree.")


def tokens(subject: Subject) -> Check:
    """Whether somebody can still get in who may do everything, and which tokens are of no use any more."""
    with subject.store.snapshot() as tx:
        known = tx.tokens.list()
        admins = {token.id for token in known if tx.users.get(token.user_id).is_admin}
    gone = [token for token in known if token.expires_at is not None and token.expires_at <= subject.now]
    found = f"{len(known)}, of which {len(gone)} have expired."
    if not admins - {token.id for token in gone}:
        return warning("tokens", f"{found} No admin has one.", "Make one: assay token create --admin")
    if gone:
        details = [f"{token.id} expired at {token.expires_at:%Y-%m-%d %H:%M} UTC" for token in gone[:5]]
        return warning("tokens", found, "Revoke them: assay token revoke ID", details)
    return ok("tokens", found)
