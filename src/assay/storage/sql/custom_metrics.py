"""Custom metrics of a deployment."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assay.records.custom_metrics import (
    Category,
    ColumnName,
    CustomMetric,
    Directionality,
    MetricType,
    SourceColumn,
    TimeStep,
)
from assay.records.pages import Page, PageRequest
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import custom_metrics, users

_SELECT = sa.select(
    *(c for c in custom_metrics.c if c.name != "deleted_at"), users.c.name.label("created_by_name")
).join(users, users.c.id == custom_metrics.c.created_by_id)


class CustomMetrics:
    """What users measure themselves. Deleted metrics do not exist for any method."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, metric: CustomMetric) -> None:
        """Add a metric."""
        self._connection.execute(custom_metrics.insert().values(**_values(metric)))

    def update(self, metric: CustomMetric) -> None:
        """Replace what is said of a metric."""
        statement = custom_metrics.update().where(custom_metrics.c.id == metric.id)
        self._connection.execute(statement.values(**_values(metric)))

    def find(self, deployment_id: str, metric_id: str) -> CustomMetric | None:
        """The deployment's metric of this id."""
        found = self._found(_of(deployment_id).where(custom_metrics.c.id == metric_id))
        return found[0] if found else None

    def find_named(self, deployment_id: str, name: str) -> CustomMetric | None:
        """The deployment's metric of exactly this name."""
        found = self._found(_of(deployment_id).where(custom_metrics.c.name == name))
        return found[0] if found else None

    def list(self, deployment_id: str, request: PageRequest) -> Page[CustomMetric]:
        """Metrics of a deployment, oldest first."""
        query = _of(deployment_id).order_by(custom_metrics.c.created_at, custom_metrics.c.id)
        return page_of(self._connection, query, request, _record)

    def delete(self, metric_id: str, now: datetime) -> None:
        """Mark a metric deleted; a job removes its values."""
        statement = custom_metrics.update().where(custom_metrics.c.id == metric_id)
        self._connection.execute(statement.values(deleted_at=now))

    def purge(self, *, metric_id: str | None = None, deployment_id: str | None = None) -> None:
        """Remove a metric or all of a deployment's; their values must be gone."""
        table = custom_metrics
        mine = table.c.id == metric_id if metric_id is not None else table.c.deployment_id == deployment_id
        self._connection.execute(table.delete().where(mine))

    def _found(self, query: sa.Select[Any]) -> Sequence[CustomMetric]:
        return [_record(row) for row in self._connection.execute(query).mappings()]


def _of(deployment_id: str) -> sa.Select[Any]:
    return _SELECT.where(custom_metrics.c.deployment_id == deployment_id, custom_metrics.c.deleted_at.is_(None))


def _values(metric: CustomMetric) -> dict[str, Any]:
    plain = {f: getattr(metric, f) for f in CustomMetric.__slots__ if f != "created_by_name"}
    return {
        **plain,
        "baseline_values": list(metric.baseline_values),
        "columns": {key: asdict(column) for key, column in metric.columns.items()},
        "categories": [asdict(category) for category in metric.categories],
    }


def _record(row: sa.RowMapping) -> CustomMetric:
    direction = row["directionality"]
    return CustomMetric(
        **{
            **row,
            "type": MetricType(row["type"]),
            "directionality": None if direction is None else Directionality(direction),
            "time_step": TimeStep(row["time_step"]),
            "baseline_values": tuple(row["baseline_values"]),
            "columns": {SourceColumn(key): ColumnName(**column) for key, column in row["columns"].items()},
            "categories": tuple(
                Category(**{**one, "directionality": Directionality(one["directionality"])})
                for one in row["categories"]
            ),
        }
    )
