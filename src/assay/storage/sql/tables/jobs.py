"""Queued work."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import JSON, UtcDateTime, id_column, metadata

jobs = sa.Table(
    "jobs",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("args", JSON, nullable=False),
    sa.Column("key", sa.Text),
    sa.Column("state", sa.String(16), nullable=False),
    id_column("user_id"),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(64)),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("run_after", UtcDateTime, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("result_path", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Index(None, "state", "run_after"),
    sa.Index(None, "key", "state"),
)
