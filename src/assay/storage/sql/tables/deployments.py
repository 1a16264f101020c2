"""Deployments and the models they have or had."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, UtcDateTime, id_column, metadata

deployments = sa.Table(
    "deployments",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("importance", sa.String(16)),
    id_column("model_id"),
    sa.Column("model_package_id", ID, sa.ForeignKey("model_packages.id"), nullable=False),
    sa.Column("settings", JSON, nullable=False),
    sa.Column("user_provided_id", sa.Text),
    id_column("environment_id", nullable=True),
    sa.Column("prediction_server_id", sa.Text),
    sa.Column("tags", JSON, nullable=False, server_default="[]"),
    sa.Column("runtime_parameters", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("deleted_at", UtcDateTime),
)


deployed_models = sa.Table(
    "deployed_models",
    metadata,
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), primary_key=True),
    id_column("model_id", primary_key=True),
    sa.Column("model_package_id", ID, sa.ForeignKey("model_packages.id"), nullable=False),
    sa.Column("baseline_id", ID, sa.ForeignKey("baselines.id")),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime),
)
