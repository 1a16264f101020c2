"""What is older than a deployment keeps it goes; the figures that were made of it stay."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from tests.http.reference import binary_accuracy
from tests.jobs.interruption import Interrupted
from tests.material import (
    Prepared,
    Ready,
    Serve,
    binary_block,
    binary_rows,
    file_of,
    new_batch,
    send_actuals,
    send_rows,
    upload,
)
from tests.serving import Served, User

from assay.monitoring.queueing import queued
from assay.monitoring.upkeep import retention, schedule
from assay.monitoring.upkeep.retention import APPLY_RETENTION
from assay.records.jobs import JobState
from assay.records.pages import PageRequest
from assay.records.users import SYSTEM
from assay.storage.sql.tables import metadata

ALL_KEPT = {"rowsDays": None, "actualsDays": None, "filesDays": None}


class Times:
    """Moves what a server has taken in into the past."""

    def __init__(self, server: Served) -> None:
        self._server = server

    def age(self, table: str, column: str, days: float, where: str = "1 = 1") -> None:
        chosen, by = metadata.tables[table], timedelta(days=days)
        aged = chosen.c[column]
        with self._server.store.transaction() as tx:
            connection = tx.upkeep._connection
            for row in connection.execute(chosen.select().where(sa.text(where))).mappings().all():
                mine = [c == row[c.name] for c in chosen.primary_key]
                connection.execute(chosen.update().where(*mine).values({aged: row[column] - by}))

    def rows(self, days: float, where: str = "1 = 1") -> None:
        self.age("uploads", "created_at", days, where)

    def actuals(self, days: float, where: str = "1 = 1") -> None:
        self.age("actuals", "received_at", days, where)


@pytest.fixture
def times(served: Served) -> Times:
    return Times(served)


def keep(user: User, ready: Ready, **days: int | None) -> None:
    user.finished(user.patch(ready.path("settings"), {"retention": days}))


def apply(server: Served, ready: Ready) -> None:
    """Have the deployment's limits of age applied, as the schedule would."""
    with server.store.transaction() as tx:
        tx.jobs.create(queued(APPLY_RETENTION, {"deployment_id": ready.id}, SYSTEM, server.context.clock()))
    server.work()


def outcomes(rows: pl.DataFrame) -> dict[str, str]:
    return dict(zip(rows["id"].to_list(), rows["target"].to_list(), strict=True))


def accuracy_of(user: User, ready: Ready, batch: str, **params: Any) -> dict[str, Any]:
    found = user.read(ready.path("accuracy"), batchId=batch, **params)["data"]
    return {item["metricName"]: item for item in found}


def check_accuracy(user: User, ready: Ready, batch: str, rows: pl.DataFrame, **params: Any) -> None:
    """The accuracy of a batch is that of some rows, by scikit-learn."""
    found = accuracy_of(user, ready, batch, **params)
    expected = binary_accuracy((rows["target"] == "yes").to_numpy(), rows["score"].to_numpy())
    assert found["AUC"]["sampleSize"] == rows.height
    for name in ("AUC", "LogLoss", "Accuracy"):
        assert found[name]["value"] == pytest.approx(expected[name], rel=1e-9), name


def parquet_of(server: Served) -> int:
    return len(server.store.blobs.list("rows"))


# ---------------------------------------------------------------- the setting


def test_everything_is_kept_for_ever_unless_told(owner: User, binary: Ready) -> None:
    assert owner.read(binary.path("settings"))["retention"] == ALL_KEPT


def test_a_change_touches_only_what_it_names(owner: User, binary: Ready) -> None:
    keep(owner, binary, rowsDays=30)
    keep(owner, binary, actualsDays=60)
    assert owner.read(binary.path("settings"))["retention"] == {"rowsDays": 30, "actualsDays": 60, "filesDays": None}
    keep(owner, binary, rowsDays=None)
    assert owner.read(binary.path("settings"))["retention"] == {**ALL_KEPT, "actualsDays": 60}


