"""Replacements of the content of batches."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, SERIAL, UtcDateTime, id_column, metadata

_OPEN = sa.text("state = 'open'")

batch_replacements = sa.Table(
    "batch_replacements",
    metadata,
    # In the order in which they were opened: of one batch, one is ended before the next is opened.
    sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
    id_column("id", unique=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id"), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("opened_by_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_by_id", ID, sa.ForeignKey("users.id")),
    sa.Column("predictions_count", sa.BigInteger, nullable=False),
    sa.Column("requests_count", sa.BigInteger, nullable=False),
    sa.Column("uploads_count", sa.BigInteger, nullable=False),
    id_column("version_id", nullable=True),
    sa.Column("version_hash", sa.String(64)),
    sa.Index(None, "batch_id", "seq"),
    # One open draft a batch, whoever asks and however many at once.
    sa.Index("ix_batch_replacements_open", "batch_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
)
