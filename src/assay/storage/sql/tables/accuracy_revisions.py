"""Accuracy as it was computed, one row a change."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, SERIAL, UtcDateTime, id_column, metadata

accuracy_revisions = sa.Table(
    "accuracy_revisions",
    metadata,
    sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id"), nullable=False),
    id_column("model_id"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("predictions", sa.BigInteger, nullable=False),
    sa.Column("rows_with_actual", sa.BigInteger, nullable=False),
    sa.Column("metrics", JSON, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Index(None, "deployment_id", "batch_id", "model_id", "id"),
)
