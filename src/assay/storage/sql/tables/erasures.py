"""Erasures of association ids."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, UtcDateTime, id_column, metadata

erasures = sa.Table(
    "erasures",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
    # Null once it is done: the record of an erasure must not be what keeps the id.
    sa.Column("association_id", sa.Text),
    id_column("job_id"),
    sa.Column("removed", JSON, nullable=False),
    # Blobs to be deleted before it is done: their rows are gone.
    sa.Column("leftovers", JSON, nullable=False),
    sa.Column("rows_done_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Index(None, "deployment_id", "created_at"),
)
