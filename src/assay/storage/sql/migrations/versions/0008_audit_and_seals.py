"""The audit log, and the seals of locked batches."""

import sqlalchemy as sa
from alembic import op

from assay.storage.sql.tables import SERIAL, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

REFUSAL = "lines of the audit log are neither changed nor removed"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_log",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("user_id", sa.String(length=24), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=24), nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_log")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_log_deployment_id_seq"), "audit_log", ["deployment_id", "seq"])
    op.create_index(op.f("ix_audit_log_user_id_seq"), "audit_log", ["user_id", "seq"])
    op.create_table(
        "seals",
        sa.Column("batch_id", sa.String(length=24), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", UtcDateTime(), nullable=False),
        sa.Column("sealed_by_id", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_seals_batch_id_batches")),
        sa.ForeignKeyConstraint(["sealed_by_id"], ["users.id"], name=op.f("fk_seals_sealed_by_id_users")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_seals")),
    )
    _only_add_to_the_log()


def _only_add_to_the_log() -> None:
    """Have the database itself refuse changes: a fault of the program must not rewrite the log."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_log_is_only_added_to BEFORE UPDATE OR DELETE ON audit_log "
            "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()"
        )
        return
    for change in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER audit_log_refuses_{change} BEFORE {change.upper()} ON audit_log "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def downgrade() -> None:
    """Undo."""
    op.drop_table("seals")
    op.drop_index(op.f("ix_audit_log_user_id_seq"), table_name="audit_log")
    op.drop_index(op.f("ix_audit_log_deployment_id_seq"), table_name="audit_log")
    op.drop_table("audit_log")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_audit_change()")
