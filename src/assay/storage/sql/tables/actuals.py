"""Outcomes, and the accuracy computed from them."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, UtcDateTime, id_column, metadata

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
    id_column("model_id", primary_key=True),
    sa.Column("wanted", sa.BigInteger, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("rows_with_actual", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary),
    sa.Column("computed_at", UtcDateTime),
)
