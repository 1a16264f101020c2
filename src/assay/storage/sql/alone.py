"""Having something to oneself until the end of a transaction."""

import hashlib

import sqlalchemy as sa


def alone(connection: sa.Connection, what: str) -> None:
    """Wait for every other transaction that is alone with ``what``, and be it from here to the end of this one.

    SQLite has one writing transaction at a time, so it is alone in any case.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_number(what))))


def _number(what: str) -> int:
    """PostgreSQL's locks of this kind are 64-bit numbers of the database."""
    return int.from_bytes(hashlib.blake2b(what.encode(), digest_size=8).digest(), "big", signed=True)
