"""Stored profiles: one row per fragment and block of columns."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from assay.records.fragments import Fragment
from assay.records.slices import ALL_ROWS, Selection
from assay.storage.sql.slices import of_batches, of_segment, of_span, slice_of, values_of
from assay.storage.sql.tables import profiles


class Profiles:
    """Append-only fragments; `replace` folds several into one."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, deployment_id: str, fragments: Sequence[Fragment]) -> None:
        """Store fragments."""
        if fragments:
            rows = [{"deployment_id": deployment_id, **_values(fragment)} for fragment in fragments]
            self._connection.execute(profiles.insert(), rows)

    def list(
        self,
        deployment_id: str,
        model_id: str,
        part: str,
        selection: Selection = ALL_ROWS,
        *,
        blocks: Sequence[int] | None = None,
    ) -> Sequence[Fragment]:
        """Fragments of one model that a selection is made of.

        Without a span they are those of all rows; with one, those of every bucket that shares some time with it.
        """
        query = profiles.select().where(
            profiles.c.deployment_id == deployment_id,
            profiles.c.model_id == model_id,
            profiles.c.part == part,
            *of_segment(profiles, selection.segment),
            *of_span(profiles, selection.span),
            *of_batches(profiles, deployment_id, selection.batch_ids),
        )
        if blocks is not None:
            query = query.where(profiles.c.block.in_(blocks))
        return self._fragments(query)

    def of_pair(self, deployment_id: str, batch_id: str | None, model_id: str) -> Sequence[Fragment]:
        """Every fragment of a (batch, model) pair, of whatever slice."""
        return self._fragments(profiles.select().where(*_of_pair(deployment_id, batch_id, model_id)))

    def _fragments(self, query: sa.Select[Any]) -> Sequence[Fragment]:
        return [_record(row) for row in self._connection.execute(query.order_by(profiles.c.id)).mappings()]

    def count(self, deployment_id: str, batch_id: str | None, model_id: str) -> int:
        """How often something was added to the predictions of a pair since the last folding."""
        query = sa.select(sa.func.count()).where(
            *_of_pair(deployment_id, batch_id, model_id),
            profiles.c.part == "predictions",
            *of_segment(profiles, None),
            *of_span(profiles, None),
        )
        return int(self._connection.execute(query).scalar_one())

    def replace(self, deployment_id: str, old: Sequence[Fragment], data: bytes) -> bool:
        """Put one fragment in the place of several of the same pair, part, block and slice.

        Returns False, and changes nothing, when any of the old ones is no longer there. The new one is of the batch
        that they are of now, which a replacement may have changed since they were read.
        """
        named = profiles.c.id.in_([fragment.id for fragment in old])
        there = self._connection.execute(sa.select(profiles.c.batch_id).where(named).with_for_update()).scalars().all()
        if len(there) != len(old):
            return False
        self._connection.execute(profiles.delete().where(named))
        first = old[0]
        folded = Fragment(
            batch_id=there[0],
            model_id=first.model_id,
            part=first.part,
            block=first.block,
            rows=sum(fragment.rows for fragment in old),
            data=data,
            estimated=any(fragment.estimated for fragment in old),
            slice=first.slice,
        )
        self.add(deployment_id, [folded])
        return True

    def delete(self, *, batch_id: str | None = None, deployment_id: str | None = None) -> None:
        """Remove the fragments of a batch or of a deployment."""
        mine = profiles.c.batch_id == batch_id if batch_id is not None else profiles.c.deployment_id == deployment_id
        self._connection.execute(profiles.delete().where(mine))


def _of_pair(deployment_id: str, batch_id: str | None, model_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        profiles.c.deployment_id == deployment_id,
        profiles.c.batch_id.is_(None) if batch_id is None else profiles.c.batch_id == batch_id,
        profiles.c.model_id == model_id,
    )


def _values(fragment: Fragment) -> dict[str, Any]:
    return {
        "batch_id": fragment.batch_id,
        "model_id": fragment.model_id,
        "part": fragment.part,
        "block": fragment.block,
        "rows": fragment.rows,
        "data": fragment.data,
        "estimated": fragment.estimated,
        **values_of(fragment.slice),
    }


def _record(row: sa.RowMapping) -> Fragment:
    return Fragment(
        id=row["id"],
        batch_id=row["batch_id"],
        model_id=row["model_id"],
        part=row["part"],
        block=row["block"],
        rows=row["rows"],
        data=row["data"],
        estimated=row["estimated"],
        slice=slice_of(row),
    )
