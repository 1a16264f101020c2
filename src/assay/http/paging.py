"""Pages on the wire: offset and limit in, absolute links out."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request

from assay.records.pages import Page, PageRequest

DEFAULT_LIMIT = 100
MAX_PAGE = 1_000
INT64 = 2**63 - 1

T = TypeVar("T")


def page_request(
    offset: Annotated[int, Query(ge=0, le=INT64, description="How many items to leave out from the start.")] = 0,
    limit: Annotated[
        int,
        Query(ge=0, le=INT64, description="Most items of the page; 0 means as many as a page can hold."),
    ] = DEFAULT_LIMIT,
) -> PageRequest:
    """The part of a list that is asked for."""
    return PageRequest(offset, MAX_PAGE if limit == 0 else min(limit, MAX_PAGE))


Paging = Annotated[PageRequest, Depends(page_request)]


def page_body(request: Request, page: Page[T], shape: Callable[[T], Any]) -> dict[str, Any]:
    """A page as clients read it; its links keep every other parameter of the request."""
    count = len(page.items)
    step = page.limit or max(count, 1)
    after, before = page.offset + count, max(0, page.offset - step)
    more = count > 0 and after < page.total
    return {
        "count": count,
        "totalCount": page.total,
        "next": page_link(request, after, step) if more else None,
        "previous": page_link(request, before, step) if page.offset > 0 else None,
        "data": [shape(item) for item in page.items],
    }


def page_link(request: Request, offset: int, limit: int, **pinned: str) -> str:
    """The request's URL for another part of the list; ``pinned`` are parameters that must not change from now on."""
    return str(request.url.include_query_params(offset=offset, limit=limit, **pinned))


def absolute(request: Request, path: str) -> str:
    """A path of this server as the client that asks can reach it."""
    # The base holds the prefix of a proxy, which joining by the rules of links would take away.
    return str(request.base_url).rstrip("/") + path
