"""Whether the doctor finds what is wrong with a server's folder, and nothing else."""

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.material import Prepared, binary_block, binary_rows, file_of, new_batch, send_rows, upload
from tests.operations.processes import server
from tests.serving import copied, serving
from typer.testing import CliRunner

from assay.__main__ import app
from assay.monitoring import tokens
from assay.monitoring.queueing import queued
from assay.records.jobs import JobState
from assay.server.doctor.check import Verdict
from assay.server.doctor.looking import look
from assay.server.wiring import open_folder
from assay.storage.directory import DirectoryStorage

NOW = datetime.now(UTC)


@pytest.fixture
def data(prepared: Prepared, tmp_path: Path) -> Path:
    """A folder of a server that is well."""
    folder = copied(prepared.folder, tmp_path / "data")
    folder.chmod(0o700)
    with serving(folder, prepared.tokens) as running:
        batch = new_batch(running.owner, prepared.binary)
        send_rows(running.owner, prepared.binary, binary_block(prepared.binary, binary_rows(5, 40), batch))
        upload(running.owner, prepared.binary, batch, "one", file_of(binary_rows(6, 40)))
        running.work()
    return folder


def found(folder: Path, *, full: bool = False) -> dict[str, tuple[Verdict, str]]:
    """What is not well, by name."""
    return {c.name: (c.verdict, c.found) for c in look(folder, full=full) if c.verdict is not Verdict.OK}


