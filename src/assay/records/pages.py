"""A page of a longer list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list and how long the whole list is."""

    items: list[T]
    total: int
    offset: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list is wanted.

    Attributes
    ----------
    offset : int
        Items to leave out from the start.
    limit : int or None
        Most items of the page; None means all the rest.
    """

    offset: int = 0
    limit: int | None = None


def cut(items: list[T], request: PageRequest) -> Page[T]:
    """The asked part of a list that is all at hand.

    Examples
    --------
    >>> cut([1, 2, 3, 4], PageRequest(offset=1, limit=2)).items
    [2, 3]
    """
    end = None if request.limit is None else request.offset + request.limit
    return Page(items[request.offset : end], len(items), request.offset, request.limit)
