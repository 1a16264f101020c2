"""The store of production: a PostgreSQL database for any number of processes, and blobs wherever they are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from assay.errors import Misconfigured
from assay.storage.base import Blobs
from assay.storage.sql import migrate
from assay.storage.sql.alone import alone
from assay.storage.sql.clock import DatabaseClock
from assay.storage.sql.faults import answering, in_doubt
from assay.storage.sql.letters import learn
from assay.storage.sql.transaction import Transaction

CONNECT_SECONDS = 10
# How long a call waits for a connection of the pool, and a change for another change of the same deployment.
POOL_SECONDS = 20
LOCK_SECONDS = 30
# Long enough for a job that removes ten million rows; a statement that takes longer is a fault.
STATEMENT_SECONDS = 600
# A process that was stopped in the middle of a change must not hold up the others.
IDLE_SECONDS = 60

_SESSION = {
    # What the driver makes of the first and the last years depends on it.
    "TimeZone": "UTC",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
}
_NETWORK = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "assay",
    # A host that is gone without a word is found out in less than a minute.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}


class PostgresStorage:
    """One PostgreSQL database and a blob store.

    A transaction is READ COMMITTED and has the deployment that it looks up to itself (decision 0017); a snapshot is
    REPEATABLE READ and read only. ``connections`` bounds what one process takes of the server's.
    """

    def __init__(self, url: str, blobs: Blobs, *, connections: int = 10) -> None:
        self.blobs = blobs
        self.engine = sa.create_engine(
            _address(url),
            isolation_level="READ COMMITTED",
            connect_args=_NETWORK,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            # A connection that a restart of the database has cut is replaced before a transaction begins on it.
            pool_pre_ping=True,
            # The values of a statement are the users' data, and its errors go to the log.
            hide_parameters=True,
        )
        sa.event.listen(self.engine, "connect", self._configure)
        self._knows_letters = False
        self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self.clock = DatabaseClock(self.engine)

    def migrate(self) -> None:
        """Create or bring up to date the schema."""
        # One transaction that waits for any other of its kind: several processes may start at once.
        with answering(), self.engine.begin() as connection:
            connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
            connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
            alone(connection, "migrate")
            migrate.upgrade(connection)

    def check(self) -> None:
        """Refuse a database of another schema."""
        with answering():
            migrate.check(self.engine)

    def trouble(self) -> str | None:
        """Why the database cannot be used now, or is of another schema; None when all is well."""
        return migrate.trouble(self.engine)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A writing transaction.

        Raises
        ------
        Unavailable
            When the database cannot be had, breaks off, or chose this transaction to end a deadlock.
        OutcomeUnknown
            When it broke off in the very moment of the commit.
        """
        with answering(), self.engine.connect() as connection:
            yield Transaction(connection, writing=True)
            _commit(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """A reading transaction, which sees the moment of its first read and never waits for writers."""
        with answering(writing=False), self._reading.connect() as connection:
            yield Transaction(connection)

    def _configure(self, connection: Any, _record: Any) -> None:
        # Outside a transaction, or the first rollback would take the settings back.
        connection.autocommit = True
        names, values = list(_SESSION), list(_SESSION.values())
        connection.execute(
            "SELECT set_config(n, v, false) FROM unnest(%s::text[], %s::text[]) AS s(n, v)", (names, values)
        )
        if not self._knows_letters:
            learn(self.engine, connection)
            self._knows_letters = True
        connection.autocommit = False


def _commit(connection: sa.Connection) -> None:
    try:
        connection.commit()
    except sa.exc.SQLAlchemyError as fault:
        refusal = in_doubt(fault)
        if refusal is None:
            raise
        raise refusal from fault


def _address(url: str) -> sa.URL:
    """The address with the driver that we use.

    Raises
    ------
    Misconfigured
        When it is no address of PostgreSQL, or the driver is not installed.
    """
    try:
        found = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise Misconfigured(_expected("something that is no address")) from None
    if found.get_backend_name() not in {"postgresql", "postgres"}:
        raise Misconfigured(_expected(f"'{found.drivername}://...'"))
    try:
        import psycopg  # noqa: F401, PLC0415  # an extra, looked for where it is needed
    except ImportError as fault:
        raise Misconfigured(
            "A PostgreSQL database needs the driver psycopg, which is not installed: pip install 'assay[postgres]'."
        ) from fault
    return found.set(drivername="postgresql+psycopg")


def _expected(found: str) -> str:
    return f"ASSAY_DATABASE_URL: found {found}, expected postgresql://user@host:5432/database."
