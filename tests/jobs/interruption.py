"""A store that does something of a test's choosing after a certain step of its user."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assay.storage.base import Blobs, Storage
from assay.storage.sql.transaction import Transaction


class Interrupted:
    """Passes everything on to a store; ``action`` is called once, when the given transaction has committed.

    With ``reading``, when the given snapshot has ended.
    """

    def __init__(self, store: Storage, after: int, action: Callable[[], object], *, reading: bool = False) -> None:
        self._store = store
        self._left = after
        self._action = action
        self._reading = reading

    @property
    def blobs(self) -> Blobs:
        """The store's own."""
        return self._store.blobs

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """The store's own, counted if these are."""
        with self._store.snapshot() as tx:
            yield tx
        if self._reading:
            self._step()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """The store's own, counted unless snapshots are."""
        with self._store.transaction() as tx:
            yield tx
        if not self._reading:
            self._step()

    def _step(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._action()

    @property
    def happened(self) -> bool:
        """Whether it came to the action."""
        return self._left <= 0
