"""What every store does alike for those who look after it: ages, erasures, the queue from outside, used blobs."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.storage import records as new
from tests.storage.records import MODEL, NOW, OTHER_MODEL, SECOND, id_of

from assay.records.actuals import ComputedAccuracy
from assay.records.deployments import Settings
from assay.records.erasures import Removed
from assay.records.jobs import JobState
from assay.records.monitoring_jobs import JobStatus
from assay.records.pages import PageRequest
from assay.records.slices import WHOLE, Segment, Slice
from assay.records.uploads import UploadState

ALL = PageRequest()
DEPLOYMENT, BATCH = id_of(1), id_of(1)
EARLIER, LATER = NOW - SECOND, NOW + SECOND


def ids(found):
    return [int(one.id, 16) for one in found]


class UpkeepConformance:
    """Part of the storage conformance; ``tx`` is over a user, two deployments and two batches of the first."""

    # ---------------------------------------------------------------- erasures

    def test_erasures_come_back_as_they_were_stored(self, tx):
        for number, more in ((1, {}), (2, {"removed": Removed(rows=3), "leftovers": ("a", "b")})):
            tx.jobs.create(new.job(number))
            tx.erasures.create(new.erasure(number, **more))
            assert tx.erasures.find(id_of(number)) == new.erasure(number, **more)
        assert tx.erasures.find(id_of(9)) is None

    def test_erasures_are_listed_newest_first_with_the_state_of_their_jobs(self, tx):
        for number in (1, 2, 3):
            tx.jobs.create(new.job(number))
            of = id_of(2) if number == 3 else DEPLOYMENT
            tx.erasures.create(new.erasure(number, deployment_id=of, created_at=NOW + number * SECOND))
        tx.jobs.cancel(id_of(1), NOW)
        page = tx.erasures.list(DEPLOYMENT, ALL)
        assert (ids(page.items), page.total) == ([2, 1], 2)
        assert [one.job_state for one in page.items] == [JobState.QUEUED, JobState.CANCELLED]
        tx.erasures.delete(DEPLOYMENT)
        assert (tx.erasures.list(DEPLOYMENT, ALL).total, tx.erasures.list(id_of(2), ALL).total) == (0, 1)

    def test_an_erasure_adds_up_what_it_removed_and_forgets_the_id_at_its_end(self, tx):
        tx.jobs.create(new.job(1))
        tx.erasures.create(new.erasure(1))
        tx.erasures.add(id_of(1), Removed(rows=2, uploads=1), ["x"])
        tx.erasures.add(id_of(1), Removed(rows=3, exports=1), ["y", "z"])
        found = tx.erasures.find(id_of(1))
        assert (found.removed, found.leftovers) == (Removed(rows=5, uploads=1, exports=1), ("x", "y", "z"))
        assert tx.erasures.count_done(DEPLOYMENT) == 0
        tx.erasures.rows_done(id_of(1), LATER)
        assert (tx.erasures.count_done(DEPLOYMENT), tx.erasures.count_done(id_of(2))) == (1, 0)
        tx.erasures.finish(id_of(1), LATER)
        found = tx.erasures.find(id_of(1))
        assert (found.association_id, found.leftovers, found.finished_at) == (None, (), LATER)
        assert found.removed.rows == 5

    # ---------------------------------------------------------------- accuracy that is closed

    def test_closed_accuracy_is_added_to_and_goes_with_its_batch(self, tx):
        north = Slice(Segment("region", "north"))
        one = ComputedAccuracy(BATCH, MODEL, WHOLE, 5, b"one")
        two = ComputedAccuracy(BATCH, MODEL, north, 3, b"two")
        three = ComputedAccuracy(None, MODEL, WHOLE, 2, b"three")
        other = ComputedAccuracy(BATCH, OTHER_MODEL, WHOLE, 1, b"other")
        tx.accuracy.close(DEPLOYMENT, [one, two])
        tx.accuracy.close(DEPLOYMENT, [three, other])
        tx.accuracy.close(DEPLOYMENT, [])
        assert tx.accuracy.closed(DEPLOYMENT, MODEL) == [one, two, three]
        assert tx.accuracy.closed(DEPLOYMENT, MODEL, [BATCH]) == [one, two]
        assert tx.accuracy.closed(DEPLOYMENT, MODEL, [None]) == [three]
        assert tx.accuracy.closed(id_of(2), MODEL) == []
        tx.accuracy.delete(batch_id=BATCH)
        assert tx.accuracy.closed(DEPLOYMENT, MODEL) == [three]
        tx.accuracy.delete(deployment_id=DEPLOYMENT)
        assert tx.accuracy.closed(DEPLOYMENT, MODEL) == []

    def test_a_pair_tells_how_often_it_was_asked_to_be_computed(self, tx):
        assert tx.accuracy.wanted(DEPLOYMENT, BATCH, MODEL) == 0
        for _ in range(2):
            tx.accuracy.mark_stale(DEPLOYMENT, {(BATCH, MODEL), (None, MODEL)})
        tx.accuracy.mark_stale(DEPLOYMENT, {(None, MODEL)})
        assert tx.accuracy.wanted(DEPLOYMENT, BATCH, MODEL) == 2
        assert tx.accuracy.wanted(DEPLOYMENT, None, MODEL) == 3

    # ---------------------------------------------------------------- ages and ids

    def test_uploads_are_found_by_age_by_rows_and_while_they_wait(self, tx):
        for number, more in (
            (1, {"parts": 1, "created_at": EARLIER}),
            (2, {"parts": 2}),
            (3, {"parts": 0, "created_at": EARLIER}),
            (4, {"parts": 0, "created_at": EARLIER, "state": UploadState.PENDING}),
            (5, {"parts": 1, "created_at": EARLIER, "state": UploadState.REFUSED}),
            (6, {"parts": 1, "created_at": EARLIER, "deployment_id": id_of(2), "batch_id": None}),
        ):
            tx.uploads.create(new.upload(number, **more))
        assert ids(tx.uploads.kept_before(DEPLOYMENT, NOW)) == [1]
        assert ids(tx.uploads.kept_before(DEPLOYMENT, LATER)) == [1, 2]
        assert ids(tx.uploads.with_rows(DEPLOYMENT)) == [1, 2, 5]
        assert ids(tx.uploads.pending(DEPLOYMENT, EARLIER)) == [4]
        assert ids(tx.uploads.pending(DEPLOYMENT, EARLIER - SECOND)) == []
        assert ids([tx.uploads.find_by_id(id_of(5))]) == [5]
        assert tx.uploads.find_by_id(id_of(9)) is None

    def test_outcomes_are_found_by_age_and_removed_by_id(self, tx):
        tx.actuals.put(DEPLOYMENT, [new.actual("a"), new.actual("b"), new.actual("c")], EARLIER)
        tx.actuals.put(DEPLOYMENT, [new.actual("c"), new.actual("d")], NOW)
        tx.actuals.put(id_of(2), [new.actual("a")], EARLIER)
        assert tx.actuals.received_before(DEPLOYMENT, NOW, 10) == ["a", "b"]
        assert tx.actuals.received_before(DEPLOYMENT, LATER, 3) == ["a", "b", "c"]
        assert tx.actuals.remove(DEPLOYMENT, ["a", "c", "x"]) == 2
        assert tx.actuals.received_before(DEPLOYMENT, LATER, 10) == ["b", "d"]
        assert tx.actuals.received_before(id_of(2), LATER, 10) == ["a"]

    def test_entries_of_the_index_are_removed_by_id_or_by_upload(self, tx):
        one, two = (tx.uploads.create(new.upload(number)) for number in (1, 2))
        tx.prediction_keys.add(DEPLOYMENT, one, ["a", "b"])
        tx.prediction_keys.add(DEPLOYMENT, two, ["b", "c"])
        tx.prediction_keys.add(id_of(2), two, ["b"])
        assert tx.prediction_keys.remove(DEPLOYMENT, association_ids=["b", "x"]) == 2
        assert tx.prediction_keys.known(DEPLOYMENT, ["a", "b", "c"]) == {"a", "c"}
        assert tx.prediction_keys.remove(DEPLOYMENT, upload_seq=two) == 1
        assert tx.prediction_keys.known(DEPLOYMENT, ["a", "b", "c"]) == {"a"}
        assert tx.prediction_keys.known(id_of(2), ["b"]) == {"b"}

    def test_outcomes_of_one_upload_are_matched_alone(self, tx):
        one, two = (tx.uploads.create(new.upload(number)) for number in (1, 2))
        tx.prediction_keys.add(DEPLOYMENT, one, ["a", "b"])
        tx.prediction_keys.add(DEPLOYMENT, two, ["b", "c"])
        tx.actuals.put(DEPLOYMENT, [new.actual(i) for i in "abc"], NOW)

        def matched(seq):
            return {i for _, i, _, _ in tx.actuals.matched(DEPLOYMENT, BATCH, MODEL, seq)}

        assert (matched(None), matched(one), matched(two)) == ({"a", "b", "c"}, {"a"}, {"b", "c"})

    def test_values_of_custom_metrics_forget_an_id(self, tx):
        for number, of in ((1, DEPLOYMENT), (2, id_of(2))):
            tx.custom_metrics.create(new.custom_metric(number, deployment_id=of))
            values = [new.metric_value(1.0, association_id=i, metadata="m") for i in ("jane", "joe", "jane")]
            tx.custom_metric_values.add(id_of(number), values)
        assert tx.custom_metric_values.forget_id(DEPLOYMENT, "jane") == 2
        assert tx.custom_metric_values.forget_id(DEPLOYMENT, "jane") == 0
        assert tx.custom_metric_values.forget_id(id_of(2), "jane") == 2

    @pytest.mark.parametrize("field", ["rows_days", "actuals_days", "files_days"])
    def test_deployments_that_keep_something_for_a_time_are_found(self, tx, field):
        assert tx.deployments.with_limits_of_age() == []
        tx.deployments.save_settings(DEPLOYMENT, Settings(**{field: 30}))
        assert tx.deployments.with_limits_of_age() == [DEPLOYMENT]
        assert getattr(tx.deployments.find(DEPLOYMENT).settings, field) == 30
        tx.deployments.delete(DEPLOYMENT, NOW)
        assert tx.deployments.with_limits_of_age() == []

    def test_exports_with_a_file_are_found_by_age(self, tx):
        for number in (1, 2, 3, 4):
            tx.jobs.create(new.job(number))
            tx.datasets.create(new.dataset(number))
        for number, more in (
            (1, {"created_at": EARLIER}),
            (2, {"dataset_id": id_of(1), "created_at": EARLIER}),
            (3, {"dataset_id": id_of(2)}),
            (4, {"dataset_id": id_of(3)}),
        ):
            tx.exports.create(new.export(number, **more))
        tx.datasets.delete(id_of(3), NOW)
        assert ids(tx.exports.with_files(DEPLOYMENT)) == [2, 3]
        assert ids(tx.exports.with_files(DEPLOYMENT, NOW)) == [2]
        assert ids(tx.exports.with_files(id_of(2))) == []

    def test_monitoring_jobs_are_found_by_what_they_have_left(self, tx):
        done = {"status": JobStatus.COMPLETED}
        for number, more in (
            (1, {**done, "finished_at": EARLIER}),
            (2, {**done, "finished_at": NOW}),
            (3, {**done, "finished_at": EARLIER, "results_deleted": True}),
            (4, {"status": JobStatus.RUNNING, "task_id": id_of(4), "created_at": EARLIER}),
            (5, {"status": JobStatus.RUNNING, "task_id": id_of(5), "created_at": NOW}),
            (6, {"status": JobStatus.FAILED, "created_at": EARLIER}),
        ):
            tx.monitoring_jobs.create(new.monitoring_job(number, **more))
        for number, state in ((4, JobState.RUNNING), (5, JobState.FAILED)):
            tx.jobs.create(new.job(number, state=state))
        assert set(ids(tx.monitoring_jobs.with_results(DEPLOYMENT))) == {1, 2}
        assert ids(tx.monitoring_jobs.with_results(DEPLOYMENT, NOW)) == [1]
        assert ids(tx.monitoring_jobs.at_work(DEPLOYMENT, NOW)) == [4]
        assert ids(tx.monitoring_jobs.at_work(DEPLOYMENT, EARLIER - SECOND)) == []
        assert ids(tx.monitoring_jobs.given_up(DEPLOYMENT)) == [5]

    # ---------------------------------------------------------------- the queue, from outside

    def test_a_job_that_is_given_back_waits_from_the_time_that_is_told(self, tx):
        tx.jobs.create(new.job(1, max_attempts=1))
        held = tx.jobs.claim("w", NOW, timedelta(seconds=30))
        assert tx.jobs.release(held, LATER)
        assert not tx.jobs.release(held, LATER)
        assert tx.jobs.claim("w", NOW, timedelta(seconds=30)) is None
        again = tx.jobs.claim("w", LATER, timedelta(seconds=30))
        assert (again.attempt, again.max_attempts, again.owner) == (2, 2, "w")

    def test_jobs_are_listed_by_state_those_that_changed_last_first(self, tx):
        tx.jobs.create(new.job(1, state=JobState.FAILED, finished_at=NOW))
        tx.jobs.create(new.job(2, state=JobState.FAILED, finished_at=LATER))
        tx.jobs.create(new.job(3))
        page = tx.jobs.of_states((JobState.FAILED,), PageRequest(limit=1))
        assert (ids(page.items), page.total) == ([2], 2)
        assert ids(tx.jobs.of_states((JobState.QUEUED, JobState.RUNNING), ALL).items) == [3]

    def test_only_a_failed_job_is_queued_anew(self, tx):
        tx.jobs.create(new.job(1, state=JobState.FAILED, attempt=5, max_attempts=5, finished_at=NOW))
        tx.jobs.create(new.job(2))
        assert tx.jobs.revive(id_of(1), LATER, 3)
        found = tx.jobs.find(id_of(1))
        assert (found.state, found.attempt, found.max_attempts) == (JobState.QUEUED, 5, 8)
        assert (found.run_after, found.finished_at) == (LATER, None)
        assert not tx.jobs.revive(id_of(1), LATER, 3)
        assert not tx.jobs.revive(id_of(2), LATER, 3)

    def test_the_latest_job_of_a_key_is_found_and_those_that_ended_well_are_forgotten(self, tx):
        assert tx.jobs.latest("k") is None
        for number, state in enumerate((JobState.DONE, JobState.FAILED, JobState.DONE, JobState.QUEUED), start=1):
            tx.jobs.create(new.job(number, key="k", state=state, created_at=NOW + number * SECOND))
        tx.jobs.create(new.job(9, key="other", state=JobState.DONE))
        assert ids([tx.jobs.latest("k")]) == [4]
        tx.jobs.forget("k")
        assert [tx.jobs.find(id_of(number)) is None for number in (1, 2, 3, 4, 9)] == [True, False, True, False, False]

    # ---------------------------------------------------------------- the database itself

    def test_a_whole_database_has_no_faults_a_size_and_a_clock(self, store, tx):
        assert list(tx.upkeep.faults()) == []
        assert tx.upkeep.size() > 10_000
        assert abs(tx.upkeep.now() - datetime.now(UTC)) < timedelta(minutes=5)
        assert store.trouble() is None

    def test_the_newest_row_is_told(self, tx):
        tx.jobs.create(new.job(1, created_at=NOW + timedelta(days=400)))
        assert tx.upkeep.newest() == NOW + timedelta(days=400)

    # ---------------------------------------------------------------- blobs

    def test_rows_tell_which_blobs_they_refer_to(self, tx):
        rows = f"rows/{DEPLOYMENT}"
        for number, more in (
            (1, {"parts": 2, "blob_prefix": f"{rows}/{id_of(1)}"}),
            (2, {"parts": 1, "blob_prefix": f"{rows}/{id_of(2)}", "state": UploadState.REFUSED}),
            (3, {"blob_prefix": f"{rows}/{id_of(3)}", "state": UploadState.PENDING, "job_id": id_of(3)}),
            (4, {"blob_prefix": f"{rows}/{id_of(4)}", "state": UploadState.PENDING, "job_id": id_of(4)}),
        ):
            tx.uploads.create(new.upload(number, **more))
        tx.jobs.create(new.job(3, state=JobState.RUNNING, attempt=2))
        tx.jobs.create(new.job(4, state=JobState.FAILED, attempt=2))
        tx.datasets.create(new.dataset(1, blob_key=f"datasets/{id_of(1)}"))
        tx.datasets.create(new.dataset(2, blob_key=f"exports/{id_of(2)}/1/{id_of(2)}"))
        tx.datasets.create(new.dataset(3, blob_key=f"datasets/{id_of(3)}", deleted_at=NOW))
        tx.monitoring_jobs.create(new.monitoring_job(1, status=JobStatus.RUNNING, upload_id=id_of(3)))
        tx.monitoring_jobs.create(new.monitoring_job(2, status=JobStatus.COMPLETED, attempt=2, finished_at=NOW))
        tx.monitoring_jobs.create(new.monitoring_job(3, status=JobStatus.FAILED, finished_at=NOW))
        needed = {
            f"{rows}/{id_of(1)}/00000.parquet",
            f"{rows}/{id_of(1)}/00001.parquet",
            f"incoming/{id_of(4)}",
            f"datasets/{id_of(1)}",
            f"exports/{id_of(2)}/1/{id_of(2)}",
            f"monitoring_jobs/{id_of(2)}/attempt-2/result.csv",
        }
        being_written = {
            f"{rows}/{id_of(3)}/2/00000.parquet",
            f"incoming/{id_of(3)}",
            f"monitoring_jobs/{id_of(1)}/intake/x",
            f"monitoring_jobs/{id_of(1)}/attempt-1/actuals/00000.parquet",
        }
        nobodys = {
            f"{rows}/{id_of(1)}/00002.parquet",
            f"{rows}/{id_of(1)}/1/00000.parquet",
            f"{rows}/{id_of(2)}/00000.parquet",
            f"{rows}/{id_of(3)}/1/00000.parquet",
            f"{rows}/{id_of(4)}/2/00000.parquet",
            f"{rows}/{id_of(9)}/00000.parquet",
            f"incoming/{id_of(1)}",
            f"datasets/{id_of(3)}",
            f"datasets/{id_of(9)}",
            f"monitoring_jobs/{id_of(2)}/attempt-1/result.csv",
            f"monitoring_jobs/{id_of(3)}/attempt-1/result.csv",
            "probes/1",
            ".incoming/1",
        }
        keys = sorted(needed | being_written | nobodys)
        assert all(tx.blob_references.is_known(key) for key in keys)
        assert not tx.blob_references.is_known("else/1")
        assert tx.blob_references.among(keys) == needed | being_written
        assert set(tx.blob_references.all()) == needed | {f"monitoring_jobs/{id_of(1)}/"}

    def test_a_job_is_found_to_hold_many_blobs_at_once(self, tx):
        tx.uploads.create(new.upload(1, parts=3_000, blob_prefix=f"rows/{DEPLOYMENT}/{id_of(1)}"))
        keys = [f"rows/{DEPLOYMENT}/{id_of(1)}/{part:05d}.parquet" for part in range(3_100)]
        assert tx.blob_references.among(keys) == set(keys[:3_000])
