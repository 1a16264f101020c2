"""Reported prediction requests."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, SERIAL, UtcDateTime, id_column, metadata

service_requests = sa.Table(
    "service_requests",
    metadata,
    sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id")),
    id_column("model_id"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("predictions", sa.BigInteger, nullable=False),
    sa.Column("execution_ms", sa.Float),
    sa.Column("user_error", sa.Boolean, nullable=False),
    sa.Column("server_error", sa.Boolean, nullable=False),
    sa.Column("consumer", sa.String(200)),
    sa.Index(None, "deployment_id", "batch_id"),
    sa.Index(None, "deployment_id", "at"),
)
