"""What every store does alike with custom metrics: kept as they were sent, put together as a loop over all would."""

import math
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from tests.storage import records as new
from tests.storage.records import MODEL, NOW, OTHER_MODEL, SECOND, id_of

from assay.records.custom_metrics import (
    Category,
    ColumnName,
    Directionality,
    GroupBy,
    MetricType,
    SourceColumn,
    ValueScope,
)
from assay.records.pages import PageRequest

METRIC, OTHER_METRIC = id_of(1), id_of(2)
DEPLOYMENT, BATCH, OTHER_BATCH = id_of(1), id_of(1), id_of(2)
CATEGORIES = ("ok", "late")

SCOPES = [
    ValueScope(METRIC),
    ValueScope(METRIC, model_id=MODEL),
    ValueScope(METRIC, batch_ids=(BATCH,)),
    ValueScope(METRIC, batch_ids=(BATCH, OTHER_BATCH)),
    ValueScope(METRIC, batch_ids=()),
    ValueScope(METRIC, in_batches=True),
    ValueScope(METRIC, start=NOW + timedelta(minutes=90), end=NOW + timedelta(hours=4)),
    ValueScope(METRIC, segment=("region", "north")),
    ValueScope(METRIC, segment=("region", None)),
    ValueScope(METRIC, model_id=OTHER_MODEL, in_batches=True, start=NOW, segment=("shop", "é")),
]
EVERY_SCOPE = pytest.mark.parametrize("scope", SCOPES, ids=lambda s: repr(s)[len("ValueScope(metric_id=") + 26 :][:60])
EVERY_GROUPING = pytest.mark.parametrize("by", [None, GroupBy.HOUR, GroupBy.BATCH])


def some_values():
    """Values of all kinds, in no order, many of them at the same moment."""
    rng = np.random.default_rng(0)

    def value(number):
        segments = [("region", str(rng.choice(["north", "south"])))] * int(rng.integers(2))
        segments += [("shop", "é")] * int(rng.integers(2))
        return new.metric_value(
            float(rng.normal()),
            at=NOW + int(rng.integers(20)) * timedelta(minutes=17),
            category=str(rng.choice(["ok", "late", "lost", ""])),
            sample_size=int(rng.integers(4)),
            model_id=(None, MODEL, OTHER_MODEL)[rng.integers(3)],
            batch_id=(None, BATCH, OTHER_BATCH)[rng.integers(3)],
            segments=tuple(segments),
        )

    return [value(number) for number in range(300)]


def in_scope(value, scope):
    segments = dict(value.segments)
    return (
        scope.model_id in (None, value.model_id)
        and (scope.batch_ids is None or value.batch_id in scope.batch_ids)
        and not (scope.in_batches and value.batch_id is None)
        and (scope.start is None or scope.start <= value.at)
        and (scope.end is None or value.at < scope.end)
        and (
            scope.segment is None
            or (scope.segment[0] in segments and scope.segment[1] in (None, segments[scope.segment[0]]))
        )
    )


