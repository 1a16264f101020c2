"""The first schema."""

import sqlalchemy as sa
from alembic import op

from assay.storage.sql.tables import SERIAL, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("run_after", UtcDateTime(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("result_path", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_key_state"), "jobs", ["key", "state"], unique=False)
    op.create_index(op.f("ix_jobs_state_run_after"), "jobs", ["state", "run_after"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "datasets",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("row_count", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("blob_key", sa.Text(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("job_id", sa.String(length=24), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_datasets_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasets")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
    )
    op.create_table(
        "model_packages",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("target", sa.JSON(), nullable=False),
        sa.Column("description", sa.JSON(), nullable=False),
        sa.Column("training_dataset_id", sa.String(length=24), nullable=True),
        sa.Column("holdout_dataset_id", sa.String(length=24), nullable=True),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["holdout_dataset_id"], ["datasets.id"], name=op.f("fk_model_packages_holdout_dataset_id_datasets")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_model_packages_owner_id_users")),
        sa.ForeignKeyConstraint(
            ["training_dataset_id"], ["datasets.id"], name=op.f("fk_model_packages_training_dataset_id_datasets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_packages")),
    )
    op.create_table(
        "baselines",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("model_package_id", sa.String(length=24), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("holdout_rows", sa.BigInteger(), nullable=False),
        sa.Column("feature_bins", sa.LargeBinary(), nullable=False),
        sa.Column("feature_profile", sa.LargeBinary(), nullable=False),
        sa.Column("prediction_bins", sa.LargeBinary(), nullable=False),
        sa.Column("prediction_profile", sa.LargeBinary(), nullable=True),
        sa.Column("accuracy", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_package_id"], ["model_packages.id"], name=op.f("fk_baselines_model_package_id_model_packages")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baselines")),
    )
    op.create_index(op.f("ix_baselines_model_package_id"), "baselines", ["model_package_id"], unique=False)
    op.create_table(
        "deployments",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.String(length=24), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("importance", sa.String(length=16), nullable=True),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("model_package_id", sa.String(length=24), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("user_provided_id", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["model_package_id"], ["model_packages.id"], name=op.f("fk_deployments_model_package_id_model_packages")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_deployments_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
    )
    op.create_table(
        "accuracy",
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("batch_id", sa.String(length=24), nullable=False),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("rows_with_actual", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("computed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_accuracy_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("deployment_id", "batch_id", "model_id", name=op.f("pk_accuracy")),
    )
    op.create_table(
        "actuals",
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("association_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=True),
        sa.Column("was_acted_on", sa.Boolean(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_actuals_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("deployment_id", "association_id", name=op.f("pk_actuals")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("external_context_url", sa.Text(), nullable=True),
        sa.Column("is_locked", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.String(length=24), nullable=False),
        sa.Column("job_id", sa.String(length=24), nullable=True),
        sa.Column("earliest", UtcDateTime(), nullable=True),
        sa.Column("latest", UtcDateTime(), nullable=True),
        sa.Column("predictions_count", sa.BigInteger(), nullable=False),
        sa.Column("requests_count", sa.BigInteger(), nullable=False),
        sa.Column("user_errors", sa.BigInteger(), nullable=False),
        sa.Column("server_errors", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_batches_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_batches_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(
        op.f("ix_batches_deployment_id_created_at"), "batches", ["deployment_id", "created_at"], unique=False
    )
    op.create_index(op.f("ix_batches_deployment_id_name"), "batches", ["deployment_id", "name"], unique=False)
    op.create_table(
        "deployed_models",
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("model_package_id", sa.String(length=24), nullable=False),
        sa.Column("baseline_id", sa.String(length=24), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["baseline_id"], ["baselines.id"], name=op.f("fk_deployed_models_baseline_id_baselines")
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_deployed_models_deployment_id_deployments")
        ),
        sa.ForeignKeyConstraint(
            ["model_package_id"], ["model_packages.id"], name=op.f("fk_deployed_models_model_package_id_model_packages")
        ),
        sa.PrimaryKeyConstraint("deployment_id", "model_id", name=op.f("pk_deployed_models")),
    )
    op.create_table(
        "prediction_keys",
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("association_id", sa.Text(), nullable=False),
        sa.Column("upload_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_prediction_keys_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("deployment_id", "association_id", "upload_seq", name=op.f("pk_prediction_keys")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_prediction_keys_upload_seq"), "prediction_keys", ["upload_seq"], unique=False)
    op.create_table(
        "batch_models",
        sa.Column("batch_id", sa.String(length=24), nullable=False),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("predictions_count", sa.BigInteger(), nullable=False),
        sa.Column("start_time", UtcDateTime(), nullable=False),
        sa.Column("end_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_models_batch_id_batches")),
        sa.PrimaryKeyConstraint("batch_id", "model_id", name=op.f("pk_batch_models")),
    )
    op.create_table(
        "profiles",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("batch_id", sa.String(length=24), nullable=True),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_profiles_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_profiles_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
    )
    op.create_index(
        op.f("ix_profiles_deployment_id_model_id_batch_id_part_block"),
        "profiles",
        ["deployment_id", "model_id", "batch_id", "part", "block"],
        unique=False,
    )
    op.create_table(
        "service_requests",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("batch_id", sa.String(length=24), nullable=True),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("predictions", sa.BigInteger(), nullable=False),
        sa.Column("execution_ms", sa.Float(), nullable=True),
        sa.Column("user_error", sa.Boolean(), nullable=False),
        sa.Column("server_error", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_service_requests_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_service_requests_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_requests")),
    )
    op.create_index(
        op.f("ix_service_requests_deployment_id_batch_id"),
        "service_requests",
        ["deployment_id", "batch_id"],
        unique=False,
    )
    op.create_table(
        "uploads",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("deployment_id", sa.String(length=24), nullable=False),
        sa.Column("batch_id", sa.String(length=24), nullable=True),
        sa.Column("model_id", sa.String(length=24), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.String(length=128), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=True),
        sa.Column("last_at", UtcDateTime(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("blob_prefix", sa.Text(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("job_id", sa.String(length=24), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_uploads_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_uploads_deployment_id_deployments")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_uploads")),
        sa.UniqueConstraint("batch_id", "key", name=op.f("uq_uploads_batch_id_key")),
        sa.UniqueConstraint("id", name=op.f("uq_uploads_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_uploads_deployment_id_batch_id_model_id"),
        "uploads",
        ["deployment_id", "batch_id", "model_id"],
        unique=False,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_uploads_deployment_id_batch_id_model_id"), table_name="uploads")
    op.drop_table("uploads")
    op.drop_index(op.f("ix_service_requests_deployment_id_batch_id"), table_name="service_requests")
    op.drop_table("service_requests")
    op.drop_index(op.f("ix_profiles_deployment_id_model_id_batch_id_part_block"), table_name="profiles")
    op.drop_table("profiles")
    op.drop_table("batch_models")
    op.drop_index(op.f("ix_prediction_keys_upload_seq"), table_name="prediction_keys")
    op.drop_table("prediction_keys")
    op.drop_table("deployed_models")
    op.drop_index(op.f("ix_batches_deployment_id_name"), table_name="batches")
    op.drop_index(op.f("ix_batches_deployment_id_created_at"), table_name="batches")
    op.drop_table("batches")
    op.drop_table("actuals")
    op.drop_table("accuracy")
    op.drop_table("deployments")
    op.drop_index(op.f("ix_baselines_model_package_id"), table_name="baselines")
    op.drop_table("baselines")
    op.drop_table("model_packages")
    op.drop_table("tokens")
    op.drop_table("datasets")
    op.drop_table("users")
    op.drop_index(op.f("ix_jobs_state_run_after"), table_name="jobs")
    op.drop_index(op.f("ix_jobs_key_state"), table_name="jobs")
    op.drop_table("jobs")
