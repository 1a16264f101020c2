"""The audit log, and the seals of locked batches."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, SERIAL, UtcDateTime, id_column, metadata

# No foreign keys: lines stay when what they are about is gone. Triggers refuse changes and deletions.
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("at", UtcDateTime, nullable=False),
    id_column("user_id", nullable=True),
    sa.Column("user_name", sa.String(200), nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    id_column("object_id"),
    id_column("deployment_id", nullable=True),
    sa.Column("detail", JSON, nullable=False),
    sa.Index(None, "deployment_id", "seq"),
    sa.Index(None, "user_id", "seq"),
    sqlite_autoincrement=True,
)


seals = sa.Table(
    "seals",
    metadata,
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id"), primary_key=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("sealed_at", UtcDateTime, nullable=False),
    sa.Column("sealed_by_id", ID, sa.ForeignKey("users.id"), nullable=False),
)
