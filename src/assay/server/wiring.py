"""Who is who: which store, which engine, which clock."""

import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assay.engines.local import LocalEngine
from assay.errors import DatabaseMismatch, Misconfigured
from assay.monitoring.context import Context
from assay.records.limits import Limits
from assay.server.places import blobs_place
from assay.server.settings import ServerSettings
from assay.storage.base import Blobs
from assay.storage.blobs import LocalBlobs
from assay.storage.directory import DirectoryStorage
from assay.storage.postgres import PostgresStorage
from assay.storage.remote.files import RemoteFiles
from assay.storage.s3_blobs import S3Blobs

KEY_FILE = "secret.key"
# Lies in a folder while a backup is being put into it.
UNFINISHED = "restore-unfinished"
_KEY = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Parts:
    """A server's parts."""

    store: DirectoryStorage | PostgresStorage
    context: Context


@dataclass(frozen=True)
class Embedded(Parts):
    """A server's parts over one folder."""

    store: DirectoryStorage


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


def open_parts(settings: ServerSettings, limits: Limits | None = None) -> Parts:
    """Open what the settings name: a folder, or a database with a blob store.

    ``limits`` are those of the settings unless given.

    Raises
    ------
    DatabaseMismatch
        When the database has another schema than this program; that of a folder is brought up to date instead.
    Misconfigured
        When something is missing, or two settings contradict each other.
    """
    limits = limits or settings.limits
    if settings.database_url is None:
        _refuse_without_database(settings)
        return open_folder(settings.data_dir, limits, settings.remote_files)
    secret = shared_secret(settings)
    store = open_database(settings)
    store.check()
    context = Context(
        store=store,
        engine=LocalEngine(),
        clock=store.clock,
        secret=secret,
        limits=limits,
        remote=settings.remote_files,
    )
    return Parts(store, context)


def open_database(settings: ServerSettings) -> PostgresStorage:
    """The database that the settings name, whatever its schema is, and its blobs."""
    if settings.database_url is None:
        raise Misconfigured("ASSAY_DATABASE_URL: found none, expected postgresql://user@host:5432/database.")
    url = settings.database_url.get_secret_value()
    return PostgresStorage(url, _blobs(settings), connections=settings.database_connections)


def _blobs(settings: ServerSettings) -> Blobs:
    if settings.blobs_url is None:
        raise Misconfigured(
            "ASSAY_BLOBS_URL: found none, but ASSAY_DATABASE_URL is set. Name the store of the blobs: "
            "s3://bucket/prefix?endpoint=https://host, or file:///folder if every process sees that folder."
        )
    key, secret = settings.blobs_access_key_id, settings.blobs_secret_access_key
    if (key is None) != (secret is None):
        raise Misconfigured(
            "ASSAY_BLOBS_ACCESS_KEY_ID and ASSAY_BLOBS_SECRET_ACCESS_KEY: found one of them, expected both or neither."
        )
    place = blobs_place(settings.blobs_url, (key, None if secret is None else secret.get_secret_value()))
    return LocalBlobs(place) if isinstance(place, Path) else S3Blobs(place)


def _refuse_without_database(settings: ServerSettings) -> None:
    if settings.blobs_url is not None:
        raise Misconfigured(
            "ASSAY_BLOBS_URL: found without ASSAY_DATABASE_URL. The database in a folder keeps its blobs beside it; "
            "set both, or neither."
        )


def shared_secret(settings: ServerSettings) -> bytes:
    """The key of token hashes, which is told: one that each process made for itself would know no other's tokens."""
    if (settings.secret_key is None) == (settings.secret_key_file is None):
        found = "neither" if settings.secret_key is None else "both"
        raise Misconfigured(
            f"ASSAY_SECRET_KEY and ASSAY_SECRET_KEY_FILE: found {found}, expected one of them, the same for every "
            "process. 'openssl rand -hex 32' makes a key."
        )
    text = _key_text(settings).strip()
    if not _KEY.fullmatch(text):
        raise Misconfigured(
            f"The secret key: found {len(text)} characters, expected 64 hexadecimal digits. 'openssl rand -hex 32' "
            "makes a key."
        )
    return bytes.fromhex(text)


def _key_text(settings: ServerSettings) -> str:
    if settings.secret_key_file is None:
        return "" if settings.secret_key is None else settings.secret_key.get_secret_value()
    try:
        return settings.secret_key_file.read_text()
    except OSError as fault:
        raise Misconfigured(f"ASSAY_SECRET_KEY_FILE: {fault.strerror}: {settings.secret_key_file}.") from fault


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
