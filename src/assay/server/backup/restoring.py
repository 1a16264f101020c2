"""A server's folder made from a backup."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from assay.server.backup import manifest as files
from assay.server.backup.manifest import BLOBS, Manifest
from assay.server.backup.problems import BackupProblem
from assay.server.backup.taking import Progress
from assay.server.wiring import KEY_FILE, UNFINISHED
from assay.storage.directory import DATABASE

# A job that ran at the moment of the backup runs nowhere now. Its attempt does not count, and keeps its number: what
# it has written lies under it.
_HAND_BACK = (
    "UPDATE jobs SET state = 'queued', owner = NULL, lease_until = NULL, max_attempts = max_attempts + 1 "
    "WHERE state = 'running'"
)


def restore(source: Path, folder: Path, told: Progress) -> Manifest:
    """Make a server's folder from a backup; every file's hash is compared on the way.

    Raises
    ------
    BackupProblem
        When the backup is damaged, or the folder holds something. Nothing is left in it then.
    """
    made = Manifest.load(source)
    hashes = files.hashes_of(source, made.blob_list)
    # A volume of its own has a folder of the file system's from the start.
    if folder.exists() and any(path.name != "lost+found" for path in folder.iterdir()):
        raise BackupProblem(f"{folder} is not empty. Name a new folder; a server's data is never written over.")
    was_there = folder.exists()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        # A server must not begin in half a folder.
        files.write(folder / UNFINISHED, b"")
        _fill(source, folder, made, hashes, told)
        (folder / UNFINISHED).unlink()
        files.sync_folder(folder)
    except BaseException:
        _empty(folder, leave=was_there)
        raise
    return made


def _fill(source: Path, folder: Path, made: Manifest, hashes: dict[str, str], told: Progress) -> None:
    for number, (key, digest) in enumerate(sorted(hashes.items()), start=1):
        _bring(source / BLOBS / key, folder / "blobs" / key, digest)
        told("blobs", number, len(hashes))
    if made.key is not None:
        _bring(source / made.key.name, folder / KEY_FILE, made.key.sha256)
        (folder / KEY_FILE).chmod(0o600)
    _bring(source / made.database.name, folder / DATABASE, made.database.sha256)
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
        connection.execute(_HAND_BACK)


def _bring(source: Path, target: Path, digest: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        found = files.copied(source, target).sha256
    except FileNotFoundError as missing:
        raise BackupProblem(f"The backup is not whole: {source} is missing.") from missing
    if found != digest:
        raise BackupProblem(f"The backup is damaged: the hash of {source} is not the one that was noted.")


def _empty(folder: Path, *, leave: bool) -> None:
    for path in folder.iterdir():
        if path.name != "lost+found":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if not leave:
        folder.rmdir()
