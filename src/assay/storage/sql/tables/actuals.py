"""Outcomes, and the accuracy computed from them."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, SERIAL, UtcDateTime, id_column, metadata

actuals = sa.Table(
    "actuals",
    metadata,
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), primary_key=True),
    sa.Column("association_id", sa.Text, primary_key=True),
    sa.Column("label", sa.Text),
    sa.Column("number", sa.Float),
    sa.Column("at", UtcDateTime),
    sa.Column("was_acted_on", sa.Boolean),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)


# One row per (batch, model) pair that has predictions with association ids. An empty batch id stands for the
# rows that belong to no batch, because a primary key cannot hold null.
accuracy = sa.Table(
    "accuracy",
    metadata,
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), primary_key=True),
    sa.Column("batch_id", ID, primary_key=True),
    id_column("model_id", primary_key=True),
    sa.Column("wanted", sa.BigInteger, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("computed_at", UtcDateTime),
)


# What was computed for a pair: of all its rows, of a segment (empty texts for none), of a bucket of prediction times
# (null for none), or of both.
accuracy_slices = sa.Table(
    "accuracy_slices",
    metadata,
    sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, nullable=False),
    id_column("model_id"),
    sa.Column("segment_attribute", sa.Text, nullable=False),
    sa.Column("segment_value", sa.Text, nullable=False),
    sa.Column("bucket_start", UtcDateTime),
    sa.Column("bucket_end", UtcDateTime),
    sa.Column("rows_with_actual", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index("ix_accuracy_slices_batch", "deployment_id", "model_id", "batch_id"),
    sa.Index(
        "ix_accuracy_slices_bucket", "deployment_id", "model_id", "segment_attribute", "segment_value", "bucket_start"
    ),
)


# Accuracy of rows that are gone by age, or whose actual is, by bucket: counted once, for good, before they went.
closed_accuracy = sa.Table(
    "closed_accuracy",
    metadata,
    sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, nullable=False),
    id_column("model_id"),
    sa.Column("segment_attribute", sa.Text, nullable=False),
    sa.Column("segment_value", sa.Text, nullable=False),
    sa.Column("bucket_start", UtcDateTime),
    sa.Column("bucket_end", UtcDateTime),
    sa.Column("rows_with_actual", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index(None, "deployment_id", "model_id", "batch_id"),
)
