"""``assay batch seal``, ``log`` and what push tells of repeats."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Assay
from tests.client.test_audit import LINE, seal
from tests.client.wire import BATCH, DEPLOYMENT, Reply, Wire, batch, deployment, page

BATCHES = f"deployments/{DEPLOYMENT}/monitoringBatches/"
ONE = f"{BATCHES}{BATCH}/"


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", BATCHES, page(batch()))
    return wire


def test_a_whole_seal_is_shown_and_ends_well(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"{ONE}seal/", Reply(json=seal()))
    run = assay("batch seal 2013-07")
    assert run.code == 0, run.err
    assert "is as it was sealed" in run.out
    assert "ab" * 32 in run.out
    assert "2026-11-23 10:31 UTC by ann" in run.out
    assert json.loads(assay("batch seal 2013-07 --json").out) == seal()


def test_a_seal_that_does_not_match_says_where_and_ends_with_1(ready: Wire, assay: Assay) -> None:
    differs = {"path": "uploads.x.rows", "sealed": 15, "found": 14}
    ready.on("GET", f"{ONE}seal/", Reply(json=seal(matches=False, differences=[differs])))
    run = assay("batch seal 2013-07")
    assert run.code == 1
    assert "NOT as it was sealed" in run.out
    assert "uploads.x.rows: 15 was sealed, 14 is there now" in " ".join(run.out.split())


def test_the_log_of_a_batch_is_a_table(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"deployments/{DEPLOYMENT}/auditLog/", page(LINE))
    run = assay("batch log 2013-07 --event batch.locked")
    assert run.code == 0, run.err
    assert "2026-11-23 10:31" in run.out
    assert "operator" in run.out
    assert "batch.locked" in run.out
    assert "1 line." in run.out
    assert ready.calls[-1].query == {"objectId": [BATCH], "event": ["batch.locked"], "limit": ["50"]}
    assert json.loads(assay("batch log 2013-07 --json").out)["data"] == [LINE]


def test_the_log_of_a_deployment_is_a_table_and_may_be_empty(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"deployments/{DEPLOYMENT}/auditLog/", page(LINE, LINE), page())
    assert "2 lines." in assay("deployment log").out
    assert assay("deployment log").out == "No line.\n"


def test_push_tells_of_repeated_ids_and_of_a_repeated_file(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("a\n1\n")
    report = {"uploadKey": "k", "state": "counted", "rows": 20, "withRepeatedAssociationId": 3}
    again = Reply(202, report, {"Idempotency-Replayed": "true"})
    ready.on("PUT", f"{ONE}uploads/k/", Reply(202, report), again)
    first, second = (" ".join(assay(f"batch push 2013-07 {rows} --key k").out.split()) for _ in range(2))
    assert "20 rows of 'rows.csv' counted in batch '2013-07'." in first
    assert "3 association ids that the batch held before" in first
    assert "20 rows of 'rows.csv' had been counted before in batch '2013-07'." in second
