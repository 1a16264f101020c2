"""Monitoring jobs, the parts of their uploads, and their definitions."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, UtcDateTime, id_column, metadata

monitoring_jobs = sa.Table(
    "monitoring_jobs",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("spec", JSON, nullable=False),
    sa.Column("intake_type", sa.String(32), nullable=False),
    id_column("model_id"),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("source", sa.String(16), nullable=False),
    id_column("definition_id", nullable=True),
    sa.Column("due_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    id_column("task_id", nullable=True),
    sa.Column("intake_key", sa.Text),
    id_column("batch_id", nullable=True),
    id_column("upload_id", nullable=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("is_counted", sa.Boolean, nullable=False),
    sa.Column("scored_rows", sa.BigInteger, nullable=False),
    sa.Column("failed_rows", sa.BigInteger, nullable=False),
    sa.Column("skipped_rows", sa.BigInteger, nullable=False),
    sa.Column("percent", sa.Double, nullable=False),
    sa.Column("intake_size", sa.BigInteger),
    sa.Column("output_size", sa.BigInteger),
    sa.Column("results_deleted", sa.Boolean, nullable=False),
    sa.Column("logs", JSON, nullable=False),
    # A definition has one job at most for each moment that it is due, however many processes look.
    sa.UniqueConstraint("definition_id", "due_at"),
    sa.Index(None, "deployment_id", "created_at"),
    sa.Index(None, "batch_id"),
)


job_parts = sa.Table(
    "job_parts",
    metadata,
    sa.Column("job_id", ID, sa.ForeignKey("monitoring_jobs.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("blob_key", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
)


job_definitions = sa.Table(
    "job_definitions",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("schedule", JSON),
    sa.Column("spec", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("updated_by_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("next_run_at", UtcDateTime),
    sa.Column("last_scheduled_at", UtcDateTime),
    sa.Index(None, "deployment_id"),
    sa.Index(None, "next_run_at"),
)
