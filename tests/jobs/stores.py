"""Stores of either kind, for this process and for others."""

import tempfile
from pathlib import Path

from assay.storage.blobs import LocalBlobs
from assay.storage.directory import DirectoryStorage
from assay.storage.postgres import PostgresStorage


def told(store: DirectoryStorage | PostgresStorage) -> str:
    """A store as another process is told of it."""
    if isinstance(store, DirectoryStorage):
        return str(store.folder)
    return store.engine.url.render_as_string(hide_password=False)


def store_told(text: str) -> DirectoryStorage | PostgresStorage:
    """The store that `told` wrote; jobs without rows need no blobs, so there is only an empty folder for them."""
    if "://" not in text:
        return DirectoryStorage(Path(text))
    return PostgresStorage(text, LocalBlobs(Path(tempfile.mkdtemp(prefix="assay-blobs-"))))
