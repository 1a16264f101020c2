"""Deliveries of rows: what arrived, its profiles, its association ids."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, SERIAL, UtcDateTime, id_column, metadata

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
    id_column("id", unique=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id")),
    id_column("model_id"),
    sa.Column("key", sa.Text),
    sa.Column("content_hash", sa.String(128)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("first_at", UtcDateTime),
    sa.Column("last_at", UtcDateTime),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("blob_prefix", sa.Text, nullable=False),
    sa.Column("report", JSON, nullable=False),
    sa.Column("error", sa.Text),
    id_column("job_id", nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    id_column("created_by_id"),
    sa.UniqueConstraint("batch_id", "key"),
    sa.Index(None, "deployment_id", "batch_id", "model_id"),
    # A sequence number must never be given twice, or a deleted upload's keys could look like a new one's.
    sqlite_autoincrement=True,
)


profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id")),
    id_column("model_id"),
    sa.Column("part", sa.String(16), nullable=False),
    sa.Column("block", sa.Integer, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("estimated", sa.Boolean, nullable=False),
    # Which rows: of a segment (empty texts for none), of a bucket of prediction times (null for none).
    sa.Column("segment_attribute", sa.Text, nullable=False),
    sa.Column("segment_value", sa.Text, nullable=False),
    sa.Column("bucket_start", UtcDateTime),
    sa.Column("bucket_end", UtcDateTime),
    # Named by hand: PostgreSQL's names have at most 63 characters.
    sa.Index(
        "ix_profiles_batch",
        *("deployment_id", "model_id", "batch_id", "segment_attribute", "segment_value", "part", "block"),
    ),
    sa.Index("ix_profiles_bucket", "deployment_id", "model_id", "segment_attribute", "segment_value", "bucket_start"),
)


prediction_keys = sa.Table(
    "prediction_keys",
    metadata,
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), primary_key=True),
    sa.Column("association_id", sa.Text, primary_key=True),
    sa.Column("upload_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Index(None, "upload_seq"),
    sqlite_with_rowid=False,
)
