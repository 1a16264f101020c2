"""What a backup holds, in two files beside it: a summary as JSON, and the hashes of the blobs.

The list of hashes has the form of ``sha256sum``, so that it can be checked without this program.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from assay.server.backup.problems import BackupProblem

FORMAT = 1
MANIFEST = "manifest.json"
BLOBS = "blobs"
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class File:
    """A file of a backup: its name, its bytes, its SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The summary of a backup.

    Attributes
    ----------
    begun_at, ended_at : str
        When it was begun and done, UTC. It shows the server at one moment between.
    version, schema : str
        The program that made it, and the schema of its database.
    blobs, blob_bytes : int
        How many blobs the rows refer to, and their bytes together.
    missing : list of str
        Blobs that rows referred to and that were not there: the server had lost them before.
    counts : dict
        Rows of the tables, as a rough check for people.
    """

    begun_at: str
    ended_at: str
    version: str
    schema: str
    database: File
    blob_list: File
    blobs: int
    blob_bytes: int
    key: File | None
    missing: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT

    def save(self, folder: Path) -> None:
        """Put it in the place of the one before, in one stroke: from then on this backup is the folder's."""
        side = folder / f"{MANIFEST}.new"
        write(side, (json.dumps(asdict(self), indent=2) + "\n").encode())
        side.replace(folder / MANIFEST)
        sync_folder(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The manifest of a folder.

        Raises
        ------
        BackupProblem
            When there is none, or one of another form.
        """
        try:
            found: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        except FileNotFoundError as missing:
            raise BackupProblem(f"{folder} holds no finished backup: it has no {MANIFEST}.") from missing
        except ValueError as fault:
            raise BackupProblem(f"{folder / MANIFEST} is damaged: {fault}.") from fault
        if found.get("format") != FORMAT:
            raise BackupProblem(
                f"The backup has format {found.get('format')}, this program reads {FORMAT}. Use the version of Assay "
                f"that made it ({found.get('version')})."
            )
        files = {name: File(**found[name]) for name in ("database", "blob_list", "key") if found[name] is not None}
        return cls(**{**found, **files})


def hashes_of(folder: Path, blob_list: File) -> dict[str, str]:
    """SHA-256 by blob key, from a list whose own hash is checked."""
    try:
        text = (folder / blob_list.name).read_bytes()
    except FileNotFoundError as missing:
        raise BackupProblem(f"The backup is not whole: {folder / blob_list.name} is missing.") from missing
    if hashlib.sha256(text).hexdigest() != blob_list.sha256:
        raise BackupProblem(f"{folder / blob_list.name} is damaged: its hash is not the manifest's.")
    lines = (line.split("  ", 1) for line in text.decode().splitlines())
    return {name.removeprefix(f"{BLOBS}/"): digest for digest, name in lines}


def listed(hashes: Mapping[str, str]) -> bytes:
    """The list of hashes as ``sha256sum`` writes it."""
    return "".join(f"{digest}  {BLOBS}/{key}\n" for key, digest in sorted(hashes.items())).encode()


def pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def sha256_of(path: Path) -> str:
    """Hash of a file."""
    digest = hashlib.sha256()
    for piece in pieces(path):
        digest.update(piece)
    return digest.hexdigest()


def copied(source: Path, target: Path) -> File:
    """Copy a file, whole or not at all, and flush it to the disk."""
    digest, size = hashlib.sha256(), 0
    side = target.with_name(target.name + ".part")
    with side.open("wb") as file:
        for piece in pieces(source):
            digest.update(piece)
            size += file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    side.replace(target)
    return File(target.name, size, digest.hexdigest())


def write(path: Path, content: bytes, mode: int = 0o600) -> File:
    """A new file with some content, flushed to the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return File(path.name, len(content), hashlib.sha256(content).hexdigest())


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