@contextmanager
def changed(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection for faults that the program would not make."""
    with closing(sqlite3.connect(folder / "assay.db", isolation_level=None)) as connection:
        yield connection


def run(folder: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["doctor", "--data-dir", str(folder), *options])
    return result.exit_code, result.output


def test_a_folder_that_is_well_is_told_so(data: Path) -> None:
    checks = look(data, full=True)
    assert [c for c in checks if c.verdict is not Verdict.OK] == []
    assert [c.name for c in checks] == [
        "settings",
        "folder",
        "disk",
        "key",
        "write log",
        "schema",
        "database",
        "tokens",
        "jobs",
        "leases",
        "failed jobs",
        "blob store",
        "clock",
        "blobs",
        "orphans",
    ]
    status, text = run(data)
    assert status == 0
    assert text.count("\nok") + text.startswith("ok") == len(checks)


def test_looking_changes_nothing(data: Path, prepared: Prepared) -> None:
    with serving(data, prepared.tokens) as running:
        before = running.contents()
        look(data, full=True)
        assert running.contents() == before


def test_it_can_look_while_the_server_works(data: Path) -> None:
    with server(data):
        assert found(data, full=True) == {}


def test_the_document_says_the_same(data: Path) -> None:
    (data / "secret.key").chmod(0o644)
    status, text = run(data, "--json")
    document = json.loads(text)
    assert (status, document["verdict"]) == (1, "warning")
    (wrong,) = [c for c in document["checks"] if c["verdict"] != "ok"]
    assert wrong["name"] == "key"
    assert "chmod 600" in wrong["advice"]


def test_a_place_without_a_server_is_told_and_not_made_one(tmp_path: Path) -> None:
    status, text = run(tmp_path / "nothing")
    assert status == 2
    assert "There is no server data" in text
    assert not (tmp_path / "nothing").exists()


def test_settings_that_cannot_be_read_are_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_PORT", "a lot")
    (check,) = look(data, full=False)
    assert (check.name, check.verdict) == ("settings", Verdict.FAILING)
    assert check.details[0].startswith("ASSAY_PORT: ")


Harm = Callable[[Path], object]


@pytest.mark.parametrize(
    ("name", "verdict", "words", "harm"),
    [
        ("folder", Verdict.WARNING, "Others may look into", lambda f: f.chmod(0o755)),
        ("key", Verdict.WARNING, "Others may read", lambda f: (f / "secret.key").chmod(0o640)),
        ("key", Verdict.FAILING, "cannot be read", lambda f: (f / "secret.key").unlink()),
        ("key", Verdict.FAILING, "holds no key", lambda f: (f / "secret.key").write_text("short")),
        ("blobs", Verdict.FAILING, "1 missing", lambda f: next((f / "blobs" / "rows").rglob("*.parquet")).unlink()),
        ("blobs", Verdict.FAILING, "4 missing", lambda f: shutil.rmtree(f / "blobs" / "datasets")),
        ("orphans", Verdict.WARNING, "1 are of no known kind", lambda f: (f / "blobs" / "strange").write_text("?")),
    ],
)
def test_harm_to_the_folder_is_found(data: Path, name: str, verdict: Verdict, words: str, harm: Harm) -> None:
    harm(data)
    wrong = found(data)
    assert list(wrong) == [name]
    assert wrong[name][0] is verdict
    assert words in wrong[name][1]
    assert run(data)[0] == verdict


def test_a_blob_folder_that_cannot_be_written_is_found(data: Path) -> None:
    # Not even the superuser can write a file into a file.
    (data / "blobs" / "probes").write_text("in the way")
    assert found(data)["blob store"][0] is Verdict.FAILING


def test_a_database_of_another_schema_is_found_and_not_looked_into(data: Path) -> None:
    with changed(data) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    wrong = found(data)
    assert list(wrong) == ["schema"]
    assert "9999" in wrong["schema"][1]
    with changed(data) as connection:
        # The doctor heals nothing by itself.
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)


def test_a_damaged_database_is_found(data: Path) -> None:
    with changed(data) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'prediction_keys'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with (data / "assay.db").open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(os.urandom(size))
    wrong = found(data)
    assert wrong["database"][0] is Verdict.FAILING


def test_a_file_that_is_no_database_is_found(data: Path) -> None:
    (data / "assay.db").write_bytes(b"not a database" * 1000)
    for side in data.glob("assay.db-*"):
        side.unlink()
    wrong = found(data)
    assert wrong["schema"][0] is Verdict.FAILING
    assert "DatabaseError" in wrong["schema"][1]


def job_of(data: Path, **changes: object) -> str:
    """A job of a kind that is there, in a state of the test's choosing."""
    store = DirectoryStorage(data)
    job = queued("read_dataset", {"dataset_id": "x"}, "a" * 24, NOW)
    with store.transaction() as tx:
        tx.jobs.create(job)
    store.close()
    with changed(data) as connection:
        for column, value in changes.items():
            text = f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value
            connection.execute(f"UPDATE jobs SET {column} = ? WHERE id = ?", (text, job.id))  # noqa: S608
    return job.id


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(timedelta(minutes=1), None), (timedelta(minutes=20), Verdict.WARNING), (timedelta(hours=3), Verdict.FAILING)],
)
def test_jobs_that_nobody_runs_are_found(data: Path, age: timedelta, verdict: Verdict | None) -> None:
    job_of(data, run_after=datetime.now(UTC) - age)
    assert [v for v, _ in found(data).values()] == ([] if verdict is None else [verdict])


def test_a_job_whose_worker_died_long_ago_is_found(data: Path) -> None:
    job_of(data, state="running", lease_until=NOW - timedelta(minutes=30))
    wrong = found(data)
    assert list(wrong) == ["leases"]
    assert re.search(r"the first worker died [3-9]\d minutes ago", wrong["leases"][1])


def test_jobs_that_were_given_up_are_told_with_their_reasons_and_refused_ones_are_not(data: Path) -> None:
    dead = job_of(data, state="failed", attempt=5, max_attempts=5, error="OSError: disk full", finished_at=NOW)
    job_of(data, state="failed", attempt=1, max_attempts=5, error="Row 3 is wrong.", finished_at=NOW)
    (check,) = [c for c in look(data, full=False) if c.verdict is not Verdict.OK]
    assert (check.name, check.found) == ("failed jobs", "1 were given up, 1 refused.")
    assert list(check.details) == [f"{dead} read_dataset: OSError: disk full"]


def test_tokens_that_expired_are_found(data: Path) -> None:
    parts = open_folder(data)
    tokens.create(parts.context, "somebody", is_admin=False, expires_at=NOW - timedelta(days=1))
    parts.store.close()
    wrong = found(data)
    assert list(wrong) == ["tokens"]
    assert "1 have expired" in wrong["tokens"][1]


