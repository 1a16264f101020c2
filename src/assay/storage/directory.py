"""The embedded store: one folder with a SQLite database and the blobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from assay.storage.blobs import LocalBlobs
from assay.storage.sql import migrate
from assay.storage.sql.faults import answering
from assay.storage.sql.transaction import Transaction

BUSY_SECONDS = 30
DATABASE = "assay.db"


class DirectoryStorage:
    """SQLite in write-ahead mode and files, both below one folder; for one machine, any number of threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.blobs = LocalBlobs(folder / "blobs")
        self.engine = sa.create_engine(
            f"sqlite:///{folder / DATABASE}",
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            pool_size=40,
            max_overflow=20,
            # The values of a statement are the users' data, and its errors go to the log.
            hide_parameters=True,
        )
        sa.event.listen(self.engine, "connect", _configure)

    def migrate(self) -> None:
        """Create or bring up to date the schema."""
        # One transaction: a killed process leaves no half schema, and of two that start at once one waits.
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            with _ending(connection):
                migrate.upgrade(connection)

    def check(self) -> None:
        """Refuse a database of another schema."""
        migrate.check(self.engine)

    def trouble(self) -> str | None:
        """Why the database cannot be used now, or is of another schema; None when all is well."""
        return migrate.trouble(self.engine)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A writing transaction. The write lock is taken at once: upgrading a reader's lock can fail for good."""
        with answering(), self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            with _ending(connection):
                yield Transaction(connection, writing=True)

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """A reading transaction, which sees one moment and never waits for writers."""
        with answering(writing=False), self.engine.connect() as connection, _read_only(connection):
            connection.exec_driver_sql("BEGIN")
            with _ending(connection):
                yield Transaction(connection)


@contextmanager
def _read_only(connection: sa.Connection) -> Iterator[None]:
    connection.exec_driver_sql("PRAGMA query_only=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA query_only=OFF")


@contextmanager
def _ending(connection: sa.Connection) -> Iterator[None]:
    try:
        yield
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        # After some faults, such as a full disk, SQLite has rolled back by itself.
        if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]  # SQLite's own has it
            connection.exec_driver_sql("ROLLBACK")
        raise


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _configure(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: it would begin them deferred.
    connection.isolation_level = None
    # SQLite's own knows only the letters of ASCII, and a search ignores the case of all.
    connection.create_function("lower", 1, _lower, deterministic=True)
    cursor = connection.cursor()
    # FULL: a commit that was answered survives a power cut, not only a killed process.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