def grouped(scope, by):
    """The values that count, by group, as one loop finds them."""
    groups = defaultdict(list)
    for place, value in enumerate(some_values()):
        if in_scope(value, scope):
            hour = int(value.at.timestamp() // 3600)
            groups[{None: None, "hour": hour, "batch_id": value.batch_id}[by]].append((value.at, place, value))
    return groups


class CustomMetricConformance:
    """Needs the fixture ``tx`` of the whole conformance class."""

    @pytest.fixture
    def measured(self, tx):
        tx.custom_metrics.create(new.custom_metric(1))
        tx.custom_metrics.create(new.custom_metric(2))
        tx.custom_metric_values.add(METRIC, some_values())
        # Must never show in the first metric's figures.
        tx.custom_metric_values.add(OTHER_METRIC, [new.metric_value(1e9, batch_id=BATCH, model_id=MODEL)])
        return tx

    def test_a_metric_comes_back_as_it_was_stored(self, tx):
        metric = new.custom_metric(
            1,
            description="é",
            type=MetricType.CATEGORICAL,
            directionality=Directionality.LOWER,
            is_model_specific=True,
            baseline_values=(1.5, -2.0),
            columns={SourceColumn.TIMESTAMP: ColumnName("when", "%Y"), SourceColumn.VALUE: ColumnName("v")},
            categories=(Category("ok", Directionality.HIGHER, 7), Category("é", Directionality.LOWER)),
        )
        tx.custom_metrics.create(metric)
        assert tx.custom_metrics.find(DEPLOYMENT, METRIC) == metric
        assert tx.custom_metrics.find_named(DEPLOYMENT, "metric 1") == metric
        changed = replace(metric, name="new", categories=(), columns={}, type=MetricType.GAUGE)
        tx.custom_metrics.update(changed)
        assert tx.custom_metrics.find(DEPLOYMENT, METRIC) == changed

    def test_a_metric_belongs_to_one_deployment(self, tx):
        tx.custom_metrics.create(new.custom_metric(1))
        assert tx.custom_metrics.find(id_of(2), METRIC) is None
        assert tx.custom_metrics.find_named(id_of(2), "metric 1") is None
        assert tx.custom_metrics.list(id_of(2), PageRequest()).items == []

    def test_metrics_are_listed_oldest_first(self, tx):
        for number, later in ((1, 2), (2, 0), (3, 1)):
            tx.custom_metrics.create(new.custom_metric(number, created_at=NOW + later * SECOND))
        page = tx.custom_metrics.list(DEPLOYMENT, PageRequest(offset=1, limit=1))
        assert ([m.id for m in page.items], page.total) == ([id_of(3)], 3)

    def test_a_name_is_taken_until_its_metric_is_deleted(self, filled):
        with filled.transaction() as tx:
            tx.custom_metrics.create(new.custom_metric(1, name="one"))
            tx.custom_metrics.create(new.custom_metric(2, name="one", deployment_id=id_of(2)))
        with pytest.raises(sa.exc.IntegrityError), filled.transaction() as tx:
            tx.custom_metrics.create(new.custom_metric(3, name="one"))
        with filled.transaction() as tx:
            tx.custom_metrics.delete(METRIC, NOW)
            assert tx.custom_metrics.find(DEPLOYMENT, METRIC) is None
            assert tx.custom_metrics.list(DEPLOYMENT, PageRequest()).total == 0
            tx.custom_metrics.create(new.custom_metric(3, name="one"))
            assert tx.custom_metrics.find_named(DEPLOYMENT, "one").id == id_of(3)

    @EVERY_SCOPE
    @EVERY_GROUPING
    def test_sums_are_those_of_a_loop_over_the_values(self, measured, scope, by):
        found = measured.custom_metric_values.sums(scope, by)
        expected = grouped(scope, by)
        assert found.keys() == expected.keys()
        for key, entries in expected.items():
            values = [value for _, _, value in entries]
            assert found[key].n == len(values)
            assert found[key].sample_size == sum(v.sample_size for v in values)
            assert found[key].total == pytest.approx(math.fsum(v.value for v in values), rel=1e-12, abs=1e-12)
            weighted = math.fsum(v.value * v.sample_size for v in values)
            assert found[key].weighted == pytest.approx(weighted, rel=1e-12, abs=1e-12)

    @EVERY_SCOPE
    @EVERY_GROUPING
    def test_the_last_value_is_the_newest_and_of_the_same_moment_the_one_stored_last(self, measured, scope, by):
        found = measured.custom_metric_values.latest(scope, by)
        expected = {key: max(entries)[2] for key, entries in grouped(scope, by).items()}
        assert {key: (one.at, one.value, one.sample_size) for key, one in found.items()} == {
            key: (value.at, value.value, value.sample_size) for key, value in expected.items()
        }

    @EVERY_SCOPE
    @EVERY_GROUPING
    def test_categories_are_counted_by_sample_size_and_other_names_apart(self, measured, scope, by):
        found = measured.custom_metric_values.categories(scope, CATEGORIES, by)
        expected = grouped(scope, by)
        assert found.keys() == expected.keys()
        for key, entries in expected.items():
            sizes = defaultdict(int)
            for _, _, value in entries:
                sizes[value.category if value.category in CATEGORIES else None] += value.sample_size
            assert found[key] == sizes

    @pytest.mark.parametrize("by", [None, GroupBy.HOUR, GroupBy.BATCH])
    def test_a_metric_without_values_has_no_groups(self, tx, by):
        tx.custom_metrics.create(new.custom_metric(1))
        values = tx.custom_metric_values
        assert values.sums(ValueScope(METRIC), by) == {}
        assert values.latest(ValueScope(METRIC), by) == {}
        assert values.categories(ValueScope(METRIC), CATEGORIES, by) == {}
        assert not values.any(METRIC)

    @pytest.mark.parametrize("year", [1, 1969, 9999])
    def test_the_hours_of_far_years_are_told_apart(self, tx, year):
        tx.custom_metrics.create(new.custom_metric(1))
        start = datetime(year, 12, 31, 22, tzinfo=UTC)
        moments = [start, start + timedelta(hours=1), start + timedelta(hours=1, minutes=59)]
        tx.custom_metric_values.add(METRIC, [new.metric_value(1.0, at=at) for at in moments])
        found = tx.custom_metric_values.sums(ValueScope(METRIC), GroupBy.HOUR)
        hour = (start - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(hours=1)
        assert {key: one.n for key, one in found.items()} == {hour: 1, hour + 1: 2}

    @pytest.mark.parametrize("values", [[1e308, 1e308], [1e308, 1e308, -1e308], [-1e308] * 3])
    def test_sums_beyond_all_numbers_are_unknown(self, tx, values):
        tx.custom_metrics.create(new.custom_metric(1))
        tx.custom_metric_values.add(METRIC, [new.metric_value(v, sample_size=2**31 - 1) for v in values])
        found = tx.custom_metric_values.sums(ValueScope(METRIC))[None]
        assert (found.n, found.sample_size) == (len(values), len(values) * (2**31 - 1))
        assert not math.isfinite(found.weighted)

    def test_sums_that_end_among_the_numbers_are_known_wherever_they_have_been(self, tx):
        tx.custom_metrics.create(new.custom_metric(1))
        values = [1e308, 1e308, -1e308, -1e308, 0.1, 1e-300]
        tx.custom_metric_values.add(METRIC, [new.metric_value(v, sample_size=2**31 - 1) for v in values])
        found = tx.custom_metric_values.sums(ValueScope(METRIC))[None]
        assert (found.total, found.weighted) == (pytest.approx(0.1), pytest.approx(0.1 * (2**31 - 1)))

    def test_values_are_removed_with_their_batch(self, measured):
        measured.custom_metric_values.delete(batch_id=BATCH)
        assert set(measured.custom_metric_values.sums(ValueScope(METRIC), GroupBy.BATCH)) == {None, OTHER_BATCH}
        assert measured.custom_metric_values.sums(ValueScope(OTHER_METRIC)) == {}

    def test_values_are_removed_with_their_metric(self, measured):
        measured.custom_metric_values.delete(metric_id=METRIC)
        measured.custom_metrics.purge(metric_id=METRIC)
        assert not measured.custom_metric_values.any(METRIC)
        assert measured.custom_metric_values.any(OTHER_METRIC)
        assert measured.custom_metrics.find(DEPLOYMENT, METRIC) is None

    def test_values_are_removed_with_their_deployment(self, measured):
        measured.custom_metrics.create(new.custom_metric(3, deployment_id=id_of(2)))
        measured.custom_metric_values.add(id_of(3), [new.metric_value(1.0)])
        measured.custom_metric_values.delete(deployment_id=DEPLOYMENT)
        measured.custom_metrics.purge(deployment_id=DEPLOYMENT)
        assert measured.custom_metrics.list(DEPLOYMENT, PageRequest()).total == 0
        assert measured.custom_metric_values.any(id_of(3))

    def test_a_value_of_no_metric_is_refused(self, filled):
        with pytest.raises(sa.exc.IntegrityError), filled.transaction() as tx:
            tx.custom_metric_values.add(id_of(9), [new.metric_value(1.0)])
