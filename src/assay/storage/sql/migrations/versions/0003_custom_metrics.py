"""Custom metrics, their values and the segments of these."""

import sqlalchemy as sa
from alembic import op

from assay.storage.sql.tables import SERIAL, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "custom_metrics",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("directionality", sa.String(length=16), nullable=True),
        sa.Column("time_step", sa.String(length=8), nullable=False),
        sa.Column("is_model_specific", sa.Boolean(), nullable=False),
        sa.Column("baseline_values", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.String(length=24), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_custom_metrics_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_custom_metrics_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_metrics")),
    )
    op.create_index(
        op.f("ix_custom_metrics_deployment_id_name"),
        "custom_metrics",
        ["deployment_id", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "custom_metric_values",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("metric_id", sa.String(length=24), nullable=False),
        sa.Column("model_id", sa.String(length=24), nullable=True),
        sa.Column("batch_id", sa.String(length=24), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("sample_size", sa.BigInteger(), nullable=False),
        sa.Column("association_id", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_custom_metric_values_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["metric_id"], ["custom_metrics.id"], name=op.f("fk_custom_metric_values_metric_id_custom_metrics")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_metric_values")),
    )
    op.create_index(
        op.f("ix_custom_metric_values_batch_id_metric_id"),
        "custom_metric_values",
        ["batch_id", "metric_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_custom_metric_values_metric_id_at"), "custom_metric_values", ["metric_id", "at"], unique=False
    )
    op.create_table(
        "custom_metric_segments",
        sa.Column("value_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["value_id"],
            ["custom_metric_values.id"],
            name=op.f("fk_custom_metric_segments_value_id_custom_metric_values"),
        ),
        sa.PrimaryKeyConstraint("value_id", "name", name=op.f("pk_custom_metric_segments")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("custom_metric_segments")
    op.drop_index(op.f("ix_custom_metric_values_metric_id_at"), table_name="custom_metric_values")
    op.drop_index(op.f("ix_custom_metric_values_batch_id_metric_id"), table_name="custom_metric_values")
    op.drop_table("custom_metric_values")
    op.drop_index(op.f("ix_custom_metrics_deployment_id_name"), table_name="custom_metrics")
    op.drop_table("custom_metrics")
