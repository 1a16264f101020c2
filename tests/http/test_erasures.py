"""Everything of one association id is taken out of a deployment, and nothing else."""

import io
from contextlib import suppress
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from tests.http.reference import binary_accuracy
from tests.jobs.interruption import Interrupted
from tests.material import (
    Ready,
    Serve,
    binary_block,
    binary_rows,
    file_of,
    new_batch,
    new_metric,
    regression_block,
    regression_rows,
    send_actuals,
    send_rows,
    upload,
)
from tests.serving import Served, User

from assay.jobs.worker import Worker
from assay.monitoring.erasures import erasing
from assay.monitoring.exports import export_job
from assay.monitoring.upkeep.sweeping import unreferenced
from assay.records.limits import Limits
from assay.records.pages import PageRequest

NONE = dict.fromkeys(
    ("rows", "uploads", "predictions", "actuals", "waitingFiles", "exports", "jobResults", "metricValues"), 0
)


def erase(user: User, ready: Ready, association_id: str) -> dict[str, Any]:
    """Erase an id; what was removed."""
    answer = user.post(ready.path("erasures"), {"associationId": association_id})
    found = user.read(user.finished(answer))
    assert found["status"] == "COMPLETED"
    return dict(found["removed"])


def traces(server: Served, text: str) -> list[str]:
    """Where a text still is: tables, rows that are kept, other blobs."""
    found = [name for name, rows in server.contents().items() if any(text in repr(row) for row in rows)]
    for key in server.store.blobs.list(""):
        content = server.store.blobs.read(key)
        if content[:4] == b"PAR1":
            content = pl.read_parquet(io.BytesIO(content)).write_csv().encode()
        if text.encode() in content:
            found.append(key)
    return found


def filled(user: User, ready: Ready, key: str = "file") -> tuple[str, pl.DataFrame, pl.DataFrame]:
    """A batch with rows by JSON and by file, all with outcomes; the id ``jane-doe`` is once in each."""
    batch = new_batch(user, ready)
    one, two = binary_rows(51, 40), binary_rows(52, 60)
    mark = pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("jane-doe")).otherwise("id").alias("id")
    one, two = one.with_columns(mark), two.with_columns(mark)
    send_rows(user, ready, binary_block(ready, one, batch))
    assert upload(user, ready, batch, key, file_of(two)).status_code == 202
    send_actuals(user, ready, {i: v for rows in (one, two) for i, v in zip(rows["id"], rows["target"], strict=True)})
    return batch, one, two


def accuracy_of(user: User, ready: Ready, batch: str) -> dict[str, Any]:
    return {item["metricName"]: item for item in user.read(ready.path("accuracy"), batchId=batch)["data"]}


def test_an_id_is_gone_from_rows_actual_and_accuracy_and_the_counts_stay(
    served: Served, owner: User, binary: Ready
) -> None:
    batch, one, two = filled(owner, binary)
    drift = owner.read(binary.path("featureDrift"), batchId=batch)
    assert traces(served, "jane-doe")
    assert erase(owner, binary, "jane-doe") == {**NONE, "rows": 2, "uploads": 2, "predictions": 2, "actuals": 1}
    assert traces(served, "jane-doe") == []
    rest = pl.concat([one, two]).filter(pl.col("id") != "jane-doe")
    expected = binary_accuracy((rest["target"] == "yes").to_numpy(), rest["score"].to_numpy())
    found = accuracy_of(owner, binary, batch)
    assert found["AUC"]["sampleSize"] == 98
    for name in ("AUC", "LogLoss", "Accuracy"):
        assert found[name]["value"] == pytest.approx(expected[name], rel=1e-9)
    assert owner.read(binary.path("featureDrift"), batchId=batch) == drift
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 100


def test_the_other_rows_are_kept_as_they_were(served: Served, owner: User, binary: Ready) -> None:
    filled(owner, binary)
    erase(owner, binary, "jane-doe")
    results, offset = [], 0
    while True:
        page = owner.read(binary.path("predictionResults"), limit=30, offset=offset)
        results += page["data"]
        if page["next"] is None:
            break
        offset += 30
    ids = [row["associationId"] for row in results]
    assert len(ids) == 98
    assert set(ids) == ({f"51-{i}" for i in range(40)} | {f"52-{i}" for i in range(60)}) - {"51-7", "52-7"}


