"""One page of a SELECT, and how long the whole answer is."""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from assay.records.pages import Page, PageRequest
from assay.storage.sql.letters import Lowered

T = TypeVar("T")


def page_of(
    connection: sa.Connection,
    query: sa.Select[Any],
    request: PageRequest,
    record: Callable[[sa.RowMapping], T],
    *,
    count: sa.Select[Any] | None = None,
) -> Page[T]:
    """The asked part of an ordered query, as records.

    ``count`` may give a cheaper query with the same number of rows.
    """
    counted = (count if count is not None else query).order_by(None).subquery()
    total = connection.execute(sa.select(sa.func.count()).select_from(counted)).scalar_one()
    rows = connection.execute(query.offset(request.offset).limit(request.limit)).mappings()
    return Page([record(row) for row in rows], total, request.offset, request.limit)


def contains(column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """Whether a text column contains the text, letter case ignored; wildcards in the text stand for themselves."""
    return Lowered(column).contains(text.lower(), autoescape=True)
