"""Events that clients reported."""

import sqlalchemy as sa

from assay.records.events import RemoteEvent
from assay.records.pages import Page, PageRequest
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import remote_events


class RemoteEvents:
    """What clients want recorded."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, event: RemoteEvent) -> None:
        """Add an event."""
        values = {f: getattr(event, f) for f in RemoteEvent.__slots__}
        self._connection.execute(remote_events.insert().values(**values))

    def list(self, owner_id: str | None, request: PageRequest, *, deployment_id: str | None) -> Page[RemoteEvent]:
        """Events that one user sees, or all; of one deployment where it is named; the latest first."""
        table = remote_events
        query = table.select().order_by(table.c.at.desc(), table.c.id.desc())
        if owner_id is not None:
            query = query.where(table.c.owner_id == owner_id)
        if deployment_id is not None:
            query = query.where(table.c.deployment_id == deployment_id)
        return page_of(self._connection, query, request, lambda row: RemoteEvent(**row))

    def delete(self, deployment_id: str) -> None:
        """Remove the events of a deployment."""
        self._connection.execute(remote_events.delete().where(remote_events.c.deployment_id == deployment_id))
