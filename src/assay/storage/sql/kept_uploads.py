"""Counted uploads as the places where rows lie."""

from collections.abc import Sequence

import sqlalchemy as sa

from assay.records.exports import Cut, RowQuery
from assay.records.uploads import Upload, UploadState
from assay.storage.sql.tables import prediction_keys, uploads
from assay.storage.sql.uploads import upload_of_row


class KeptUploads:
    """Which uploads hold the rows of a selection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def cut(self, deployment_id: str) -> Cut:
        """The deployment's counted uploads of this moment."""
        mine = uploads.c.deployment_id == deployment_id
        up_to = self._connection.execute(sa.select(sa.func.coalesce(sa.func.max(uploads.c.seq), 0)).where(mine))
        pending = sa.select(uploads.c.seq).where(mine, uploads.c.state == UploadState.PENDING)
        return Cut(int(up_to.scalar_one()), tuple(self._connection.execute(pending).scalars()))

    def count(self, deployment_id: str, cut: Cut) -> tuple[int, int]:
        """How many uploads of the cut still count, and of how many of these rows are kept.

        Other numbers than at the cut's moment say that some were deleted.
        """
        query = sa.select(sa.func.count(), sa.func.count().filter(uploads.c.parts > 0)).where(
            uploads.c.deployment_id == deployment_id, *counted_in(cut)
        )
        found = self._connection.execute(query).one()
        return found[0], found[1]

    def page(self, selection: RowQuery, cut: Cut, *, after: int, limit: int) -> Sequence[Upload]:
        """Uploads that may hold rows of the selection, in the order in which they came, from a sequence number on."""
        query = uploads.select().where(*_selected(selection), *counted_in(cut), uploads.c.seq > after)
        rows = self._connection.execute(query.order_by(uploads.c.seq).limit(limit)).mappings()
        return [upload_of_row(row) for row in rows]

    def ids_of(self, upload_seq: int) -> int:
        """How many distinct association ids an upload holds."""
        query = sa.select(sa.func.count()).where(prediction_keys.c.upload_seq == upload_seq)
        return int(self._connection.execute(query).scalar_one())


def counted_in(cut: Cut) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions on an upload to be in the cut, and to count still."""
    return (uploads.c.state == UploadState.COUNTED, uploads.c.seq <= cut.up_to, uploads.c.seq.not_in(cut.pending))


def _selected(selection: RowQuery) -> list[sa.ColumnElement[bool]]:
    conditions = [
        uploads.c.deployment_id == selection.deployment_id,
        uploads.c.model_id == selection.model_id,
    ]
    if selection.batch_ids is not None:
        conditions.append(uploads.c.batch_id.in_(selection.batch_ids))
    if selection.start is not None:
        conditions.append(uploads.c.last_at >= selection.start)
    if selection.end is not None:
        conditions.append(uploads.c.first_at < selection.end)
    return conditions
