"""The embedded folder: its rights, its room, its key, its log of writes."""

import os
import shutil
import stat
from pathlib import Path

from assay.server.doctor.check import Check, failing, ok, warning
from assay.server.wiring import KEY_FILE
from assay.storage.directory import DATABASE

GIB = 2**30
# So little is left that the next upload may fail; so little that soon one will.
LEAST_FREE, LITTLE_FREE = GIB // 4, 2 * GIB
LARGE_LOG = GIB


def rights(folder: Path) -> Check:
    """Whether this user can work in it, and nobody else can read it."""
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return failing("folder", f"{folder} cannot be written by this user.", "Run as the user that owns it.")
    mode = folder.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warning(
            "folder", f"Others may look into {folder} ({stat.filemode(mode)}).", f"Close it: chmod 700 {folder}"
        )
    return ok("folder", f"{folder} is its owner's alone.")


def room(folder: Path) -> Check:
    """How much fits on the disk yet."""
    left = shutil.disk_usage(folder).free
    found = f"{left / GIB:,.1f} GiB are free."
    if left < LEAST_FREE:
        return failing("disk", found, "Make room: calls that store something will soon fail with an error.")
    if left < LITTLE_FREE:
        return warning("disk", found, "Make room, or have rows deleted by age ('assay deployment settings').")
    return ok("disk", found)


def key(folder: Path) -> Check:
    """The key of the token hashes."""
    path = folder / KEY_FILE
    try:
        text, mode = path.read_text().strip(), path.stat().st_mode
    except OSError as fault:
        return failing(
            "key", f"{path} cannot be read: {fault.strerror}.", "Bring it back from a backup: no token works."
        )
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        return failing("key", f"{path} holds no key.", "Bring it back from a backup: no token works.")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warning("key", f"Others may read {path} ({stat.filemode(mode)}).", f"Close it: chmod 600 {path}")
    return ok("key", "Only its owner can read it.")


def write_log(folder: Path) -> Check:
    """SQLite's log of writes, which a reader that never ends keeps growing."""
    path = folder / f"{DATABASE}-wal"
    size = path.stat().st_size if path.exists() else 0
    found = f"{size / 2**20:,.1f} MiB."
    if size > LARGE_LOG:
        return warning(
            "write log", found, "Some process reads the database without end: find it, or restart the server."
        )
    return ok("write log", found)
