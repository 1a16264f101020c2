"""Keys of calls, with the answers that were given."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from assay.records.idempotency import AnsweredCall, KeptAnswer, KeyedCall
from assay.storage.sql.tables import idempotency_keys

_NOTHING_YET = {"status": 0, "media_type": None, "location": None, "body": b""}


class IdempotencyKeys:
    """Calls that have had their effect. A key's row commits with the effect, so there is none without the other."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def find(self, user_id: str, key: str) -> AnsweredCall | None:
        """The call that was made under a key, if one was."""
        query = idempotency_keys.select().where(_is(user_id, key))
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        return AnsweredCall(
            KeyedCall(row["user_id"], row["key"], row["call"], row["content_hash"]),
            KeptAnswer(row["status"], row["media_type"], row["location"], row["body"]),
            row["created_at"],
        )

    def claim(self, call: KeyedCall, now: datetime) -> bool:
        """Take a key for the call that this transaction makes; False when it is taken.

        While another transaction holds the key, this waits for its end: the key is free again if that is undone.
        """
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        values = {**{f: getattr(call, f) for f in KeyedCall.__slots__}, **_NOTHING_YET, "created_at": now}
        # A row comes back only where one was inserted; a count of inserted rows is not told by every driver.
        statement = insert(idempotency_keys).values(**values).on_conflict_do_nothing().returning(idempotency_keys.c.key)
        return self._connection.execute(statement).one_or_none() is not None

    def answer(self, call: KeyedCall, answer: KeptAnswer) -> None:
        """Keep the answer to the call that claimed the key."""
        values = {f: getattr(answer, f) for f in KeptAnswer.__slots__}
        self._connection.execute(idempotency_keys.update().where(_is(call.user_id, call.key)).values(**values))

    def forget(self, before: datetime, most: int) -> int:
        """Remove the oldest keys of calls made before a time, at most so many; returns how many went."""
        table = idempotency_keys
        old = sa.select(table.c.user_id, table.c.key).where(table.c.created_at < before)
        chosen = old.order_by(table.c.created_at).limit(most).subquery()
        mine = sa.exists().where(chosen.c.user_id == table.c.user_id, chosen.c.key == table.c.key)
        return self._connection.execute(table.delete().where(mine)).rowcount

    def forget_below(self, path: str) -> None:
        """Remove the keys of calls whose path begins so: what they made is gone."""
        below = idempotency_keys.c.call.startswith(f"POST {path}", autoescape=True)
        self._connection.execute(idempotency_keys.delete().where(below))


def _is(user_id: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(idempotency_keys.c.user_id == user_id, idempotency_keys.c.key == key)
