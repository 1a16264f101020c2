"""Users and their tokens."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, UtcDateTime, id_column, metadata

users = sa.Table(
    "users",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("is_admin", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)


tokens = sa.Table(
    "tokens",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("user_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("digest", sa.String(128), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("last_used_at", UtcDateTime),
)
