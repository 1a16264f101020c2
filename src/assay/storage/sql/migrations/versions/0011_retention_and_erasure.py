"""Accuracy of rows that are gone, and erasures of association ids."""

import sqlalchemy as sa
from alembic import op

from assay.storage.sql.tables import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "closed_accuracy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("batch_id", sa.String(length=24), nullable=False),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("segment_attribute", sa.Text(), nullable=False),
        sa.Column("segment_value", sa.Text(), nullable=False),
        sa.Column("bucket_start", UtcDateTime(), nullable=True),
        sa.Column("bucket_end", UtcDateTime(), nullable=True),
        sa.Column("rows_with_actual", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_closed_accuracy_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_accuracy")),
    )
    op.create_index(
        op.f("ix_closed_accuracy_deployment_id_model_id_batch_id"),
        "closed_accuracy",
        ["deployment_id", "model_id", "batch_id"],
        unique=False,
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("association_id", sa.Text(), nullable=True),
        sa.Column("job_id", sa.String(length=24), nullable=False),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.Column("leftovers", sa.JSON(), nullable=False),
        sa.Column("rows_done_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.String(length=24), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_erasures_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_erasures_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(
        op.f("ix_erasures_deployment_id_created_at"), "erasures", ["deployment_id", "created_at"], unique=False
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_erasures_deployment_id_created_at"), table_name="erasures")
    op.drop_table("erasures")
    op.drop_index(op.f("ix_closed_accuracy_deployment_id_model_id_batch_id"), table_name="closed_accuracy")
    op.drop_table("closed_accuracy")
