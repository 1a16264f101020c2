"""What monitoring needs of a store: transactions over repositories, and blobs."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # The repositories are shared by both back ends; only their types are needed here, so that nothing above
    # this line of imports ever loads a database library through the interface.
    from assay.storage.sql.transaction import Transaction


# Where blobs are written only to see whether they can be.
PROBES = "probes"


@dataclass(frozen=True, slots=True)
class BlobEntry:
    """A blob as the store lists it; ``modified`` is by the store's clock."""

    key: str
    size: int
    modified: datetime


class Blobs(Protocol):
    """Bytes under keys such as ``rows/65a0.../00000.parquet``. A key is written once and never changed."""

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """Store the chunks under the key, whole or not at all; returns the bytes written."""
        ...

    def read(self, key: str) -> bytes:
        """All bytes of a small blob; `FileNotFoundError` when there is none of this key."""
        ...

    def stream(self, key: str) -> Iterator[bytes]:
        """The bytes of a blob, in pieces."""
        ...

    def local_copy(self, key: str) -> AbstractContextManager[Path]:
        """A file with the blob's bytes, valid inside the context."""
        ...

    def list(self, prefix: str) -> Sequence[str]:
        """Keys that begin with the prefix, sorted."""
        ...

    def entries(self, prefix: str) -> Iterator[BlobEntry]:
        """The same with their sizes and times, one after the other, in no order; also what killed writers left."""
        ...

    def delete(self, prefix: str) -> None:
        """Remove every blob whose key begins with the prefix; none is not an error.

        The row that refers to a blob goes first, in a transaction of its own: whoever has seen a row finds its blob.
        """
        ...

    def trouble(self) -> str | None:
        """Why no blob can be written now, tried by writing one; None when it can."""
        ...


class Storage(Protocol):
    """One metadata database and one blob store."""

    @property
    def blobs(self) -> Blobs:
        """The blob store."""
        ...

    def transaction(self) -> "AbstractContextManager[Transaction]":
        """A read-write transaction: commits on leaving, rolls back on an error."""
        ...

    def snapshot(self) -> "AbstractContextManager[Transaction]":
        """A read-only view of one moment."""
        ...

    def trouble(self) -> str | None:
        """Why the database cannot be used now, or is of another schema; None when all is well."""
        ...
