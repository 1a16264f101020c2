"""A monitoring job that is killed, cancelled or taken over between any two of its steps."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.effort import SOAK
from tests.http.jobs import COLUMNS, batches_of, feature_drift, job_path, new_job, read_job, result_of
from tests.jobs.interruption import Interrupted
from tests.material import Ready, Serve, binary_rows, file_of, new_batch, upload
from tests.serving import Served, told

from assay.jobs import queue
from assay.jobs.worker import Worker
from assay.records.limits import Limits

ROOT = Path(__file__).parents[2]
ROWS = 900
# Small enough that reading, association ids and actuals each take several steps.
LIMITS = Limits(chunk_rows=100, max_rows_per_call=70)
# A job of these rows commits fewer transactions; the last ones show that every step has had its turn.
STEPS = [*range(1, 45, 1 if SOAK else 11), 45]

KILLED = """
import sys, time
from dataclasses import replace
from assay.jobs.worker import Worker
from assay.records.limits import Limits
from tests.serving import opened, place_told
from tests.jobs.interruption import Interrupted

def hang():
    print("ready", flush=True)
    time.sleep(600)

parts = opened(place_told(sys.argv[1]), Limits(chunk_rows=100, max_rows_per_call=70))
store = Interrupted(parts.store, int(sys.argv[2]), hang)
Worker(replace(parts.context, store=store)).run_one()
print("done", flush=True)
"""


def rows_csv() -> bytes:
    return file_of(binary_rows(51, ROWS))


def waiting_job(server: Served, ready: Ready) -> dict[str, Any]:
    """A job whose rows are there and hold actuals."""
    columns = {**COLUMNS, "actualsValueColumn": "target"}
    job = new_job(server.owner, ready, monitoringColumns=columns)
    assert server.owner.put(job_path(job, "csvUpload"), rows_csv()).status_code == 202
    return job


def later(server: Served) -> Served:
    """The same server when every lease has run out."""
    clock = server.context.clock
    return replace(server, context=replace(server.context, clock=lambda: clock() + timedelta(hours=1)))


def require_counted_once(server: Served, ready: Ready, job: dict[str, Any]) -> None:
    """The job is done, and its rows and actuals count exactly once."""
    owner = server.owner
    job = read_job(owner, job)
    assert (job["status"], job["scoredRows"], job["failedRows"]) == ("COMPLETED", ROWS, 0), job["statusDetails"]
    (batch,) = batches_of(owner, ready)
    assert (batch["id"], batch["predictionsCount"]) == (job["monitoringBatchId"], ROWS)
    assert {one["sampleSize"] for one in feature_drift(owner, ready, batch["id"])} == {ROWS}
    found = owner.read(ready.path("accuracy"), batchId=batch["id"], metric="AUC")["data"][0]
    assert found["sampleSize"] == ROWS
    assert result_of(owner, job).height == ROWS
    twin = new_batch(owner, ready)
    upload(owner, ready, twin, "k", rows_csv())
    server.work()
    assert feature_drift(owner, ready, batch["id"]) == feature_drift(owner, ready, twin)


def require_nothing(server: Served, ready: Ready, job: dict[str, Any]) -> None:
    """The job was stopped, and nothing of it counts or is left."""
    owner = server.owner
    assert read_job(owner, job)["status"] == "ABORTED"
    for batch in batches_of(owner, ready):
        assert (batch["predictionsCount"], batch["batchPredictionJobStatus"]) == (0, "ABORTED")
    assert owner.read(ready.path("targetDrift"))["sampleSize"] == 0
    contents = server.contents()
    assert contents["actuals"] == []
    assert contents["profiles"] == []
    assert [name for name, _ in contents["blobs"] if name.startswith(("rows/", "monitoring_jobs/"))] == []


@pytest.mark.parametrize("step", STEPS)
def test_a_job_whose_process_is_killed_after_any_step_counts_once(serve: Serve, binary: Ready, step: int) -> None:
    with serve(limits=LIMITS) as server:
        job = waiting_job(server, binary)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), *sys.path])}
        command = [sys.executable, "-c", KILLED, told(server.place), str(step)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                said = process.stdout.readline()
            finally:
                process.kill()
        assert said == ("done\n" if step == STEPS[-1] else "ready\n")
        later(server).work()
        require_counted_once(server, binary, job)


@pytest.mark.parametrize("step", range(1, 46, 1 if SOAK else 4))
def test_a_job_that_is_cancelled_after_any_step_stops_there_or_is_too_far(
    serve: Serve, binary: Ready, step: int
) -> None:
    with serve(limits=LIMITS) as server:
        job = waiting_job(server, binary)
        answers = []
        store = Interrupted(server.store, step, lambda: answers.append(server.owner.delete(job_path(job))))
        Worker(replace(server.context, store=store)).run_one()
        server.work()
        status = answers[0].status_code if answers else None
        assert status in {202, 409, None}
        if status == 202:
            require_nothing(server, binary, job)
        else:
            require_counted_once(server, binary, job)


@pytest.mark.parametrize("step", range(2, 46, 1 if SOAK else 8))
def test_a_worker_that_lost_its_job_to_another_changes_nothing(serve: Serve, binary: Ready, step: int) -> None:
    with serve(limits=LIMITS) as server:
        job = waiting_job(server, binary)
        # The other one takes over when the lease has run out, and does the whole job meanwhile.
        store = Interrupted(server.store, step, later(server).work)
        Worker(replace(server.context, store=store)).run_one()
        server.work()
        require_counted_once(server, binary, job)


def test_a_job_tells_how_far_it_is_while_it_is_read(serve: Serve, binary: Ready) -> None:
    with serve(limits=LIMITS) as server:
        job = waiting_job(server, binary)
        seen: list[dict[str, Any]] = []
        context = server.context
        for step in range(3, 16):
            store = Interrupted(context.store, step, lambda: seen.append(read_job(server.owner, job)))
            context = replace(context, store=store)
        Worker(context).run_one()
        assert {one["status"] for one in seen} == {"RUNNING"}
        percents = [one["percentageCompleted"] for one in seen]
        assert percents == sorted(percents)
        assert 0 < percents[-1] <= 90
        assert any(0 < one["scoredRows"] < ROWS for one in seen)
        for one in seen:
            assert one["percentageCompleted"] == pytest.approx(90.0 * one["scoredRows"] / ROWS, abs=0.01)
        assert read_job(server.owner, job)["percentageCompleted"] == 100


def test_a_job_whose_workers_all_died_has_failed(serve: Serve, binary: Ready) -> None:
    with serve(limits=LIMITS) as server:
        job = waiting_job(server, binary)
        late = server
        for _ in range(5):
            assert queue.claim(late.context, "dies") is not None
            late = later(late)
        late.work()
        found = read_job(server.owner, job)
        assert (found["status"], "their workers died" in found["statusDetails"]) == ("FAILED", True)


def test_a_job_whose_batch_is_deleted_while_it_runs_fails(serve: Serve, binary: Ready) -> None:
    with serve(limits=LIMITS) as server:
        job = waiting_job(server, binary)

        def delete() -> None:
            for batch in batches_of(server.owner, binary):
                server.owner.delete(binary.path("monitoringBatches", batch["id"]))

        store = Interrupted(server.store, 8, delete)
        Worker(replace(server.context, store=store)).run_one()
        server.work()
        found = read_job(server.owner, job)
        assert (found["status"], "Monitoring batch not found" in found["statusDetails"]) == ("FAILED", True)
        assert server.owner.read(binary.path("targetDrift"))["sampleSize"] == 0
