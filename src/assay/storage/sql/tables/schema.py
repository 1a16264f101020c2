"""What all tables are made of: names of constraints, times in UTC, ids."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC. Naive times are refused, because nobody can say which moment they are."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """To UTC; SQLite keeps no zone, so it is left off there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A time without a zone was to be stored: {value!r}.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Back with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


ID = sa.String(24)
JSON = sa.JSON()
# SQLite numbers rows by itself only for its own INTEGER type.
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def id_column(name: str, *, nullable: bool = False, **more: Any) -> sa.Column[str]:
    """A column of ids: 24 hexadecimal digits."""
    return sa.Column(name, ID, nullable=nullable, **more)
