"""Monitoring jobs, the parts of their uploads, and their definitions."""

import sqlalchemy as sa
from alembic import op

from assay.storage.sql.tables import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "monitoring_jobs",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("intake_type", sa.String(length=32), nullable=False),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("definition_id", sa.String(length=24), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.String(length=24), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("task_id", sa.String(length=24), nullable=True),
        sa.Column("intake_key", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.String(length=24), nullable=True),
        sa.Column("upload_id", sa.String(length=24), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
        sa.Column("scored_rows", sa.BigInteger(), nullable=False),
        sa.Column("failed_rows", sa.BigInteger(), nullable=False),
        sa.Column("skipped_rows", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.Double(), nullable=False),
        sa.Column("intake_size", sa.BigInteger(), nullable=True),
        sa.Column("output_size", sa.BigInteger(), nullable=True),
        sa.Column("results_deleted", sa.Boolean(), nullable=False),
        sa.Column("logs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_monitoring_jobs_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_monitoring_jobs_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitoring_jobs")),
        sa.UniqueConstraint("definition_id", "due_at", name=op.f("uq_monitoring_jobs_definition_id_due_at")),
    )
    op.create_index(op.f("ix_monitoring_jobs_batch_id"), "monitoring_jobs", ["batch_id"], unique=False)
    op.create_index(
        op.f("ix_monitoring_jobs_deployment_id_created_at"),
        "monitoring_jobs",
        ["deployment_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "job_parts",
        sa.Column("job_id", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("blob_key", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["monitoring_jobs.id"], name=op.f("fk_job_parts_job_id_monitoring_jobs")),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_job_parts")),
    )
    op.create_table(
        "job_definitions",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("schedule", sa.JSON(), nullable=True),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.String(length=24), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", sa.String(length=24), nullable=False),
        sa.Column("next_run_at", UtcDateTime(), nullable=True),
        sa.Column("last_scheduled_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_job_definitions_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_job_definitions_deployment_id_deployments")
        ),
        sa.ForeignKeyConstraint(["updated_by_id"], ["users.id"], name=op.f("fk_job_definitions_updated_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_definitions")),
    )
    op.create_index(op.f("ix_job_definitions_deployment_id"), "job_definitions", ["deployment_id"], unique=False)
    op.create_index(op.f("ix_job_definitions_next_run_at"), "job_definitions", ["next_run_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_job_definitions_next_run_at"), table_name="job_definitions")
    op.drop_index(op.f("ix_job_definitions_deployment_id"), table_name="job_definitions")
    op.drop_table("job_definitions")
    op.drop_table("job_parts")
    op.drop_index(op.f("ix_monitoring_jobs_deployment_id_created_at"), table_name="monitoring_jobs")
    op.drop_index(op.f("ix_monitoring_jobs_batch_id"), table_name="monitoring_jobs")
    op.drop_table("monitoring_jobs")
