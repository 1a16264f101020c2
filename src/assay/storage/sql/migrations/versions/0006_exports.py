"""Exports of rows."""

import sqlalchemy as sa
from alembic import op

from assay.storage.sql.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "exports",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("start", UtcDateTime(), nullable=True),
        sa.Column("end", UtcDateTime(), nullable=True),
        sa.Column("batch_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("only_matched", sa.Boolean(), nullable=False),
        sa.Column("include_actuals", sa.Boolean(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("job_id", sa.String(length=24), nullable=False),
        sa.Column("dataset_id", sa.String(length=24), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("rows_not_kept", sa.BigInteger(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_exports_created_by_id_users")),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name=op.f("fk_exports_dataset_id_datasets")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_exports_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index(
        op.f("ix_exports_deployment_id_kind_created_at"),
        "exports",
        ["deployment_id", "kind", "created_at"],
        unique=False,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_exports_deployment_id_kind_created_at"), table_name="exports")
    op.drop_table("exports")
