import hashlib
import io
import time
from pathlib import Path

import pytest
from tests.cli.conftest import Assay, fits
from tests.client.wire import BATCH, DEPLOYMENT, MODEL, Reply, Wire, accepted, batch, deployment, done, page, report

from assay.cli import activity

BATCHES = f"deployments/{DEPLOYMENT}/monitoringBatches/"
ONE = f"{BATCHES}{BATCH}/"


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", BATCHES, page(batch()))
    wire.on("GET", ONE, Reply(json=batch()))
    return wire


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "july.csv"
    path.write_text("id,temp,p\n1,20.5,0.25\n")
    return path


def test_create(ready: Wire, assay: Assay) -> None:
    ready.on("POST", BATCHES, Reply(json=batch()))
    run = assay("batch create 2013-07 --description text --url https://x.org/7")
    assert run.out == f"Created batch '2013-07' ({BATCH}) in deployment 'late flights'.\n"
    assert ready.asked("POST")[0].json == {
        "batchName": "2013-07",
        "description": "text",
        "externalContextUrl": "https://x.org/7",
    }
    assert assay("batch create 2013-07 --json").json == batch()


def test_list_shows_rows_span_health_and_state(ready: Wire, assay: Assay) -> None:
    empty = batch(id="c" * 24, name="empty", predictionsCount=0, isLocked=True, serviceHealth=None)
    ready.on("GET", BATCHES, page(batch(), empty))
    run = assay("batch list")
    assert fits(run)
    assert [line.split() for line in run.lines[1:3]] == [
        ["2013-07", "27,004", "2013-07-01", "2013-07-31", "passing", "open"],
        ["empty", "0", "-", "-", "-", "locked"],
    ]
    assert run.lines[-1] == "2 batches."


def test_list_aligns_numbers_right_and_folds_long_names(ready: Wire, assay: Assay) -> None:
    long = "nightly-scoring-run-" * 4 + "end"
    many = batch(id="c" * 24, name=long, predictionsCount=1_234_567_890)
    ready.on("GET", BATCHES, page(batch(), many, total=512))
    run = assay("batch list")
    assert fits(run)
    assert long in "".join(line[:30].split()[0] for line in run.lines[2:-1])
    assert run.lines[1].index("27,004") + len("27,004") == run.lines[2].index("1,234,567,890") + len("1,234,567,890")
    assert run.lines[-1] == "2 batches of 512; --limit shows more."


def test_list_passes_search_order_and_limit_on(ready: Wire, assay: Assay) -> None:
    run = assay("batch list --search 2013 --order-by=-latestPredictionTimestamp --limit 3 --json")
    assert run.json == {"count": 1, "totalCount": 1, "data": [batch()]}
    assert ready.calls[-1].query == {
        "search": ["2013"],
        "orderBy": ["-latestPredictionTimestamp"],
        "limit": ["3"],
    }


def test_a_name_cannot_steer_the_terminal(ready: Wire, assay: Assay) -> None:
    ready.on("GET", BATCHES, page(batch(name="[red]x[/red]\x1b[2J:smile:")))
    run = assay("batch list")
    assert "\x1b" not in run.out
    assert "[red]x[/red]" in run.out
    assert ":smile:" in run.out


def test_show_takes_an_id_or_an_exact_name(ready: Wire, assay: Assay) -> None:
    run = assay("batch show 2013-07")
    assert fits(run)
    assert "27,004, 2013-07-01 05:00 to 2013-07-31 23:59 UTC" in run.out
    assert assay(f"batch show {BATCH}").out == run.out
    assert assay(f"batch show {BATCH} --json").json == batch()


def test_show_tells_all_that_a_batch_carries(ready: Wire, assay: Assay) -> None:
    changes = {"description": "text", "externalContextUrl": "https://x.org/7", "batchPredictionJobId": "f" * 24}
    ready.on("GET", BATCHES, page(batch(**changes, batchPredictionJobStatus="RUNNING", predictionsCount=0)))
    run = assay("batch show 2013-07")
    assert "none yet" in run.out
    assert f"{'f' * 24} (RUNNING)" in run.out
    assert "passing: 12 requests without errors." in run.out


