from pathlib import Path

import pytest
from tests.cli.conftest import Assay, fits
from tests.client.test_batch_versions import COMMITTED, DRAFT, DRAFTED, ONE, WHEN, replacement
from tests.client.wire import BATCH, DEPLOYMENT, Reply, Wire, batch, deployment, page, report

from assay.client.files import sha256


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch()))
    wire.on("POST", f"{ONE}replacement/", Reply(201, replacement()))
    wire.on("GET", DRAFTED, Reply(json=batch(id=DRAFT)))
    wire.on("POST", f"{ONE}replacement/commit/", Reply(json=COMMITTED))
    wire.on("DELETE", f"{ONE}replacement/", Reply(json=replacement(state="abandoned")))
    return wire


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "july.csv"
    path.write_text("id,temp,p\n1,20.5,0.25\n")
    return path


def test_replace_tells_what_is_there_now_and_where_the_rest_is(ready: Wire, assay: Assay, rows: Path) -> None:
    ready.on("PUT", f"{DRAFTED}uploads/{sha256(rows)}/", Reply(202, report()))
    run = assay(f"batch replace 2013-07 {rows} --timestamp-column at --association-id id")
    assert run.code == 0, run.err
    assert run.lines[0] == "Batch '2013-07' holds 2 rows now."
    assert run.lines[1] == "What it held before is version v: 27,004 rows."
    assert ready.asked("PUT")[0].query == {"timestampColumn": ["at"], "associationIdColumn": ["id"]}
    assert assay(f"batch replace 2013-07 {rows} --json").json == COMMITTED


def test_replace_tells_why_a_file_was_refused(ready: Wire, assay: Assay, rows: Path) -> None:
    ready.on("PUT", f"{DRAFTED}uploads/{sha256(rows)}/", Reply(422, {"message": "no such column"}))
    run = assay(f"batch replace 2013-07 {rows}")
    assert (run.code, "no such column" in run.err) == (1, True)
    assert len(ready.asked("DELETE")) == 1


def test_versions_lists_what_a_batch_held(ready: Wire, assay: Assay) -> None:
    ann = {"id": "u", "name": "ann"}
    current = {
        "id": BATCH,
        "number": 2,
        "state": "current",
        "predictionsCount": 27004,
        "requestsCount": 0,
        "since": WHEN,
        "until": None,
        "createdBy": ann,
        "contentHash": "h",
    }
    former = {**current, "id": DRAFT, "number": 1, "state": "superseded", "predictionsCount": None, "until": WHEN}
    ready.on("GET", f"{ONE}versions/", page(current, former))
    run = assay("batch versions 2013-07")
    assert fits(run)
    assert [line.split() for line in run.lines[1:]] == [
        ["2", BATCH, "27,004", "2026-11-23", "10:31", "now", "ann"],
        ["1", DRAFT, "removed", "2026-11-23", "10:31", "2026-11-23", "10:31", "ann"],
    ]
    assert assay("batch versions 2013-07 --json").json["data"] == [current, former]


def _metric(name: str, value: float | None) -> dict[str, object]:
    known = value is not None
    low, high = (value - 0.02, value + 0.02) if known else (None, None)
    return {"name": name, "value": value, "low": low, "high": high, "n": 9, "bound": 0.0, "reason": None}


def _revision(rows: int, share: float | None, value: float | None) -> dict[str, object]:
    metrics = [_metric("AUC", 0.6), _metric("MCC", 0.1), _metric("LogLoss", value)]
    return {
        "timestamp": WHEN,
        "predictionsCount": 27004,
        "rowsWithActual": rows,
        "matchedShare": share,
        "metrics": metrics,
    }


def test_the_history_of_accuracy_shows_how_it_moved(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"{ONE}accuracyRevisions/", page(_revision(9000, 0.3333, 0.75), _revision(0, None, None)))
    run = assay("batch accuracy 2013-07 --history")
    assert fits(run)
    assert run.lines[0] == "Accuracy of batch '2013-07' as its actuals came"
    assert [line.split() for line in run.lines[2:]] == [
        ["2026-11-23", "10:31", "9,000", "33.3", "%", "0.750", "[0.730,", "0.770]"],
        ["2026-11-23", "10:31", "0", "-", "-", "-"],
    ]
    run = assay("batch accuracy 2013-07 --history --metric MCC")
    assert "MCC" in run.lines[1]
    assert "LOGLOSS" not in run.lines[1]
    assert ready.calls[-1].query == {"metric": ["MCC"]}


def test_a_history_of_nothing_says_so_and_a_metric_alone_is_wrong_use(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"{ONE}accuracyRevisions/", page())
    ready.on("GET", f"{ONE}models/", page())
    assert assay("batch accuracy 2013-07 --history").lines[-1] == "No actual has come yet."
    assert assay("batch accuracy 2013-07 --metric AUC").code == 2
