"""Reported prediction requests."""

from collections.abc import Sequence

import sqlalchemy as sa

from assay.records.buckets import Span
from assay.records.service import PredictionRequest
from assay.storage.sql.slices import of_batches
from assay.storage.sql.tables import service_requests


class ServiceRequests:
    """Service figures as they were reported, one row a request."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, deployment_id: str, requests: Sequence[PredictionRequest]) -> None:
        """Store reported requests."""
        rows = [
            {"deployment_id": deployment_id, **{f: getattr(r, f) for f in PredictionRequest.__slots__}}
            for r in requests
        ]
        if rows:
            self._connection.execute(service_requests.insert(), rows)

    def list(
        self,
        deployment_id: str,
        *,
        batch_ids: Sequence[str] | None = None,
        model_id: str | None = None,
        span: Span | None = None,
        consumer: str | None = None,
    ) -> Sequence[PredictionRequest]:
        """Requests of the named batches, model, span and consumer; None stands for all of them. Oldest first."""
        table = service_requests
        query = sa.select(*(c for c in table.c if c.name not in {"id", "deployment_id"})).where(
            table.c.deployment_id == deployment_id, *of_batches(table, deployment_id, batch_ids)
        )
        if model_id is not None:
            query = query.where(table.c.model_id == model_id)
        if span is not None:
            query = query.where(table.c.at >= span.start, table.c.at < span.end)
        if consumer is not None:
            query = query.where(table.c.consumer == consumer)
        rows = self._connection.execute(query.order_by(table.c.at, table.c.id)).mappings()
        return [PredictionRequest(**row) for row in rows]

    def delete(self, *, batch_id: str | None = None, deployment_id: str | None = None) -> None:
        """Remove the requests of a batch or of a deployment."""
        table = service_requests
        mine = table.c.batch_id == batch_id if batch_id is not None else table.c.deployment_id == deployment_id
        self._connection.execute(table.delete().where(mine))
