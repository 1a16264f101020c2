"""The database at one moment, as a file of its own."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from assay.storage.sql.tables import metadata
from assay.storage.sql.transaction import Transaction

PAGES_AT_ONCE = 2_048
BUSY_SECONDS = 30


def take(database: Path, target: Path, told: Callable[[int, int], None]) -> None:
    """Copy a database that is in use.

    Parameters
    ----------
    told : callable
        Gets the pages that are copied and all there are, now and then.
    """
    with closing(sqlite3.connect(database, timeout=BUSY_SECONDS)) as source, closing(sqlite3.connect(target)) as copy:
        source.execute("PRAGMA query_only=ON")
        # One reading transaction over all steps: without it each write of the server would begin the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(copy, pages=PAGES_AT_ONCE, progress=lambda _, left, all_: told(all_ - left, all_))
        source.execute("ROLLBACK")
        # One file, without a log of writes beside it; a server that opens it sets this again.
        copy.execute("PRAGMA journal_mode=DELETE")
    handle = os.open(target, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def opened(database: Path) -> Iterator[Transaction]:
    """A copy as the repositories read it."""
    engine = sa.create_engine(f"sqlite:///{database}", poolclass=sa.pool.NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
            yield Transaction(connection)
    finally:
        engine.dispose()


def counts_of(database: Path) -> dict[str, int]:
    """Rows by table."""
    with closing(sqlite3.connect(database)) as connection:
        names = [table.name for table in metadata.sorted_tables]
        # Names of our own tables, not of anybody's making.
        queries = {name: f'SELECT count(*) FROM "{name}"' for name in names}  # noqa: S608
        return {name: connection.execute(query).fetchone()[0] for name, query in queries.items()}


def schema_of(database: Path) -> str:
    """The schema that a database has; "none" without one."""
    with closing(sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=BUSY_SECONDS)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return "none"
    return "none" if row is None else str(row[0])
