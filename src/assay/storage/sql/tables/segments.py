"""Values of segment attributes, and which uploads have been profiled by them."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, metadata

segment_values = sa.Table(
    "segment_values",
    metadata,
    sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), primary_key=True),
    sa.Column("attribute", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
)

segmented_uploads = sa.Table(
    "segmented_uploads",
    metadata,
    sa.Column("upload_seq", sa.BigInteger, sa.ForeignKey("uploads.seq"), primary_key=True),
    sa.Column("attribute", sa.Text, primary_key=True),
)
