"""Prediction environments, events, health settings, and the history of a deployment's models."""

import sqlalchemy as sa
from alembic import op

from assay.storage.sql.tables import SERIAL, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _create_environments()
    _create_events()
    _create_health_settings()
    _create_history()
    # Added in place: a copy of a table that others refer to cannot take its name on SQLite.
    op.add_column("deployments", sa.Column("environment_id", sa.String(length=24), nullable=True))
    op.add_column("deployments", sa.Column("prediction_server_id", sa.Text(), nullable=True))
    op.add_column("deployments", sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("deployments", sa.Column("runtime_parameters", sa.Text(), nullable=True))
    op.add_column(
        "datasets",
        sa.Column("categories", sa.JSON(), nullable=False, server_default='["TRAINING", "PREDICTION"]'),
    )


def _create_environments() -> None:
    op.create_table(
        "prediction_environments",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model_formats", sa.JSON(), nullable=False),
        sa.Column("managed_by_agent", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_prediction_environments_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction_environments")),
    )


def _create_events() -> None:
    op.create_table(
        "remote_events",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.String(length=24), nullable=False),
        sa.Column("reporter_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("org_id", sa.Text(), nullable=True),
        sa.Column("deployment_id", sa.String(length=24), nullable=True),
        sa.Column("environment_id", sa.String(length=24), nullable=True),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.Column("request", sa.JSON(), nullable=True),
        sa.Column("channel", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_remote_events_owner_id_users")),
        sa.ForeignKeyConstraint(["reporter_id"], ["users.id"], name=op.f("fk_remote_events_reporter_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_events")),
    )
    op.create_index(op.f("ix_remote_events_owner_id_at"), "remote_events", ["owner_id", "at"])
    op.create_index(op.f("ix_remote_events_deployment_id_at"), "remote_events", ["deployment_id", "at"])


def _create_health_settings() -> None:
    op.create_table(
        "health_settings",
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_health_settings_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("deployment_id", name=op.f("pk_health_settings")),
    )


def _create_history() -> None:
    op.create_table(
        "model_history",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("model_package_id", sa.String(length=24), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_model_history_deployment_id_deployments")
        ),
        sa.ForeignKeyConstraint(
            ["model_package_id"], ["model_packages.id"], name=op.f("fk_model_history_model_package_id_model_packages")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_model_history_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_history")),
    )
    op.create_index(op.f("ix_model_history_deployment_id_id"), "model_history", ["deployment_id", "id"])
    # Until now a deployment kept its first model, so its history is that one period.
    op.execute(
        "INSERT INTO model_history (deployment_id, model_id, model_package_id, since, until, user_id) "
        "SELECT m.deployment_id, m.model_id, m.model_package_id, m.since, m.until, d.owner_id "
        "FROM deployed_models AS m JOIN deployments AS d ON d.id = m.deployment_id "
        "ORDER BY m.deployment_id, m.since"
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("datasets", "categories")
    for name in ("environment_id", "prediction_server_id", "tags", "runtime_parameters"):
        op.drop_column("deployments", name)
    for name in ("model_history", "health_settings", "remote_events", "prediction_environments"):
        op.drop_table(name)
