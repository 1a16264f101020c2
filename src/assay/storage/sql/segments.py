"""Values of segment attributes, and which uploads are profiled by which attribute."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from assay.records.slices import Segment
from assay.storage.sql.tables import segment_values, segmented_uploads
from assay.storage.sql.upsert import upsert


class Segments:
    """The segments that a deployment's rows are counted in."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def values(self, deployment_id: str) -> Mapping[str, list[str]]:
        """Values seen of each attribute, in the order of their code points."""
        query = segment_values.select().where(segment_values.c.deployment_id == deployment_id)
        found: dict[str, list[str]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.attribute, []).append(row.value)
        # Sorted here: the two databases do not sort text alike.
        return {attribute: sorted(values) for attribute, values in found.items()}

    def add(self, deployment_id: str, segments: Iterable[Segment]) -> None:
        """Note segments that have rows; those that are known already stay as they are."""
        rows = [
            {"deployment_id": deployment_id, "attribute": s.attribute, "value": s.value} for s in sorted(set(segments))
        ]
        upsert(self._connection, segment_values, rows, lambda new: {"value": new.value})

    def mark(self, upload_seq: int, attributes: Iterable[str]) -> None:
        """Note by which attributes an upload's rows are profiled."""
        rows = [{"upload_seq": upload_seq, "attribute": name} for name in sorted(attributes)]
        upsert(self._connection, segmented_uploads, rows, lambda new: {"attribute": new.attribute})

    def marked(self, upload_seq: int) -> set[str]:
        """Attributes by which an upload's rows are profiled."""
        query = sa.select(segmented_uploads.c.attribute).where(segmented_uploads.c.upload_seq == upload_seq)
        return set(self._connection.execute(query).scalars())

    def delete(self, deployment_id: str) -> None:
        """Remove the values of a deployment."""
        self._connection.execute(segment_values.delete().where(segment_values.c.deployment_id == deployment_id))
