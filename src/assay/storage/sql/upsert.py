"""INSERT ... ON CONFLICT DO UPDATE for both dialects, which spell it alike but in two modules."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Change = Callable[[Any], Mapping[str, Any]]


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], change: Change) -> None:
    """Insert rows; where the primary key is taken, apply ``change(excluded)`` to the row that is there.

    Parameters
    ----------
    rows : sequence of mappings
        All with the same keys.
    change : callable
        Gets the row that could not be inserted and returns new values by column.
    """
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    keys = [c.name for c in table.primary_key]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=change(statement.excluded)), rows)
