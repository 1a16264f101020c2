"""Exports of rows."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, UtcDateTime, id_column, metadata

exports = sa.Table(
    "exports",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    id_column("model_id"),
    sa.Column("start", UtcDateTime),
    sa.Column("end", UtcDateTime),
    # Null and not the JSON word null, because lists ask whether batches were named.
    sa.Column("batch_ids", sa.JSON(none_as_null=True)),
    sa.Column("only_matched", sa.Boolean, nullable=False),
    sa.Column("include_actuals", sa.Boolean, nullable=False),
    sa.Column("form", sa.String(16), nullable=False),
    id_column("job_id"),
    sa.Column("dataset_id", ID, sa.ForeignKey("datasets.id")),
    sa.Column("rows", sa.BigInteger),
    sa.Column("rows_not_kept", sa.BigInteger),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Index(None, "deployment_id", "kind", "created_at"),
)