def test_an_id_that_nobody_knows_is_erased_too_and_changes_nothing(served: Served, owner: User, binary: Ready) -> None:
    filled(owner, binary)
    before = served.contents()["blobs"]
    assert erase(owner, binary, "nobody") == NONE
    assert served.contents()["blobs"] == before


def test_the_same_erasure_again_finds_nothing(owner: User, binary: Ready) -> None:
    filled(owner, binary)
    erase(owner, binary, "jane-doe")
    assert erase(owner, binary, "jane-doe") == NONE


def test_the_audit_log_tells_that_something_was_erased_and_not_what(owner: User, binary: Ready) -> None:
    filled(owner, binary)
    erase(owner, binary, "jane-doe")
    lines = owner.read(binary.path("auditLog"))["data"]
    told = {line["event"]: line for line in lines if line["event"].startswith("erasure.")}
    assert set(told) == {"erasure.requested", "erasure.done"}
    assert told["erasure.done"]["user"]["name"] == "owner"
    assert told["erasure.done"]["detail"]["removed"]["rows"] == 2
    assert "jane-doe" not in repr(lines)


def test_several_ids_one_after_the_other(owner: User, binary: Ready) -> None:
    filled(owner, binary)
    for number in range(3):
        assert erase(owner, binary, f"51-{number}")["rows"] == 1
    ids = {row["associationId"] for row in owner.read(binary.path("predictionResults"), limit=1_000)["data"]}
    assert ids & {f"51-{number}" for number in range(40)} == {f"51-{number}" for number in range(3, 40) if number != 7}


def test_files_made_of_the_rows_are_deleted_where_they_hold_the_id(served: Served, owner: User, binary: Ready) -> None:
    filled(owner, binary)
    other = new_batch(owner, binary)
    send_rows(owner, binary, binary_block(binary, binary_rows(60, 10), other))
    exports = {}
    for name, body in (
        ("all", {}),
        ("parquet", {"format": "parquet"}),
        ("other batch", {"batchIds": [other]}),
    ):
        answer = owner.post(binary.path("predictionDataExports"), body)
        exports[name] = owner.finished(answer)
    actuals = owner.finished(owner.post(binary.path("actualsDataExports"), {}))
    assert erase(owner, binary, "jane-doe")["exports"] == 3
    assert traces(served, "jane-doe") == []
    kept = {name: owner.read(path)["data"] for name, path in exports.items()}
    assert (kept["all"], kept["parquet"]) == (None, None)
    assert kept["other batch"]
    assert owner.read(actuals)["data"] is None


def test_an_id_that_looks_like_a_formula_is_found_in_exports(served: Served, owner: User, binary: Ready) -> None:
    mark = pl.when(pl.int_range(pl.len()) == 2).then(pl.lit("=1+1")).otherwise("id").alias("id")
    rows = binary_rows(51, 5).with_columns(mark)
    send_rows(owner, binary, binary_block(binary, rows, new_batch(owner, binary)))
    owner.finished(owner.post(binary.path("predictionDataExports"), {}))
    assert erase(owner, binary, "=1+1")["exports"] == 1
    assert traces(served, "=1+1") == []


def test_the_result_of_a_monitoring_job_is_deleted_where_it_holds_the_id(
    served: Served, owner: User, binary: Ready
) -> None:
    made = owner.post(
        "batchMonitoring/",
        {
            "deploymentId": binary.id,
            "intakeSettings": {"type": "localFile"},
            "monitoringColumns": {"predictionsColumns": "score", "associationIdColumn": "id"},
        },
    )
    assert made.status_code in {201, 202}, made.text
    job = made.json()["id"]
    rows = binary_rows(51, 20)
    answer = owner.put(f"batchJobs/{job}/csvUpload/", file_of(rows))
    assert answer.status_code == 202, answer.text
    served.work()
    assert owner.get(f"batchJobs/{job}/download/").status_code == 200
    removed = erase(owner, binary, "51-3")
    assert (removed["rows"], removed["jobResults"]) == (1, 1)
    assert traces(served, "51-3") == []
    assert owner.get(f"batchJobs/{job}/download/").status_code == 404


