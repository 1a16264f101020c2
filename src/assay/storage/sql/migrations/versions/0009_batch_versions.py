"""Replacements of the content of batches, and the versions that they supersede."""

import sqlalchemy as sa
from alembic import op

from assay.storage.sql.tables import SERIAL, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")

# Children first; a version's rows would otherwise become those of one more batch.
OF_BATCHES = ("profiles", "service_requests", "batch_models", "accuracy", "accuracy_slices")
OF_UPLOADS = ("prediction_keys", "segmented_uploads")


def upgrade() -> None:
    """Apply."""
    op.add_column("batches", sa.Column("role", sa.String(length=16), nullable=False, server_default="live"))
    op.add_column("batches", sa.Column("version_of", sa.String(length=24), nullable=True))
    op.create_index(op.f("ix_batches_deployment_id_version_of"), "batches", ["deployment_id", "version_of"])
    op.create_table(
        "batch_replacements",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("batch_id", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by_id", sa.String(length=24), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", sa.String(length=24), nullable=True),
        sa.Column("predictions_count", sa.BigInteger(), nullable=False),
        sa.Column("requests_count", sa.BigInteger(), nullable=False),
        sa.Column("uploads_count", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.String(length=24), nullable=True),
        sa.Column("version_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_replacements_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_batch_replacements_deployment_id_deployments")
        ),
        sa.ForeignKeyConstraint(["ended_by_id"], ["users.id"], name=op.f("fk_batch_replacements_ended_by_id_users")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["users.id"], name=op.f("fk_batch_replacements_opened_by_id_users")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_batch_replacements")),
        sa.UniqueConstraint("id", name=op.f("uq_batch_replacements_id")),
    )
    op.create_index(op.f("ix_batch_replacements_batch_id_seq"), "batch_replacements", ["batch_id", "seq"])
    op.create_index(
        "ix_batch_replacements_open",
        "batch_replacements",
        ["batch_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    """Take back: drafts and superseded versions are lost, what batches hold now stays."""
    op.drop_table("batch_replacements")
    hidden = "(SELECT id FROM batches WHERE version_of IS NOT NULL)"
    for table in OF_UPLOADS:
        op.execute(
            f"DELETE FROM {table} WHERE upload_seq IN (SELECT seq FROM uploads WHERE batch_id IN {hidden})"  # noqa: S608  # names of our own
        )
    for table in (*OF_BATCHES, "uploads"):
        op.execute(f"DELETE FROM {table} WHERE batch_id IN {hidden}")  # noqa: S608  # names of our own
    op.execute("DELETE FROM batches WHERE version_of IS NOT NULL")
    op.drop_index(op.f("ix_batches_deployment_id_version_of"), table_name="batches")
    op.drop_column("batches", "version_of")
    op.drop_column("batches", "role")
