"""Uploads and the association ids that their rows carry."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from assay.records.jobs import JobState
from assay.records.pages import Page, PageRequest
from assay.records.slices import Selection
from assay.records.uploads import HELD, Delivery, Upload, UploadState
from assay.storage.sql.paging import page_of
from assay.storage.sql.slices import uploads_in
from assay.storage.sql.tables import jobs, prediction_keys, segmented_uploads, uploads
from assay.storage.sql.upsert import upsert

# SQLite takes at most 32,766 values in one statement.
IDS_A_STATEMENT = 10_000

# Uploads whose accuracy follows the actuals; that of a superseded version stays as it was.
FOLLOWED = (UploadState.COUNTED, UploadState.DRAFT)


class Uploads:
    """Deliveries of prediction rows."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, upload: Upload) -> int:
        """Add an upload; returns the sequence number that the database gave it."""
        values = {f: getattr(upload, f) for f in Upload.__slots__ if f != "seq"}
        result = self._connection.execute(uploads.insert().values(**values).returning(uploads.c.seq))
        return int(result.scalar_one())

    def find(self, batch_id: str, key: str) -> Upload | None:
        """The upload that a caller named so, if there is one."""
        query = uploads.select().where(uploads.c.batch_id == batch_id, uploads.c.key == key)
        return self._one(query)

    def find_by_id(self, upload_id: str) -> Upload | None:
        """The upload of this id, if there is one."""
        return self._one(uploads.select().where(uploads.c.id == upload_id))

    def get(self, upload_id: str) -> Upload:
        """The upload of this id, which must exist."""
        found = self.find_by_id(upload_id)
        if found is None:
            raise LookupError(f"upload {upload_id}")
        return found

    def find_counted(self, upload_id: str) -> Upload | None:
        """The upload of this id, if its rows count; its batch may have become another than it was."""
        found = self.find_by_id(upload_id)
        return found if found is not None and found.state.is_held else None

    def _one(self, query: sa.Select[Any]) -> Upload | None:
        row = self._connection.execute(query).mappings().one_or_none()
        return upload_of_row(row) if row else None

    def list(self, batch_id: str, request: PageRequest) -> Page[Upload]:
        """Uploads of a batch, oldest first."""
        query = uploads.select().where(uploads.c.batch_id == batch_id).order_by(uploads.c.seq)
        return page_of(self._connection, query, request, upload_of_row)

    def counted(self, deployment_id: str, batch_id: str | None, model_id: str) -> Sequence[Upload]:
        """Uploads whose rows count for a (batch, model) pair, oldest first."""
        query = uploads.select().where(
            uploads.c.deployment_id == deployment_id,
            *((uploads.c.batch_id.is_(None),) if batch_id is None else ()),
            uploads.c.model_id == model_id,
            *uploads_in(None if batch_id is None else (batch_id,)),
        )
        rows = self._connection.execute(query.order_by(uploads.c.seq)).mappings()
        return [upload_of_row(row) for row in rows]

    def overlapping(self, deployment_id: str, model_id: str, selection: Selection) -> Sequence[Upload]:
        """Uploads that count, of one model, in the batches and the span of a selection, oldest first."""
        query = uploads.select().where(
            uploads.c.deployment_id == deployment_id,
            uploads.c.model_id == model_id,
            *uploads_in(selection.batch_ids),
        )
        if selection.span is not None:
            query = query.where(uploads.c.first_at < selection.span.end, uploads.c.last_at >= selection.span.start)
        return [upload_of_row(row) for row in self._connection.execute(query.order_by(uploads.c.seq)).mappings()]

    def kept_before(self, deployment_id: str, before: datetime) -> Sequence[Upload]:
        """Uploads whose rows count, anywhere, and are kept, and that came before a time; oldest first."""
        query = uploads.select().where(
            uploads.c.deployment_id == deployment_id,
            uploads.c.state.in_(HELD),
            uploads.c.parts > 0,
            uploads.c.created_at < before,
        )
        return [upload_of_row(row) for row in self._connection.execute(query.order_by(uploads.c.seq)).mappings()]

    def with_rows(self, deployment_id: str) -> Sequence[Upload]:
        """Uploads of which rows are kept, whether they count or not, oldest first."""
        query = uploads.select().where(uploads.c.deployment_id == deployment_id, uploads.c.parts > 0)
        return [upload_of_row(row) for row in self._connection.execute(query.order_by(uploads.c.seq)).mappings()]

    def pending(self, deployment_id: str, before: datetime) -> Sequence[Upload]:
        """Uploads that came before a time and do not count yet, oldest first."""
        query = uploads.select().where(
            uploads.c.deployment_id == deployment_id,
            uploads.c.state == UploadState.PENDING,
            uploads.c.created_at <= before,
        )
        return [upload_of_row(row) for row in self._connection.execute(query.order_by(uploads.c.seq)).mappings()]

    def without_segments(self, deployment_id: str, attribute: str) -> Sequence[Upload]:
        """Uploads with kept, counted rows that are not profiled by an attribute yet, oldest first."""
        marked = sa.select(segmented_uploads.c.upload_seq).where(segmented_uploads.c.attribute == attribute)
        query = uploads.select().where(
            uploads.c.deployment_id == deployment_id,
            uploads.c.state.in_(HELD),
            uploads.c.rows > 0,
            uploads.c.parts > 0,
            uploads.c.seq.not_in(marked),
        )
        return [upload_of_row(row) for row in self._connection.execute(query.order_by(uploads.c.seq)).mappings()]

    def rows_of_deployment(self, deployment_id: str, model_id: str) -> int:
        """Prediction rows of one model over all batches and outside them."""
        query = sa.select(sa.func.coalesce(sa.func.sum(uploads.c.rows), 0)).where(
            uploads.c.deployment_id == deployment_id,
            uploads.c.model_id == model_id,
            uploads.c.state == UploadState.COUNTED,
        )
        return int(self._connection.execute(query).scalar_one())

    def received(self, deployment_id: str, bounds: Sequence[datetime]) -> Sequence[int]:
        """Prediction rows that arrived between each bound (left out) and the next (taken in)."""
        mine = (uploads.c.deployment_id == deployment_id, uploads.c.state == UploadState.COUNTED)
        between = [
            sa.func.coalesce(
                sa.func.sum(sa.case((sa.and_(uploads.c.created_at > a, uploads.c.created_at <= b), uploads.c.rows))), 0
            )
            for a, b in pairwise(bounds)
        ]
        # The first bound alone lets an index leave out what is older.
        row = self._connection.execute(sa.select(*between).where(*mine, uploads.c.created_at > bounds[0])).one()
        return [int(count) for count in row]

    def span(self, deployment_id: str, model_id: str | None = None) -> tuple[datetime | None, datetime | None]:
        """First and last prediction time of the deployment's counted rows, or of one model's; (None, None) without."""
        query = sa.select(
            sa.func.min(uploads.c.first_at, type_=uploads.c.first_at.type),
            sa.func.max(uploads.c.last_at, type_=uploads.c.last_at.type),
        ).where(uploads.c.deployment_id == deployment_id, uploads.c.state == UploadState.COUNTED)
        if model_id is not None:
            query = query.where(uploads.c.model_id == model_id)
        first, last = self._connection.execute(query).one()
        return first, last

    def in_work(self, batch_id: str) -> int:
        """How many uploads of a batch a job has still to count, or has not done with."""
        query = sa.select(sa.func.count()).select_from(uploads.join(jobs, jobs.c.id == uploads.c.job_id))
        open_states = (JobState.QUEUED, JobState.RUNNING)
        query = query.where(uploads.c.batch_id == batch_id, jobs.c.state.in_(open_states))
        return int(self._connection.execute(query).scalar_one())

    def extent(self, batch_id: str, model_id: str) -> tuple[int, int, int]:
        """Of what counts of one model in a batch: deliveries, rows, and the number of the last delivery.

        While these are the same, so is the content.
        """
        query = sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(uploads.c.rows), 0),
            sa.func.coalesce(sa.func.max(uploads.c.seq), 0),
        ).where(uploads.c.model_id == model_id, *uploads_in((batch_id,)))
        count, rows, last = self._connection.execute(query).one()
        return int(count), int(rows), int(last)

    def deliveries(self, batch_id: str) -> Sequence[Delivery]:
        """What counts in a batch, a draft or a superseded version, oldest first."""
        c = uploads.c
        query = sa.select(*(c[name] for name in Delivery.__slots__)).where(*uploads_in((batch_id,)))
        return [Delivery(**row) for row in self._connection.execute(query.order_by(c.seq)).mappings()]

    def update(self, upload_id: str, **values: Any) -> None:
        """Change some columns."""
        self._connection.execute(uploads.update().where(uploads.c.id == upload_id).values(**values))

    def withdraw(self, *, batch_id: str | None = None, deployment_id: str | None = None) -> None:
        """Take the uploads of a batch or a deployment out of every figure; `purge` removes them later."""
        self._connection.execute(
            uploads.update().where(_of(batch_id, deployment_id)).values(state=UploadState.REFUSED, key=None)
        )

    def purge(self, *, batch_id: str | None = None, deployment_id: str | None = None) -> Sequence[str]:
        """Remove uploads and their association ids; returns the blob prefixes to delete afterwards."""
        chosen = sa.select(uploads.c.seq).where(_of(batch_id, deployment_id))
        prefixes = self._connection.execute(
            sa.select(uploads.c.blob_prefix).where(_of(batch_id, deployment_id))
        ).scalars()
        found = [prefix for prefix in prefixes if prefix]
        for table in (prediction_keys, segmented_uploads):
            self._connection.execute(table.delete().where(table.c.upload_seq.in_(chosen)))
        self._connection.execute(uploads.delete().where(_of(batch_id, deployment_id)))
        return found


