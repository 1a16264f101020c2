"""Custom metrics and their values."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, SERIAL, UtcDateTime, id_column, metadata

custom_metrics = sa.Table(
    "custom_metrics",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("units", sa.Text, nullable=False),
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("directionality", sa.String(16)),
    sa.Column("time_step", sa.String(8), nullable=False),
    sa.Column("is_model_specific", sa.Boolean, nullable=False),
    sa.Column("baseline_values", JSON, nullable=False),
    sa.Column("columns", JSON, nullable=False),
    sa.Column("categories", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("deleted_at", UtcDateTime),
    # A name is free again once its metric is deleted.
    sa.Index(
        None,
        "deployment_id",
        "name",
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
)


custom_metric_values = sa.Table(
    "custom_metric_values",
    metadata,
    sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("metric_id", ID, sa.ForeignKey("custom_metrics.id"), nullable=False),
    id_column("model_id", nullable=True),
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id")),
    sa.Column("at", UtcDateTime, nullable=False),
    # Full hours since 1970 in UTC: both databases group by it alike, and every bucket is made of hours.
    sa.Column("hour", sa.BigInteger, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("category", sa.Text),
    sa.Column("sample_size", sa.BigInteger, nullable=False),
    sa.Column("association_id", sa.Text),
    sa.Column("metadata", sa.Text),
    sa.Index(None, "metric_id", "at"),
    sa.Index(None, "batch_id", "metric_id"),
)


custom_metric_segments = sa.Table(
    "custom_metric_segments",
    metadata,
    sa.Column("value_id", sa.BigInteger, sa.ForeignKey("custom_metric_values.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
