"""Lists that come in pages."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from assay.client.errors import ServerProblem
from assay.client.shapes import Json
from assay.client.transport import Params, Transport

T = TypeVar("T")


class Pages(Iterator[T], Generic[T]):
    """The items of a list, page by page as they are asked for.

    Iterating follows ``next`` until the server gives none; a second loop goes on where the first one stopped.

    Parameters
    ----------
    transport : Transport
    path : str
        Below the API's root.
    params : mapping
        Query parameters of the first page; the following ones are in ``next``.
    make : callable
        Makes an item from its JSON.
    """

    def __init__(self, transport: Transport, path: str, params: Params, make: Callable[[Json], T]) -> None:
        self._transport = transport
        self._make = make
        self._next: tuple[str, Params | None] | None = (path, params)
        self._first: Json | None = None
        self._items: Iterator[Json] = iter(())

    @property
    def total_count(self) -> int | None:
        """Items on all pages together, if the server tells."""
        total = self.first_page.get("totalCount")
        return total if isinstance(total, int) else None

    @property
    def first_page(self) -> Json:
        """The first page as the server sent it."""
        if self._first is None:
            self._turn()
        return self._first or {}

    def __next__(self) -> T:
        """The next item.

        Raises
        ------
        AssayClientError
            When the page that holds it cannot be had.
        """
        while True:
            for item in self._items:
                return self._make(item)
            if self._next is None:
                raise StopIteration
            self._turn()

    def _turn(self) -> None:
        if self._next is None:  # pragma: no cover
            return
        path, params = self._next
        page = self._transport.get(path, params)
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise ServerProblem(f"The server's answer to {path} is no page of a list.")
        following = self._transport.below_root(page["next"]) if page.get("next") else None
        if following == path:
            raise ServerProblem(f"The page after {path} is the same page again.")
        self._next = None if following is None else (following, None)
        self._items = iter(page["data"])
        if self._first is None:
            self._first = page
