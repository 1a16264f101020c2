"""A store that does something of a test's choosing after a certain transaction of its user."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from assay.storage.base import Blobs, Storage
from assay.storage.sql.transaction import Transaction


class Interrupted:
    """Passes everything on to a store; ``action`` is called once, when the given transaction has committed."""

    def __init__(self, store: Storage, after: int, action: Callable[[], None]) -> None:
        self._store = store
        self._left = after
        self._action = action

    @property
    def blobs(self) -> Blobs:
        """The store's own."""
        return self._store.blobs

    def snapshot(self) -> AbstractContextManager[Transaction]:
        """The store's own."""
        return self._store.snapshot()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """The store's own, counted."""
        with self._store.transaction() as tx:
            yield tx
        self._left -= 1
        if self._left == 0:
            self._action()

    @property
    def happened(self) -> bool:
        """Whether it came to the action."""
        return self._left <= 0
