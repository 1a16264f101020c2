"""What an operator asks of the database itself."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from assay.storage.sql.tables import batches, jobs, uploads

_NOW = {
    "sqlite": "SELECT strftime('%s', 'now')",
    "postgresql": "SELECT extract(epoch FROM clock_timestamp())",
}
_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


class Upkeep:
    """Questions about the database as a whole."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def faults(self) -> Sequence[str]:
        """What SQLite finds wrong with its file. A database server looks after its files itself."""
        if self._connection.dialect.name != "sqlite":
            return []
        found = self._connection.exec_driver_sql("PRAGMA quick_check(20)").scalars()
        return [text for text in found if text != "ok"]

    def now(self) -> datetime:
        """The time by the database's clock."""
        text = self._connection.execute(sa.text(_NOW[self._connection.dialect.name])).scalar_one()
        return datetime.fromtimestamp(float(text), UTC)

    def newest(self) -> datetime | None:
        """When the newest of the rows that tell a time was made, by the clock of the process that made it."""
        made = [
            self._connection.execute(sa.select(sa.func.max(column, type_=column.type))).scalar_one()
            for column in (jobs.c.created_at, uploads.c.created_at, batches.c.created_at)
        ]
        return max((one for one in made if one is not None), default=None)

    def size(self) -> int:
        """Bytes that the database takes, without a log of writes."""
        return int(self._connection.execute(sa.text(_SIZE[self._connection.dialect.name])).scalar_one())
