"""Accuracy as it was computed, and which of it must be computed anew."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from assay.records.actuals import ComputedAccuracy, StaleAccuracy
from assay.records.slices import ALL_ROWS, Selection
from assay.storage.sql.slices import of_batches, of_segment, of_span, slice_of, values_of
from assay.storage.sql.tables import accuracy, accuracy_slices, closed_accuracy
from assay.storage.sql.upsert import upsert

NO_BATCH = ""


class AccuracyStates:
    """Accuracy by (batch, model) pair and slice; a pair is always computed as a whole."""

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
            }
            # Sorted, so that two transactions always take the rows in one order and cannot block each other.
            for batch_id, model_id in sorted(pairs, key=lambda p: (p[0] or NO_BATCH, p[1]))
        ]
        upsert(self._connection, accuracy, rows, lambda _: {"wanted": accuracy.c.wanted + 1})

    def pairs(self, deployment_id: str) -> set[tuple[str | None, str]]:
        """Pairs of the deployment that have, or will have, accuracy."""
        query = accuracy.select().where(accuracy.c.deployment_id == deployment_id)
        return {(row.batch_id or None, row.model_id) for row in self._connection.execute(query)}

    def stale(self, deployment_id: str) -> Sequence[StaleAccuracy]:
        """Pairs that wait to be computed anew."""
        query = accuracy.select().where(accuracy.c.deployment_id == deployment_id, accuracy.c.wanted > accuracy.c.done)
        return [
            StaleAccuracy(deployment_id, row.batch_id or None, row.model_id, row.wanted)
            for row in self._connection.execute(query.order_by(accuracy.c.batch_id, accuracy.c.model_id))
        ]

    def save(self, pair: StaleAccuracy, computed: Sequence[ComputedAccuracy], now: datetime) -> bool:
        """Store what was computed for a pair as it was wanted; an older computation never replaces a newer.

        Returns False, and changes nothing, when this one is the older.
        """
        done = self._connection.execute(
            accuracy.update()
            .where(
                accuracy.c.deployment_id == pair.deployment_id,
                accuracy.c.batch_id == (pair.batch_id or NO_BATCH),
                accuracy.c.model_id == pair.model_id,
                accuracy.c.done < pair.wanted,
            )
            .values(done=pair.wanted, computed_at=now)
        )
        if done.rowcount == 0:
            return False
        table = accuracy_slices
        self._connection.execute(
            table.delete().where(
                table.c.deployment_id == pair.deployment_id,
                table.c.batch_id == (pair.batch_id or NO_BATCH),
                table.c.model_id == pair.model_id,
            )
        )
        if computed:
            self._connection.execute(
                table.insert(),
                [
                    {
                        "deployment_id": pair.deployment_id,
                        "batch_id": one.batch_id or NO_BATCH,
                        "model_id": one.model_id,
                        "rows_with_actual": one.rows_with_actual,
                        "data": one.data,
                        **values_of(one.slice),
                    }
                    for one in computed
                ],
            )
        return True

    def list(
        self,
        deployment_id: str,
        model_id: str,
        selection: Selection = ALL_ROWS,
    ) -> Sequence[ComputedAccuracy]:
        """What has been computed of one model for a selection, by batch.

        Without a span it is that of all rows; with one, that of every bucket that shares some time with it.
        """
        table = accuracy_slices
        query = table.select().where(
            table.c.deployment_id == deployment_id,
            table.c.model_id == model_id,
            *of_segment(table, selection.segment),
            *of_span(table, selection.span),
            *of_batches(table, deployment_id, selection.batch_ids),
        )
        rows = self._connection.execute(query.order_by(table.c.batch_id, table.c.bucket_start)).mappings()
        return [
            ComputedAccuracy(row["batch_id"] or None, model_id, slice_of(row), row["rows_with_actual"], row["data"])
            for row in rows
        ]

    def wanted(self, deployment_id: str, batch_id: str | None, model_id: str) -> int:
        """How often a pair was asked to be computed: another number than before says that something has changed."""
        query = sa.select(accuracy.c.wanted).where(
            accuracy.c.deployment_id == deployment_id,
            accuracy.c.batch_id == (batch_id or NO_BATCH),
            accuracy.c.model_id == model_id,
        )
        return int(self._connection.execute(query).scalar_one_or_none() or 0)

    def done(self, deployment_id: str, batch_id: str, model_id: str) -> tuple[int, int]:
        """How often a pair was asked to be computed, and up to which of these it has been."""
        query = sa.select(accuracy.c.wanted, accuracy.c.done).where(
            accuracy.c.deployment_id == deployment_id,
            accuracy.c.batch_id == batch_id,
            accuracy.c.model_id == model_id,
        )
        row = self._connection.execute(query).one_or_none()
        return (0, 0) if row is None else (int(row.wanted), int(row.done))

    def close(self, deployment_id: str, computed: Sequence[ComputedAccuracy]) -> None:
        """Store for good what rows come to that will not be found again."""
        rows = [
            {
                "deployment_id": deployment_id,
                "batch_id": one.batch_id or NO_BATCH,
                "model_id": one.model_id,
                "rows_with_actual": one.rows_with_actual,
                "data": one.data,
                **values_of(one.slice),
            }
            for one in computed
        ]
        if rows:
            self._connection.execute(closed_accuracy.insert(), rows)

    def closed(
        self, deployment_id: str, model_id: str, batch_ids: Sequence[str | None] | None = None
    ) -> Sequence[ComputedAccuracy]:
        """What was stored for good of one model, by bucket and segment.

        Of some batches, where None stands for the rows of no batch, or of all that counts for the deployment.
        """
        table = closed_accuracy
        named = None if batch_ids is None else [one or NO_BATCH for one in batch_ids]
        query = table.select().where(
            table.c.deployment_id == deployment_id,
            table.c.model_id == model_id,
            *of_batches(table, deployment_id, named),
        )
        return [
            ComputedAccuracy(row["batch_id"] or None, model_id, slice_of(row), row["rows_with_actual"], row["data"])
            for row in self._connection.execute(query.order_by(table.c.id)).mappings()
        ]

    def delete(self, *, batch_id: str | None = None, deployment_id: str | None = None) -> None:
        """Remove the accuracy of a batch or of a deployment."""
        for table in (accuracy, accuracy_slices, closed_accuracy):
            mine = table.c.batch_id == batch_id if batch_id is not None else table.c.deployment_id == deployment_id
            self._connection.execute(table.delete().where(mine))
