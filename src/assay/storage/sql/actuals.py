"""Actuals: the newest outcome by association id."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from assay.records.actuals import Actual
from assay.records.uploads import HELD
from assay.storage.sql.rivals import rivals
from assay.storage.sql.tables import actuals, prediction_keys, uploads
from assay.storage.sql.upsert import upsert


class Actuals:
    """The newest outcome by association id."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, deployment_id: str, values: Sequence[Actual], now: datetime) -> None:
        """Store outcomes; an id that has one already gets the new one."""
        rows = [
            {
                "deployment_id": deployment_id,
                "association_id": a.association_id,
                "label": a.label,
                "number": a.number,
                "at": a.at,
                "was_acted_on": a.was_acted_on,
                "received_at": now,
            }
            for a in values
        ]
        upsert(
            self._connection,
            actuals,
            rows,
            lambda new: {c: new[c] for c in ("label", "number", "at", "was_acted_on", "received_at")},
        )

    def counts(self, deployment_id: str) -> tuple[int, int]:
        """How many outcomes are stored, and how many of them no prediction carries (waiting)."""
        mine = actuals.c.deployment_id == deployment_id
        total = self._connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one()
        held = (
            sa.select(sa.literal(1))
            .where(
                prediction_keys.c.deployment_id == actuals.c.deployment_id,
                prediction_keys.c.association_id == actuals.c.association_id,
            )
            .exists()
        )
        waiting = self._connection.execute(sa.select(sa.func.count()).where(mine, ~held)).scalar_one()
        return int(total), int(waiting)

    def any_for_upload(self, deployment_id: str, upload_seq: int) -> bool:
        """Whether an outcome is already known for any row of an upload."""
        query = (
            sa.select(sa.literal(1))
            .select_from(prediction_keys)
            .join(
                actuals,
                sa.and_(
                    actuals.c.deployment_id == prediction_keys.c.deployment_id,
                    actuals.c.association_id == prediction_keys.c.association_id,
                ),
            )
            .where(
                prediction_keys.c.deployment_id == deployment_id,
                prediction_keys.c.upload_seq == upload_seq,
            )
            .limit(1)
        )
        return self._connection.execute(query).first() is not None

    def matched(
        self, deployment_id: str, batch_id: str | None, model_id: str, upload_seq: int | None = None
    ) -> Iterator[tuple[int, str, str | None, float | None]]:
        """Outcomes of a pair's rows: (upload sequence, association id, label, number).

        A prediction that a newer upload of the same model supersedes is left out. ``upload_seq`` keeps one upload's.
        """
        mine, newer = uploads.alias(), prediction_keys.alias()
        superseded = (
            sa.select(sa.literal(1))
            .select_from(newer.join(uploads, uploads.c.seq == newer.c.upload_seq))
            .where(
                rivals(self._connection, batch_id),
                uploads.c.model_id == model_id,
                newer.c.deployment_id == prediction_keys.c.deployment_id,
                newer.c.association_id == prediction_keys.c.association_id,
                newer.c.upload_seq > prediction_keys.c.upload_seq,
            )
            .exists()
        )
        query = (
            sa.select(
                prediction_keys.c.upload_seq,
                prediction_keys.c.association_id,
                actuals.c.label,
                actuals.c.number,
            )
            .select_from(mine)
            .join(prediction_keys, prediction_keys.c.upload_seq == mine.c.seq)
            .join(
                actuals,
                sa.and_(
                    actuals.c.deployment_id == prediction_keys.c.deployment_id,
                    actuals.c.association_id == prediction_keys.c.association_id,
                ),
            )
            .where(
                mine.c.deployment_id == deployment_id,
                mine.c.batch_id.is_(None) if batch_id is None else mine.c.batch_id == batch_id,
                mine.c.model_id == model_id,
                mine.c.state.in_(HELD),
                ~superseded,
            )
        )
        if upload_seq is not None:
            query = query.where(mine.c.seq == upload_seq)
        for row in self._connection.execute(query):
            yield row.upload_seq, row.association_id, row.label, row.number

    def received_before(self, deployment_id: str, before: datetime, limit: int) -> Sequence[str]:
        """Association ids of outcomes that came before a time, some at a time."""
        query = sa.select(actuals.c.association_id).where(
            actuals.c.deployment_id == deployment_id, actuals.c.received_at < before
        )
        return list(self._connection.execute(query.order_by(actuals.c.association_id).limit(limit)).scalars())

    def remove(self, deployment_id: str, association_ids: Sequence[str]) -> int:
        """Remove the outcomes of some ids; returns how many there were."""
        mine = (actuals.c.deployment_id == deployment_id, actuals.c.association_id.in_(association_ids))
        return self._connection.execute(actuals.delete().where(*mine)).rowcount

    def delete(self, deployment_id: str) -> None:
        """Remove all outcomes of a deployment."""
        self._connection.execute(actuals.delete().where(actuals.c.deployment_id == deployment_id))
