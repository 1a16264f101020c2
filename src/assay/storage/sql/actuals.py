"""Actuals, and the accuracy computed from them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from assay.records.actuals import AccuracyState, Actual, StaleAccuracy
from assay.records.uploads import UploadState
from assay.storage.sql.tables import accuracy, actuals, prediction_keys, uploads
from assay.storage.sql.upsert import upsert

NO_BATCH = ""


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
        self, deployment_id: str, batch_id: str | None, model_id: str
    ) -> Iterator[tuple[int, str, str | None, float | None]]:
        """Outcomes of a pair's rows: (upload sequence, association id, label, number).

        A prediction that a newer upload of the deployment supersedes is left out.
        """
        newer, its_upload = prediction_keys.alias(), uploads.alias()
        superseded = (
            sa.select(sa.literal(1))
            .select_from(newer.join(its_upload, its_upload.c.seq == newer.c.upload_seq))
            .where(
                its_upload.c.state == UploadState.COUNTED,
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
            .select_from(uploads)
            .join(prediction_keys, prediction_keys.c.upload_seq == uploads.c.seq)
            .join(
                actuals,
                sa.and_(
                    actuals.c.deployment_id == prediction_keys.c.deployment_id,
                    actuals.c.association_id == prediction_keys.c.association_id,
                ),
            )
            .where(
                uploads.c.deployment_id == deployment_id,
                uploads.c.batch_id.is_(None) if batch_id is None else uploads.c.batch_id == batch_id,
                uploads.c.model_id == model_id,
                uploads.c.state == UploadState.COUNTED,
                ~superseded,
            )
        )
        for row in self._connection.execute(query):
            yield row.upload_seq, row.association_id, row.label, row.number

    def delete(self, deployment_id: str) -> None:
        """Remove all outcomes of a deployment."""
        self._connection.execute(actuals.delete().where(actuals.c.deployment_id == deployment_id))


class AccuracyStates:
    """Accuracy by (batch, model) pair, and which pairs must be computed anew."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def mark_stale(self, deployment_id: str, pairs: set[tuple[str | None, str]]) -> None:
        """Ask for these pairs to be computed anew."""
        rows = [
            {
                "deployment_id": deployment_id,
                "batch_id": batch_id or NO_BATCH,
                "model_id": model_id,
                "wanted": 1,
                "done": 0,
                "rows_with_actual": 0,
            }
            # Sorted, so that two transactions always take the rows in one order and cannot block each other.
            for batch_id, model_id in sorted(pairs, key=lambda p: (p[0] or NO_BATCH, p[1]))
        ]
        upsert(self._connection, accuracy, rows, lambda _: {"wanted": accuracy.c.wanted + 1})

    def stale(self, deployment_id: str) -> Sequence[StaleAccuracy]:
        """Pairs that wait to be computed anew."""
        query = accuracy.select().where(accuracy.c.deployment_id == deployment_id, accuracy.c.wanted > accuracy.c.done)
        return [
            StaleAccuracy(deployment_id, row.batch_id or None, row.model_id, row.wanted)
            for row in self._connection.execute(query.order_by(accuracy.c.batch_id, accuracy.c.model_id))
        ]

    def save(self, pair: StaleAccuracy, rows_with_actual: int, data: bytes, now: datetime) -> None:
        """Store what was computed for a pair as it was wanted; an older computation never replaces a newer."""
        statement = accuracy.update().where(
            accuracy.c.deployment_id == pair.deployment_id,
            accuracy.c.batch_id == (pair.batch_id or NO_BATCH),
            accuracy.c.model_id == pair.model_id,
            accuracy.c.done < pair.wanted,
        )
        self._connection.execute(
            statement.values(done=pair.wanted, rows_with_actual=rows_with_actual, data=data, computed_at=now)
        )

    def list(
        self, deployment_id: str, model_id: str | None = None, batch_ids: Sequence[str] | None = None
    ) -> Sequence[AccuracyState]:
        """What has been computed, for the named batches or for all rows."""
        query = accuracy.select().where(accuracy.c.deployment_id == deployment_id, accuracy.c.data.is_not(None))
        if model_id is not None:
            query = query.where(accuracy.c.model_id == model_id)
        if batch_ids is not None:
            query = query.where(accuracy.c.batch_id.in_(list(batch_ids)))
        query = query.order_by(accuracy.c.batch_id, accuracy.c.model_id)
        return [
            AccuracyState(row.batch_id or None, row.model_id, row.rows_with_actual, row.data, row.computed_at)
            for row in self._connection.execute(query)
        ]

    def delete(self, *, batch_id: str | None = None, deployment_id: str | None = None) -> None:
        """Remove the accuracy of a batch or of a deployment."""
        mine = accuracy.c.batch_id == batch_id if batch_id is not None else accuracy.c.deployment_id == deployment_id
        self._connection.execute(accuracy.delete().where(mine))
