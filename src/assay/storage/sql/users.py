"""Users and their tokens."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from assay.records.users import Token, User
from assay.storage.sql.alone import alone
from assay.storage.sql.tables import tokens, users


class Users:
    """Who uses the server."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def be_alone(self) -> None:
        """Let nobody else add users or first tokens until the end of the transaction."""
        alone(self._connection, "users")

    def create(self, user: User) -> None:
        """Add a user."""
        self._connection.execute(
            users.insert().values(id=user.id, name=user.name, is_admin=user.is_admin, created_at=user.created_at)
        )

    def find(self, name: str) -> User | None:
        """The user of this name, if there is one."""
        row = self._connection.execute(users.select().where(users.c.name == name)).mappings().one_or_none()
        return User(**row) if row else None

    def get(self, user_id: str) -> User:
        """The user of this id, which must exist."""
        return User(**self._connection.execute(users.select().where(users.c.id == user_id)).mappings().one())


class Tokens:
    """Bearer tokens."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, token: Token) -> None:
        """Add a token."""
        self._connection.execute(
            tokens.insert().values(
                id=token.id,
                user_id=token.user_id,
                digest=token.digest,
                created_at=token.created_at,
                expires_at=token.expires_at,
                last_used_at=token.last_used_at,
            )
        )

    def find(self, token_id: str) -> Token | None:
        """The token of this public id, if there is one."""
        query = tokens.select().where(tokens.c.id == token_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return Token(**row) if row else None

    def list(self, user_id: str | None = None) -> Sequence[Token]:
        """Tokens of one user or of all, oldest first."""
        query = tokens.select().order_by(tokens.c.created_at, tokens.c.id)
        if user_id is not None:
            query = query.where(tokens.c.user_id == user_id)
        return [Token(**row) for row in self._connection.execute(query).mappings()]

    def delete(self, token_id: str) -> bool:
        """Remove a token; False if there was none."""
        return self._connection.execute(tokens.delete().where(tokens.c.id == token_id)).rowcount == 1

    def touch(self, token_id: str, now: datetime) -> None:
        """Note when a token was last used."""
        self._connection.execute(tokens.update().where(tokens.c.id == token_id).values(last_used_at=now))
