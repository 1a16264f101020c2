"""Events that clients reported."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, UtcDateTime, id_column, metadata

# Of a deployment or an environment that is gone an event may still speak, so neither is a foreign key.
remote_events = sa.Table(
    "remote_events",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("reporter_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("message", sa.Text),
    sa.Column("org_id", sa.Text),
    id_column("deployment_id", nullable=True),
    id_column("environment_id", nullable=True),
    sa.Column("data", JSON),
    sa.Column("request", JSON),
    sa.Column("channel", JSON),
    sa.Index(None, "owner_id", "at"),
    sa.Index(None, "deployment_id", "at"),
)
