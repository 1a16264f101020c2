"""Which model a deployment had from when to when."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, SERIAL, UtcDateTime, id_column, metadata

# A model may serve, be replaced and come back, so it may stand here several times; ``deployed_models`` has it once.
model_history = sa.Table(
    "model_history",
    metadata,
    sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    id_column("model_id"),
    sa.Column("model_package_id", ID, sa.ForeignKey("model_packages.id"), nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime),
    sa.Column("reason", sa.String(32)),
    sa.Column("user_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Index(None, "deployment_id", "id"),
)
