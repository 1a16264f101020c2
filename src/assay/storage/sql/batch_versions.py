"""Replacements of the content of batches, and the exchange itself."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from assay.records.batch_versions import BatchReplacement, ReplacementState
from assay.records.uploads import HELD, UploadState
from assay.storage.sql.tables import (
    accuracy,
    accuracy_revisions,
    accuracy_slices,
    batch_models,
    batch_replacements,
    closed_accuracy,
    profiles,
    service_requests,
    uploads,
    users,
)
from assay.storage.sql.upsert import upsert

_opener, _ender = users.alias("opener"), users.alias("ender")
_DERIVED = {"opened_by_name", "ended_by_name"}
_SELECT = (
    sa.select(
        *(c for c in batch_replacements.c if c.name != "seq"),
        _opener.c.name.label("opened_by_name"),
        _ender.c.name.label("ended_by_name"),
    )
    .join(_opener, _opener.c.id == batch_replacements.c.opened_by_id)
    .outerjoin(_ender, _ender.c.id == batch_replacements.c.ended_by_id)
)


class BatchVersions:
    """What is to become, and what was, the content of a batch."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def open(self, replacement: BatchReplacement) -> None:
        """Add a replacement, whose draft is there already."""
        self._connection.execute(batch_replacements.insert().values(**_values(replacement)))

    def find(self, batch_id: str, replacement_id: str) -> BatchReplacement | None:
        """The replacement of a batch by its id, whatever became of it."""
        table = batch_replacements.c
        return self._first(_SELECT.where(table.id == replacement_id, table.batch_id == batch_id))

    def newest(self, batch_id: str) -> BatchReplacement | None:
        """The replacement of a batch that was opened last: the only one that can be open."""
        table = batch_replacements.c
        return self._first(_SELECT.where(table.batch_id == batch_id).order_by(table.seq.desc()).limit(1))

    def committed(self, batch_id: str) -> Sequence[BatchReplacement]:
        """The replacements that took a batch's place, in their order."""
        table = batch_replacements.c
        query = _SELECT.where(table.batch_id == batch_id, table.state == ReplacementState.COMMITTED)
        rows = self._connection.execute(query.order_by(table.seq)).mappings()
        return [_record(row) for row in rows]

    def _first(self, query: sa.Select[Any]) -> BatchReplacement | None:
        row = self._connection.execute(query).mappings().one_or_none()
        return _record(row) if row else None

    def save(self, replacement: BatchReplacement) -> None:
        """Note how a replacement ended."""
        statement = batch_replacements.update().where(batch_replacements.c.id == replacement.id)
        self._connection.execute(statement.values(**_values(replacement)))

    def delete(self, *, batch_id: str | None = None, deployment_id: str | None = None) -> None:
        """Remove the replacements of a batch or of a deployment."""
        table = batch_replacements
        mine = table.c.batch_id == batch_id if batch_id is not None else table.c.deployment_id == deployment_id
        self._connection.execute(table.delete().where(mine))

    # ------------------------------------------------------------ the exchange

    def exchange(self, deployment_id: str, batch_id: str, draft_id: str, version_id: str) -> set[tuple[str, str]]:
        """Give what a batch holds to a version, and what its draft holds to the batch.

        Everything that hangs on a batch by its id moves; rows and association ids hang on uploads and stay where they
        are. Accuracy that is being computed of what the batch held can no longer be stored for it.

        Returns
        -------
        set of (str, str)
            (batch, model) pairs whose accuracy must be computed anew.
        """
        top = self._wanted(deployment_id, (batch_id, draft_id))
        self._move(deployment_id, batch_id, version_id, UploadState.SUPERSEDED)
        self._move(deployment_id, draft_id, batch_id, UploadState.COUNTED)
        rows = [
            {
                "deployment_id": deployment_id,
                "batch_id": batch_id,
                "model_id": model_id,
                "wanted": top[model_id] + 1,
                "done": top[model_id],
            }
            for model_id in sorted(top)
        ]
        upsert(self._connection, accuracy, rows, lambda new: {"wanted": new.wanted, "done": new.done})
        return {(batch_id, model_id) for model_id in top}

    def _wanted(self, deployment_id: str, batch_ids: Sequence[str]) -> dict[str, int]:
        """By model: the greatest number under which accuracy of these batches was ever asked for."""
        query = (
            sa.select(accuracy.c.model_id, sa.func.max(accuracy.c.wanted))
            .where(accuracy.c.deployment_id == deployment_id, accuracy.c.batch_id.in_(batch_ids))
            .group_by(accuracy.c.model_id)
        )
        return {model_id: int(wanted) for model_id, wanted in self._connection.execute(query)}

    def _move(self, deployment_id: str, source: str, target: str, state: UploadState) -> None:
        mine = (uploads.c.deployment_id == deployment_id, uploads.c.batch_id == source)
        models = self._connection.execute(sa.select(uploads.c.model_id).where(*mine).distinct()).scalars().all()
        self._connection.execute(uploads.update().where(*mine, uploads.c.state.in_(HELD)).values(state=state))
        for table in (uploads, accuracy, closed_accuracy, accuracy_revisions, service_requests):
            self._give(table, target, table.c.deployment_id == deployment_id, table.c.batch_id == source)
        for table in (accuracy_slices, profiles):
            # By models too: the indexes of these great tables begin with them.
            rows = (table.c.deployment_id == deployment_id, table.c.model_id.in_(models), table.c.batch_id == source)
            self._give(table, target, *rows)
        self._give(batch_models, target, batch_models.c.batch_id == source)

    def _give(self, table: sa.Table, target: str, *rows: sa.ColumnElement[bool]) -> None:
        self._connection.execute(table.update().where(*rows).values(batch_id=target))


def _values(replacement: BatchReplacement) -> dict[str, Any]:
    return {f: getattr(replacement, f) for f in BatchReplacement.__slots__ if f not in _DERIVED}


def _record(row: sa.RowMapping) -> BatchReplacement:
    return BatchReplacement(**{**row, "state": ReplacementState(row["state"])})
