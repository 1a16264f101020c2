from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from tests.client.wire import DEPLOYMENT, Reply, Wire, accepted, deployment

from assay.client import Actual, ActualColumns, Client, FileUnusable, Refused, WorkFailed, actuals

PATH = f"deployments/{DEPLOYMENT}/actuals/fromJSON/"
COLUMNS = ActualColumns("id", "late")


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment()))
    wire.on("POST", PATH, accepted(wire, "a", {}))
    wire.on("GET", "status/a/", Reply(json={"status": "COMPLETED"}))
    return wire


@pytest.fixture
def regression(ready: Wire) -> Wire:
    model = {"id": "m", "targetName": "delay", "targetType": "Regression"}
    ready.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment(model=model)))
    return ready


def _csv(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "actuals.csv"
    path.write_text(text)
    return path


def _sent(wire: Wire) -> list[dict[str, object]]:
    return [one for call in wire.asked("POST") for one in call.json["data"]]


def test_rows_go_in_calls_of_ten_thousand(ready: Wire, client: Client) -> None:
    told: list[int] = []
    rows = (Actual(f"f-{number}", "1") for number in range(25_000))
    report = client.actuals.push(DEPLOYMENT, rows, progress=told.append)
    assert [len(call.json["data"]) for call in ready.asked("POST")] == [10_000, 10_000, 5_000]
    assert (report.rows, report.calls) == (25_000, 3)
    assert told == [10_000, 20_000, 25_000]


def test_a_full_last_call_is_not_followed_by_an_empty_one(ready: Wire, client: Client) -> None:
    assert client.actuals.push(DEPLOYMENT, [Actual(str(number), 1) for number in range(10_000)]).calls == 1


def test_no_rows_are_no_call(ready: Wire, client: Client) -> None:
    assert client.actuals.push(DEPLOYMENT, []).calls == 0
    assert ready.calls == []


def test_a_row_carries_what_it_has(ready: Wire, client: Client) -> None:
    moment = datetime(2013, 7, 1, tzinfo=UTC)
    client.actuals.push(DEPLOYMENT, [Actual("a", 12.5, moment, was_acted_on=False), Actual("b", True)])
    assert _sent(ready) == [
        {"associationId": "a", "actualValue": 12.5, "timestamp": "2013-07-01T00:00:00+00:00", "wasActedOn": False},
        {"associationId": "b", "actualValue": True},
    ]


def test_rows_without_an_outcome_or_an_id_are_left_out_and_counted(ready: Wire, client: Client) -> None:
    rows = [Actual("a", "1"), Actual("b", None), Actual("c", float("nan")), Actual("d", ""), Actual("", "0")]
    report = client.actuals.push(DEPLOYMENT, rows)
    assert (report.rows, report.without_value, report.without_id) == (1, 3, 1)
    assert _sent(ready) == [{"associationId": "a", "actualValue": "1"}]


def test_a_refused_call_says_which_rows_and_what_stands(ready: Wire, client: Client) -> None:
    ready.on("POST", PATH, accepted(ready, "a", {}), Reply(422, {"message": "Class '7' is not known."}))
    with pytest.raises(
        Refused, match=r"^Actuals 10,001 to 10,002 \(the 10,000 before them were taken\): Class '7'"
    ) as e:
        client.actuals.push(DEPLOYMENT, [Actual(str(number), "1") for number in range(10_002)])
    assert e.value.status == 422


def test_a_call_that_fails_later_is_an_error_too(ready: Wire, client: Client) -> None:
    ready.on("GET", "status/a/", Reply(json={"status": "ERROR", "message": "Disk full."}))
    with pytest.raises(WorkFailed, match=r"^Actuals 1 to 1: Disk full\.$"):
        client.actuals.push(DEPLOYMENT, [Actual("a", "1")])


def test_calls_are_sent_ahead_of_the_work_and_all_are_waited_for(
    ready: Wire, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actuals, "ROWS_PER_CALL", 1)
    monkeypatch.setattr(actuals, "CALLS_AHEAD", 2)
    client.actuals.push(DEPLOYMENT, [Actual(str(number), "1") for number in range(5)])
    assert "".join("p" if call.method == "POST" else "w" for call in ready.calls) == "pppwpwpwww"


# ---------------------------------------------------------------- files


def test_labels_of_a_csv_stay_text(ready: Wire, client: Client, tmp_path: Path) -> None:
    path = _csv(tmp_path, '\ufeffid,carrier,late\n007,UA,1\n"a,b",AA,0\nc,AA,\n')
    report = client.actuals.push_file(DEPLOYMENT, path, COLUMNS)
    assert _sent(ready) == [
        {"associationId": "007", "actualValue": "1"},
        {"associationId": "a,b", "actualValue": "0"},
    ]
    assert report.without_value == 1


def test_outcomes_of_a_regression_are_numbers(regression: Wire, client: Client, tmp_path: Path) -> None:
    path = _csv(tmp_path, "id,delay,at\na,-3.5,2013-07-01 05:00\n")
    client.actuals.push_file(DEPLOYMENT, path, ActualColumns("id", "delay", "at"))
    assert _sent(regression) == [{"associationId": "a", "actualValue": -3.5, "timestamp": "2013-07-01 05:00"}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,delay\na,1\nb,late\n", "line 3: found 'late', expected a number"),
        ("id,delay\na,inf\n", "line 2: an actual cannot be infinite"),
        ("id,delay\na\n", "line 2: found 1 values, expected 2"),
        ("id,minutes\na,1\n", "no column 'delay'. It has: id, minutes"),
        ("id,delay,delay\na,1,2\n", "2 columns 'delay'. Expected one"),
        ('id,delay\na,"1\n', "line 2: unexpected end of data"),
    ],
)
def test_a_csv_at_fault_is_told_where(regression: Wire, client: Client, tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FileUnusable, match=words):
        client.actuals.push_file(DEPLOYMENT, _csv(tmp_path, text), ActualColumns("id", "delay"))
    assert regression.asked("POST") == []


