"""Actuals as rows that are put beside predictions."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from assay.records.actuals import Outcome
from assay.records.exports import Cut
from assay.records.uploads import Upload
from assay.storage.sql.kept_uploads import counted_in, within
from assay.storage.sql.rivals import rivals
from assay.storage.sql.tables import actuals, prediction_keys, uploads
from assay.storage.sql.uploads import IDS_A_STATEMENT

_COLUMNS = tuple(actuals.c[name] for name in Outcome.__slots__)


class Outcomes:
    """Read only; `Actuals` keeps them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def of(self, deployment_id: str, association_ids: Sequence[str]) -> Iterator[Outcome]:
        """Outcomes of some ids, in no order."""
        return self._of(deployment_id, association_ids)

    def not_superseded(self, upload: Upload, association_ids: Sequence[str], cut: Cut) -> Iterator[Outcome]:
        """Outcomes of those of an upload's ids that no newer upload of its model in the cut holds, in no order."""
        newer = (
            sa.select(sa.literal(1))
            .select_from(prediction_keys.join(uploads, uploads.c.seq == prediction_keys.c.upload_seq))
            .where(
                *_same_id(),
                prediction_keys.c.upload_seq > upload.seq,
                uploads.c.model_id == upload.model_id,
                rivals(self._connection, upload.batch_id),
                *within(cut),
            )
            .exists()
        )
        return self._of(upload.deployment_id, association_ids, ~newer)

    def _of(
        self, deployment_id: str, association_ids: Sequence[str], *conditions: sa.ColumnElement[bool]
    ) -> Iterator[Outcome]:
        for start in range(0, len(association_ids), IDS_A_STATEMENT):
            some = association_ids[start : start + IDS_A_STATEMENT]
            query = sa.select(*_COLUMNS).where(
                actuals.c.deployment_id == deployment_id, actuals.c.association_id.in_(some), *conditions
            )
            for row in self._connection.execute(query):
                yield Outcome(*row)

    def without_prediction(
        self, deployment_id: str, cut: Cut, span: tuple[datetime | None, datetime | None], *, after: str, limit: int
    ) -> Sequence[Outcome]:
        """Outcomes that no upload of the cut has a prediction for, by association id, from one on.

        Their time is that of the outcome, or of its arrival where none was told.
        """
        held = (
            sa.select(sa.literal(1))
            .select_from(prediction_keys.join(uploads, uploads.c.seq == prediction_keys.c.upload_seq))
            .where(*_same_id(), *counted_in(cut))
            .exists()
        )
        query = sa.select(*_COLUMNS).where(
            actuals.c.deployment_id == deployment_id, actuals.c.association_id > after, ~held
        )
        at = sa.func.coalesce(actuals.c.at, actuals.c.received_at, type_=actuals.c.at.type)
        start, end = span
        if start is not None:
            query = query.where(at >= start)
        if end is not None:
            query = query.where(at < end)
        rows = self._connection.execute(query.order_by(actuals.c.association_id).limit(limit))
        return [Outcome(*row) for row in rows]


def _same_id() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        prediction_keys.c.deployment_id == actuals.c.deployment_id,
        prediction_keys.c.association_id == actuals.c.association_id,
    )
