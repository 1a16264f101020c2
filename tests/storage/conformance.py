"""What every store does alike; the tests of each back end inherit it."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise, permutations

import pytest
import sqlalchemy as sa
from tests.storage import records as new
from tests.storage.call_conformance import CallConformance
from tests.storage.custom_metric_conformance import CustomMetricConformance
from tests.storage.export_conformance import ExportConformance
from tests.storage.records import MODEL, NOW, OTHER_MODEL, OWNER, SECOND, id_of
from tests.storage.upkeep_conformance import UpkeepConformance
from tests.storage.verdict_conformance import VerdictConformance
from tests.storage.version_conformance import VersionConformance

from assay.errors import LeaseLost, NotFound, UnknownBatch
from assay.records.actuals import ComputedAccuracy, StaleAccuracy
from assay.records.batches import BatchOrder, BatchQuery
from assay.records.buckets import Span
from assay.records.datasets import DatasetState
from assay.records.deployments import DeploymentOrder, DeploymentQuery, ReplacementReason, Settings
from assay.records.fragments import Fragment
from assay.records.job_specs import JobSpec
from assay.records.jobs import JobState
from assay.records.models import PackageQuery, Target, TargetType
from assay.records.monitoring_jobs import JobPart, JobQuery, JobStatus
from assay.records.pages import PageRequest
from assay.records.schedules import Schedule
from assay.records.slices import WHOLE, Segment, Selection, Slice
from assay.records.uploads import UploadState

ALL = PageRequest()
DEPLOYMENT, BATCH, OTHER_BATCH = id_of(1), id_of(1), id_of(2)
LEASE = timedelta(seconds=30)


def computed(batch_id=BATCH, model_id=MODEL, part=WHOLE, rows=1):
    return ComputedAccuracy(batch_id, model_id, part, rows, b"x")


def names(page):
    return [one.name for one in page.items]


class StorageConformance(
    CustomMetricConformance,
    ExportConformance,
    CallConformance,
    VersionConformance,
    UpkeepConformance,
    VerdictConformance,
):
    """A subclass has a fixture ``store``: an empty store with the present schema."""

    @pytest.fixture
    def filled(self, store):
        """A store with a user, a deployment and two empty batches."""
        with store.transaction() as tx:
            tx.users.create(new.user())
            tx.model_packages.create(new.package(1))
            tx.deployments.create(new.deployment(1))
            tx.deployments.create(new.deployment(2))
            tx.batches.create(new.batch(1))
            tx.batches.create(new.batch(2))
        return store

    @pytest.fixture
    def tx(self, filled):
        with filled.transaction() as tx:
            yield tx

    # ---------------------------------------------------------------- transactions

    def test_a_transaction_that_fails_leaves_nothing(self, store):
        def make_and_fail(tx):
            tx.users.create(new.user())
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError), store.transaction() as tx:
            make_and_fail(tx)
        with store.snapshot() as tx:
            assert tx.users.find("ann") is None

    def test_a_statement_that_fails_takes_the_whole_transaction_with_it(self, filled):
        def make_two(tx):
            tx.jobs.create(new.job(1))
            tx.users.create(new.user(id=id_of(9)))

        with pytest.raises(sa.exc.IntegrityError), filled.transaction() as tx:
            make_two(tx)
        with filled.snapshot() as tx:
            assert tx.jobs.find(id_of(1)) is None

    def test_what_others_have_not_committed_cannot_be_seen(self, filled):
        with filled.transaction() as writing:
            writing.jobs.create(new.job(1))
            with filled.snapshot() as reading:
                assert reading.jobs.find(id_of(1)) is None
        with filled.snapshot() as reading:
            assert reading.jobs.find(id_of(1)) is not None

    def test_a_snapshot_sees_one_moment(self, filled):
        with filled.snapshot() as reading:
            assert reading.batches.count(DEPLOYMENT) == 2
            with filled.transaction() as writing:
                writing.batches.create(new.batch(3))
            assert reading.batches.count(DEPLOYMENT) == 2
            assert reading.batches.list(DEPLOYMENT, BatchQuery(), ALL).total == 2
        with filled.snapshot() as reading:
            assert reading.batches.count(DEPLOYMENT) == 3

    def test_a_snapshot_cannot_write_and_the_next_transaction_can(self, filled):
        with pytest.raises(sa.exc.DBAPIError), filled.snapshot() as tx:
            tx.jobs.create(new.job(1))
        with filled.transaction() as tx:
            assert tx.jobs.find(id_of(1)) is None
            tx.jobs.create(new.job(1))

    def test_writers_in_two_threads_lose_nothing(self, filled):
        def write():
            for _ in range(25):
                with filled.transaction() as tx:
                    tx.batches.add_predictions(BATCH, MODEL, 1, NOW, NOW)

        threads = [threading.Thread(target=write) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with filled.snapshot() as tx:
            assert tx.batches.get(DEPLOYMENT, BATCH).predictions_count == 50
            assert tx.batches.get_model(BATCH, MODEL).predictions_count == 50

    # ---------------------------------------------------------------- times

    @pytest.mark.parametrize(
        "moment",
        [
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        ],
    )
    def test_a_time_comes_back_as_the_same_moment_in_utc(self, tx, moment):
        tx.batches.add_predictions(BATCH, MODEL, 1, moment, moment)
        found = tx.batches.get(DEPLOYMENT, BATCH)
        assert found.earliest == found.latest == moment
        assert found.earliest.tzinfo is UTC

    def test_a_time_without_a_zone_is_not_stored(self, store):
        with pytest.raises(sa.exc.StatementError, match="without a zone"), store.transaction() as tx:
            tx.users.create(new.user(created_at=datetime(2026, 1, 1)))  # noqa: DTZ001

    # ---------------------------------------------------------------- pages of lists

    @pytest.mark.parametrize(
        ("request_", "expected"),
        [
            (PageRequest(), [1, 2, 3, 4, 5]),
            (PageRequest(limit=2), [1, 2]),
            (PageRequest(offset=3, limit=2), [4, 5]),
            (PageRequest(offset=4, limit=2), [5]),
            (PageRequest(offset=3), [4, 5]),
            (PageRequest(offset=5, limit=2), []),
            (PageRequest(offset=2**40, limit=1), []),
            (PageRequest(limit=0), []),
        ],
    )
    def test_a_page_is_a_cut_of_the_list_and_knows_the_whole_length(self, tx, request_, expected):
        for number in (3, 4, 5):
            tx.batches.create(new.batch(number))
        page = tx.batches.list(DEPLOYMENT, BatchQuery(), request_)
        assert names(page) == [f"batch {n}" for n in expected]
        assert (page.total, page.offset, page.limit) == (5, request_.offset, request_.limit)

    # ---------------------------------------------------------------- users and tokens

    def test_users_are_found_by_name_and_by_id(self, store):
        with store.transaction() as tx:
            tx.users.create(new.user(is_admin=True))
            assert tx.users.find("ann") == tx.users.get(OWNER) == new.user(is_admin=True)
            assert tx.users.find("Ann") is None
            with pytest.raises(sa.exc.NoResultFound):
                tx.users.get(id_of(9))

    def test_tokens_are_made_used_and_revoked(self, tx):
        late = new.token(1, created_at=NOW + SECOND, expires_at=NOW + LEASE)
        for one in (late, new.token(3), new.token(2)):
            tx.tokens.create(one)
        tx.tokens.touch(id_of(1), NOW)
        assert tx.tokens.find(id_of(1)) == replace(late, last_used_at=NOW)
        assert [t.id for t in tx.tokens.list()] == [id_of(2), id_of(3), id_of(1)]
        assert tx.tokens.list(id_of(9)) == []
        assert tx.tokens.delete(id_of(1))
        assert not tx.tokens.delete(id_of(1))
        assert tx.tokens.find(id_of(1)) is None

    def test_a_token_of_nobody_is_refused(self, filled):
        with pytest.raises(sa.exc.IntegrityError), filled.transaction() as tx:
            tx.tokens.create(new.token(1, user_id=id_of(9)))

    # ---------------------------------------------------------------- data sets and models

    def test_data_sets_come_back_as_they_were_stored(self, tx):
        tx.datasets.create(new.dataset(1))
        assert tx.datasets.find(id_of(1)) == new.dataset(1)
        tx.datasets.update(id_of(1), state=DatasetState.COMPLETED, row_count=2**33, columns={"é": "Text"})
        changed = tx.datasets.find(id_of(1))
        assert (changed.state, changed.row_count, changed.columns) == (DatasetState.COMPLETED, 2**33, {"é": "Text"})
        assert tx.datasets.find(id_of(9)) is None

    def test_lists_of_data_sets_leave_out_deleted_failed_and_foreign_ones(self, tx):
        tx.users.create(new.user(id=id_of(7), name="bob"))
        tx.datasets.create(new.dataset(1))
        tx.datasets.create(new.dataset(2, created_at=NOW + SECOND, state=DatasetState.ERROR))
        tx.datasets.create(new.dataset(3, created_at=NOW + 2 * SECOND, owner_id=id_of(7)))
        tx.datasets.create(new.dataset(4))
        tx.datasets.delete(id_of(4), NOW)

        def listed(owner, *, newest_first=False, **more):
            page = tx.datasets.list(owner, ALL, newest_first=newest_first, **{"without_failed": False, **more})
            assert page.total == len(page.items)
            return [int(d.id, 16) for d in page.items]

        assert listed(None) == [1, 2, 3]
        assert listed(None, newest_first=True) == [3, 2, 1]
        assert listed(OWNER) == [1, 2]
        assert listed(OWNER, without_failed=True) == [1]
        tx.datasets.create(new.dataset(5, categories=["TRAINING", "50% é"]))
        assert listed(None, category="TRAINING") == [1, 5, 2, 3]
        assert listed(None, category="50% é") == [5]
        assert listed(None, category="%") == []
        assert tx.datasets.find(id_of(4)).deleted_at == NOW

    def test_packages_come_back_as_they_were_stored(self, tx):
        assert tx.model_packages.find(id_of(1)) == new.package(1)
        assert tx.model_packages.find(id_of(9)) is None

    def test_packages_are_listed_newest_first_by_owner_name_and_model(self, tx):
        tx.model_packages.create(new.package(2, created_at=NOW + SECOND, model_id=OTHER_MODEL))
        tx.model_packages.create(new.package(3, name="50% off"))
        tx.model_packages.create(new.package(4))
        tx.model_packages.archive(id_of(4), NOW)

        def listed(owner=None, **query):
            page = tx.model_packages.list(owner, PackageQuery(**query), ALL)
            assert page.total == len(page.items)
            return [int(p.id, 16) for p in page.items]

        assert listed() == [2, 1, 3]
        assert listed(owner=id_of(9)) == []
        assert listed(search="%") == [3]
        assert listed(search="MODEL") == [2, 1]
        assert listed(model_id=OTHER_MODEL) == [2]
        tx.model_packages.create(new.package(5, target=Target("y", TargetType.BINARY, ("no", "yes"))))
        tx.model_packages.create(new.package(6, target=Target("z", TargetType.BINARY, ("no", "yes"))))
        assert listed(similar_to=new.package(1)) == [2, 3, 5]
        assert listed(similar_to=new.package(1), search="5") == [3, 5]
        assert listed(threshold=0.5) == [5, 6]
        second = tx.model_packages.list(None, PackageQuery(threshold=0.25), PageRequest(offset=1, limit=1))
        assert ([int(p.id, 16) for p in second.items], second.total) == ([1], 3)

    def test_packages_know_who_uses_them_and_what_they_use(self, tx):
        tx.datasets.create(new.dataset(1))
        tx.model_packages.create(new.package(2, training_dataset_id=id_of(1), holdout_dataset_id=id_of(1)))
        assert (tx.model_packages.using_dataset(id_of(1)), tx.model_packages.using_dataset(id_of(2))) == (1, 0)
        tx.model_packages.archive(id_of(2), NOW)
        assert tx.model_packages.using_dataset(id_of(1)) == 0
        assert tx.model_packages.deployments_of(id_of(1)) == 2
        tx.deployments.delete(id_of(2), NOW)
        assert tx.model_packages.deployments_of(id_of(1)) == 1

    def test_the_newest_baseline_of_a_package_is_found(self, tx):
        assert tx.baselines.newest_of(id_of(1)) is None
        tx.baselines.create(new.baseline(1, accuracy=b"", prediction_profile=bytes(range(256))))
        tx.baselines.create(new.baseline(2, created_at=NOW - SECOND))
        tx.baselines.create(new.baseline(3))
        assert tx.baselines.newest_of(id_of(1)) == id_of(3)
        found = tx.baselines.get(id_of(1))
        assert found == new.baseline(1, accuracy=b"", prediction_profile=bytes(range(256)))

    # ---------------------------------------------------------------- deployments

    def test_deployments_come_back_with_their_settings(self, tx):
        settings = Settings(batch_monitoring=True, segment_attributes=("a", "b"), association_id_column="é")
        tx.deployments.save_settings(id_of(1), settings)
        tx.deployments.update(id_of(1), label="renamed")
        assert tx.deployments.find(id_of(1)) == new.deployment(1, settings=settings, label="renamed")

    def test_a_deleted_deployment_is_not_found_and_not_listed(self, tx):
        tx.deployments.delete(id_of(1), NOW)
        assert tx.deployments.find(id_of(1)) is None
        page = tx.deployments.list(DeploymentQuery(), ALL)
        assert [d.id for d in page.items] == [id_of(2)]

    @pytest.mark.parametrize(
        ("order", "expected"),
        [("-createdAt", [4, 1, 2, 3]), ("label", [3, 4, 1, 2]), ("-label", [2, 1, 4, 3]), ("createdAt", [1, 2, 3, 4])],
    )
    def test_deployments_are_ordered_and_ties_by_id(self, tx, order, expected):
        tx.deployments.create(new.deployment(3, label="a"))
        tx.deployments.create(new.deployment(4, label="b", created_at=NOW + SECOND))
        query = DeploymentQuery(order_by=DeploymentOrder(order.strip("-")), descending=order.startswith("-"))
        page = tx.deployments.list(query, ALL)
        assert [int(d.id, 16) for d in page.items] == expected

    def test_a_model_history_goes_from_the_oldest_to_the_newest(self, tx):
        tx.baselines.create(new.baseline(1))
        tx.deployments.add_model(new.deployed(OTHER_MODEL, since=NOW + SECOND))
        tx.deployments.add_model(new.deployed(MODEL))
        tx.deployments.set_baseline(id_of(1), MODEL, id_of(1))
        assert tx.deployments.models(id_of(1)) == [
            new.deployed(MODEL, baseline_id=id_of(1)),
            new.deployed(OTHER_MODEL, since=NOW + SECOND),
        ]
        assert tx.deployments.models(id_of(2)) == []

    def test_a_deployment_keeps_what_its_caller_said(self, tx):
        more = {
            "environment_id": id_of(5),
            "prediction_server_id": "s",
            "tags": [{"id": id_of(6), "name": "team", "value": "é"}],
            "runtime_parameters": "[]",
        }
        tx.deployments.create(new.deployment(3, **more))
        assert tx.deployments.find(id_of(3)) == new.deployment(3, **more)
        kept = Settings(tracked_features=("x",), prediction_warning={"enabled": True}, humility=True)
        tx.deployments.save_settings(id_of(3), kept)
        assert tx.deployments.find(id_of(3)).settings == kept

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"owner_id": OWNER}, [1, 2, 3]),
            ({"not_owner_id": OWNER}, [4]),
            ({"created_by": "bob"}, [4]),
            ({"created_by": id_of(8)}, [4]),
            ({"search": "SERVICE 3"}, [3]),
            ({"importance": ("HIGH", "LOW")}, [2, 4]),
            ({"prediction_servers": ("s",)}, [3]),
            ({"platforms": ("aws",)}, [4]),
            ({"platforms": ("other",)}, []),
            ({"build_environments": ("R",)}, [2]),
            ({"target_types": ("Regression",)}, [2]),
            ({"last_prediction_from": NOW + SECOND}, [3]),
            ({"last_prediction_to": NOW}, [1]),
            ({"last_prediction_from": NOW, "last_prediction_to": NOW + SECOND}, [1, 3]),
            ({"more_a_day": 1}, [3]),
            ({"fewer_a_day": 1}, [2, 4]),
            ({"more_a_day": 0}, [1, 3]),
            ({"usage_since": NOW, "more_a_day": 0}, [3]),
            ({"none": True}, []),
            ({"order_by": "importance"}, [1, 3, 2, 4]),
            ({"order_by": "importance", "descending": True}, [4, 2, 1, 3]),
            ({"order_by": "lastPredictionTimestamp"}, [2, 4, 1, 3]),
            ({"order_by": "lastPredictionTimestamp", "descending": True}, [3, 1, 2, 4]),
            ({"order_by": "recentPredictions", "descending": True}, [3, 1, 2, 4]),
            ({"order_by": "currentModelDeployedTimestamp"}, [2, 3, 4, 1]),
        ],
    )
    def test_deployments_are_chosen_and_sorted_by_what_belongs_to_them(self, tx, query, expected):
        tx.users.create(new.user(id=id_of(8), name="bob"))
        regression = Target("y", TargetType.REGRESSION)
        tx.model_packages.create(new.package(2, target=regression, description={"buildEnvironmentType": "R"}))
        tx.prediction_environments.create(new.environment(1, platform="aws"))
        tx.deployments.update(id_of(2), model_package_id=id_of(2), importance="LOW")
        tx.deployments.create(new.deployment(3, prediction_server_id="s"))
        tx.deployments.create(
            new.deployment(4, owner_id=id_of(8), owner_name="bob", importance="HIGH", environment_id=id_of(1))
        )
        tx.deployments.add_model(new.deployed(MODEL))
        tx.uploads.create(new.upload(1, rows=7))
        later = {"rows": 14, "last_at": NOW + SECOND, "created_at": NOW + SECOND}
        tx.uploads.create(new.upload(2, deployment_id=id_of(3), batch_id=None, **later))
        tx.uploads.create(
            new.upload(3, deployment_id=id_of(4), batch_id=None, rows=99, state=UploadState.PENDING, last_at=NOW)
        )
        order = DeploymentOrder(query.get("order_by", "createdAt"))
        found = DeploymentQuery(**{"descending": False, **query, "order_by": order})
        page = tx.deployments.list(found, ALL)
        assert [int(d.id, 16) for d in page.items] == expected
        assert page.total == len(expected)

    def test_a_model_that_comes_back_keeps_its_baseline(self, tx):
        for number in (1, 2):
            tx.baselines.create(new.baseline(number))
        tx.deployments.add_model(new.deployed(MODEL, baseline_id=id_of(1)))
        other = new.deployed(OTHER_MODEL, baseline_id=id_of(2), since=NOW + SECOND)
        tx.deployments.replace_model(id_of(1), MODEL, other)
        assert tx.deployments.find(id_of(1)).model_id == OTHER_MODEL
        back = new.deployed(MODEL, baseline_id=id_of(2), since=NOW + 2 * SECOND)
        tx.deployments.replace_model(id_of(1), OTHER_MODEL, back)
        assert tx.deployments.find(id_of(1)).model_id == MODEL
        assert {m.model_id: (m.baseline_id, m.since, m.until) for m in tx.deployments.models(id_of(1))} == {
            MODEL: (id_of(1), NOW + 2 * SECOND, None),
            OTHER_MODEL: (id_of(2), NOW + SECOND, NOW + 2 * SECOND),
        }

    def test_the_services_of_models_follow_each_other(self, tx):
        tx.model_history.begin(new.period(MODEL))
        tx.model_history.begin(new.period(OTHER_MODEL, since=NOW + SECOND, reason=ReplacementReason.ERRORS))
        tx.model_history.begin(new.period(MODEL, deployment_id=id_of(2)))
        page = tx.model_history.list(DEPLOYMENT, ALL)
        assert page.items == [
            new.period(OTHER_MODEL, since=NOW + SECOND, reason=ReplacementReason.ERRORS),
            new.period(MODEL, until=NOW + SECOND),
        ]
        assert tx.model_history.list(DEPLOYMENT, PageRequest(offset=1, limit=1)).items == page.items[1:]
        tx.model_history.delete(DEPLOYMENT)
        assert tx.model_history.list(DEPLOYMENT, ALL).items == []
        assert tx.model_history.list(id_of(2), ALL).total == 1

    # ---------------------------------------------------------------- environments, events, health settings

    def test_environments_come_back_and_know_who_is_in_them(self, tx):
        tx.prediction_environments.create(new.environment(1))
        tx.prediction_environments.create(new.environment(2, name="Prod_2", created_at=NOW + SECOND))
        assert tx.prediction_environments.find(id_of(1)) == new.environment(1)
        assert tx.prediction_environments.find(id_of(9)) is None
        tx.deployments.update(id_of(1), environment_id=id_of(1))
        assert tx.prediction_environments.deployments_in(id_of(1)) == 1
        tx.deployments.delete(id_of(1), NOW)
        assert tx.prediction_environments.deployments_in(id_of(1)) == 0

        def listed(owner=None, search=None):
            page = tx.prediction_environments.list(owner, ALL, search=search)
            assert page.total == len(page.items)
            return [int(e.id, 16) for e in page.items]

        assert (listed(), listed(OWNER), listed(id_of(9))) == ([2, 1], [2, 1], [])
        assert (listed(search="prod_"), listed(search="%")) == ([2], [])
        tx.prediction_environments.delete(id_of(1), NOW)
        assert listed() == [2]
        assert tx.prediction_environments.find(id_of(1)).deleted_at == NOW

    def test_events_are_listed_the_latest_first(self, tx):
        tx.users.create(new.user(id=id_of(8), name="bob"))
        tx.remote_events.create(new.event(1))
        tx.remote_events.create(new.event(2, at=NOW + SECOND, deployment_id=None, data=None))
        tx.remote_events.create(new.event(3, owner_id=id_of(8)))

        def listed(owner=None, deployment_id=None):
            page = tx.remote_events.list(owner, ALL, deployment_id=deployment_id)
            assert page.total == len(page.items)
            return [int(e.id, 16) for e in page.items]

        assert listed() == [2, 3, 1]
        assert listed(OWNER) == [2, 1]
        assert listed(deployment_id=DEPLOYMENT) == [3, 1]
        assert tx.remote_events.list(OWNER, PageRequest(offset=1), deployment_id=None).items == [new.event(1)]
        tx.remote_events.delete(DEPLOYMENT)
        assert listed() == [2]

    def test_changed_health_settings_are_kept_by_deployment(self, tx):
        assert tx.health_changes.get(DEPLOYMENT) == {}
        tx.health_changes.put(DEPLOYMENT, {"service": {"batch_count": 5}})
        tx.health_changes.put(DEPLOYMENT, {"data_drift": {"starred_features": ["é"], "drift_threshold": 0.2}})
        assert tx.health_changes.get(DEPLOYMENT) == {"data_drift": {"starred_features": ["é"], "drift_threshold": 0.2}}
        assert tx.health_changes.get(id_of(2)) == {}
        tx.health_changes.delete(DEPLOYMENT)
        assert tx.health_changes.get(DEPLOYMENT) == {}

    # ---------------------------------------------------------------- batches

    def test_the_latest_batches_are_those_with_something_to_look_at(self, tx):
        for number in (3, 4, 5):
            tx.batches.create(new.batch(number))
        for number, model, at in ((1, MODEL, 3), (2, OTHER_MODEL, 4), (3, MODEL, 1), (4, MODEL, 2)):
            moment = NOW + at * SECOND
            tx.batches.add_predictions(id_of(number), model, 1, moment, moment)
        tx.batches.add_requests(id_of(4), 1, 0, 0, NOW, NOW)
        tx.accuracy.mark_stale(DEPLOYMENT, {(id_of(3), MODEL), (id_of(4), MODEL)})
        for number, rows in ((3, 5), (4, 0)):
            computed = [ComputedAccuracy(id_of(number), MODEL, WHOLE, rows, b"")]
            tx.accuracy.save(StaleAccuracy(DEPLOYMENT, id_of(number), MODEL, 1), computed, NOW)

        def numbers(found):
            return [int(b.id, 16) for b in found]

        assert numbers(tx.batches.latest_predicted(DEPLOYMENT, MODEL, 10)) == [1, 4, 3]
        assert numbers(tx.batches.latest_predicted(DEPLOYMENT, MODEL, 2)) == [1, 4]
        assert numbers(tx.batches.latest_requested(DEPLOYMENT, 10)) == [4]
        assert numbers(tx.batches.latest_with_actuals(DEPLOYMENT, MODEL, 10)) == [3]
        tx.batches.delete(id_of(1), NOW)
        assert numbers(tx.batches.latest_predicted(DEPLOYMENT, MODEL, 1)) == [4]
        assert numbers(tx.batches.latest_predicted(id_of(2), MODEL, 1)) == []

    def test_rows_are_told_by_when_they_arrived(self, tx):
        bounds = [NOW + n * SECOND for n in range(4)]
        for number, (at, rows) in enumerate(((0, 1), (1, 2), (2, 4), (2, 8), (3, 16), (4, 32)), start=1):
            tx.uploads.create(new.upload(number, created_at=NOW + at * SECOND, rows=rows))
        tx.uploads.create(new.upload(9, created_at=NOW + SECOND, rows=64, state=UploadState.REFUSED))
        assert tx.uploads.received(DEPLOYMENT, bounds) == [2, 12, 16]
        assert tx.uploads.received(id_of(2), bounds) == [0, 0, 0]

    def test_the_span_of_predictions_can_be_one_models(self, tx):
        tx.uploads.create(new.upload(1))
        tx.uploads.create(new.upload(2, model_id=OTHER_MODEL, first_at=NOW + SECOND, last_at=NOW + 2 * SECOND))
        assert tx.uploads.span(DEPLOYMENT) == (NOW, NOW + 2 * SECOND)
        assert tx.uploads.span(DEPLOYMENT, MODEL) == (NOW, NOW)
        assert tx.uploads.span(DEPLOYMENT, OTHER_MODEL) == (NOW + SECOND, NOW + 2 * SECOND)

    @pytest.mark.parametrize(
        ("search", "expected"),
        [
            ("100%", ["100% of May"]),
            ("%", ["100% of May"]),
            ("_", ["may_final"]),
            ("/", ["a/b"]),
            ("\\", ["c\\d"]),
            ("MAY", ["100% of May", "may_final"]),
            ("école", ["École", "école"]),
            ("ÉCOLE", ["École", "école"]),
            ("", ["100% of May", "École", "a/b", "c\\d", "may_final", "école"]),
            (id_of(12), ["may_final"]),
            ("nothing", []),
        ],
    )
    def test_a_search_takes_wildcards_as_text_and_ignores_case(self, tx, search, expected):
        tx.batches.delete(id_of(1), NOW)
        tx.batches.delete(id_of(2), NOW)
        for number, name in enumerate(["100% of May", "École", "may_final", "école", "a/b", "c\\d"], start=10):
            tx.batches.create(new.batch(number, name=name))
        assert sorted(names(tx.batches.list(DEPLOYMENT, BatchQuery(search=search), ALL))) == sorted(expected)

    def test_names_sort_by_their_code_points(self, tx):
        given = ["b", "B", "a b", "a_b", "ab", "É", "e", "Z", "ß", "10", "9"]
        for number, name in enumerate(given, start=10):
            tx.batches.create(new.batch(number, name=name, deployment_id=id_of(2)))
            tx.deployments.create(new.deployment(number, label=name, owner_id=OWNER, description="named"))
        query = BatchQuery(order_by=BatchOrder.NAME)
        assert names(tx.batches.list(id_of(2), query, ALL)) == sorted(given)
        labels = [
            d.label
            for d in tx.deployments.list(DeploymentQuery(order_by=DeploymentOrder.LABEL, descending=False), ALL).items
            if d.description == "named"
        ]
        assert labels == sorted(given)

    @pytest.mark.parametrize("order", list(BatchOrder))
    def test_ties_are_ordered_the_same_way_on_every_page(self, tx, order):
        for number in range(3, 9):
            tx.batches.create(new.batch(number, name="same"))
        whole = tx.batches.list(DEPLOYMENT, BatchQuery(order_by=order), ALL).items
        pages = [tx.batches.list(DEPLOYMENT, BatchQuery(order_by=order), PageRequest(i, 1)).items[0] for i in range(8)]
        assert pages == whole
        tied = [b.id for b in whole if b.name == "same"]
        assert tied == sorted(tied)

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            (BatchOrder.NAME, [3, 1, 2]),
            (BatchOrder.NAME_DOWN, [2, 1, 3]),
            (BatchOrder.CREATED, [1, 2, 3]),
            (BatchOrder.CREATED_DOWN, [3, 1, 2]),
            (BatchOrder.EARLIEST, [2, 1, 3]),
            (BatchOrder.EARLIEST_DOWN, [3, 1, 2]),
            (BatchOrder.LATEST, [1, 3, 2]),
            (BatchOrder.LATEST_DOWN, [2, 3, 1]),
        ],
    )
    def test_an_empty_batch_sorts_by_the_time_it_was_made(self, tx, order, expected):
        tx.batches.create(new.batch(3, name="a", created_at=NOW + 2 * SECOND))
        tx.batches.add_predictions(id_of(2), MODEL, 1, NOW - SECOND, NOW + 3 * SECOND)
        page = tx.batches.list(DEPLOYMENT, BatchQuery(order_by=order), ALL)
        assert [int(b.id, 16) for b in page.items] == expected

    def test_the_bounds_of_filters_are_left_out(self, tx):
        tx.batches.create(new.batch(3, created_at=NOW + 2 * SECOND))

        def listed(**filters):
            return [int(b.id, 16) for b in tx.batches.list(DEPLOYMENT, BatchQuery(**filters), ALL).items]

        assert listed(created_after=NOW) == [3]
        assert listed(created_before=NOW + 2 * SECOND) == [1, 2]
        assert listed(start_after=NOW + SECOND) == [3]
        assert listed(end_before=NOW + SECOND) == [1, 2]
        assert listed(created_by=id_of(9)) == []
        assert listed(created_by=OWNER, created_after=NOW + 2 * SECOND) == []

    def test_batches_are_fetched_in_the_asked_order_and_once_each(self, tx):
        found = tx.batches.get_many(DEPLOYMENT, [OTHER_BATCH, BATCH, OTHER_BATCH])
        assert [b.id for b in found] == [OTHER_BATCH, BATCH]
        assert tx.batches.get_many(DEPLOYMENT, []) == []

    def test_a_batch_that_is_not_there_or_elsewhere_is_named(self, tx):
        tx.batches.create(new.batch(3, deployment_id=id_of(2)))
        tx.batches.create(new.batch(4))
        tx.batches.delete(id_of(4), NOW)
        for missing in (id_of(3), id_of(4), id_of(5)):
            with pytest.raises(UnknownBatch, match=missing):
                tx.batches.get_many(DEPLOYMENT, [BATCH, missing])
        assert tx.batches.count(DEPLOYMENT) == 2

    def test_a_batch_shows_the_state_of_the_job_that_made_it(self, tx):
        tx.monitoring_jobs.create(new.monitoring_job(1, status=JobStatus.RUNNING))
        tx.batches.create(new.batch(3, job_id=id_of(1)))
        assert tx.batches.get(DEPLOYMENT, id_of(3)).job_state == JobStatus.RUNNING
        assert tx.batches.get(DEPLOYMENT, BATCH).job_state is None

    def test_counters_add_up_and_times_only_widen(self, tx):
        tx.batches.add_predictions(BATCH, MODEL, 2**33, NOW, NOW + SECOND)
        tx.batches.add_predictions(BATCH, MODEL, 1, NOW - SECOND, NOW)
        tx.batches.add_predictions(BATCH, OTHER_MODEL, 5, NOW, NOW)
        tx.batches.add_requests(BATCH, 3, 2, 1, NOW, NOW + 2 * SECOND)
        found = tx.batches.get(DEPLOYMENT, BATCH)
        assert found == new.batch(
            1,
            predictions_count=2**33 + 6,
            requests_count=3,
            user_errors=2,
            server_errors=1,
            earliest=NOW - SECOND,
            latest=NOW + 2 * SECOND,
        )
        part = tx.batches.get_model(BATCH, MODEL)
        assert (part.predictions_count, part.start_time, part.end_time) == (2**33 + 1, NOW - SECOND, NOW + SECOND)
        assert [m.model_id for m in tx.batches.models(BATCH, None, ALL).items] == [MODEL, OTHER_MODEL]
        assert tx.batches.models(BATCH, OTHER_MODEL, ALL).total == 1
        assert tx.batches.model_counts([BATCH, OTHER_BATCH], OTHER_MODEL) == {BATCH: 5}
        with pytest.raises(NotFound):
            tx.batches.get_model(OTHER_BATCH, MODEL)

    def test_the_span_of_a_batch_follows_its_models(self, tx):
        tx.batches.add_predictions(BATCH, MODEL, 1, NOW - LEASE, NOW + LEASE)
        tx.batches.add_predictions(BATCH, OTHER_MODEL, 1, NOW, NOW)
        tx.batches.set_model_span(BATCH, MODEL, NOW + SECOND, NOW + 2 * SECOND)
        found = tx.batches.get(DEPLOYMENT, BATCH)
        assert (found.earliest, found.latest) == (NOW, NOW + 2 * SECOND)

    # ---------------------------------------------------------------- uploads and association ids

    def test_uploads_are_numbered_as_they_arrive_and_no_number_comes_twice(self, tx):
        numbers = [tx.uploads.create(new.upload(n)) for n in (3, 1, 2)]
        assert all(a < b for a, b in pairwise(numbers))
        tx.uploads.purge(batch_id=BATCH)
        assert tx.uploads.create(new.upload(4)) > max(numbers)

    def test_an_upload_key_is_unique_in_its_batch(self, filled):
        with filled.transaction() as tx:
            seq = tx.uploads.create(new.upload(1, key="nightly", content_hash="h"))
            tx.uploads.create(new.upload(2, key="nightly", batch_id=OTHER_BATCH))
            tx.uploads.create(new.upload(3))
            tx.uploads.create(new.upload(4))
            assert tx.uploads.find(BATCH, "nightly") == new.upload(1, seq=seq, key="nightly", content_hash="h")
            assert tx.uploads.find(BATCH, "Nightly") is None
        with pytest.raises(sa.exc.IntegrityError), filled.transaction() as tx:
            tx.uploads.create(new.upload(5, key="nightly"))

    def test_a_withdrawn_upload_counts_nowhere_and_frees_its_key(self, tx):
        tx.uploads.create(new.upload(1, key="nightly", rows=7))
        assert tx.uploads.rows_of_deployment(DEPLOYMENT, MODEL) == 7
        tx.uploads.withdraw(batch_id=BATCH)
        assert tx.uploads.rows_of_deployment(DEPLOYMENT, MODEL) == 0
        assert tx.uploads.counted(DEPLOYMENT, BATCH, MODEL) == []
        assert tx.uploads.span(DEPLOYMENT) == (None, None)
        assert tx.uploads.find(BATCH, "nightly") is None
        tx.uploads.create(new.upload(2, key="nightly"))

    def test_only_counted_uploads_of_the_pair_are_counted(self, tx):
        later = NOW + SECOND
        tx.uploads.create(new.upload(1, rows=2))
        tx.uploads.create(new.upload(2, rows=3, batch_id=None, first_at=NOW - SECOND, last_at=later))
        tx.uploads.create(new.upload(3, rows=5, model_id=OTHER_MODEL))
        tx.uploads.create(new.upload(4, rows=7, state=UploadState.PENDING, last_at=NOW + LEASE))
        tx.uploads.create(new.upload(5, rows=11, deployment_id=id_of(2), batch_id=None, last_at=NOW + LEASE))

        def counted(batch_id, model_id):
            return [int(u.id, 16) for u in tx.uploads.counted(DEPLOYMENT, batch_id, model_id)]

        assert (counted(BATCH, MODEL), counted(None, MODEL), counted(BATCH, OTHER_MODEL)) == ([1], [2], [3])
        assert tx.uploads.rows_of_deployment(DEPLOYMENT, MODEL) == 5
        assert tx.uploads.span(DEPLOYMENT) == (NOW - SECOND, later)
        assert [int(u.id, 16) for u in tx.uploads.list(BATCH, ALL).items] == [1, 3, 4]
        tx.uploads.update(id_of(4), state=UploadState.REFUSED, error="why")
        assert (tx.uploads.get(id_of(4)).state, tx.uploads.get(id_of(4)).error) == (UploadState.REFUSED, "why")
        with pytest.raises(LookupError):
            tx.uploads.get(id_of(9))

    def test_a_purge_removes_uploads_and_their_ids_and_names_the_bytes(self, tx):
        mine = tx.uploads.create(new.upload(1))
        other = tx.uploads.create(new.upload(2, batch_id=OTHER_BATCH))
        tx.uploads.create(new.upload(3, blob_prefix=""))
        tx.prediction_keys.add(DEPLOYMENT, mine, ["a"])
        tx.prediction_keys.add(DEPLOYMENT, other, ["b"])
        assert tx.uploads.purge(batch_id=BATCH) == ["rows/1"]
        assert tx.prediction_keys.known(DEPLOYMENT, ["a", "b"]) == {"b"}
        assert tx.uploads.purge(deployment_id=DEPLOYMENT) == ["rows/2"]
        assert tx.uploads.purge(deployment_id=DEPLOYMENT) == []

    def test_an_association_id_may_stand_twice_in_an_upload(self, tx):
        seq = tx.uploads.create(new.upload(1))
        tx.prediction_keys.add(DEPLOYMENT, seq, ["a", "a", "é", ""])
        tx.prediction_keys.add(DEPLOYMENT, seq, ["a"])
        tx.prediction_keys.add(DEPLOYMENT, seq, [])
        assert tx.prediction_keys.known(DEPLOYMENT, ["a", "é", "", "A"]) == {"a", "é", ""}

    def test_pairs_are_found_for_more_ids_than_one_statement_takes(self, tx):
        seq = tx.uploads.create(new.upload(1))
        ids = [f"id {n}" for n in range(25_000)]
        tx.prediction_keys.add(DEPLOYMENT, seq, ids[-10:])
        assert tx.prediction_keys.pairs_holding(DEPLOYMENT, ids) == {(BATCH, MODEL)}
        assert tx.prediction_keys.known(DEPLOYMENT, ids) == set(ids[-10:])
        assert tx.prediction_keys.pairs_holding(id_of(2), ids) == set()
        assert tx.prediction_keys.pairs_holding(DEPLOYMENT, []) == set()

    @pytest.fixture
    def overlapping(self, tx):
        """Uploads in both batches and outside of batches; the key of each is shared with the next.

        The last one is of another model, and has every key.
        """
        places = [(BATCH, MODEL), (OTHER_BATCH, MODEL), (BATCH, MODEL), (None, MODEL), (BATCH, OTHER_MODEL)]
        seqs = []
        for number, (batch_id, model_id) in enumerate(places, start=1):
            seqs.append(tx.uploads.create(new.upload(number, batch_id=batch_id, model_id=model_id)))
            tx.prediction_keys.add(DEPLOYMENT, seqs[-1], [f"k{number}", f"k{number + 1}"])
        tx.prediction_keys.add(DEPLOYMENT, seqs[-1], ["k1", "k2", "k3", "k4"])
        return seqs

    def test_overlaps_of_an_upload_are_the_pairs_of_its_models_others_that_share_an_id(self, tx, overlapping):
        first, second, third, fourth, of_another_model = overlapping
        found = tx.prediction_keys.pairs_overlapping
        assert found(DEPLOYMENT, upload_seq=first) == {(OTHER_BATCH, MODEL)}
        assert found(DEPLOYMENT, upload_seq=second) == {(BATCH, MODEL)}
        assert found(DEPLOYMENT, upload_seq=third) == {(OTHER_BATCH, MODEL), (None, MODEL)}
        assert found(DEPLOYMENT, upload_seq=fourth) == {(BATCH, MODEL)}
        assert found(DEPLOYMENT, upload_seq=of_another_model) == set()
        assert found(id_of(2), upload_seq=first) == set()

    def test_overlaps_of_a_batch_leave_out_its_own_uploads(self, tx, overlapping):
        found = tx.prediction_keys.pairs_overlapping
        assert found(DEPLOYMENT, batch_id=BATCH) == {(OTHER_BATCH, MODEL), (None, MODEL)}
        assert found(DEPLOYMENT, batch_id=OTHER_BATCH) == {(BATCH, MODEL)}

    def test_uploads_that_do_not_count_overlap_with_nothing(self, tx, overlapping):
        for number in (2, 4):
            tx.uploads.update(id_of(number), state=UploadState.PENDING)
        assert tx.prediction_keys.pairs_overlapping(DEPLOYMENT, batch_id=BATCH) == set()

    # ---------------------------------------------------------------- actuals and accuracy

    def test_the_newest_prediction_of_an_id_is_the_one_that_matches(self, tx):
        seqs = [tx.uploads.create(new.upload(n, batch_id=b)) for n, b in ((1, BATCH), (2, OTHER_BATCH), (3, BATCH))]
        for seq in seqs:
            tx.prediction_keys.add(DEPLOYMENT, seq, ["a", f"only {seq}"])
        tx.actuals.put(DEPLOYMENT, [new.actual("a"), new.actual(f"only {seqs[0]}", label=None, number=2.5)], NOW)

        def matched(batch_id):
            return sorted(tx.actuals.matched(DEPLOYMENT, batch_id, MODEL))

        assert matched(BATCH) == [(seqs[0], f"only {seqs[0]}", None, 2.5), (seqs[2], "a", "yes", None)]
        assert matched(OTHER_BATCH) == []
        assert matched(None) == []
        # A newer prediction hides the older one only while it counts.
        tx.uploads.update(id_of(3), state=UploadState.PENDING)
        assert matched(OTHER_BATCH) == [(seqs[1], "a", "yes", None)]
        tx.uploads.withdraw(batch_id=OTHER_BATCH)
        assert (seqs[0], "a", "yes", None) in matched(BATCH)

    def test_a_prediction_of_another_model_supersedes_nothing(self, tx):
        mine, theirs = (tx.uploads.create(new.upload(n, model_id=m)) for n, m in ((1, MODEL), (2, OTHER_MODEL)))
        for seq in (mine, theirs):
            tx.prediction_keys.add(DEPLOYMENT, seq, ["a"])
        tx.actuals.put(DEPLOYMENT, [new.actual("a")], NOW)
        assert list(tx.actuals.matched(DEPLOYMENT, BATCH, MODEL)) == [(mine, "a", "yes", None)]
        assert list(tx.actuals.matched(DEPLOYMENT, BATCH, OTHER_MODEL)) == [(theirs, "a", "yes", None)]

    def test_a_prediction_of_another_deployment_supersedes_nothing(self, tx):
        tx.batches.create(new.batch(3, deployment_id=id_of(2)))
        mine = tx.uploads.create(new.upload(1))
        theirs = tx.uploads.create(new.upload(2, deployment_id=id_of(2), batch_id=id_of(3)))
        tx.prediction_keys.add(DEPLOYMENT, mine, ["a"])
        tx.prediction_keys.add(id_of(2), theirs, ["a"])
        tx.actuals.put(DEPLOYMENT, [new.actual("a")], NOW)
        assert len(list(tx.actuals.matched(DEPLOYMENT, BATCH, MODEL))) == 1
        assert list(tx.actuals.matched(id_of(2), id_of(3), MODEL)) == []

    def test_a_corrected_actual_replaces_the_former_one(self, tx):
        seq = tx.uploads.create(new.upload(1))
        tx.prediction_keys.add(DEPLOYMENT, seq, ["a"])
        tx.actuals.put(DEPLOYMENT, [new.actual("a", label="yes"), new.actual("waiting")], NOW)
        tx.actuals.put(DEPLOYMENT, [new.actual("a", label="no"), new.actual("a", label="maybe")], NOW)
        tx.actuals.put(DEPLOYMENT, [], NOW)
        assert list(tx.actuals.matched(DEPLOYMENT, BATCH, MODEL)) == [(seq, "a", "maybe", None)]
        assert tx.actuals.counts(DEPLOYMENT) == (2, 1)
        assert tx.actuals.any_for_upload(DEPLOYMENT, seq)
        tx.actuals.delete(DEPLOYMENT)
        assert tx.actuals.counts(DEPLOYMENT) == (0, 0)
        assert not tx.actuals.any_for_upload(DEPLOYMENT, seq)

    @pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
    def test_an_older_accuracy_never_replaces_a_newer_one(self, tx, order):
        for _ in range(3):
            tx.accuracy.mark_stale(DEPLOYMENT, {(BATCH, MODEL)})
        for wanted in order:
            pair = StaleAccuracy(DEPLOYMENT, BATCH, MODEL, wanted)
            tx.accuracy.save(pair, [computed(rows=wanted)], NOW)
        assert [a.rows_with_actual for a in tx.accuracy.list(DEPLOYMENT, MODEL)] == [3]
        assert tx.accuracy.stale(DEPLOYMENT) == []

    def test_a_change_during_the_computation_leaves_the_pair_stale(self, tx):
        tx.accuracy.mark_stale(DEPLOYMENT, {(None, MODEL), (BATCH, MODEL)})
        outside, inside = tx.accuracy.stale(DEPLOYMENT)
        assert (outside.batch_id, inside.batch_id) == (None, BATCH)
        tx.accuracy.mark_stale(DEPLOYMENT, {(BATCH, MODEL)})
        for pair in (outside, inside):
            tx.accuracy.save(pair, [computed(pair.batch_id)], NOW)
        assert tx.accuracy.stale(DEPLOYMENT) == [StaleAccuracy(DEPLOYMENT, BATCH, MODEL, 2)]

    def test_accuracy_is_listed_where_it_has_been_computed(self, tx):
        tx.accuracy.mark_stale(DEPLOYMENT, {(None, MODEL), (BATCH, MODEL), (BATCH, OTHER_MODEL), (OTHER_BATCH, MODEL)})
        for pair in tx.accuracy.stale(DEPLOYMENT):
            if pair.batch_id != OTHER_BATCH:
                tx.accuracy.save(pair, [computed(pair.batch_id, pair.model_id)], NOW)

        def listed(model_id=MODEL, **chosen):
            return [a.batch_id for a in tx.accuracy.list(DEPLOYMENT, model_id, Selection(**chosen))]

        assert (listed(), listed(OTHER_MODEL)) == ([None, BATCH], [BATCH])
        assert listed(batch_ids=(BATCH, OTHER_BATCH)) == [BATCH]
        assert listed(batch_ids=()) == []
        tx.accuracy.delete(batch_id=BATCH)
        assert (listed(), listed(OTHER_MODEL)) == ([None], [])
        tx.accuracy.delete(deployment_id=DEPLOYMENT)
        assert listed() == []

    def test_accuracy_of_a_pair_is_kept_by_slice_and_replaced_as_a_whole(self, tx):
        north, day = Segment("region", "north"), Span(NOW, NOW + timedelta(days=1))
        slices = [WHOLE, Slice(None, day), Slice(north), Slice(north, day)]

        def save(wanted, parts):
            tx.accuracy.mark_stale(DEPLOYMENT, {(BATCH, MODEL)})
            pair = StaleAccuracy(DEPLOYMENT, BATCH, MODEL, wanted)
            tx.accuracy.save(pair, [computed(part=part, rows=place) for place, part in enumerate(parts)], NOW)

        def listed(**chosen):
            return [(a.slice, a.rows_with_actual) for a in tx.accuracy.list(DEPLOYMENT, MODEL, Selection(**chosen))]

        save(1, slices)
        assert [listed(), listed(span=day), listed(segment=north), listed(segment=north, span=day)] == [
            [(part, place)] for place, part in enumerate(slices)
        ]
        assert listed(span=Span(day.end, day.end + timedelta(days=1))) == []
        save(2, [WHOLE])
        assert [listed(), listed(span=day), listed(segment=north)] == [[(WHOLE, 0)], [], []]

    # ---------------------------------------------------------------- profiles and service figures

    @pytest.fixture
    def fragments(self, tx):
        """Adds fragments of the predictions, and lists all there are."""

        def add(*datas, batch_id=BATCH, part="predictions", block=0):
            for data in datas:
                tx.profiles.add(DEPLOYMENT, [Fragment(batch_id, MODEL, part, block, 10, data)])
            return tx.profiles.list(DEPLOYMENT, MODEL, part)

        return add

    def test_fragments_are_listed_as_they_were_added(self, tx, fragments):
        fragments(b"outside", batch_id=None)
        fragments(b"a", b"b")
        fragments(b"later", batch_id=OTHER_BATCH, block=1)
        fragments(b"feature", part="features")

        def listed(**chosen):
            return [f.data for f in tx.profiles.list(DEPLOYMENT, MODEL, "predictions", **chosen)]

        assert listed() == [b"outside", b"a", b"b", b"later"]
        assert listed(selection=Selection(batch_ids=(BATCH,))) == [b"a", b"b"]
        assert listed(selection=Selection(batch_ids=())) == []
        assert listed(blocks=[1]) == [b"later"]
        assert tx.profiles.list(DEPLOYMENT, OTHER_MODEL, "predictions") == []
        assert tx.profiles.count(DEPLOYMENT, BATCH, MODEL) == 2
        assert tx.profiles.count(DEPLOYMENT, None, MODEL) == 1

    def test_fragments_are_found_by_segment_and_by_any_bucket_that_shares_time_with_a_span(self, tx):
        north, south = Segment("region", "north"), Segment("region", "south")
        days = [Span(NOW + timedelta(days=i), NOW + timedelta(days=i + 1)) for i in range(3)]
        slices = [WHOLE, Slice(north), *(Slice(s, day) for day in days for s in (None, north))]
        tx.profiles.add(
            DEPLOYMENT,
            [
                Fragment(BATCH, MODEL, "features", 0, place, b"", estimated=place == 1, slice=part)
                for place, part in enumerate(slices)
            ],
        )

        def listed(**chosen):
            return [f.rows for f in tx.profiles.list(DEPLOYMENT, MODEL, "features", Selection(**chosen))]

        assert [listed(), listed(segment=north), listed(segment=south)] == [[0], [1], []]
        assert listed(span=Span(days[0].start, days[1].end)) == [2, 4]
        assert listed(segment=north, span=Span(days[1].start + timedelta(hours=1), days[2].start)) == [5]
        assert listed(span=Span(days[0].end - timedelta(seconds=1), days[1].start + timedelta(seconds=1))) == [2, 4]
        found = tx.profiles.of_pair(DEPLOYMENT, BATCH, MODEL)
        assert [f.slice for f in found] == slices
        assert [f.rows for f in found if f.estimated] == [1]

    def test_segments_are_known_from_their_first_row_on(self, tx):
        tx.segments.add(DEPLOYMENT, [Segment("region", "süd"), Segment("region", "nord"), Segment("tier", "1")])
        tx.segments.add(DEPLOYMENT, [Segment("region", "nord")])
        assert tx.segments.values(DEPLOYMENT) == {"region": ["nord", "süd"], "tier": ["1"]}
        assert tx.segments.values(id_of(9)) == {}
        tx.segments.delete(DEPLOYMENT)
        assert tx.segments.values(DEPLOYMENT) == {}

    def test_folding_puts_one_fragment_in_the_place_of_several(self, tx, fragments):
        old = fragments(b"a", b"b", b"c")
        assert tx.profiles.replace(DEPLOYMENT, old[:2], b"ab")
        kept, folded = tx.profiles.list(DEPLOYMENT, MODEL, "predictions")
        assert kept == old[2]
        assert (folded.data, folded.rows, folded.batch_id) == (b"ab", 20, BATCH)

    def test_folding_is_refused_when_a_fragment_is_gone(self, filled):
        with filled.transaction() as tx:
            for data in (b"a", b"b", b"c"):
                tx.profiles.add(DEPLOYMENT, [Fragment(BATCH, MODEL, "predictions", 0, 10, data)])
            old = tx.profiles.list(DEPLOYMENT, MODEL, "predictions")
            assert tx.profiles.replace(DEPLOYMENT, old[:2], b"ab")
        with filled.transaction() as tx:
            before = tx.profiles.list(DEPLOYMENT, MODEL, "predictions")
            assert not tx.profiles.replace(DEPLOYMENT, old, b"abc")
            assert tx.profiles.list(DEPLOYMENT, MODEL, "predictions") == before

    def test_fragments_of_a_batch_or_a_deployment_are_deleted(self, tx, fragments):
        fragments(b"a")
        fragments(b"b", batch_id=None)
        tx.profiles.delete(batch_id=BATCH)
        assert [f.data for f in fragments()] == [b"b"]
        tx.profiles.delete(deployment_id=DEPLOYMENT)
        assert fragments() == []

    def test_service_figures_are_listed_by_time(self, tx):
        late, early = new.request(at=NOW + SECOND, execution_ms=None), new.request(user_error=True)
        outside = new.request(batch_id=None, model_id=OTHER_MODEL, at=NOW - SECOND, server_error=True)
        tx.service_requests.add(DEPLOYMENT, [late, early, outside])
        tx.service_requests.add(DEPLOYMENT, [])

        def listed(batch_ids=None, model_id=None):
            return tx.service_requests.list(DEPLOYMENT, batch_ids=batch_ids, model_id=model_id)

        assert listed() == [outside, early, late]
        assert listed(batch_ids=[BATCH]) == [early, late]
        assert listed(model_id=OTHER_MODEL) == [outside]
        tx.service_requests.delete(batch_id=BATCH)
        assert listed() == [outside]
        tx.service_requests.delete(deployment_id=DEPLOYMENT)
        assert listed() == []

    # ---------------------------------------------------------------- jobs

    def test_jobs_are_claimed_in_the_order_in_which_they_are_due(self, tx):
        for number, wait in ((1, 2), (2, 0), (3, 0), (4, 9)):
            tx.jobs.create(new.job(number, run_after=NOW + wait * SECOND))
        claimed = [tx.jobs.claim("w", NOW + 2 * SECOND, LEASE) for _ in range(4)]
        assert [int(j.id, 16) if j else None for j in claimed] == [2, 3, 1, None]

    def test_a_claimed_job_says_who_holds_it_and_until_when(self, tx):
        tx.jobs.create(new.job(1))
        held = tx.jobs.claim("w", NOW, LEASE)
        assert held == new.job(1, state=JobState.RUNNING, owner="w", attempt=1, lease_until=NOW + LEASE)
        assert tx.jobs.find(id_of(1)) == held

    def test_jobs_of_one_key_run_one_at_a_time(self, tx):
        for number, key in ((1, "k"), (2, "k"), (3, "other"), (4, None), (5, None)):
            tx.jobs.create(new.job(number, key=key))
        held = [tx.jobs.claim("w", NOW, LEASE) for _ in range(5)]
        assert [int(j.id, 16) if j else None for j in held] == [1, 3, 4, 5, None]
        tx.jobs.complete(held[0], NOW)
        assert tx.jobs.claim("w", NOW, LEASE).id == id_of(2)

    def test_a_job_whose_lease_ran_out_is_taken_over_and_its_first_worker_fenced_off(self, tx):
        tx.jobs.create(new.job(1))
        first = tx.jobs.claim("one", NOW, LEASE)
        assert tx.jobs.claim("two", NOW + LEASE, LEASE) is None
        second = tx.jobs.claim("two", NOW + LEASE + SECOND, LEASE)
        assert (second.id, second.attempt, second.owner) == (first.id, 2, "two")
        for act in (
            lambda: tx.jobs.hold(first),
            lambda: tx.jobs.complete(first, NOW),
        ):
            with pytest.raises(LeaseLost, match="no longer held by one"):
                act()
        assert not tx.jobs.renew(first, NOW + 9 * LEASE)
        tx.jobs.fail(first, "too late", NOW, None)
        assert tx.jobs.find(id_of(1)) == second
        tx.jobs.hold(second)
        assert tx.jobs.renew(second, NOW + 9 * LEASE)
        tx.jobs.complete(second, NOW, "result/")
        assert tx.jobs.find(id_of(1)).result_path == "result/"

    def test_a_worker_that_takes_its_own_job_anew_is_fenced_by_the_attempt(self, tx):
        tx.jobs.create(new.job(1))
        first = tx.jobs.claim("w", NOW, LEASE)
        tx.jobs.claim("w", NOW + 2 * LEASE, LEASE)
        with pytest.raises(LeaseLost):
            tx.jobs.complete(first, NOW)

    def test_a_failed_attempt_waits_for_its_time_and_keeps_the_reason(self, tx):
        tx.jobs.create(new.job(1))
        tx.jobs.fail(tx.jobs.claim("w", NOW, LEASE), "no disk", NOW, NOW + SECOND)
        waiting = tx.jobs.find(id_of(1))
        assert (waiting.state, waiting.error, waiting.attempt) == (JobState.QUEUED, "no disk", 1)
        assert tx.jobs.claim("w", NOW, LEASE) is None
        again = tx.jobs.claim("w", NOW + SECOND, LEASE)
        tx.jobs.complete(again, NOW)
        assert tx.jobs.find(id_of(1)).error is None

    @pytest.mark.parametrize("end", ["complete", "fail", "cancel"])
    def test_a_job_that_has_ended_is_never_claimed_again(self, tx, end):
        tx.jobs.create(new.job(1))
        held = tx.jobs.claim("w", NOW, LEASE)
        if end == "complete":
            tx.jobs.complete(held, NOW)
        elif end == "fail":
            tx.jobs.fail(held, "why", NOW, None)
        else:
            assert tx.jobs.cancel(id_of(1), NOW)
        assert tx.jobs.find(id_of(1)).finished_at == NOW
        assert tx.jobs.claim("w", NOW + 9 * LEASE, LEASE) is None
        assert not tx.jobs.cancel(id_of(1), NOW)
        assert not tx.jobs.renew(held, NOW + LEASE)

    def test_a_second_job_of_a_key_waits_only_once_for_each_user(self, tx):
        def ask(number, user_id=OWNER):
            return tx.jobs.create_once(new.job(number, key="k", user_id=user_id)).id

        assert [ask(1), ask(2), ask(3, id_of(7))] == [id_of(1), id_of(1), id_of(3)]
        tx.jobs.claim("w", NOW, LEASE)
        # The one that runs may have read before what the new one is about.
        assert [ask(4), ask(5)] == [id_of(4), id_of(4)]
        assert tx.jobs.find(id_of(2)) is None

    def test_jobs_are_listed_newest_first_for_their_user(self, tx):
        tx.jobs.create(new.job(1))
        tx.jobs.create(new.job(2, created_at=NOW + SECOND))
        tx.jobs.create(new.job(3, user_id=id_of(7)))
        assert [int(j.id, 16) for j in tx.jobs.list(None, ALL).items] == [2, 1, 3]
        assert [int(j.id, 16) for j in tx.jobs.list(OWNER, PageRequest(1, 5)).items] == [1]

    def test_workers_in_two_threads_never_claim_one_job_twice(self, filled):
        with filled.transaction() as tx:
            for number in range(1, 31):
                tx.jobs.create(new.job(number, key=f"key {number % 15}"))
        claimed = []

        def work(owner):
            while True:
                with filled.transaction() as tx:
                    held = tx.jobs.claim(owner, NOW, LEASE)
                if held is None:
                    return
                claimed.append(held)
                with filled.transaction() as tx:
                    tx.jobs.complete(held, NOW)

        threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = Counter(j.id for j in claimed)
        assert set(counts.values()) == {1}
        with filled.snapshot() as tx:
            left = [j for j in tx.jobs.list(None, ALL).items if j.state is not JobState.DONE]
        assert left == []

    # ---------------------------------------------------------------- monitoring jobs

    def test_a_monitoring_job_comes_back_as_it_was(self, tx):
        made = new.monitoring_job(1, definition_id=id_of(5), due_at=NOW, batch_id=BATCH)
        tx.monitoring_jobs.create(made)
        assert tx.monitoring_jobs.get(id_of(1)) == made
        assert list(tx.monitoring_jobs.of_batch(BATCH)) == [made]
        assert tx.monitoring_jobs.find(id_of(2)) is None
        with pytest.raises(LookupError):
            tx.monitoring_jobs.get(id_of(2))

    def test_a_log_of_a_monitoring_job_grows(self, tx):
        tx.monitoring_jobs.create(new.monitoring_job(1))
        tx.monitoring_jobs.update(id_of(1), log="begun", status=JobStatus.RUNNING)
        found = tx.monitoring_jobs.get(id_of(1))
        assert (found.logs, found.status) == (("made", "begun"), JobStatus.RUNNING)

    @pytest.mark.parametrize(
        ("state", "stored", "seen", "details"),
        [
            (JobState.QUEUED, JobStatus.INITIALIZING, JobStatus.INITIALIZING, "waits"),
            (JobState.RUNNING, JobStatus.RUNNING, JobStatus.RUNNING, "waits"),
            (JobState.FAILED, JobStatus.RUNNING, JobStatus.FAILED, "its workers died"),
            (JobState.CANCELLED, JobStatus.INITIALIZING, JobStatus.ABORTED, "its workers died"),
            (JobState.FAILED, JobStatus.ABORTED, JobStatus.ABORTED, "waits"),
        ],
    )
    def test_the_end_of_a_jobs_work_is_its_own_where_nobody_said_so(self, tx, state, stored, seen, details):
        ended = None if state in {JobState.QUEUED, JobState.RUNNING} else NOW + SECOND
        tx.jobs.create(new.job(1, state=state, error="its workers died", finished_at=ended))
        tx.monitoring_jobs.create(new.monitoring_job(1, status=stored, task_id=id_of(1)))
        found = tx.monitoring_jobs.get(id_of(1))
        assert (found.status, found.details) == (seen, details)
        assert found.finished_at == (ended if seen is not stored else None)
        page = tx.monitoring_jobs.list(JobQuery(statuses=(seen,)), ALL)
        assert [one.id for one in page.items] == [id_of(1)]

    def test_a_waiting_job_has_its_place_in_the_queue(self, tx):
        for number in (1, 2, 3):
            tx.jobs.create(new.job(number, run_after=NOW + number * SECOND))
            tx.monitoring_jobs.create(new.monitoring_job(number, task_id=id_of(number)))
        tx.jobs.claim("w", NOW + SECOND, LEASE)
        assert [tx.monitoring_jobs.get(id_of(number)).queue_position for number in (1, 2, 3)] == [None, 1, 2]

    def test_monitoring_jobs_are_found_by_what_is_asked_and_newest_first(self, tx):
        tx.monitoring_jobs.create(new.monitoring_job(1, status=JobStatus.FAILED, source="schedule"))
        tx.monitoring_jobs.create(new.monitoring_job(2, deployment_id=id_of(2), model_id=OTHER_MODEL))
        tx.monitoring_jobs.create(new.monitoring_job(3, spec=JobSpec(id_of(1)), definition_id=id_of(7)))

        def found(**query):
            return [int(job.id, 16) for job in tx.monitoring_jobs.list(JobQuery(**query), ALL).items]

        assert found() == [3, 2, 1]
        assert found(order_by="created") == [1, 2, 3]
        assert found(order_by="status") == [1, 2, 3]
        assert found(deployment_id=id_of(2)) == found(model_id=OTHER_MODEL) == found(job_id=id_of(2)) == [2]
        assert found(statuses=("FAILED", "RUNNING")) == found(sources=("schedule",)) == [1]
        assert found(intake_types=("localFile",)) == found(definition_id=id_of(7)) == [3]
        assert found(created_from=NOW + 2 * SECOND) == [3, 2]
        assert found(created_before=NOW + 2 * SECOND) == [1]
        assert found(owner_id=OWNER, created_by_id=OWNER) == [3, 2, 1]
        assert found(owner_id=id_of(9)) == found(created_by_id=id_of(9)) == []
        page = tx.monitoring_jobs.list(JobQuery(), PageRequest(1, 1))
        assert (len(page.items), page.total) == (1, 3)

    def test_parts_are_listed_by_number_and_a_repeated_one_replaces_the_former(self, tx):
        tx.monitoring_jobs.create(new.monitoring_job(1))
        assert tx.monitoring_jobs.put_part(id_of(1), JobPart(10, "ten", 1)) is None
        assert tx.monitoring_jobs.put_part(id_of(1), JobPart(2, "two", 2)) is None
        assert tx.monitoring_jobs.put_part(id_of(1), JobPart(10, "new", 3)) == "ten"
        assert tx.monitoring_jobs.parts(id_of(1)) == [JobPart(2, "two", 2), JobPart(10, "new", 3)]

    def test_the_jobs_of_a_deployment_are_purged_with_their_parts(self, tx):
        for number, deployment in ((1, 1), (2, 2)):
            tx.monitoring_jobs.create(new.monitoring_job(number, deployment_id=id_of(deployment)))
            tx.monitoring_jobs.put_part(id_of(number), JobPart(0, "key", 1))
        assert [job.id for job in tx.monitoring_jobs.purge(DEPLOYMENT)] == [id_of(1)]
        assert tx.monitoring_jobs.find(id_of(1)) is None
        assert tx.monitoring_jobs.parts(id_of(1)) == []
        assert len(tx.monitoring_jobs.parts(id_of(2))) == 1

    def test_a_definition_has_one_job_for_one_due_time(self, filled):
        with filled.transaction() as tx:
            tx.monitoring_jobs.create(new.monitoring_job(1, definition_id=id_of(5), due_at=NOW))
            tx.monitoring_jobs.create(new.monitoring_job(2, definition_id=id_of(5), due_at=NOW + SECOND))
            tx.monitoring_jobs.create(new.monitoring_job(3, definition_id=id_of(6), due_at=NOW))
            # On demand it has any number.
            tx.monitoring_jobs.create(new.monitoring_job(4, definition_id=id_of(5)))
            tx.monitoring_jobs.create(new.monitoring_job(5, definition_id=id_of(5)))
        with pytest.raises(sa.exc.IntegrityError), filled.transaction() as tx:
            tx.monitoring_jobs.create(new.monitoring_job(6, definition_id=id_of(5), due_at=NOW))

    def test_a_job_definition_comes_back_as_it_was(self, tx):
        made, without = new.definition(1), new.definition(2, schedule=None, next_run_at=None, enabled=False)
        tx.job_definitions.create(made)
        tx.job_definitions.create(without)
        assert tx.job_definitions.find(id_of(1)) == made
        assert tx.job_definitions.list(None, ALL).items == [without, made]
        assert tx.job_definitions.list(id_of(9), ALL).items == []
        assert tx.job_definitions.list(OWNER, ALL, deployment_id=id_of(2)).items == []
        changed = replace(made, name="new", schedule=Schedule.of({"minute": [1], "hour": ["*"]}))
        tx.job_definitions.save(changed)
        assert tx.job_definitions.find(id_of(1)) == changed
        tx.job_definitions.delete(definition_id=id_of(1))
        assert tx.job_definitions.find(id_of(1)) is None
        tx.job_definitions.delete(deployment_id=DEPLOYMENT)
        assert tx.job_definitions.list(None, ALL).items == []

    def test_a_definition_tells_how_its_jobs_went(self, tx):
        tx.job_definitions.create(new.definition(1))
        for number, status in ((1, JobStatus.COMPLETED), (2, JobStatus.FAILED), (3, JobStatus.RUNNING)):
            ended = None if status is JobStatus.RUNNING else NOW + 10 * number * SECOND
            job = new.monitoring_job(number, definition_id=id_of(1), status=status, finished_at=ended)
            tx.monitoring_jobs.create(job)
        found = tx.job_definitions.find(id_of(1))
        assert found.last_started == (JobStatus.RUNNING, NOW + 3 * SECOND)
        assert found.last_success_at == NOW + 10 * SECOND
        assert found.last_failure_at == NOW + 20 * SECOND

    def test_definitions_are_due_from_their_time_on(self, tx):
        tx.job_definitions.create(new.definition(1, next_run_at=NOW + SECOND))
        tx.job_definitions.create(new.definition(2, next_run_at=NOW))
        tx.job_definitions.create(new.definition(3, next_run_at=None))
        assert tx.job_definitions.due(NOW - SECOND) == []
        assert tx.job_definitions.due(NOW) == [id_of(2)]
        assert tx.job_definitions.due(NOW + SECOND) == [id_of(2), id_of(1)]
        assert tx.job_definitions.claim(id_of(2), NOW) == NOW
        assert tx.job_definitions.claim(id_of(1), NOW) is None
        assert tx.job_definitions.claim(id_of(3), NOW) is None
