"""What an operator asks of the database itself."""

import sqlalchemy as sa

_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


class Upkeep:
    """Questions about the database as a whole."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def size(self) -> int:
        """Bytes that the database takes, without a log of writes."""
        return int(self._connection.execute(sa.text(_SIZE[self._connection.dialect.name])).scalar_one())
