"""Uploaded tables."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, UtcDateTime, id_column, metadata

datasets = sa.Table(
    "datasets",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("form", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("row_count", sa.BigInteger),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("blob_key", sa.Text, nullable=False),
    sa.Column("columns", JSON, nullable=False),
    sa.Column("categories", JSON, nullable=False, server_default='["TRAINING", "PREDICTION"]'),
    id_column("job_id", nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("deleted_at", UtcDateTime),
)