def test_an_unknown_batch_is_told_with_the_way_to_find_it(ready: Wire, assay: Assay) -> None:
    run = assay("batch show 2013")
    assert run.code == 1
    assert run.err == (
        "Error: No batch of deployment 'late flights' has the id or the exact name '2013'. "
        "'assay batch list' shows them.\n"
    )


def test_an_ambiguous_name_is_told_with_the_ids(ready: Wire, assay: Assay) -> None:
    ready.on("GET", BATCHES, page(batch(), batch(id="c" * 24)))
    assert f"Use an id: {BATCH}, {'c' * 24}." in assay("batch lock 2013-07").err


def test_lock_and_unlock(ready: Wire, assay: Assay) -> None:
    ready.on("PATCH", ONE, Reply(json=batch(isLocked=True)), Reply(json=batch()))
    assert assay("batch lock 2013-07").out == "Locked batch '2013-07' with 27,004 rows.\n"
    assert assay("batch unlock 2013-07").out == "Unlocked batch '2013-07'.\n"
    assert [call.json for call in ready.asked("PATCH")] == [{"isLocked": True}, {"isLocked": False}]
    assert assay("batch lock 2013-07 --json").json == batch()


def test_edit_changes_what_is_named(ready: Wire, assay: Assay) -> None:
    ready.on("PATCH", ONE, Reply(json=batch(name="july")))
    assert assay("batch edit 2013-07 --name july --description ''").lines[0] == "july"
    assert assay("batch edit 2013-07 --url ''").code == 0
    assert [call.json for call in ready.asked("PATCH")] == [
        {"batchName": "july", "description": ""},
        {"externalContextUrl": None},
    ]


def test_delete_asks_with_the_number_of_rows(ready: Wire, assay: Assay) -> None:
    ready.on("DELETE", ONE, Reply(200))
    run = assay("batch delete 2013-07", answer="no\n")
    assert run.code == 1
    assert f"Delete batch '2013-07' ({BATCH}) with 27,004 rows? [y/N]" in run.err
    assert ready.asked("DELETE") == []
    assert assay("batch delete 2013-07 --yes").out == "Deleted batch '2013-07' with 27,004 rows.\n"
    assert assay("batch delete 2013-07 --yes --json").json == {"id": BATCH}


# ---------------------------------------------------------------- push


def test_push_tells_what_was_counted_and_what_was_not(ready: Wire, assay: Assay, rows: Path) -> None:
    key = hashlib.sha256(rows.read_bytes()).hexdigest()
    found = report(
        uploadKey=key,
        unreadable={"temp": 2, "wind": 1},
        ignoredColumns=[f"column_{number}" for number in range(20)],
        missingColumns=["pressure"],
    )
    ready.on("PUT", f"{ONE}uploads/{key}/", Reply(202, found))
    run = assay(f"batch push 2013-07 {rows}")
    assert run.code == 0, run.err
    assert run.lines[0] == "27,004 rows of 'july.csv' counted in batch '2013-07'."
    assert fits(run)
    flat = " ".join(run.out.split())
    assert key in flat
    assert "2 values of temp, 1 value of wind (taken as missing)" in flat
    assert "20 columns: column_0, column_1" in flat
    assert "and 8 more" in flat
    assert "1 column: pressure" in flat
    assert run.err == ""


