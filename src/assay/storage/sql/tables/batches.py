"""Batches and the models in them."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, UtcDateTime, id_column, metadata

batches = sa.Table(
    "batches",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("external_context_url", sa.Text),
    sa.Column("is_locked", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by_id", ID, sa.ForeignKey("users.id"), nullable=False),
    id_column("job_id", nullable=True),
    sa.Column("earliest", UtcDateTime),
    sa.Column("latest", UtcDateTime),
    sa.Column("predictions_count", sa.BigInteger, nullable=False),
    sa.Column("requests_count", sa.BigInteger, nullable=False),
    sa.Column("user_errors", sa.BigInteger, nullable=False),
    sa.Column("server_errors", sa.BigInteger, nullable=False),
    sa.Column("deleted_at", UtcDateTime),
    # Of a draft and of a superseded version: the batch whose content it is to be, or was.
    sa.Column("role", sa.String(16), nullable=False, server_default="live"),
    id_column("version_of", nullable=True),
    sa.Index(None, "deployment_id", "created_at"),
    sa.Index(None, "deployment_id", "name"),
    sa.Index(None, "deployment_id", "version_of"),
)


batch_models = sa.Table(
    "batch_models",
    metadata,
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id"), primary_key=True),
    id_column("model_id", primary_key=True),
    sa.Column("predictions_count", sa.BigInteger, nullable=False),
    sa.Column("start_time", UtcDateTime, nullable=False),
    sa.Column("end_time", UtcDateTime, nullable=False),
)
