"""Taking a backup: the database at one moment, then the blobs that it refers to.

Blobs are written before the rows that refer to them and never change, so all that a moment's rows refer to is there at
that moment. While the copy is made nothing is deleted (`LocalBlobs.held`): so it is there to the end.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from assay import __version__
from assay.server.backup import manifest as files
from assay.server.backup import snapshot
from assay.server.backup.manifest import BLOBS, File, Manifest
from assay.server.backup.problems import BackupProblem
from assay.server.wiring import KEY_FILE
from assay.storage.blobs import LocalBlobs
from assay.storage.directory import DATABASE
from assay.storage.sql.migrate import head

# Says that a folder is for backups; its lock keeps two from being made there at once.
MARK = ".assay-backup"


class Progress(Protocol):
    """Told how far the work has come."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """``done`` of ``total`` pages or blobs."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a backup: its manifest, and how many blobs had to be copied."""

    manifest: Manifest
    copied: int


def take(folder: Path, target: Path, told: Progress) -> Taken:
    """Make, or bring up to date, the backup of a server's folder.

    Raises
    ------
    BackupProblem
        When there is no server's data, the target holds other things, or another backup is being made there.
    """
    _check(folder, target)
    begun = datetime.now(UTC)
    with _locked(target):
        former = _former(target)
        blobs = LocalBlobs(folder / "blobs")
        database = target / f"database-{begun:%Y%m%dT%H%M%S%fZ}.db"
        with blobs.held():
            snapshot.take(folder / DATABASE, database, lambda done, total: told("database", done, total))
            copying = _Copying(blobs, target / BLOBS, former)
            copying.all_of(_keys(blobs, database), told)
        made = _finished(folder, target, database, begun, copying)
        made.save(target)
        _forget_others(target, made, set(copying.hashes))
    return Taken(made, copying.copied)


def _check(folder: Path, target: Path) -> None:
    if not (folder / DATABASE).exists():
        raise BackupProblem(f"There is no server data in {folder}: --data-dir names it.")
    found = snapshot.schema_of(folder / DATABASE)
    if found != head():
        raise BackupProblem(
            f"The database has schema {found}, this program needs {head()}. Run 'assay migrate', or use the version of "
            "Assay that wrote it."
        )
    if target.resolve().is_relative_to(folder.resolve()):
        raise BackupProblem(f"{target} lies inside of the folder that is to be copied. Name another place.")
    if target.exists() and any(target.iterdir()) and not (target / MARK).exists():
        raise BackupProblem(f"{target} holds other things. Name a new folder, or one of an earlier backup.")


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(target / MARK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise BackupProblem(f"Another backup is being made in {target}. Wait for it.") from busy
        yield
    finally:
        os.close(handle)


def _former(target: Path) -> dict[str, str]:
    """Hashes of the backup that is there; none of a first one, or of one that was cut off."""
    if not (target / files.MANIFEST).exists():
        return {}
    return files.hashes_of(target, Manifest.load(target).blob_list)


def _keys(blobs: LocalBlobs, database: Path) -> list[str]:
    with snapshot.opened(database) as tx:
        named = list(tx.blob_references.all())
    exact = [key for key in named if not key.endswith("/")]
    return sorted({*exact, *(key for prefix in named if prefix.endswith("/") for key in blobs.list(prefix))})


class _Copying:
    """Blobs on their way into the backup. One that is there with its size is the same: blobs never change."""

    def __init__(self, blobs: LocalBlobs, target: Path, former: dict[str, str]) -> None:
        self._blobs = blobs
        self._target = target
        self._former = former
        self.hashes: dict[str, str] = {}
        self.missing: list[str] = []
        self.bytes = 0
        self.copied = 0

    def all_of(self, keys: list[str], told: Progress) -> None:
        """Bring every blob of some keys."""
        for number, key in enumerate(keys, start=1):
            source, target = self._blobs.root / key, self._target / key
            try:
                size = source.stat().st_size
                known = self._former.get(key)
                if known is None or not target.exists() or target.stat().st_size != size:
                    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    known = files.copied(source, target).sha256
                    self.copied += 1
            except FileNotFoundError:
                self.missing.append(key)
                continue
            self.hashes[key] = known
            self.bytes += size
            told("blobs", number, len(keys))


def _finished(folder: Path, target: Path, database: Path, begun: datetime, copying: _Copying) -> Manifest:
    key = folder / KEY_FILE
    stamp = database.stem.removeprefix("database-")
    for place in (target, *(path for path in (target / BLOBS).rglob("*") if path.is_dir())):
        files.sync_folder(place)
    return Manifest(
        begun_at=_time(begun),
        ended_at=_time(datetime.now(UTC)),
        version=__version__,
        schema=snapshot.schema_of(database),
        database=File(database.name, database.stat().st_size, files.sha256_of(database)),
        blob_list=files.write(target / f"blobs-{stamp}.sha256", files.listed(copying.hashes)),
        blobs=len(copying.hashes),
        blob_bytes=copying.bytes,
        # Without it no token of the database is of use.
        key=files.write(target / KEY_FILE, key.read_bytes()) if key.exists() else None,
        missing=copying.missing,
        counts=snapshot.counts_of(database),
    )


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _forget_others(target: Path, made: Manifest, keys: set[str]) -> None:
    """Remove what the backup before needed and this one does not."""
    mine = {made.database.name, made.blob_list.name}
    for path in (*target.glob("database-*"), *target.glob("blobs-*")):
        if path.name not in mine:
            path.unlink()
    for path in (target / BLOBS).rglob("*"):
        if path.is_file() and str(path.relative_to(target / BLOBS)) not in keys:
            path.unlink()


def verify(target: Path, told: Progress) -> Manifest:
    """Read every file of a backup again and compare its hash.

    Raises
    ------
    BackupProblem
        Names the first files that are damaged or not there.
    """
    made = Manifest.load(target)
    wanted = {f"{BLOBS}/{key}": digest for key, digest in files.hashes_of(target, made.blob_list).items()}
    wanted |= {one.name: one.sha256 for one in (made.database, made.key) if one is not None}
    wrong = []
    for number, (name, digest) in enumerate(wanted.items(), start=1):
        path = target / name
        if not path.is_file() or files.sha256_of(path) != digest:
            wrong.append(name)
        told("verifying", number, len(wanted))
    if wrong:
        raise BackupProblem(
            f"{len(wrong)} of {len(wanted)} files of {target} are damaged or missing: {', '.join(wrong[:5])}. Remove "
            "them and make the backup again."
        )
    return made