def test_lines_are_counted_as_an_editor_counts_them(regression: Wire, client: Client, tmp_path: Path) -> None:
    path = _csv(tmp_path, 'id,delay\n"a\nb",1\nc,x\n')
    with pytest.raises(FileUnusable, match="line 4: found 'x'"):
        client.actuals.push_file(DEPLOYMENT, path, ActualColumns("id", "delay"))


def test_text_that_is_not_utf8_is_told(ready: Wire, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(b"id,late\n1,0\nZ\xfcrich,1\n")
    with pytest.raises(FileUnusable, match="not UTF-8 text"):
        client.actuals.push_file(DEPLOYMENT, path, COLUMNS)


def test_parquet_keeps_its_types(ready: Wire, client: Client, tmp_path: Path) -> None:
    moments = pl.Series(["2013-07-01 05:00", None, None]).str.to_datetime()
    table = pl.DataFrame({"id": [1, 2, None], "late": ["1", None, "0"], "at": moments, "other": [0, 0, 0]})
    table.write_parquet(tmp_path / "actuals.parquet")
    report = client.actuals.push_file(DEPLOYMENT, tmp_path / "actuals.parquet", ActualColumns("id", "late", "at"))
    assert _sent(ready) == [{"associationId": "1", "actualValue": "1", "timestamp": "2013-07-01T05:00:00+00:00"}]
    assert (report.without_value, report.without_id) == (1, 1)


def test_numbers_of_parquet_are_numbers(regression: Wire, client: Client, tmp_path: Path) -> None:
    pl.DataFrame({"id": ["a", "b"], "delay": [1.5, float("nan")]}).write_parquet(tmp_path / "a.parquet")
    report = client.actuals.push_file(DEPLOYMENT, tmp_path / "a.parquet", ActualColumns("id", "delay"))
    assert _sent(regression) == [{"associationId": "a", "actualValue": 1.5}]
    assert report.without_value == 1


def test_decimal_association_ids_are_refused(ready: Wire, client: Client, tmp_path: Path) -> None:
    pl.DataFrame({"id": [1.0, 2.0], "late": ["1", "0"]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(FileUnusable, match="'id' holds decimal numbers"):
        client.actuals.push_file(DEPLOYMENT, tmp_path / "a.parquet", COLUMNS)


def test_a_truncated_parquet_file_is_told(ready: Wire, client: Client, tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pl.DataFrame({"id": ["a"], "late": ["1"]}).write_parquet(whole)
    (tmp_path / "half.parquet").write_bytes(whole.read_bytes()[:-20])
    with pytest.raises(FileUnusable, match=r"Cannot read '.*half\.parquet' as Parquet"):
        client.actuals.push_file(DEPLOYMENT, tmp_path / "half.parquet", COLUMNS)


def test_a_missing_column_of_parquet_is_told(ready: Wire, client: Client, tmp_path: Path) -> None:
    pl.DataFrame({"id": ["a"]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(FileUnusable, match=r"no column 'late'\. It has: id"):
        client.actuals.push_file(DEPLOYMENT, tmp_path / "a.parquet", COLUMNS)
