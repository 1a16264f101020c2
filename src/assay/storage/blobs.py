"""Blobs as files below one folder."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from assay.errors import BlobsUnavailable, is_full
from assay.storage.base import PROBES, BlobEntry

PIECE = 1 << 20
# Where Linux shows the open files of this process.
HANDLES = Path("/proc/self/fd")


class LocalBlobs:
    """A folder of files; the key is the path below it. Keys are made by the server, never by a caller."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._incoming = self.root / ".incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """Write to a side file, flush it to the disk, then rename: a crash leaves no half blob under a key.

        Where the file system can, the side file has no name before it is whole, so that a process that is killed
        leaves no bytes either.
        """
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        side = self._incoming / secrets.token_hex(12)
        size = 0
        try:
            with _side_file(side) as file:
                for chunk in chunks:
                    size += file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                _give_name(file, side)
            side.replace(target)
        except OSError as fault:
            if is_full(fault):
                raise BlobsUnavailable(
                    "The disk of the blobs is full. Nothing was stored; send the call again."
                ) from fault
            raise
        finally:
            side.unlink(missing_ok=True)
        _sync_folder(target.parent)
        return size

    def read(self, key: str) -> bytes:
        """All bytes of a blob."""
        return self._path(key).read_bytes()

    def stream(self, key: str) -> Iterator[bytes]:
        """The bytes of a blob, a mebibyte at a time."""
        with self._path(key).open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        """The file itself."""
        yield self._path(key)

    def list(self, prefix: str) -> Sequence[str]:
        """Keys that begin with the prefix, which ends at a folder."""
        folder = self._path(prefix)
        files = [folder] if folder.is_file() else folder.rglob("*")
        return sorted(
            str(f.relative_to(self.root)) for f in files if f.is_file() and not f.is_relative_to(self._incoming)
        )

    def entries(self, prefix: str) -> Iterator[BlobEntry]:
        """The same with their sizes and times, and with the side files of writers that may have died."""
        place = self._path(prefix)
        below = (f"{at}/{name}" for at, _, names in os.walk(place) for name in names)
        for file in [str(place)] if place.is_file() else below:
            try:
                found = os.stat(file)  # noqa: PTH116 - there may be a million of them
            except FileNotFoundError:
                # Deleted since the folder was read.
                continue
            modified = datetime.fromtimestamp(found.st_mtime, UTC)
            yield BlobEntry(os.path.relpath(file, self.root), found.st_size, modified)

    def delete(self, prefix: str) -> None:
        """Remove a file or a folder of files; while some process holds the blobs, leave them to the sweep."""
        path = self._path(prefix)
        if path == self.root:
            raise ValueError(f"Blob prefix {prefix!r} stands for every blob.")
        with self._locked(fcntl.LOCK_SH | fcntl.LOCK_NB) as is_free:
            if not is_free:
                return
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside the context no blob is deleted, by whatever process; its end, if by a crash, ends the hold too.

        A row goes before its blob does, so all that the rows refer to which are read inside is there to the end.
        """
        with self._locked(fcntl.LOCK_EX):
            yield

    @contextmanager
    def _locked(self, how: int) -> Iterator[bool]:
        # On a folder that is there in any case: no file of its own beside the blobs.
        handle = os.open(self._incoming, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(handle, how)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(handle)

    def trouble(self) -> str | None:
        """Why no blob can be written now, tried by writing one; None when it can."""
        key = f"{PROBES}/{secrets.token_hex(12)}"
        try:
            self.put(key, [b"probe"])
            self.delete(key)
        except OSError as fault:
            return f"No file can be written in the blob folder: {fault.strerror}."
        except BlobsUnavailable as full:
            return str(full)
        return None

    def _path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root):
            # Keys hold only ids of the server's own making, so this is a fault of the program, not of a caller.
            raise ValueError(f"Blob key {key!r} leads out of the blob folder.")
        return path


def _side_file(path: Path) -> BinaryIO:
    """A new file for writing, without a name where the system and the file system have such files."""
    if not HANDLES.is_dir():
        return path.open("wb")
    try:
        return os.fdopen(os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb")
    except (AttributeError, OSError):
        return path.open("wb")


def _give_name(file: BinaryIO, path: Path) -> None:
    if path.exists():
        return
    # Only a link by way of a folder's handle follows the symbolic link that stands for an open file.
    handles = os.open(HANDLES, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.link(str(file.fileno()), path, src_dir_fd=handles, follow_symlinks=True)
    finally:
        os.close(handles)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