def test_push_passes_every_option_on(ready: Wire, assay: Assay, rows: Path) -> None:
    ready.on("PUT", f"{ONE}uploads/run-7/", Reply(202, report(uploadKey="run-7")))
    run = assay(
        f"batch push {BATCH} {rows} --key run-7 --timestamp-column at --prediction-column p0 --prediction-column p1 "
        f"--class-name 0 --class-name 1 --association-id id --model-id {MODEL} -d {DEPLOYMENT} --json"
    )
    assert run.code == 1  # the deployment's id was not prepared
    ready.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment()))
    run = assay(
        f"batch push {BATCH} {rows} --key run-7 --timestamp-column at --prediction-column p0 --prediction-column p1 "
        f"--class-name 0 --class-name 1 --association-id id --model-id {MODEL} -d {DEPLOYMENT} --json"
    )
    assert run.json == report(uploadKey="run-7")
    assert ready.asked("PUT")[0].query == {
        "modelId": [MODEL],
        "predictionColumns": ["p0", "p1"],
        "classNames": ["0", "1"],
        "associationIdColumn": ["id"],
        "timestampColumn": ["at"],
    }


def test_push_creates_the_batch_only_when_asked(wire: Wire, assay: Assay, rows: Path) -> None:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", BATCHES, page())
    wire.on("POST", BATCHES, Reply(json=batch()))
    wire.on("PUT", f"{ONE}uploads/k/", Reply(202, report()))
    assert assay(f"batch push 2013-07 {rows} --key k").code == 1
    assert wire.asked("POST") == []
    run = assay(f"batch push 2013-07 {rows} --key k --create")
    assert run.code == 0, run.err
    assert [asked.json for asked in wire.asked("POST")] == [{"batchName": "2013-07"}]


def test_push_tells_of_rows_that_can_never_have_an_actual(ready: Wire, assay: Assay, rows: Path) -> None:
    ready.on("PUT", f"{ONE}uploads/k/", Reply(202, report(withoutAssociationId=3)))
    assert "3 rows without an association id" in " ".join(assay(f"batch push 2013-07 {rows} --key k").out.split())


def test_push_waits_for_a_large_file(ready: Wire, assay: Assay, rows: Path) -> None:
    upload = f"{ONE}uploads/k/"
    ready.on("PUT", upload, accepted(ready, "u", report(state="pending", rows=0)))
    ready.on("GET", "status/u/", Reply(json={"status": "RUNNING"}), done(ready, upload))
    ready.on("GET", upload, Reply(json=report()))
    assert "27,004 rows" in assay(f"batch push 2013-07 {rows} --key k").out


@pytest.mark.parametrize(
    ("status", "message"),
    [(422, "Batch '2013-07' is locked and takes no more predictions."), (409, "Key 'k' names other bytes.")],
)
def test_push_repeats_the_servers_refusal(ready: Wire, assay: Assay, rows: Path, status: int, message: str) -> None:
    ready.on("PUT", f"{ONE}uploads/k/", Reply(status, {"message": message}))
    run = assay(f"batch push 2013-07 {rows} --key k")
    assert (run.code, run.out, run.err) == (1, "", f"Error: {message}\n")


def test_push_of_no_table_is_one_line(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    run = assay(f"batch push 2013-07 {tmp_path}/empty.csv")
    assert (run.code, run.out) == (1, "")
    assert "is empty. Expected a table" in run.err


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_slow_command_shows_words_on_a_terminal_and_takes_them_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(activity, "SECONDS_OF_SILENCE", 0.01)
    with activity.Activity("Sending july.csv", afterwards="Counting") as shown:
        _wait_for(terminal, "Sending july.csv")
        shown.sent(10, 100)
        shown.sent(50, 100)
        _wait_for(terminal, "50")
        shown.sent(100, 100)
        _wait_for(terminal, "Counting")
        shown.rows_sent(20_000)
        _wait_for(terminal, "20,000 sent")
    before = terminal.getvalue()
    shown.say("nothing more")
    assert terminal.getvalue() == before


def test_a_quick_command_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with activity.Activity("Sending july.csv"):
        pass
    assert terminal.getvalue() == ""


def _wait_for(terminal: io.StringIO, words: str) -> None:
    for _ in range(500):
        if words in terminal.getvalue():
            return
        time.sleep(0.01)
    pytest.fail(f"{words!r} is not in {terminal.getvalue()!r}")