def test_a_value_of_a_custom_metric_loses_the_id_and_stays(served: Served, owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary)
    path = binary.path("customMetrics", metric, "fromJSON")
    buckets = [{"value": 2.5, "timestamp": "2026-03-01T00:00:00Z", "associationId": "jane-doe", "metadata": "Jane"}]
    answer = owner.post(path, {"buckets": buckets})
    assert answer.status_code == 202, answer.text
    assert erase(owner, binary, "jane-doe")["metricValues"] == 1
    assert traces(served, "jane-doe") == []
    assert traces(served, "Jane") == []
    assert [row for row in served.contents()["custom_metric_values"] if 2.5 in row]


def test_another_deployment_is_not_touched(served: Served, owner: User, binary: Ready, regression: Ready) -> None:
    batch = new_batch(owner, regression)
    send_rows(owner, regression, regression_block(regression, regression_rows(51, 20), batch))
    before = traces(served, "51-3")
    assert before
    assert erase(owner, binary, "51-3") == NONE
    assert traces(served, "51-3") == before


def test_what_came_before_is_counted_first(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(inline_upload_bytes=10)) as server:
        batch = new_batch(server.owner, binary)
        upload(server.owner, binary, batch, "large", file_of(binary_rows(51, 30)))
        asked = server.owner.post(binary.path("erasures"), {"associationId": "51-3"})
        with server.store.transaction() as tx:
            counting = tx.jobs.claim("worker", server.context.clock(), erasing.WAIT * 30)
        assert counting is not None
        assert counting.kind == "count_upload"
        # Nothing is looked at while the file is being counted, and no attempt is lost by it.
        assert Worker(server.context).run_one()
        status = server.owner.get(asked.headers["Location"])
        assert status.json()["status"] == "INITIALIZED"
        with server.store.transaction() as tx:
            tx.jobs.release(counting, server.context.clock())
        server.work()
        end = server.context.clock() + erasing.WAIT * 30
        while server.owner.get(asked.headers["Location"]).status_code != 303:
            assert server.context.clock() < end, "it is put off for ever"
            server.work()
        assert traces(server, "51-3") == []
        assert server.owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 30


def test_a_file_whose_job_was_given_up_is_removed(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(inline_upload_bytes=10)) as server:
        batch = new_batch(server.owner, binary)
        answer = upload(server.owner, binary, batch, "large", file_of(binary_rows(51, 30)))
        job = answer.headers["Location"].rstrip("/").rpartition("/")[2]
        server.owner.delete(f"status/{job}/")
        assert any(name.startswith("incoming/") for name in traces(server, "51-3"))
        assert erase(server.owner, binary, "51-3") == {**NONE, "waitingFiles": 1}
        assert traces(server, "51-3") == []
        found = server.owner.read(binary.path("monitoringBatches", batch, "uploads", "large"))
        assert "erasure" in found["message"]


@pytest.mark.parametrize("step", range(1, 9))
def test_an_erasure_that_is_cut_off_anywhere_is_finished_by_the_next_attempt(
    serve: Serve, binary: Ready, step: int
) -> None:
    class Cut(BaseException):
        pass

    with serve() as server:
        filled(server.owner, binary)
        server.owner.finished(server.owner.post(binary.path("predictionDataExports"), {}))
        server.owner.post(binary.path("erasures"), {"associationId": "jane-doe"})
        with server.store.transaction() as tx:
            job = tx.jobs.claim("dies", server.context.clock(), erasing.WAIT * 0)
        assert job is not None

        def die() -> None:
            raise Cut

        cut = Interrupted(server.store, step, die)
        ctx = type(server.context)(**{**_fields(server), "store": cut})
        with suppress(Cut):
            erasing.erase(ctx, job)
        server.work()
        (done,) = server.owner.read(binary.path("erasures"))["data"]
        assert done["status"] == "COMPLETED"
        assert done["removed"] == {**NONE, "rows": 2, "uploads": 2, "predictions": 2, "actuals": 1, "exports": 1}
        assert traces(server, "jane-doe") == []


def _fields(server: Served) -> dict[str, Any]:
    ctx = server.context
    return {"engine": ctx.engine, "clock": ctx.clock, "secret": ctx.secret, "limits": ctx.limits}


