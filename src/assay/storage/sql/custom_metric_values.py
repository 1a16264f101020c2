"""Values of custom metrics, put together where they lie: no answer reads them one by one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from assay.records.custom_metrics import GroupBy, GroupKey, LastValue, MetricValue, ValueScope, ValueSums
from assay.storage.sql.tables import custom_metric_segments, custom_metric_values, custom_metrics

# More values than a database can hold, of samples of any size, add up to a number if none is far.
FAR = 2.0**900
NEARER = 2.0**-200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = ("model_id", "batch_id", "at", "value", "category", "sample_size", "association_id", "metadata")


class CustomMetricValues:
    """Reported values, one row each, and what they come to."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, metric_id: str, values: Sequence[MetricValue]) -> None:
        """Store values; of those at the same moment, later ones of the sequence count as later."""
        if not values:
            return
        rows = [_row(metric_id, value) for value in values]
        if not any(value.segments for value in values):
            self._connection.execute(custom_metric_values.insert(), rows)
            return
        statement = custom_metric_values.insert().returning(custom_metric_values.c.id, sort_by_parameter_order=True)
        ids = self._connection.execute(statement, rows).scalars().all()
        segments = [
            {"value_id": value_id, "name": name, "value": text}
            for value_id, value in zip(ids, values, strict=True)
            for name, text in value.segments
        ]
        self._connection.execute(custom_metric_segments.insert(), segments)

    def any(self, metric_id: str) -> bool:
        """Whether the metric has a value."""
        query = sa.select(custom_metric_values.c.id).where(custom_metric_values.c.metric_id == metric_id).limit(1)
        return self._connection.execute(query).first() is not None

    def sums(self, scope: ValueScope, by: GroupBy | None = None) -> dict[GroupKey, ValueSums]:
        """Sums of the values in scope; groups without values are left out."""
        v = custom_metric_values.c
        query = self._grouped(
            scope, by, sa.func.count(), sa.func.sum(v.sample_size), *_sums(v.value), *_sums(v.value, _size())
        )
        return {
            key: ValueSums(n, int(size), _total(near, far), _total(weighted_near, weighted_far))
            for key, n, size, near, far, weighted_near, weighted_far in self._connection.execute(query)
            if n
        }

    def latest(self, scope: ValueScope, by: GroupBy | None = None) -> dict[GroupKey, LastValue]:
        """The last value in scope; groups without values are left out."""
        if by is None and scope.batch_ids is not None:
            # Asked for the last moment of all, the database would walk back through the values of all batches.
            found = self.latest(scope, GroupBy.BATCH).values()
            return {None: max(found, key=lambda one: (one.at, one.place))} if found else {}
        v = custom_metric_values.c
        # First the last moment of each group, then the last value of that moment: ranking all values of a group
        # would sort them all.
        moments = self._grouped(scope, by, sa.func.max(v.at)).subquery()
        key, moment = moments.c
        same_group = sa.true() if by is None else _key(by).is_not_distinct_from(key)
        ids = _filtered(sa.select(sa.func.max(v.id)), scope).where(v.at == moment, same_group).group_by(key)
        query = sa.select(_key(by), v.at, v.id, v.value, v.sample_size).where(v.id.in_(ids.correlate(None)))
        return {
            key: LastValue(at, value_id, value, size)
            for key, at, value_id, value, size in self._connection.execute(query)
        }

    def categories(
        self, scope: ValueScope, known: tuple[str, ...], by: GroupBy | None = None
    ) -> dict[GroupKey, dict[str | None, int]]:
        """Sums of sample sizes by category in scope, all but the known ones under None; empty groups are left out."""
        v = custom_metric_values.c
        name = sa.case((v.category.in_(known), v.category), else_=None)
        query = self._grouped(scope, by, name, sa.func.sum(v.sample_size)).group_by(name)
        found: dict[GroupKey, dict[str | None, int]] = {}
        for key, category, size in self._connection.execute(query):
            found.setdefault(key, {})[category] = int(size)
        return found

    def forget_id(self, deployment_id: str, association_id: str) -> int:
        """Take an association id, and what was noted beside it, off the values of a deployment; returns of how many."""
        mine = sa.select(custom_metrics.c.id).where(custom_metrics.c.deployment_id == deployment_id)
        statement = custom_metric_values.update().where(
            custom_metric_values.c.metric_id.in_(mine), custom_metric_values.c.association_id == association_id
        )
        return self._connection.execute(statement.values(association_id=None, metadata=None)).rowcount

    def delete(
        self, *, batch_id: str | None = None, metric_id: str | None = None, deployment_id: str | None = None
    ) -> None:
        """Remove the values of a batch, of a metric or of a deployment."""
        table = custom_metric_values
        if batch_id is not None:
            mine = table.c.batch_id == batch_id
        elif metric_id is not None:
            mine = table.c.metric_id == metric_id
        else:
            metrics = sa.select(custom_metrics.c.id).where(custom_metrics.c.deployment_id == deployment_id)
            mine = table.c.metric_id.in_(metrics)
        segments = custom_metric_segments
        self._connection.execute(segments.delete().where(segments.c.value_id.in_(sa.select(table.c.id).where(mine))))
        self._connection.execute(table.delete().where(mine))

    def _grouped(self, scope: ValueScope, by: GroupBy | None, *figures: Any) -> sa.Select[Any]:
        query = _filtered(sa.select(_key(by), *figures), scope)
        return query if by is None else query.group_by(_key(by))


def _row(metric_id: str, value: MetricValue) -> dict[str, Any]:
    row = {name: getattr(value, name) for name in _PLAIN}
    return {**row, "metric_id": metric_id, "hour": (value.at - _EPOCH) // timedelta(hours=1)}


def _key(by: GroupBy | None) -> sa.ColumnElement[Any]:
    return sa.null() if by is None else custom_metric_values.c[by]


def _size() -> sa.ColumnElement[float]:
    return sa.cast(custom_metric_values.c.sample_size, sa.Float)


def _sums(value: sa.ColumnElement[Any], times: sa.ColumnElement[Any] | None = None) -> list[sa.ColumnElement[Any]]:
    """The sum of values, each taken some times: of near ones, and of far ones that are brought near.

    PostgreSQL gives up where a product or a sum is beyond all numbers, and SQLite knows no NaN.
    """
    is_far = sa.func.abs(value) > FAR
    near, far = sa.case((~is_far, value)), sa.case((is_far, value * NEARER))
    return [sa.func.sum(part if times is None else part * times) for part in (near, far)]


def _total(near: float | None, far: float | None) -> float:
    """Both together; infinite where that is beyond all numbers."""
    return (near or 0.0) + (far or 0.0) / NEARER


def _filtered(query: sa.Select[Any], scope: ValueScope) -> sa.Select[Any]:
    v, s = custom_metric_values.c, custom_metric_segments.c
    query = query.where(v.metric_id == scope.metric_id)
    if scope.model_id is not None:
        query = query.where(v.model_id == scope.model_id)
    if scope.batch_ids is not None:
        query = query.where(v.batch_id.in_(scope.batch_ids))
    elif scope.in_batches:
        query = query.where(v.batch_id.is_not(None))
    if scope.start is not None:
        query = query.where(v.at >= scope.start)
    if scope.end is not None:
        query = query.where(v.at < scope.end)
    if scope.segment is not None:
        name, text = scope.segment
        has = sa.exists().where(s.value_id == v.id, s.name == name)
        query = query.where(has if text is None else has.where(s.value == text))
    return query
