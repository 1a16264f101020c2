"""Seals of locked batches."""

import sqlalchemy as sa

from assay.records.seals import Seal
from assay.storage.sql.tables import batches, seals, users


class Seals:
    """What locked batches held when they were locked."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, seal: Seal) -> None:
        """Add the seal of a batch that has none."""
        values = {f: getattr(seal, f) for f in Seal.__slots__ if f != "sealed_by_name"}
        self._connection.execute(seals.insert().values(**values))

    def find(self, batch_id: str) -> Seal | None:
        """The seal of a batch, if it has one."""
        query = sa.select(*seals.c, users.c.name.label("sealed_by_name")).join(
            users, users.c.id == seals.c.sealed_by_id
        )
        row = self._connection.execute(query.where(seals.c.batch_id == batch_id)).mappings().one_or_none()
        return Seal(**row) if row else None

    def delete_of(self, deployment_id: str) -> None:
        """Break the seals of a deployment's batches."""
        mine = sa.select(batches.c.id).where(batches.c.deployment_id == deployment_id)
        self._connection.execute(seals.delete().where(seals.c.batch_id.in_(mine)))

    def delete(self, batch_id: str) -> None:
        """Break the seal of a batch; none is not an error."""
        self._connection.execute(seals.delete().where(seals.c.batch_id == batch_id))
