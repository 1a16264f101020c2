"""Places where models run."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, UtcDateTime, id_column, metadata

prediction_environments = sa.Table(
    "prediction_environments",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("model_formats", JSON, nullable=False),
    sa.Column("managed_by_agent", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("deleted_at", UtcDateTime),
)
