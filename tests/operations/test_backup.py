"""A backup that is made while a server works, and the server that is made from it."""

import hashlib
import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import polars as pl
import pytest
from tests.http.reference import as_floats, binary_accuracy, distances, level_cells, numeric_cells
from tests.material import (
    Prepared,
    Ready,
    binary_block,
    binary_rows,
    file_of,
    new_batch,
    send_actuals,
    send_rows,
    upload,
)
from tests.operations.load import Call, Load
from tests.operations.processes import ENOUGH, Running, server
from tests.serving import copied, serving

from assay.records.jobs import JobState
from assay.records.limits import Limits
from assay.server.backup import restoring, taking
from assay.server.backup.manifest import Manifest
from assay.server.backup.problems import BackupProblem


def silent(what: str, done: int, total: int) -> None:
    """Told nothing."""


def assay(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "assay", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


# ---------------------------------------------------------------- under load


@dataclass(frozen=True)
class Kept:
    """The calls whose effect a restored server has."""

    rows: list[Call]
    actuals: list[Call]

    def of_batch(self, batch: int) -> pl.DataFrame:
        return pl.concat([call.rows for call in self.rows if call.batch == batch])

    @property
    def known(self) -> set[str]:
        return {i for call in self.actuals for i in call.ids}


def kept_of(folder: Path, load: Load) -> Kept:
    """Read from the restored database which calls are in it; each is there as a whole or not at all."""
    with closing(sqlite3.connect(folder / "assay.db")) as connection:
        keys = {row[0] for row in connection.execute("SELECT association_id FROM prediction_keys")}
        actuals = {row[0] for row in connection.execute("SELECT association_id FROM actuals")}
    rows = [call for call in load.calls if call.kind in {"rows", "file"} and set(call.ids) <= keys]
    for call in load.calls:
        there = set(call.ids) & (actuals if call.kind == "actuals" else keys)
        assert there in (set(), set(call.ids)), f"half of a call is there: {call.kind}"
    return Kept(rows, [c for c in load.calls if c.kind == "actuals" and set(c.ids) <= actuals])


def wait_for_jobs(running: Running, headers: dict[str, str]) -> None:
    end = time.monotonic() + ENOUGH
    while True:
        text = httpx2.get(f"{running.url}/metrics", headers=headers).text
        states = ('assay_jobs{state="queued"}', 'assay_jobs{state="running"}')
        open_jobs = [line for line in text.splitlines() if line.startswith(states)]
        if all(line.endswith(" 0.0") for line in open_jobs):
            return
        assert time.monotonic() < end, open_jobs
        time.sleep(0.1)


def test_a_server_restored_from_a_backup_made_under_load_is_the_server_of_that_moment(
    prepared: Prepared, tmp_path: Path
) -> None:
    folder, target, new = copied(prepared.folder, tmp_path / "data"), tmp_path / "backup", tmp_path / "restored"
    ready, token = prepared.binary, prepared.tokens["owner"]
    headers = {"Authorization": f"Bearer {token}"}
    with server(folder) as running:
        url = f"{running.url}/api/v2/{ready.path('monitoringBatches')}"
        made_batches = [httpx2.post(url, headers=headers, json={"batchName": str(n)}) for n in range(3)]
        batches = [answer.json()["id"] for answer in made_batches]
        load = Load(running.url, token, ready, batches)
        with load.running():
            for _ in range(2):
                enough = len(load.calls) + 20
                while len(load.calls) < enough:
                    assert load.faults == []
                    time.sleep(0.01)
                began = time.monotonic()
                made = assay("backup", target, "--data-dir", folder, "--verify")
                ended = time.monotonic()
                assert made.returncode == 0, made.stderr
            after = len(load.calls) + 10
            while len(load.calls) < after:
                assert load.faults == []
                time.sleep(0.01)
    assert load.made_and_deleted > 0
    assert Manifest.load(target).missing == []
    restored = assay("restore", target, "--data-dir", new)
    assert restored.returncode == 0, restored.stderr
    kept = kept_of(new, load)
    _check_moment(load, kept, began, ended)
    with server(new) as running:
        wait_for_jobs(running, headers)
        for number, batch in enumerate(batches):
            _check_batch(running, headers, ready, batch, kept.of_batch(number), kept.known)
        _check_exports(running, headers, ready, kept)


def _check_moment(load: Load, kept: Kept, began: float, ended: float) -> None:
    there = {id(call) for call in (*kept.rows, *kept.actuals)}
    before = [call for call in load.calls if call.ended < began]
    later = [call for call in load.calls if call.began > ended and call.kind != "actuals"]
    assert len(before) >= 40
    assert later
    assert [call.kind for call in before if id(call) not in there] == []
    assert [call.kind for call in later if id(call) in there] == []


def _check_batch(
    running: Running, headers: dict[str, str], ready: Ready, batch: str, rows: pl.DataFrame, known: set[str]
) -> None:
    def read(path: str, **params: str) -> dict:
        answer = httpx2.get(f"{running.url}/api/v2/{path}", headers=headers, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert read(ready.path("monitoringBatches", batch))["predictionsCount"] == rows.height
    drift = {one["name"]: one for one in read(ready.path("featureDrift"), batchId=batch)["data"]}
    cells = numeric_cells(as_floats(ready.training["age"].to_list()), as_floats(rows["age"].to_list()))
    assert drift["age"]["sampleSize"] == rows.height
    assert drift["age"]["driftScore"] == pytest.approx(distances(*cells)["psi"], rel=1e-9)
    levels = level_cells(ready.training["region"].to_list(), rows["region"].to_list())
    assert drift["region"]["driftScore"] == pytest.approx(distances(*levels)["psi"], rel=1e-9)
    matched = rows.filter(pl.col("id").is_in(sorted(known)))
    accuracy = {one["metricName"]: one for one in read(ready.path("accuracy"), batchId=batch)["data"]}
    expected = binary_accuracy(matched["target"].to_numpy() == "yes", matched["score"].to_numpy())
    assert accuracy["AUC"]["sampleSize"] == matched.height
    for name in ("AUC", "LogLoss", "Accuracy"):
        assert accuracy[name]["value"] == pytest.approx(expected[name], rel=1e-9), name


def _check_exports(running: Running, headers: dict[str, str], ready: Ready, kept: Kept) -> None:
    """Rows are there to the last: every blob came along."""
    api = f"{running.url}/api/v2/"
    asked = httpx2.post(api + ready.path("predictionDataExports"), headers=headers, json={})
    assert asked.status_code == 202, asked.text
    wait_for_jobs(running, headers)
    export = httpx2.get(asked.headers["Location"], headers=headers, follow_redirects=True).json()
    file = httpx2.get(f"{api}datasets/{export['data'][0]['id']}/file/", headers=headers)
    exported = set(pl.read_csv(file.content, infer_schema=False)["association_id"].drop_nulls())
    assert {i for call in kept.rows for i in call.ids} <= exported


# ---------------------------------------------------------------- one thing at a time


@pytest.fixture
def data(prepared: Prepared, tmp_path: Path) -> Path:
    """A server's folder with an upload in it, and an open job."""
    folder = copied(prepared.folder, tmp_path / "data")
    with serving(folder, prepared.tokens) as running:
        batch = new_batch(running.owner, prepared.binary)
        rows = binary_rows(5, 40)
        send_rows(running.owner, prepared.binary, binary_block(prepared.binary, rows, batch))
        send_actuals(running.owner, prepared.binary, dict(zip(rows["id"], rows["target"], strict=True)))
        assert upload(running.owner, prepared.binary, batch, "one", file_of(binary_rows(6, 40))).status_code == 202
    return folder


def blobs_of(folder: Path) -> dict[str, bytes]:
    root = folder / "blobs"
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def rows_of(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / "assay.db")) as connection:
        names = [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        queries = {name: f'SELECT * FROM "{name}"' for name in names}  # noqa: S608 - names of our own tables
        return {name: sorted(connection.execute(query), key=repr) for name, query in queries.items()}


def test_a_restored_folder_is_the_one_that_was_copied(data: Path, tmp_path: Path) -> None:
    taken = taking.take(data, tmp_path / "backup", silent)
    restoring.restore(tmp_path / "backup", tmp_path / "new", silent)
    assert blobs_of(tmp_path / "new") == blobs_of(data)
    assert rows_of(tmp_path / "new") == rows_of(data)
    assert (tmp_path / "new" / "secret.key").read_bytes() == (data / "secret.key").read_bytes()
    assert taken.manifest.blobs == len(blobs_of(data)) == taken.copied > 0
    assert taken.manifest.counts["uploads"] == 2
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["assay.db", "blobs", "secret.key"]


def test_the_key_and_the_rows_are_for_their_owner_alone(data: Path, tmp_path: Path) -> None:
    taking.take(data, tmp_path / "backup", silent)
    restoring.restore(tmp_path / "backup", tmp_path / "new", silent)
    for place in (tmp_path / "backup", tmp_path / "new"):
        assert place.stat().st_mode & 0o077 == 0
        assert (place / "secret.key").stat().st_mode & 0o177 == 0


def test_the_hashes_can_be_checked_without_this_program(data: Path, tmp_path: Path) -> None:
    made = taking.take(data, tmp_path / "backup", silent).manifest
    lines = (tmp_path / "backup" / made.blob_list.name).read_text().splitlines()
    for line in lines:
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((tmp_path / "backup" / name).read_bytes()).hexdigest() == digest
    assert len(lines) == made.blobs
    document = json.loads((tmp_path / "backup" / "manifest.json").read_text())
    content = (tmp_path / "backup" / made.database.name).read_bytes()
    assert document["database"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_second_backup_copies_only_what_is_new_and_drops_what_is_gone(
    data: Path, prepared: Prepared, tmp_path: Path
) -> None:
    target = tmp_path / "backup"
    first = taking.take(data, target, silent)
    times = {path: path.stat().st_mtime_ns for path in (target / "blobs").rglob("*.parquet")}
    assert taking.take(data, target, silent).copied == 0
    with serving(data, prepared.tokens) as running:
        old = running.owner.read(prepared.binary.path("monitoringBatches"))["data"][0]["id"]
        running.owner.delete(prepared.binary.path("monitoringBatches", old))
        batch = new_batch(running.owner, prepared.binary)
        upload(running.owner, prepared.binary, batch, "two", file_of(binary_rows(8, 40)))
        running.work()
    third = taking.take(data, target, silent)
    assert third.copied == 1
    assert third.manifest.blobs == first.manifest.blobs - 2 + 1
    assert blobs_of(target) == blobs_of(data)
    still = {path: path.stat().st_mtime_ns for path in times if path.exists()}
    assert still.items() <= times.items()
    assert len(list(target.glob("database-*"))) == len(list(target.glob("blobs-*"))) == 1
    taking.verify(target, silent)


def test_a_backup_that_was_cut_off_leaves_the_one_before(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    before = taking.take(data, target, silent).manifest

    def cut_off(what: str, done: int, total: int) -> None:
        if what == "blobs":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        taking.take(data, target, cut_off)
    assert Manifest.load(target) == before
    taking.verify(target, silent)
    # The next one clears up.
    taking.take(data, target, silent)
    assert len(list(target.glob("database-*"))) == 1


def test_nothing_that_the_moment_refers_to_is_deleted_while_it_is_copied(
    data: Path, prepared: Prepared, tmp_path: Path
) -> None:
    expected = blobs_of(data)
    with serving(data, prepared.tokens) as running:
        batch = running.owner.read(prepared.binary.path("monitoringBatches"))["data"][0]["id"]
        deleted = []

        def delete_first(what: str, done: int, total: int) -> None:
            if what == "blobs" and not deleted:
                deleted.append(running.owner.delete(prepared.binary.path("monitoringBatches", batch)).status_code)
                running.work()

        made = taking.take(data, tmp_path / "backup", delete_first).manifest
        assert deleted == [200]
        assert made.missing == []
        assert blobs_of(tmp_path / "backup") == expected
        # Once the backup is made, what is deleted goes.
        other = new_batch(running.owner, prepared.binary)
        upload(running.owner, prepared.binary, other, "x", file_of(binary_rows(9, 10)))
        before = len(blobs_of(data))
        running.owner.delete(prepared.binary.path("monitoringBatches", other))
        running.work()
        assert len(blobs_of(data)) == before - 1


def test_a_file_that_waits_to_be_counted_comes_along_and_is_counted_by_the_restored_server(
    prepared: Prepared, tmp_path: Path
) -> None:
    folder = copied(prepared.folder, tmp_path / "data")
    few = Limits(inline_upload_bytes=10)
    with serving(folder, prepared.tokens, few) as running:
        batch = new_batch(running.owner, prepared.binary)
        upload(running.owner, prepared.binary, batch, "large", file_of(binary_rows(5, 70)))
        # A worker has it, and works at it still when the copy is made.
        with running.store.transaction() as tx:
            held = tx.jobs.claim("worker", running.context.clock(), timedelta(hours=1))
        assert held is not None
        taking.take(folder, tmp_path / "backup", silent)
    restoring.restore(tmp_path / "backup", tmp_path / "new", silent)
    with serving(tmp_path / "new", prepared.tokens) as running:
        with running.store.snapshot() as tx:
            job = tx.jobs.find(held.id)
        assert job is not None
        assert (job.state, job.owner, job.attempt) == (JobState.QUEUED, None, 1)
        running.work()
        assert running.owner.read(prepared.binary.path("monitoringBatches", batch))["predictionsCount"] == 70


@pytest.mark.parametrize("fault", ["changed", "missing", "shortened"])
@pytest.mark.parametrize("what", ["blob", "database", "key", "list"])
def test_a_damaged_backup_is_not_restored_and_leaves_nothing(data: Path, tmp_path: Path, fault: str, what: str) -> None:
    target = tmp_path / "backup"
    made = taking.take(data, target, silent).manifest
    path = {
        "blob": next(p for p in (target / "blobs").rglob("*") if p.is_file()),
        "database": target / made.database.name,
        "key": target / "secret.key",
        "list": target / made.blob_list.name,
    }[what]
    content = path.read_bytes()
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if fault == "shortened" else content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BackupProblem, match=r"damaged|missing|not whole"):
        taking.verify(target, silent)
    with pytest.raises(BackupProblem, match=r"damaged|missing|not whole"):
        restoring.restore(target, tmp_path / "new", silent)
    assert not (tmp_path / "new").exists()


def test_a_folder_with_something_in_it_is_never_written_over(data: Path, tmp_path: Path) -> None:
    taking.take(data, tmp_path / "backup", silent)
    before = rows_of(data)
    run = assay("restore", tmp_path / "backup", "--data-dir", data)
    assert run.returncode == 1
    assert "is not empty" in run.stderr
    assert rows_of(data) == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    with pytest.raises(BackupProblem, match="holds other things"):
        taking.take(data, tmp_path / "other", silent)
    assert [p.name for p in (tmp_path / "other").iterdir()] == ["mine.txt"]


def test_an_empty_folder_and_the_root_of_a_volume_can_be_restored_into(data: Path, tmp_path: Path) -> None:
    taking.take(data, tmp_path / "backup", silent)
    (tmp_path / "volume" / "lost+found").mkdir(parents=True)
    restoring.restore(tmp_path / "backup", tmp_path / "volume", silent)
    assert rows_of(tmp_path / "volume") == rows_of(data)


def test_a_backup_inside_of_what_it_copies_is_refused(data: Path) -> None:
    with pytest.raises(BackupProblem, match="inside"):
        taking.take(data, data / "backup", silent)


@pytest.mark.parametrize("command", [["backup", "TARGET"], ["restore", "TARGET"]])
def test_a_mistyped_place_is_told(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "there").mkdir()
    place = tmp_path / "there" if command[0] == "restore" else tmp_path / "backup"
    run = assay(command[0], place, "--data-dir", tmp_path / "nothing")
    assert run.returncode == 1
    assert run.stderr.startswith("Error: ")
    assert not (tmp_path / "nothing").exists()
    assert not (tmp_path / "backup").exists()


def test_a_database_of_another_schema_is_not_copied(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "assay.db", isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BackupProblem, match="schema 9999"):
        taking.take(data, tmp_path / "backup", silent)


def test_a_blob_that_the_server_has_lost_is_named(data: Path, tmp_path: Path) -> None:
    lost = next((data / "blobs" / "rows").rglob("*.parquet"))
    lost.unlink()
    run = assay("backup", tmp_path / "backup", "--data-dir", data)
    assert run.returncode == 1
    assert str(lost.relative_to(data / "blobs")) in run.stderr
    made = restoring.restore(tmp_path / "backup", tmp_path / "new", silent)
    assert made.missing == [str(lost.relative_to(data / "blobs"))]


def test_a_server_does_not_begin_in_half_a_folder(data: Path, tmp_path: Path) -> None:
    taking.take(data, tmp_path / "backup", silent)
    code = f"""
import os
from pathlib import Path
from assay.server.backup import restoring
def told(what, done, total):
    os._exit(9)
restoring.restore(Path({str(tmp_path / "backup")!r}), Path({str(tmp_path / "new")!r}), told)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    run = assay("serve", "--data-dir", tmp_path / "new", "--port", "0")
    assert run.returncode == 1
    assert "half a backup" in run.stderr
    assert not (tmp_path / "new" / "assay.db").exists()


def test_two_backups_into_one_place_take_turns(data: Path, tmp_path: Path) -> None:
    def again(what: str, done: int, total: int) -> None:
        with pytest.raises(BackupProblem, match="Another backup"):
            taking.take(data, tmp_path / "backup", silent)

    taking.take(data, tmp_path / "backup", again)