class PredictionKeys:
    """Which uploads hold a prediction of an association id; of one model's the newest wins."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, deployment_id: str, upload_seq: int, association_ids: Iterable[str]) -> None:
        """Note the distinct association ids of one upload."""
        rows = [
            {"deployment_id": deployment_id, "association_id": i, "upload_seq": upload_seq} for i in association_ids
        ]
        # An id that stands twice in one upload is one key: the later row is found in the rows themselves.
        upsert(self._connection, prediction_keys, rows, lambda new: {"upload_seq": new.upload_seq})

    def remove(
        self, deployment_id: str, *, association_ids: Sequence[str] | None = None, upload_seq: int | None = None
    ) -> int:
        """Remove entries of some ids, or of an upload, or of both; returns how many there were."""
        conditions = [prediction_keys.c.deployment_id == deployment_id]
        if association_ids is not None:
            conditions.append(prediction_keys.c.association_id.in_(association_ids))
        if upload_seq is not None:
            conditions.append(prediction_keys.c.upload_seq == upload_seq)
        return self._connection.execute(prediction_keys.delete().where(*conditions)).rowcount

    def pairs_holding(
        self, deployment_id: str, association_ids: Sequence[str], states: Sequence[UploadState] = FOLLOWED
    ) -> set[tuple[str | None, str]]:
        """(batch id, model id) pairs that hold predictions of any of these ids.

        Superseded versions, whose accuracy stays as it was, are among them only where they are asked for.
        """
        pairs: set[tuple[str | None, str]] = set()
        for start in range(0, len(association_ids), IDS_A_STATEMENT):
            some = association_ids[start : start + IDS_A_STATEMENT]
            query = (
                sa.select(uploads.c.batch_id, uploads.c.model_id)
                .join(prediction_keys, prediction_keys.c.upload_seq == uploads.c.seq)
                .where(
                    prediction_keys.c.deployment_id == deployment_id,
                    prediction_keys.c.association_id.in_(some),
                    uploads.c.state.in_(states),
                )
                .distinct()
            )
            pairs.update((row.batch_id, row.model_id) for row in self._connection.execute(query))
        return pairs

    def known(self, deployment_id: str, association_ids: Sequence[str]) -> set[str]:
        """Those of the ids that some prediction carries, if not one of a superseded version or a deleted batch."""
        found: set[str] = set()
        for start in range(0, len(association_ids), IDS_A_STATEMENT):
            some = association_ids[start : start + IDS_A_STATEMENT]
            query = (
                sa.select(prediction_keys.c.association_id)
                .join(uploads, uploads.c.seq == prediction_keys.c.upload_seq)
                .where(
                    prediction_keys.c.deployment_id == deployment_id,
                    prediction_keys.c.association_id.in_(some),
                    uploads.c.state.in_((UploadState.PENDING, *FOLLOWED)),
                )
            )
            found.update(self._connection.execute(query).scalars())
        return found

    def repeated(self, upload: Upload) -> int:
        """Association ids of an upload that its batch holds in another counted upload of the same model."""
        mine, theirs = prediction_keys.alias(), prediction_keys.alias()
        held = (
            sa.exists()
            .where(
                theirs.c.deployment_id == mine.c.deployment_id,
                theirs.c.association_id == mine.c.association_id,
                theirs.c.upload_seq != mine.c.upload_seq,
                uploads.c.seq == theirs.c.upload_seq,
                uploads.c.batch_id.is_(None) if upload.batch_id is None else uploads.c.batch_id == upload.batch_id,
                uploads.c.model_id == upload.model_id,
                uploads.c.state.in_(HELD),
            )
            .correlate(mine)
        )
        query = sa.select(sa.func.count()).select_from(mine).where(mine.c.upload_seq == upload.seq, held)
        return int(self._connection.execute(query).scalar_one())

    def pairs_overlapping(
        self, deployment_id: str, *, upload_seq: int | None = None, batch_id: str | None = None
    ) -> set[tuple[str | None, str]]:
        """Pairs of the same model's other uploads that share an association id with this upload, or this batch's."""
        mine, theirs, my_upload = prediction_keys.alias(), prediction_keys.alias(), uploads.alias()
        query = (
            sa.select(uploads.c.batch_id, uploads.c.model_id)
            .select_from(mine)
            .join(
                theirs,
                sa.and_(
                    theirs.c.deployment_id == mine.c.deployment_id,
                    theirs.c.association_id == mine.c.association_id,
                    theirs.c.upload_seq != mine.c.upload_seq,
                ),
            )
            .join(my_upload, my_upload.c.seq == mine.c.upload_seq)
            .join(uploads, sa.and_(uploads.c.seq == theirs.c.upload_seq, uploads.c.model_id == my_upload.c.model_id))
            .where(mine.c.deployment_id == deployment_id, uploads.c.state.in_(FOLLOWED))
            .distinct()
        )
        if upload_seq is not None:
            query = query.where(mine.c.upload_seq == upload_seq)
        else:
            own = sa.select(uploads.c.seq).where(uploads.c.batch_id == batch_id)
            query = query.where(mine.c.upload_seq.in_(own), theirs.c.upload_seq.not_in(own))
        return {(row.batch_id, row.model_id) for row in self._connection.execute(query)}


def _of(batch_id: str | None, deployment_id: str | None) -> sa.ColumnElement[bool]:
    if batch_id is not None:
        return uploads.c.batch_id == batch_id
    return uploads.c.deployment_id == deployment_id


def upload_of_row(row: sa.RowMapping) -> Upload:
    """An upload as its row tells it."""
    return Upload(**{**row, "state": UploadState(row["state"])})
