"""The tables. Migrations make them; this module only describes them to the repositories."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC. Naive times are refused, because nobody can say which moment they are."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """To UTC; SQLite keeps no zone, so it is left off there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A time without a zone was to be stored: {value!r}.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Back with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


ID = sa.String(24)
JSON = sa.JSON()
# SQLite numbers rows by itself only for its own INTEGER type.
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id(name: str, *, nullable: bool = False, **more: Any) -> sa.Column[str]:
    return sa.Column(name, ID, nullable=nullable, **more)


users = sa.Table(
    "users",
    metadata,
    _id("id", primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("is_admin", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

tokens = sa.Table(
    "tokens",
    metadata,
    _id("id", primary_key=True),
    sa.Column("user_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("digest", sa.String(128), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("last_used_at", UtcDateTime),
)

jobs = sa.Table(
    "jobs",
    metadata,
    _id("id", primary_key=True),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("args", JSON, nullable=False),
    sa.Column("key", sa.Text),
    sa.Column("state", sa.String(16), nullable=False),
    _id("user_id"),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(64)),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("run_after", UtcDateTime, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("result_path", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Index(None, "state", "run_after"),
    sa.Index(None, "key", "state"),
)

datasets = sa.Table(
    "datasets",
    metadata,
    _id("id", primary_key=True),
    sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("form", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("row_count", sa.BigInteger),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("blob_key", sa.Text, nullable=False),
    sa.Column("columns", JSON, nullable=False),
    _id("job_id", nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("deleted_at", UtcDateTime),
)

model_packages = sa.Table(
    "model_packages",
    metadata,
    _id("id", primary_key=True),
    sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    _id("model_id"),
    sa.Column("target", JSON, nullable=False),
    sa.Column("description", JSON, nullable=False),
    sa.Column("training_dataset_id", ID, sa.ForeignKey("datasets.id")),
    sa.Column("holdout_dataset_id", ID, sa.ForeignKey("datasets.id")),
    sa.Column("features", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("archived_at", UtcDateTime),
)

baselines = sa.Table(
    "baselines",
    metadata,
    _id("id", primary_key=True),
    sa.Column("model_package_id", ID, sa.ForeignKey("model_packages.id"), nullable=False, index=True),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("holdout_rows", sa.BigInteger, nullable=False),
    sa.Column("feature_bins", sa.LargeBinary, nullable=False),
    sa.Column("feature_profile", sa.LargeBinary, nullable=False),
    sa.Column("prediction_bins", sa.LargeBinary, nullable=False),
    sa.Column("prediction_profile", sa.LargeBinary),
    sa.Column("accuracy", sa.LargeBinary),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

deployments = sa.Table(
    "deployments",
    metadata,
    _id("id", primary_key=True),
    sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("importance", sa.String(16)),
    _id("model_id"),
    sa.Column("model_package_id", ID, sa.ForeignKey("model_packages.id"), nullable=False),
    sa.Column("settings", JSON, nullable=False),
    sa.Column("user_provided_id", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("deleted_at", UtcDateTime),
)

deployed_models = sa.Table(
    "deployed_models",
    metadata,
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), primary_key=True),
    _id("model_id", primary_key=True),
    sa.Column("model_package_id", ID, sa.ForeignKey("model_packages.id"), nullable=False),
    sa.Column("baseline_id", ID, sa.ForeignKey("baselines.id")),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime),
)

batches = sa.Table(
    "batches",
    metadata,
    _id("id", primary_key=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("external_context_url", sa.Text),
    sa.Column("is_locked", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by_id", ID, sa.ForeignKey("users.id"), nullable=False),
    _id("job_id", nullable=True),
    sa.Column("earliest", UtcDateTime),
    sa.Column("latest", UtcDateTime),
    sa.Column("predictions_count", sa.BigInteger, nullable=False),
    sa.Column("requests_count", sa.BigInteger, nullable=False),
    sa.Column("user_errors", sa.BigInteger, nullable=False),
    sa.Column("server_errors", sa.BigInteger, nullable=False),
    sa.Column("deleted_at", UtcDateTime),
    sa.Index(None, "deployment_id", "created_at"),
    sa.Index(None, "deployment_id", "name"),
)

batch_models = sa.Table(
    "batch_models",
    metadata,
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id"), primary_key=True),
    _id("model_id", primary_key=True),
    sa.Column("predictions_count", sa.BigInteger, nullable=False),
    sa.Column("start_time", UtcDateTime, nullable=False),
    sa.Column("end_time", UtcDateTime, nullable=False),
)

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
    _id("id", unique=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id")),
    _id("model_id"),
    sa.Column("key", sa.Text),
    sa.Column("content_hash", sa.String(128)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("first_at", UtcDateTime),
    sa.Column("last_at", UtcDateTime),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("blob_prefix", sa.Text, nullable=False),
    sa.Column("report", JSON, nullable=False),
    sa.Column("error", sa.Text),
    _id("job_id", nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    _id("created_by_id"),
    sa.UniqueConstraint("batch_id", "key"),
    sa.Index(None, "deployment_id", "batch_id", "model_id"),
    # A sequence number must never be given twice, or a deleted upload's keys could look like a new one's.
    sqlite_autoincrement=True,
)

profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id")),
    _id("model_id"),
    sa.Column("part", sa.String(16), nullable=False),
    sa.Column("block", sa.Integer, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index(None, "deployment_id", "model_id", "batch_id", "part", "block"),
)

service_requests = sa.Table(
    "service_requests",
    metadata,
    sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("batch_id", ID, sa.ForeignKey("batches.id")),
    _id("model_id"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("predictions", sa.BigInteger, nullable=False),
    sa.Column("execution_ms", sa.Float),
    sa.Column("user_error", sa.Boolean, nullable=False),
    sa.Column("server_error", sa.Boolean, nullable=False),
    sa.Index(None, "deployment_id", "batch_id"),
)

prediction_keys = sa.Table(
    "prediction_keys",
    metadata,
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), primary_key=True),
    sa.Column("association_id", sa.Text, primary_key=True),
    sa.Column("upload_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Index(None, "upload_seq"),
    sqlite_with_rowid=False,
)

actuals = sa.Table(
    "actuals",
    metadata,
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), primary_key=True),
    sa.Column("association_id", sa.Text, primary_key=True),
    sa.Column("label", sa.Text),
    sa.Column("number", sa.Float),
    sa.Column("at", UtcDateTime),
    sa.Column("was_acted_on", sa.Boolean),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# One row per (batch, model) pair that has predictions with association ids. An empty batch id stands for the
# rows that belong to no batch, because a primary key cannot hold null.
accuracy = sa.Table(
    "accuracy",
    metadata,
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), primary_key=True),
    sa.Column("batch_id", ID, primary_key=True),
    _id("model_id", primary_key=True),
    sa.Column("wanted", sa.BigInteger, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("rows_with_actual", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary),
    sa.Column("computed_at", UtcDateTime),
)
