from pathlib import Path

import pytest
from tests.cli.conftest import Assay, fits
from tests.client.test_jobs import JOB, PATH, job, made
from tests.client.wire import BATCH, DEPLOYMENT, Reply, Wire, deployment, page


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    made(wire)
    wire.on("PUT", f"{PATH}csvUpload/", Reply(202, {}))
    wire.on("GET", PATH, Reply(json=job()))
    wire.on("GET", f"{PATH}download/", Reply(text="p,monitoring_status\n0.5,OK\n"))
    return wire


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "july.csv"
    path.write_text("p\n0.5\n")
    return path


def test_run_sends_a_file_waits_and_tells(ready: Wire, assay: Assay, rows: Path, tmp_path: Path) -> None:
    result = tmp_path / "result.csv"
    run = assay(f"job run {rows} --prefix nightly --association-id id --actual-column y --output {result}")
    assert run.lines[0] == f"5 rows of '{rows}' counted by job {JOB}."
    assert BATCH in run.out
    assert "1 could not be read and were left out" in run.out
    assert result.read_text() == "p,monitoring_status\n0.5,OK\n"
    assert ready.asked("POST")[0].json == {
        "deploymentId": DEPLOYMENT,
        "monitoringColumns": {"associationIdColumn": "id", "actualsValueColumn": "y"},
        "monitoringBatchPrefix": "nightly",
    }
    assert assay(f"job run {rows} --json").json == job()


def test_run_takes_addresses_and_a_column_a_class(ready: Wire, assay: Assay) -> None:
    run = assay(
        "job run s3://bucket/rows.parquet --endpoint http://store:9000 --prediction-column p --class-name yes "
        "--prediction-column q --class-name no --keep-going --no-wait"
    )
    assert run.out == f"Job {JOB} is under way. 'assay job show {JOB}' tells how it stands.\n"
    sent = ready.asked("POST")[0].json
    assert sent["intakeSettings"] == {
        "type": "s3",
        "url": "s3://bucket/rows.parquet",
        "endpointUrl": "http://store:9000",
    }
    assert sent["monitoringColumns"]["predictionsColumns"] == [
        {"className": "yes", "columnName": "p"},
        {"className": "no", "columnName": "q"},
    ]
    assert sent["abortOnError"] is False


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("job run ftp://a/b.csv", "expected a file or an address"),
        ("job run http://a/b.csv --no-wait --output x.csv", "leave --no-wait out"),
        ("job run http://a/b.csv --prediction-column p --prediction-column q", "need a --class-name each"),
        ("job run http://a/b.csv --prediction-column p --class-name y --class-name n", "1 --prediction-column and 2"),
    ],
)
def test_run_used_wrongly(ready: Wire, assay: Assay, command: str, says: str) -> None:
    run = assay(command)
    assert (run.code, says in run.err) == (2, True), run.err


def test_a_job_that_fails_is_a_problem(ready: Wire, assay: Assay, rows: Path) -> None:
    ready.on("GET", PATH, Reply(json=job("FAILED")))
    run = assay(f"job run {rows}")
    assert (run.code, run.err) == (1, "Error: in words\n")


def test_list_and_show(ready: Wire, assay: Assay) -> None:
    ready.on("GET", "batchJobs/", page(job(), job("RUNNING"), total=7))
    run = assay("job list --status RUNNING --limit 2")
    assert fits(run)
    assert run.lines[1].split() == [JOB, "2026-03-01", "12:00", "COMPLETED", "5", "1"]
    assert run.lines[-1] == "2 jobs of 7; --limit shows more."
    assert ready.calls[-1].query["status"] == ["RUNNING"]
    shown = assay(f"job show {JOB}")
    assert fits(shown)
    assert shown.lines[0] == f"Job {JOB}: COMPLETED, 100 %"
    assert "in words" in shown.out
    assert assay(f"job show {JOB} --json").json == job()
    ready.on("GET", "batchJobs/", page())
    assert assay("job list").out == "No job.\n"


def test_cancel_asks_first(ready: Wire, assay: Assay) -> None:
    ready.on("DELETE", PATH, Reply(202, job("ABORTED")))
    assert assay(f"job cancel {JOB}", answer="n\n").code == 1
    assert ready.asked("DELETE") == []
    assert assay(f"job cancel {JOB} --yes").out == f"Job {JOB} is cancelled.\n"
    assert assay(f"job cancel {JOB} -y --json").json["status"] == "ABORTED"


def test_download(ready: Wire, assay: Assay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"monitoring-job-{JOB}.csv"
    assert assay(f"job download {JOB}").out == f"The rows of job {JOB} are in '{name}'.\n"
    assert (tmp_path / name).exists()
    assert assay(f"job download {JOB} --output other.csv --json").json == {**job(), "file": "other.csv"}
    assert (tmp_path / "other.csv").exists()
