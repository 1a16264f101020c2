"""Model packages and their baselines."""

import sqlalchemy as sa

from assay.storage.sql.tables.schema import ID, JSON, UtcDateTime, id_column, metadata

model_packages = sa.Table(
    "model_packages",
    metadata,
    id_column("id", primary_key=True),
    sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    id_column("model_id"),
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
    id_column("id", primary_key=True),
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