@pytest.mark.parametrize("days", [0, -1, 36_501, 1.5, "30", True])
def test_days_that_cannot_be_are_refused(served: Served, owner: User, binary: Ready, days: Any) -> None:
    before = served.contents()
    answer = owner.patch(binary.path("settings"), {"retention": {"rowsDays": days}})
    assert answer.status_code == 422
    assert "retention.rowsDays" in answer.json()["message"]
    assert served.contents() == before


# ---------------------------------------------------------------- rows


def test_old_rows_go_and_their_figures_stay(served: Served, owner: User, binary: Ready, times: Times) -> None:
    batch, rows = new_batch(owner, binary), binary_rows(61, 80)
    upload(owner, binary, batch, "old", file_of(rows))
    send_actuals(owner, binary, outcomes(rows))
    drift = owner.read(binary.path("featureDrift"), batchId=batch)
    accuracy = accuracy_of(owner, binary, batch)
    keep(owner, binary, rowsDays=30)
    times.rows(31)
    apply(served, binary)
    assert parquet_of(served) == 0
    assert "61-3" not in repr(served.contents()["prediction_keys"])
    assert owner.read(binary.path("featureDrift"), batchId=batch) == drift
    assert accuracy_of(owner, binary, batch) == accuracy
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 80


def test_younger_rows_stay(served: Served, owner: User, binary: Ready, times: Times) -> None:
    batch = new_batch(owner, binary)
    upload(owner, binary, batch, "young", file_of(binary_rows(61, 20)))
    keep(owner, binary, rowsDays=30)
    times.rows(29)
    apply(served, binary)
    assert parquet_of(served) == 1


def test_a_deployment_without_a_limit_keeps_all(served: Served, owner: User, binary: Ready, times: Times) -> None:
    upload(owner, binary, new_batch(owner, binary), "old", file_of(binary_rows(61, 20)))
    times.rows(3000)
    before = served.contents()
    apply(served, binary)
    assert served.contents()["blobs"] == before["blobs"]
    assert served.contents()["uploads"] == before["uploads"]


def test_what_comes_later_is_added_to_the_accuracy_of_what_is_gone(
    served: Served, owner: User, binary: Ready, times: Times
) -> None:
    batch, old, new = new_batch(owner, binary), binary_rows(61, 80), binary_rows(62, 50)
    upload(owner, binary, batch, "old", file_of(old))
    # The last ten never get an outcome while their rows are there.
    send_actuals(owner, binary, outcomes(old[:70]))
    keep(owner, binary, rowsDays=30)
    times.rows(31)
    apply(served, binary)
    upload(owner, binary, batch, "new", file_of(new))
    send_actuals(owner, binary, outcomes(new))
    check_accuracy(owner, binary, batch, pl.concat([old[:70], new]))
    # What comes too late for a prediction, and what would correct one that is gone, changes nothing.
    send_actuals(owner, binary, outcomes(old[70:]) | {old["id"][0]: "yes", old["id"][1]: "no"})
    check_accuracy(owner, binary, batch, pl.concat([old[:70], new]))


