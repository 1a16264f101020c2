"""Exports that something comes in the way of: killed workers, deletions, takeovers, new rows."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.material import (
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
from tests.serving import Served

from assay.jobs import queue
from assay.jobs.worker import Worker, run
from assay.records.limits import Limits
from assay.storage.blobs import LocalBlobs

ROOT = Path(__file__).parents[2]
SMALL_CHUNKS = Limits(chunk_rows=64)
ROWS = 600


class Hooked(LocalBlobs):
    """Blobs of which the third part that is read is preceded by something else."""

    def __init__(self, root: Path, act: Callable[[], None]) -> None:
        super().__init__(root)
        self.act = act
        self.reads = 0

    def read(self, key: str) -> bytes:
        """All bytes of a blob."""
        if key.startswith("rows/"):
            self.reads += 1
            if self.reads == 3:
                self.act()
        return super().read(key)


def disturb(served: Served, act: Callable[[], None]) -> Hooked:
    """Have something done in the middle of the next export."""
    hooked = Hooked(served.store.blobs.root, act)
    served.store.blobs = hooked
    return hooked


def filled(served: Served, ready: Ready, seed: int = 11, name: str = "a batch") -> str:
    """A batch with rows in many parts."""
    batch = new_batch(served.owner, ready, batchName=name)
    rows = file_of(binary_rows(seed, ROWS), "parquet")
    assert upload(served.owner, ready, batch, "k", rows, "parquet").status_code == 202
    return batch


def asked(served: Served, ready: Ready, kind: str = "prediction", **body: Any) -> str:
    answer = served.owner.post(ready.path(f"{kind}DataExports"), {"format": "parquet", **body})
    assert answer.status_code == 202, answer.text
    return ready.path(f"{kind}DataExports", answer.json()["id"])


def table(served: Served, path: str) -> pl.DataFrame:
    (file,) = served.owner.read(path)["data"]
    return pl.read_parquet(io.BytesIO(served.owner.get(f"datasets/{file['id']}/file/").content))


def blobs(served: Served, folder: str) -> list[str]:
    return [key for key, _ in served.contents()["blobs"] if key.startswith(f"{folder}/")]


# ------------------------------------------------------------------ a worker that is killed

HANG = """
import sys, time
from datetime import timedelta
from pathlib import Path
from assay.jobs.worker import Worker, run
from assay.records.limits import Limits
from assay.server.wiring import open_folder
from assay.storage.blobs import LocalBlobs

folder, moment = Path(sys.argv[1]), sys.argv[2]

def hang():
    print("ready", flush=True)
    time.sleep(600)

class Hanging(LocalBlobs):
    reads = 0
    def read(self, key):
        self.reads += 1
        if moment == "reading" and self.reads == 5:
            hang()
        return super().read(key)
    def put(self, key, chunks):
        def slow():
            for number, chunk in enumerate(chunks):
                yield chunk
                if moment == "writing" and number == 1:
                    hang()
        size = super().put(key, slow())
        if moment == "written":
            hang()
        return size

