"""Accuracy as it was computed, one row a change."""

import sqlalchemy as sa
from alembic import op

from assay.storage.sql.tables import SERIAL, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "accuracy_revisions",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("batch_id", sa.String(length=24), nullable=False),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("predictions", sa.BigInteger(), nullable=False),
        sa.Column("rows_with_actual", sa.BigInteger(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_accuracy_revisions_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_accuracy_revisions_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accuracy_revisions")),
    )
    op.create_index(
        op.f("ix_accuracy_revisions_deployment_id_batch_id_model_id_id"),
        "accuracy_revisions",
        ["deployment_id", "batch_id", "model_id", "id"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_accuracy_revisions_deployment_id_batch_id_model_id_id"), table_name="accuracy_revisions")
    op.drop_table("accuracy_revisions")
