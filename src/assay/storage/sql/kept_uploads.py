"""Counted uploads as the places where rows lie."""

from collections.abc import Sequence

import sqlalchemy as sa

from assay.records.exports import Counted, Cut, CutCount, RowQuery
from assay.records.uploads import Upload, UploadState
from assay.storage.sql.slices import uploads_in
from assay.storage.sql.tables import prediction_keys, uploads
from assay.storage.sql.uploads import upload_of_row


class KeptUploads:
    """Which uploads hold the rows of a selection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def cut(self, deployment_id: str, batch_ids: Sequence[str] | None = None) -> Cut:
        """The deployment's counted uploads of this moment; of named batches also what a draft or a version holds."""
        mine = uploads.c.deployment_id == deployment_id
        up_to = self._connection.execute(sa.select(sa.func.coalesce(sa.func.max(uploads.c.seq), 0)).where(mine))
        # What counts in a draft would come to count in its batch, which must not be seen half way.
        waits = (uploads.c.state == UploadState.PENDING, uploads.c.state == UploadState.DRAFT)
        pending = sa.select(uploads.c.seq).where(mine, sa.or_(*waits))
        if batch_ids is not None:
            named = uploads.c.batch_id.in_(list(batch_ids))
            pending = sa.select(uploads.c.seq).where(mine, sa.or_(waits[0], sa.and_(waits[1], ~named)))
        return Cut(int(up_to.scalar_one()), tuple(self._connection.execute(pending).scalars()))

    def count(self, deployment_id: str, cut: Cut, batch_ids: Sequence[str] | None = None) -> CutCount:
        """How many uploads of the cut still count, in the deployment and in the named batches.

        Other numbers than at its moment say that some were taken out since: deleted, replaced, or left without rows.
        """
        mine = (uploads.c.deployment_id == deployment_id, *within(cut))

        def counted(some: Sequence[str] | None) -> Counted:
            query = sa.select(sa.func.count(), sa.func.count().filter(uploads.c.parts > 0))
            return Counted(*self._connection.execute(query.where(*mine, *uploads_in(some))).one())

        return CutCount(counted(None), Counted(0, 0) if batch_ids is None else counted(batch_ids))

    def page(self, selection: RowQuery, cut: Cut, *, after: int, limit: int) -> Sequence[Upload]:
        """Uploads that may hold rows of the selection, in the order in which they came, from a sequence number on."""
        query = uploads.select().where(*_selected(selection), *within(cut), uploads.c.seq > after)
        rows = self._connection.execute(query.order_by(uploads.c.seq).limit(limit)).mappings()
        return [upload_of_row(row) for row in rows]

    def ids_of(self, upload_seq: int) -> int:
        """How many distinct association ids an upload holds."""
        query = sa.select(sa.func.count()).where(prediction_keys.c.upload_seq == upload_seq)
        return int(self._connection.execute(query).scalar_one())


def within(cut: Cut) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions on an upload to have come, and to have counted, by the moment of the cut."""
    # Written out, because a draft may hold more uploads than a statement takes values.
    pending = sa.bindparam("pending", list(cut.pending), expanding=True, literal_execute=True, type_=sa.BigInteger())
    return (uploads.c.seq <= cut.up_to, uploads.c.seq.not_in(pending))


def counted_in(cut: Cut) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions on an upload to be in the cut, and to count still for the deployment as a whole."""
    return (*within(cut), *uploads_in(None))


def _selected(selection: RowQuery) -> list[sa.ColumnElement[bool]]:
    conditions = [
        uploads.c.deployment_id == selection.deployment_id,
        uploads.c.model_id == selection.model_id,
        *uploads_in(selection.batch_ids),
    ]
    if selection.start is not None:
        conditions.append(uploads.c.last_at >= selection.start)
    if selection.end is not None:
        conditions.append(uploads.c.first_at < selection.end)
    return conditions