parts = open_folder(folder, Limits(chunk_rows=64, job_lease=timedelta(seconds=1)))
parts.store.blobs = Hanging(folder / "blobs")
Worker(parts.context).run_one()
"""


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("moment", ["reading", "writing", "written"])
def test_a_worker_killed_in_the_middle_leaves_one_whole_data_set_after_a_retry(
    serve: Serve, binary: Ready, tmp_path: Path, form: str, moment: str
) -> None:
    if (form, moment) == ("parquet", "writing"):
        # A file of this size is one piece.
        moment = "reading"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with serve(limits=SMALL_CHUNKS) as served:
        filled(served, binary)
        served.work()
        path = asked(served, binary, format=form)
        before = served.contents()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary)}
        command = [sys.executable, "-c", HANG, str(served.store.folder), moment]
        with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            os.kill(process.pid, signal.SIGKILL)
        half = served.contents()
        assert half["datasets"] == before["datasets"]
        assert half["exports"] == before["exports"]
        assert served.owner.read(path)["status"] == "SCHEDULED"
        # Bytes that nothing names are left only where they were whole already.
        assert len(blobs(served, "exports")) == (moment == "written")
        assert list(temporary.iterdir()) == []

        now = served.context.clock
        while Worker(replace(served.context, clock=lambda: now() + timedelta(hours=1))).run_one():
            pass
        done = served.owner.read(path)
        assert (done["status"], done["rowCount"]) == ("SUCCEEDED", ROWS)
        after = served.contents()
        assert len(after["datasets"]) == len(before["datasets"]) + 1
        assert len(blobs(served, "exports")) == 1
        (file,) = done["data"]
        content = served.owner.get(f"datasets/{file['id']}/file/").content
        frame = pl.read_parquet(io.BytesIO(content)) if form == "parquet" else pl.read_csv(content)
        assert frame["association_id"].to_list() == binary_rows(11, ROWS)["id"].to_list()


def test_an_attempt_that_only_seemed_dead_stores_nothing(serve: Serve, binary: Ready) -> None:
    with serve(limits=SMALL_CHUNKS) as served:
        filled(served, binary)
        path = asked(served, binary)

        def take_over() -> None:
            now = served.context.clock
            late = replace(served.context, clock=lambda: now() + timedelta(hours=1))
            assert Worker(late).run_one()

        disturb(served, take_over)
        before = served.contents()
        served.work()
        after = served.contents()
        assert len(after["datasets"]) == len(before["datasets"]) + 1
        assert len(blobs(served, "exports")) == 1
        assert table(served, path).height == ROWS


def test_an_attempt_that_wakes_up_after_another_one_has_ended_takes_nothing_away(served: Served, binary: Ready) -> None:
    send_rows(served.owner, binary, binary_block(binary, binary_rows(11, 5)))
    path = asked(served, binary)
    asleep = queue.claim(served.context, "asleep")
    assert asleep is not None
    now = served.context.clock
    assert Worker(replace(served.context, clock=lambda: now() + timedelta(hours=1))).run_one()
    before = served.contents()
    run(served.context, asleep)
    assert served.contents() == before
    assert table(served, path).height == 5


# ------------------------------------------------------------------ what is deleted meanwhile


@pytest.mark.parametrize("purged", [True, False], ids=["purged", "marked"])
def test_rows_of_a_batch_that_is_deleted_meanwhile_are_left_out(serve: Serve, binary: Ready, purged: bool) -> None:
    with serve(limits=SMALL_CHUNKS) as served:
        gone, kept = filled(served, binary, 11, "gone"), filled(served, binary, 12, "kept")
        served.work()
        path = asked(served, binary)

        def delete() -> None:
            assert served.owner.delete(binary.path("monitoringBatches", gone)).status_code == 200
            if purged:
                assert Worker(served.context).run_one()

        hooked = disturb(served, delete)
        served.work()
        assert hooked.reads >= 3
        found = table(served, path)
        assert set(found["batch_id"]) == {kept}
        assert found["association_id"].to_list() == binary_rows(12, ROWS)["id"].to_list()
        assert len(blobs(served, "exports")) == 1


def test_an_export_of_a_batch_that_is_deleted_meanwhile_fails_and_says_so(serve: Serve, binary: Ready) -> None:
    with serve(limits=SMALL_CHUNKS) as served:
        batch = filled(served, binary)
        path = asked(served, binary, batchIds=[batch])
        disturb(served, lambda: served.owner.delete(binary.path("monitoringBatches", batch)))
        served.work()
        found = served.owner.read(path)
        assert (found["status"], found["data"]) == ("FAILED", None)
        assert found["error"] == {"message": f"Monitoring batch not found: {batch}."}
        assert blobs(served, "exports") == []


@pytest.mark.parametrize("kind", ["prediction", "actuals", "training"])
def test_a_deployment_that_is_deleted_takes_its_exports_along_and_leaves_their_data_sets(
    serve: Serve, binary: Ready, kind: str
) -> None:
    with serve(limits=SMALL_CHUNKS) as served:
        filled(served, binary)
        done, waiting = asked(served, binary, kind), None
        served.work()
        (file,) = served.owner.read(done)["data"]
        waiting = asked(served, binary, kind)
        assert served.owner.delete(f"deployments/{binary.id}/").status_code == 204
        served.work()
        assert served.owner.get(waiting).status_code == 404
        assert served.contents()["exports"] == []
        assert len(blobs(served, "exports")) == 1
        assert served.owner.get(f"datasets/{file['id']}/file/").status_code == 200


def test_an_export_of_a_deployment_that_is_deleted_meanwhile_stores_nothing(serve: Serve, binary: Ready) -> None:
    with serve(limits=SMALL_CHUNKS) as served:
        filled(served, binary)
        asked(served, binary)
        before = served.contents()["datasets"]
        disturb(served, lambda: served.owner.delete(f"deployments/{binary.id}/"))
        served.work()
        assert served.contents()["datasets"] == before
        assert blobs(served, "exports") == []


def test_a_part_that_is_missing_though_its_upload_counts_is_a_fault_and_not_left_out(
    serve: Serve, binary: Ready
) -> None:
    with serve(limits=SMALL_CHUNKS) as served:
        filled(served, binary)
        served.work()
        lost = served.store.blobs.root / blobs(served, "rows")[4]
        lost.unlink()
        path = asked(served, binary)
        served.work()
        found = served.owner.read(path)
        assert (found["status"], found["data"]) == ("CREATED", None)
        with served.store.snapshot() as tx:
            job = tx.exports.find(found["id"])
        assert job is not None
        assert "FileNotFoundError" in str(job.job_error)
        assert blobs(served, "exports") == []


def test_an_export_that_is_cancelled_meanwhile_stores_nothing(serve: Serve, binary: Ready) -> None:
    with serve(limits=SMALL_CHUNKS) as served:
        filled(served, binary)
        answer = served.owner.post(binary.path("predictionDataExports"), {})
        path = binary.path("predictionDataExports", answer.json()["id"])
        before = served.contents()["datasets"]
        disturb(served, lambda: served.owner.delete(answer.headers["Location"]))
        served.work()
        assert served.owner.read(path)["status"] == "CANCELLED"
        assert served.contents()["datasets"] == before
        assert blobs(served, "exports") == []


# ------------------------------------------------------------------ what arrives meanwhile


@pytest.mark.parametrize("kind", ["prediction", "actuals"])
def test_rows_that_arrive_meanwhile_are_not_mixed_with_those_of_the_moment(
    serve: Serve, binary: Ready, kind: str
) -> None:
    rows = binary_rows(11, ROWS)
    with serve(limits=SMALL_CHUNKS) as served:
        batch = filled(served, binary)
        send_actuals(served.owner, binary, dict(rows.select("id", "target").rows()))
        path = asked(served, binary, kind)
        # Newer predictions of the very same ids.
        disturb(served, lambda: send_rows(served.owner, binary, binary_block(binary, rows, batch)))
        served.work()
        found = table(served, path)
        assert found["association_id"].to_list() == rows["id"].to_list()
        assert found["probability:yes"].to_list() == rows["score"].to_list()
        again = asked(served, binary, kind)
        served.work()
        assert table(served, again).height == (2 * ROWS if kind == "prediction" else ROWS)
