"""Profiles and accuracy of segments and of buckets of time."""

import sqlalchemy as sa
from alembic import op

from assay.storage.sql.tables import SERIAL, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SLICE = ("segment_attribute", "segment_value")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "segment_values",
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_segment_values_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("deployment_id", "attribute", "value", name=op.f("pk_segment_values")),
    )
    op.create_table(
        "segmented_uploads",
        sa.Column("upload_seq", sa.BigInteger(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["upload_seq"], ["uploads.seq"], name=op.f("fk_segmented_uploads_upload_seq_uploads")),
        sa.PrimaryKeyConstraint("upload_seq", "attribute", name=op.f("pk_segmented_uploads")),
    )
    op.add_column("service_requests", sa.Column("consumer", sa.String(length=200), nullable=True))
    op.create_index(op.f("ix_service_requests_deployment_id_at"), "service_requests", ["deployment_id", "at"])
    _slice_accuracy()
    _slice_profiles()


def _slice_accuracy() -> None:
    op.create_table(
        "accuracy_slices",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
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
            ["deployment_id"], ["deployments.id"], name=op.f("fk_accuracy_slices_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accuracy_slices")),
    )
    op.create_index("ix_accuracy_slices_batch", "accuracy_slices", ["deployment_id", "model_id", "batch_id"])
    op.create_index(
        "ix_accuracy_slices_bucket", "accuracy_slices", ["deployment_id", "model_id", *SLICE, "bucket_start"]
    )
    op.execute(
        "INSERT INTO accuracy_slices"
        " (deployment_id, batch_id, model_id, segment_attribute, segment_value, rows_with_actual, data)"
        " SELECT deployment_id, batch_id, model_id, '', '', rows_with_actual, data FROM accuracy WHERE data IS NOT NULL"
    )
    with op.batch_alter_table("accuracy") as table:
        table.drop_column("rows_with_actual")
        table.drop_column("data")


def _slice_profiles() -> None:
    with op.batch_alter_table("profiles") as table:
        table.drop_index("ix_profiles_deployment_id_model_id_batch_id_part_block")
        table.add_column(sa.Column("estimated", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("segment_attribute", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("segment_value", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("bucket_start", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("bucket_end", UtcDateTime(), nullable=True))
    with op.batch_alter_table("profiles") as table:
        for name in ("estimated", *SLICE):
            table.alter_column(name, server_default=None)
    op.create_index("ix_profiles_batch", "profiles", ["deployment_id", "model_id", "batch_id", *SLICE, "part", "block"])
    op.create_index("ix_profiles_bucket", "profiles", ["deployment_id", "model_id", *SLICE, "bucket_start"])


def downgrade() -> None:
    """Take back: figures of segments and buckets are lost, those of whole batches stay."""
    op.execute("DELETE FROM profiles WHERE segment_attribute <> '' OR bucket_start IS NOT NULL")
    with op.batch_alter_table("profiles") as table:
        table.drop_index("ix_profiles_batch")
        table.drop_index("ix_profiles_bucket")
        for name in ("estimated", *SLICE, "bucket_start", "bucket_end"):
            table.drop_column(name)
        table.create_index(
            "ix_profiles_deployment_id_model_id_batch_id_part_block",
            ["deployment_id", "model_id", "batch_id", "part", "block"],
        )
    with op.batch_alter_table("accuracy") as table:
        table.add_column(sa.Column("rows_with_actual", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("data", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("accuracy") as table:
        table.alter_column("rows_with_actual", server_default=None)
    whole = (
        "(SELECT s.{0} FROM accuracy_slices s WHERE s.deployment_id = accuracy.deployment_id"
        " AND s.batch_id = accuracy.batch_id AND s.model_id = accuracy.model_id"
        " AND s.segment_attribute = '' AND s.bucket_start IS NULL)"
    )
    op.execute(
        f"UPDATE accuracy SET data = {whole.format('data')},"  # noqa: S608  # names of our own columns
        f" rows_with_actual = COALESCE({whole.format('rows_with_actual')}, 0)"
    )
    op.drop_index(op.f("ix_service_requests_deployment_id_at"), table_name="service_requests")
    with op.batch_alter_table("service_requests") as table:
        table.drop_column("consumer")
    op.drop_table("accuracy_slices")
    op.drop_table("segmented_uploads")
    op.drop_table("segment_values")
