"""Which uploads' predictions can supersede those of a batch."""

import sqlalchemy as sa

from assay.records.uploads import HELD, UploadState
from assay.storage.sql.tables import batches, uploads


def rivals(connection: sa.Connection, batch_id: str | None) -> sa.ColumnElement[bool]:
    """Condition on an upload to be among those of which the newest prediction of an association id counts.

    For a live batch, and for the rows of none, these are all that count in the deployment. A draft is looked at as if
    it had taken its batch's place, a superseded version as if it had it still.
    """
    live = uploads.c.state == UploadState.COUNTED
    query = sa.select(batches.c.version_of).where(batches.c.id == batch_id)
    place = None if batch_id is None else connection.execute(query).scalar_one_or_none()
    if place is None:
        return live
    elsewhere = sa.or_(uploads.c.batch_id.is_(None), uploads.c.batch_id != place)
    return sa.or_(sa.and_(live, elsewhere), sa.and_(uploads.c.batch_id == batch_id, uploads.c.state.in_(HELD)))
