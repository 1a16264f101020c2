"""Verdicts, one row a change, and which of them must be made anew."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, SERIAL, UtcDateTime, id_column, metadata

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("id", ID, nullable=False, unique=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id"), nullable=False),
    id_column("model_id"),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("judged_at", UtcDateTime, nullable=False),
    sa.Column("judgement", JSON, nullable=False),
    sa.Index(None, "deployment_id", "batch_id", "model_id", "seq"),
)
