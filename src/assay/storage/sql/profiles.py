"""Stored profiles: one row per fragment and block of columns."""

from collections.abc import Sequence

import sqlalchemy as sa

from assay.records.fragments import Fragment
from assay.storage.sql.tables import profiles


class Profiles:
    """Append-only fragments; `replace` folds several into one."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(
        self,
        deployment_id: str,
        batch_id: str | None,
        model_id: str,
        part: str,
        block: int,
        rows: int,
        data: bytes,
    ) -> None:
        """Store one fragment."""
        self._connection.execute(
            profiles.insert().values(
                deployment_id=deployment_id,
                batch_id=batch_id,
                model_id=model_id,
                part=part,
                block=block,
                rows=rows,
                data=data,
            )
        )

    def list(
        self,
        deployment_id: str,
        model_id: str,
        part: str,
        *,
        batch_ids: Sequence[str | None] | None = None,
        blocks: Sequence[int] | None = None,
    ) -> Sequence[Fragment]:
        """Fragments of one model, of the named batches and blocks; of all of them where None is given."""
        query = sa.select(*(c for c in profiles.c if c.name != "deployment_id")).where(
            profiles.c.deployment_id == deployment_id,
            profiles.c.model_id == model_id,
            profiles.c.part == part,
        )
        if batch_ids is not None:
            named = [b for b in batch_ids if b is not None]
            chosen = profiles.c.batch_id.in_(named)
            outside = profiles.c.batch_id.is_(None)
            query = query.where(sa.or_(chosen, outside) if None in batch_ids else chosen)
        if blocks is not None:
            query = query.where(profiles.c.block.in_(blocks))
        rows = self._connection.execute(query.order_by(profiles.c.id)).mappings()
        return [Fragment(**row) for row in rows]

    def count(self, deployment_id: str, batch_id: str | None, model_id: str) -> int:
        """Fragments of the predictions of a pair: how often something was added since the last folding."""
        query = sa.select(sa.func.count()).where(
            profiles.c.deployment_id == deployment_id,
            profiles.c.batch_id.is_(None) if batch_id is None else profiles.c.batch_id == batch_id,
            profiles.c.model_id == model_id,
            profiles.c.part == "predictions",
        )
        return int(self._connection.execute(query).scalar_one())

    def replace(self, deployment_id: str, old: Sequence[Fragment], data: bytes) -> bool:
        """Put one fragment in the place of several of the same pair, part and block.

        Returns False, and changes nothing, when any of the old ones is no longer there.
        """
        named = profiles.c.id.in_([fragment.id for fragment in old])
        there = self._connection.execute(sa.select(profiles.c.id).where(named).with_for_update()).all()
        if len(there) != len(old):
            return False
        self._connection.execute(profiles.delete().where(named))
        first = old[0]
        rows = sum(fragment.rows for fragment in old)
        self.add(deployment_id, first.batch_id, first.model_id, first.part, first.block, rows, data)
        return True

    def delete(self, *, batch_id: str | None = None, deployment_id: str | None = None) -> None:
        """Remove the fragments of a batch or of a deployment."""
        mine = profiles.c.batch_id == batch_id if batch_id is not None else profiles.c.deployment_id == deployment_id
        self._connection.execute(profiles.delete().where(mine))
