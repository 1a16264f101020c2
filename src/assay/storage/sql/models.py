"""Model packages and baselines."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assay.records.models import Baseline, Feature, FeatureKind, ModelPackage, PackageQuery, Target, TargetType
from assay.records.pages import Page, PageRequest, cut
from assay.storage.sql.paging import contains, page_of
from assay.storage.sql.tables import baselines, deployments, model_packages


class ModelPackages:
    """Registered model versions."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, package: ModelPackage) -> None:
        """Add a package."""
        values: dict[str, Any] = {f: getattr(package, f) for f in ModelPackage.__slots__}
        values["target"] = asdict(package.target)
        values["features"] = [asdict(f) for f in package.features]
        self._connection.execute(model_packages.insert().values(**values))

    def find(self, package_id: str) -> ModelPackage | None:
        """The package of this id, archived ones included."""
        query = model_packages.select().where(model_packages.c.id == package_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return _package(row) if row else None

    def list(self, owner_id: str | None, query: PackageQuery, request: PageRequest) -> Page[ModelPackage]:
        """Packages that are not archived and pass the filters, newest first."""
        table = model_packages
        found = table.select().where(table.c.archived_at.is_(None))
        found = found.order_by(table.c.created_at.desc(), table.c.id)
        if owner_id is not None:
            found = found.where(table.c.owner_id == owner_id)
        if query.search:
            found = found.where(contains(table.c.name, query.search))
        if query.model_id is not None:
            found = found.where(table.c.model_id == query.model_id)
        if not query.looks_into_targets:
            return page_of(self._connection, found, request, _package)
        return cut([p for p in map(_package, self._connection.execute(found).mappings()) if query.keeps(p)], request)

    def archive(self, package_id: str, now: datetime) -> None:
        """Take a package out of lists; deployments that use it go on."""
        statement = model_packages.update().where(model_packages.c.id == package_id)
        self._connection.execute(statement.values(archived_at=now))

    def deployments_of(self, package_id: str) -> int:
        """How many deployments use the package now."""
        query = sa.select(sa.func.count()).where(
            deployments.c.model_package_id == package_id, deployments.c.deleted_at.is_(None)
        )
        return int(self._connection.execute(query).scalar_one())

    def using_dataset(self, dataset_id: str) -> int:
        """How many packages name the data set."""
        table = model_packages
        named = sa.or_(table.c.training_dataset_id == dataset_id, table.c.holdout_dataset_id == dataset_id)
        query = sa.select(sa.func.count()).where(named, table.c.archived_at.is_(None))
        return int(self._connection.execute(query).scalar_one())


class Baselines:
    """What batches are compared with."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, baseline: Baseline) -> None:
        """Add a baseline."""
        values = {f: getattr(baseline, f) for f in Baseline.__slots__}
        self._connection.execute(baselines.insert().values(**values))

    def get(self, baseline_id: str) -> Baseline:
        """The baseline of this id, which must exist."""
        query = baselines.select().where(baselines.c.id == baseline_id)
        return Baseline(**self._connection.execute(query).mappings().one())

    def newest_of(self, package_id: str) -> str | None:
        """Id of the newest baseline of a model package, if it has one."""
        query = sa.select(baselines.c.id).where(baselines.c.model_package_id == package_id)
        query = query.order_by(baselines.c.created_at.desc(), baselines.c.id.desc()).limit(1)
        return self._connection.execute(query).scalar_one_or_none()


def _package(row: sa.RowMapping) -> ModelPackage:
    target = dict(row["target"])
    target["type"] = TargetType(target["type"])
    target["class_names"] = tuple(target["class_names"])
    features = tuple(Feature(f["name"], FeatureKind(f["kind"]), f["importance"]) for f in row["features"])
    return ModelPackage(**{**row, "target": Target(**target), "features": features})
