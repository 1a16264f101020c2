"""What the health indicators of a deployment look at."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, metadata

# Only what somebody has set; all else is the default.
health_settings = sa.Table(
    "health_settings",
    metadata,
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), primary_key=True),
    sa.Column("changed", JSON, nullable=False),
)