def test_a_correction_that_waits_to_be_counted_is_not_lost(
    served: Served, owner: User, binary: Ready, times: Times
) -> None:
    batch, rows = new_batch(owner, binary), binary_rows(61, 60)
    upload(owner, binary, batch, "old", file_of(rows))
    send_actuals(owner, binary, outcomes(rows))
    keep(owner, binary, rowsDays=30)
    times.rows(31)
    flipped = rows.with_columns(
        pl.when(pl.col("target") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes")).alias("target")
    )
    data = [{"associationId": i, "actualValue": v} for i, v in outcomes(flipped).items()]
    answer = owner.post(binary.path("actuals", "fromJSON"), {"data": data})
    assert answer.status_code == 202
    # The rows go before the job that would have counted the corrections has run.
    job = queued(APPLY_RETENTION, {"deployment_id": binary.id}, SYSTEM, served.context.clock())
    with served.store.transaction() as tx:
        tx.jobs.create(replace(job, state=JobState.RUNNING, owner="w", attempt=1))
    retention.apply(served.context, replace(job, state=JobState.RUNNING, owner="w", attempt=1))
    assert parquet_of(served) == 0
    served.work()
    check_accuracy(owner, binary, batch, flipped)


def test_an_actual_that_comes_while_rows_are_summed_up_is_in_the_sum(
    served: Served, owner: User, binary: Ready, times: Times
) -> None:
    batch, rows = new_batch(owner, binary), binary_rows(61, 60)
    upload(owner, binary, batch, "old", file_of(rows))
    send_actuals(owner, binary, outcomes(rows[:40]))
    keep(owner, binary, rowsDays=30)
    times.rows(31)
    snapshots = [0]

    class Meanwhile:
        """A store in which the rest of the outcomes comes between the sum and its transaction."""

        blobs = served.store.blobs

        @contextmanager
        def snapshot(self) -> Iterator[Any]:
            with served.store.snapshot() as tx:
                yield tx
            snapshots[0] += 1
            if snapshots[0] == 3:
                data = [{"associationId": i, "actualValue": v} for i, v in outcomes(rows[40:]).items()]
                assert owner.post(binary.path("actuals", "fromJSON"), {"data": data}).status_code == 202

        transaction = served.store.transaction

    job = queued(APPLY_RETENTION, {"deployment_id": binary.id}, SYSTEM, served.context.clock())
    held = replace(job, state=JobState.RUNNING, owner="w", attempt=1)
    with served.store.transaction() as tx:
        tx.jobs.create(held)
    retention.apply(replace(served.context, store=Meanwhile()), held)
    assert snapshots[0] > 3
    served.work()
    check_accuracy(owner, binary, batch, rows)


def test_a_newer_prediction_of_an_id_still_supersedes_an_older_one(
    served: Served, owner: User, binary: Ready, times: Times
) -> None:
    batch, old = new_batch(owner, binary), binary_rows(61, 60)
    new = old.with_columns((1 - pl.col("score")).round(6).alias("score"))
    upload(owner, binary, batch, "old", file_of(old))
    upload(owner, binary, batch, "new", file_of(new))
    send_actuals(owner, binary, outcomes(old))
    check_accuracy(owner, binary, batch, new)
    keep(owner, binary, rowsDays=30)
    times.rows(31, "key = 'old'")
    apply(served, binary)
    check_accuracy(owner, binary, batch, new)
    times.rows(31, "key = 'new'")
    apply(served, binary)
    send_actuals(owner, binary, {"nobody": "yes"})
    check_accuracy(owner, binary, batch, new)


def test_figures_over_time_stay_and_finer_ones_are_refused(
    served: Served, owner: User, binary: Ready, times: Times
) -> None:
    batch, rows = new_batch(owner, binary), binary_rows(61, 48)
    stamps = [f"2026-03-0{1 + i // 24}T{i % 24:02d}:30:00Z" for i in range(48)]
    timed = rows.with_columns(pl.Series("at", stamps))
    upload(owner, binary, batch, "old", file_of(timed), timestampColumn="at")
    send_actuals(owner, binary, outcomes(rows))
    params = {"start": "2026-03-01T00:00:00Z", "end": "2026-03-03T00:00:00Z", "metric": "LogLoss"}
    before = owner.read(binary.path("accuracyOverTime"), bucketSize="P1D", **params)
    keep(owner, binary, rowsDays=30)
    times.rows(31)
    apply(served, binary)
    late = binary_rows(62, 24).with_columns(pl.Series("at", stamps[:24]))
    assert owner.read(binary.path("accuracyOverTime"), bucketSize="P1D", **params) == before
    upload(owner, binary, batch, "late", file_of(late), timestampColumn="at")
    send_actuals(owner, binary, outcomes(late))
    buckets = owner.read(binary.path("accuracyOverTime"), bucketSize="P1D", **params)["buckets"]
    both = pl.concat([rows[:24], late.drop("at")])
    expected = binary_accuracy((both["target"] == "yes").to_numpy(), both["score"].to_numpy())
    assert buckets[0]["value"] == pytest.approx(expected["LogLoss"], rel=1e-9)
    refused = owner.get(binary.path("accuracyOverTime"), bucketSize="PT1H", **params)
    assert refused.status_code == 422
    assert "deleted by age" in refused.json()["message"]


def test_accuracy_by_segment_stays(served: Served, owner: User, binary: Ready, times: Times) -> None:
    segments = {"segmentAnalysis": {"enabled": True, "attributes": ["region"]}}
    owner.finished(owner.patch(binary.path("settings"), segments))
    batch, rows = new_batch(owner, binary), binary_rows(61, 120)
    upload(owner, binary, batch, "old", file_of(rows))
    send_actuals(owner, binary, outcomes(rows))
    keep(owner, binary, rowsDays=30)
    times.rows(31)
    apply(served, binary)
    new = binary_rows(62, 60)
    upload(owner, binary, batch, "new", file_of(new))
    send_actuals(owner, binary, outcomes(new))
    north = pl.concat([rows, new]).filter(pl.col("region") == "north")
    check_accuracy(owner, binary, batch, north, segmentAttribute="region", segmentValue="north")


def test_exports_say_that_the_rows_are_gone(served: Served, owner: User, binary: Ready, times: Times) -> None:
    batch = new_batch(owner, binary)
    upload(owner, binary, batch, "old", file_of(binary_rows(61, 20)))
    upload(owner, binary, batch, "new", file_of(binary_rows(62, 30)))
    keep(owner, binary, rowsDays=30)
    times.rows(31, "key = 'old'")
    apply(served, binary)
    ids = {row["associationId"] for row in owner.read(binary.path("predictionResults"), limit=1_000)["data"]}
    assert ids == {f"62-{i}" for i in range(30)}


def test_the_same_file_again_is_still_the_same_upload(served: Served, owner: User, binary: Ready, times: Times) -> None:
    batch, content = new_batch(owner, binary), file_of(binary_rows(61, 20))
    upload(owner, binary, batch, "old", content)
    keep(owner, binary, rowsDays=30)
    times.rows(31)
    apply(served, binary)
    assert upload(owner, binary, batch, "old", content).status_code == 202
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 20


# ---------------------------------------------------------------- actuals


def test_old_actuals_go_and_the_accuracy_made_of_them_stays(
    served: Served, owner: User, binary: Ready, times: Times
) -> None:
    batch, other = new_batch(owner, binary), new_batch(owner, binary)
    one, two = binary_rows(61, 60), binary_rows(62, 50)
    upload(owner, binary, batch, "one", file_of(one))
    upload(owner, binary, other, "two", file_of(two))
    send_actuals(owner, binary, outcomes(one[:50]) | outcomes(two) | {"nobody": "yes"})
    keep(owner, binary, actualsDays=10)
    times.actuals(11)
    apply(served, binary)
    assert served.contents()["actuals"] == []
    check_accuracy(owner, binary, batch, one[:50])
    # The other rows of the batch still wait for theirs.
    send_actuals(owner, binary, outcomes(one[50:]))
    check_accuracy(owner, binary, batch, one)
    check_accuracy(owner, binary, other, two)
    # What is closed is not counted again.
    send_actuals(owner, binary, outcomes(one[:50]))
    check_accuracy(owner, binary, batch, one)


def test_younger_actuals_stay(served: Served, owner: User, binary: Ready, times: Times) -> None:
    send_actuals(owner, binary, {"a": "yes", "b": "no"})
    keep(owner, binary, actualsDays=10)
    times.actuals(11, "association_id = 'a'")
    apply(served, binary)
    assert "'b'" in repr(served.contents()["actuals"])
    assert "'a'" not in repr(served.contents()["actuals"])


def test_many_old_actuals_go_some_at_a_time(
    served: Served, owner: User, binary: Ready, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ACTUALS_AT_ONCE", 7)
    batch, rows = new_batch(owner, binary), binary_rows(61, 60)
    upload(owner, binary, batch, "one", file_of(rows))
    send_actuals(owner, binary, outcomes(rows))
    keep(owner, binary, actualsDays=10)
    times.actuals(11)
    apply(served, binary)
    assert served.contents()["actuals"] == []
    send_actuals(owner, binary, {"nobody": "yes"})
    check_accuracy(owner, binary, batch, rows)


@pytest.mark.parametrize("step", range(1, 6))
def test_a_retention_that_is_cut_off_anywhere_is_finished_by_the_next(
    serve: Serve, prepared: Prepared, step: int
) -> None:
    class Cut(BaseException):
        pass

    ready = prepared.binary
    with serve() as server:
        batch, one, two = new_batch(server.owner, ready), binary_rows(61, 40), binary_rows(62, 30)
        for key, rows in (("one", one), ("two", two)):
            upload(server.owner, ready, batch, key, file_of(rows))
        send_actuals(server.owner, ready, outcomes(one) | outcomes(two))
        keep(server.owner, ready, rowsDays=30, actualsDays=30)
        times = Times(server)
        times.rows(31)
        times.actuals(31)
        job = queued(APPLY_RETENTION, {"deployment_id": ready.id}, SYSTEM, server.context.clock())
        held = replace(job, state=JobState.RUNNING, owner="dies", attempt=1)
        with server.store.transaction() as tx:
            tx.jobs.create(held)

        def die() -> None:
            raise Cut

        try:
            retention.apply(replace(server.context, store=Interrupted(server.store, step, die)), held)
        except Cut:
            with server.store.transaction() as tx:
                tx.jobs.release(held, server.context.clock())
        server.work()
        send_actuals(server.owner, ready, {"nobody": "yes"})
        check_accuracy(server.owner, ready, batch, pl.concat([one, two]))
        assert [row for row in server.contents()["actuals"] if "nobody" not in row] == []


# ---------------------------------------------------------------- files


def test_old_exports_and_results_go_and_younger_ones_stay(
    served: Served, owner: User, binary: Ready, times: Times
) -> None:
    upload(owner, binary, new_batch(owner, binary), "a", file_of(binary_rows(61, 20)))
    old = owner.finished(owner.post(binary.path("predictionDataExports"), {}))
    new = owner.finished(owner.post(binary.path("predictionDataExports"), {}))
    keep(owner, binary, filesDays=10)
    times.age("exports", "created_at", 11, f"id = '{old.rstrip('/').rpartition('/')[2]}'")
    apply(served, binary)
    assert owner.read(old)["data"] is None
    assert owner.read(new)["data"]
    exports = [key for key, _ in served.contents()["blobs"] if key.startswith("exports/")]
    assert len(exports) == 1


# ---------------------------------------------------------------- by itself


def test_the_server_applies_it_by_itself_where_something_is_kept_for_a_time(
    served: Served, owner: User, binary: Ready, regression: Ready, times: Times
) -> None:
    upload(owner, binary, new_batch(owner, binary), "a", file_of(binary_rows(61, 20)))
    times.rows(31)
    schedule.enqueue_due(served.context)
    served.work()
    assert parquet_of(served) == 1
    keep(owner, binary, rowsDays=30)
    later = replace(served.context, clock=lambda: served.context.clock() + timedelta(hours=2))
    schedule.enqueue_due(later)
    with served.store.snapshot() as tx:
        queue = [job for job in tx.jobs.list(SYSTEM, PageRequest()).items if job.kind == APPLY_RETENTION]
    assert [job.args for job in queue] == [{"deployment_id": binary.id}]
    with served.store.transaction() as tx:
        for job in queue:
            tx.jobs.cancel(job.id, served.context.clock())
    apply(served, binary)
    assert parquet_of(served) == 0


def test_what_was_deleted_is_told_in_numbers_alone(served: Served, owner: User, binary: Ready, times: Times) -> None:
    send_rows(owner, binary, binary_block(binary, binary_rows(61, 20), new_batch(owner, binary)))
    keep(owner, binary, rowsDays=30)
    times.rows(31)
    apply(served, binary)
    apply(served, binary)
    lines = owner.read(binary.path("auditLog"), event="deployment.retentionApplied")["data"]
    assert [(line["user"]["name"], line["detail"]) for line in lines] == [
        ("server", {"uploads": 1, "actuals": 0, "files": 0})
    ]
