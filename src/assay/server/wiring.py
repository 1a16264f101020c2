"""Who is who: which store, which engine, which clock."""

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assay.engines.local import LocalEngine
from assay.errors import DatabaseMismatch
from assay.monitoring.context import Context
from assay.records.limits import Limits
from assay.storage.directory import DirectoryStorage
from assay.storage.remote.files import RemoteFiles

KEY_FILE = "secret.key"
# Lies in a folder while a backup is being put into it.
UNFINISHED = "restore-unfinished"


@dataclass(frozen=True)
class Embedded:
    """A server's parts over one folder."""

    store: DirectoryStorage
    context: Context


def open_folder(folder: Path, limits: Limits | None = None, remote: RemoteFiles | None = None) -> Embedded:
    """Open, and create or upgrade where needed, the store of one folder."""
    if (folder / UNFINISHED).exists():
        raise DatabaseMismatch(
            f"{folder} holds half a backup: 'assay restore' was cut off. Remove the folder and restore it again."
        )
    store = DirectoryStorage(folder)
    store.migrate()
    context = Context(
        store=store,
        engine=LocalEngine(),
        clock=lambda: datetime.now(UTC),
        secret=_secret(folder),
        limits=limits or Limits(),
        remote=remote or RemoteFiles(),
    )
    return Embedded(store, context)


def _secret(folder: Path) -> bytes:
    """The key of token hashes, made at the first start; whoever copies the database alone has no tokens."""
    path = folder / KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text().strip())
    with os.fdopen(handle, "w") as file:
        key = secrets.token_bytes(32)
        file.write(key.hex())
        file.flush()
        os.fsync(file.fileno())
    return key