def test_an_export_that_is_written_meanwhile_is_written_anew(serve: Serve, binary: Ready) -> None:
    with serve() as server:
        filled(server.owner, binary)
        asked = server.owner.post(binary.path("predictionDataExports"), {})
        with server.store.transaction() as tx:
            job = tx.jobs.claim("exporter", server.context.clock(), erasing.WAIT * 1000)
        assert job is not None
        done = []

        class During:
            """Blobs that have an erasure carried out between the export's rows and its end."""

            def __init__(self, blobs: Any) -> None:
                self._blobs = blobs

            def __getattr__(self, name: str) -> Any:
                return getattr(self._blobs, name)

            def put(self, key: str, chunks: Any) -> int:
                size = self._blobs.put(key, chunks)
                if not done:
                    done.append(erase(server.owner, binary, "jane-doe"))
                return int(size)

        class Store:
            blobs = During(server.store.blobs)
            transaction = server.store.transaction
            snapshot = server.store.snapshot

        export_job.fill(type(server.context)(**{**_fields(server), "store": Store()}), job)
        assert done[0]["rows"] == 2
        assert traces(server, "jane-doe") == []
        status = server.owner.get(asked.headers["Location"])
        assert status.status_code == 303
        assert server.owner.read(status.headers["Location"])["data"]


def test_an_erasure_tells_what_it_did_and_not_for_whom(served: Served, owner: User, binary: Ready) -> None:
    filled(owner, binary)
    answer = owner.post(binary.path("erasures"), {"associationId": "jane-doe"})
    assert answer.json()["status"] == "INITIALIZED"
    where = owner.finished(answer)
    found = owner.read(where)
    assert where.endswith(f"/erasures/{answer.json()['id']}/")
    assert found["createdBy"] == "owner"
    assert found["finishedAt"] is not None
    assert found["stays"]
    assert "jane-doe" not in repr(found)
    page = owner.read(binary.path("erasures"))
    assert (page["totalCount"], page["data"]) == (1, [found])


@pytest.mark.parametrize("sent", ["", "   ", "x" * 257, "é" * 129, "a\x00b"])
def test_a_text_that_can_be_no_id_is_refused(served: Served, owner: User, binary: Ready, sent: str) -> None:
    before = served.contents()
    answer = owner.post(binary.path("erasures"), {"associationId": sent})
    assert answer.status_code == 422
    assert "associationId" in answer.json()["message"] or "NUL" in answer.json()["message"]
    assert served.contents() == before


@pytest.mark.parametrize("body", [{}, {"associationId": 5}, {"associationId": None}, [], {"associationIds": ["a"]}])
def test_a_body_of_another_shape_is_refused(owner: User, binary: Ready, body: Any) -> None:
    assert owner.post(binary.path("erasures"), body).status_code == 422


def test_an_erasure_of_another_deployment_is_not_found(owner: User, binary: Ready, regression: Ready) -> None:
    made = owner.post(binary.path("erasures"), {"associationId": "x"}).json()["id"]
    answer = owner.get(regression.path("erasures", made))
    assert answer.status_code == 404
    assert "Erasure not found" in answer.json()["message"]


def test_a_deleted_deployment_takes_its_erasures_along(served: Served, owner: User, binary: Ready) -> None:
    owner.post(binary.path("erasures"), {"associationId": "jane-doe"})
    owner.delete(binary.path())
    served.work()
    assert traces(served, "jane-doe") == []


def test_rows_that_come_later_are_new(owner: User, binary: Ready) -> None:
    batch, _, two = filled(owner, binary)
    erase(owner, binary, "jane-doe")
    upload(owner, binary, batch, "again", file_of(two))
    assert erase(owner, binary, "jane-doe")["rows"] == 1


def test_nothing_is_left_for_the_sweep(served: Served, owner: User, binary: Ready) -> None:
    filled(owner, binary)
    erase(owner, binary, "jane-doe")
    assert [e.key for some in unreferenced(served.store, timedelta(0)) for e in some] == []
    with served.store.snapshot() as tx:
        assert tx.erasures.list(binary.id, PageRequest()).total == 1