def test_a_server_without_an_admin_is_found(data: Path) -> None:
    with changed(data) as connection:
        connection.execute("UPDATE users SET is_admin = 0")
    assert "No admin has one." in found(data)["tokens"][1]


def test_a_clock_that_was_set_back_is_found(data: Path) -> None:
    with changed(data) as connection:
        connection.execute("UPDATE batches SET created_at = ?", (f"{NOW + timedelta(hours=2):%Y-%m-%d %H:%M:%S.%f}",))
    wrong = found(data)
    assert list(wrong) == ["clock"]
    assert "yet to come" in wrong["clock"][1]


def test_what_nobody_refers_to_is_counted_and_what_is_due_is_told(data: Path) -> None:
    for age in (0, 48):
        path = data / "blobs" / "rows" / ("d" * 24) / f"{age:024d}" / "00000.parquet"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x" * 2**20)
        os.utime(path, (NOW.timestamp() - age * 3600,) * 2)
    (check,) = [c for c in look(data, full=False) if c.name == "orphans"]
    assert check.found == "2 blobs, 2.0 MiB; 1 of them are due to be swept."


# ---------------------------------------------------------------- jobs that failed


def queue(data: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["queue", *arguments, "--data-dir", str(data)])
    return result.exit_code, result.output


def state_of(data: Path, job_id: str) -> tuple[str, int, int]:
    with changed(data) as connection:
        query = "SELECT state, attempt, max_attempts FROM jobs WHERE id = ?"
        return connection.execute(query, (job_id,)).fetchone()


def test_failed_jobs_are_listed_with_their_reasons(data: Path) -> None:
    job = job_of(data, state="failed", attempt=5, error="OSError: disk full", finished_at=NOW)
    waiting = job_of(data)
    status, text = queue(data, "list", "--failed")
    assert status == 0
    assert job in text
    assert "OSError: disk full" in text
    assert waiting not in text
    assert waiting in queue(data, "list")[1]
    (told,) = json.loads(queue(data, "list", "--failed", "--json")[1])
    assert told == {
        "id": job,
        "kind": "read_dataset",
        "state": "failed",
        "attempt": 5,
        "maxAttempts": 5,
        "runAfter": NOW.isoformat(),
        "finishedAt": NOW.isoformat(),
        "error": "OSError: disk full",
    }


def test_a_job_that_was_given_up_is_tried_again(data: Path, prepared: Prepared) -> None:
    with serving(data, prepared.tokens) as running:
        answer = running.owner.post("datasets/fromFile/", files={"file": ("t.csv", b"a,b\n1,2\n")})
        job = answer.headers["Location"].rstrip("/").rpartition("/")[2]
        with changed(data) as connection:
            connection.execute("UPDATE jobs SET state = 'failed', attempt = 5, error = 'OSError' WHERE id = ?", (job,))
        assert queue(data, "retry", job)[0] == 0
        assert state_of(data, job) == (JobState.QUEUED, 5, 10)
        running.work()
        assert running.owner.get(answer.headers["Location"]).status_code == 303
    assert state_of(data, job) == (JobState.DONE, 6, 10)


def test_a_job_that_was_refused_is_tried_again_only_by_force(data: Path) -> None:
    job = job_of(data, state="failed", attempt=1, error="Row 3 is wrong.", finished_at=NOW)
    status, text = queue(data, "retry", job)
    assert status == 1
    assert "Row 3 is wrong." in text
    assert state_of(data, job)[0] == JobState.FAILED
    status, text = queue(data, "retry", job, "--force", "--json")
    assert status == 0
    assert (json.loads(text)["id"], json.loads(text)["state"]) == (job, "queued")
    assert state_of(data, job)[0] == JobState.QUEUED


@pytest.mark.parametrize("state", ["queued", "running", "done", "cancelled"])
def test_only_what_failed_can_be_tried_again(data: Path, state: str) -> None:
    job = job_of(data, state=state, lease_until=NOW + timedelta(hours=1))
    assert queue(data, "retry", job)[0] == 1
    assert state_of(data, job)[0] == state
    assert queue(data, "retry", "0" * 24)[0] == 1
