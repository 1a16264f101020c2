"""Prediction rows as a list: pages that are cuts of all rows, filters, CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from tests.http.operations import UNKNOWN
from tests.material import (
    Ready,
    Serve,
    binary_block,
    binary_rows,
    file_of,
    new_batch,
    regression_block,
    regression_rows,
    send_actuals,
    send_rows,
    upload,
)
from tests.serving import Served, User

from assay.records.limits import Limits
from assay.storage.blobs import LocalBlobs

JULY = datetime(2026, 7, 1, tzinfo=UTC)
WIDE = {"start": "2000-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}


def ids(page: dict[str, Any]) -> list[str | None]:
    return [row["associationId"] for row in page["data"]]


def every(user: User, page: dict[str, Any]) -> list[str | None]:
    """Association ids of a page and of all that follow it."""
    found = ids(page)
    while page["next"] is not None:
        page = user.read(page["next"])
        found += ids(page)
    return found


@pytest.fixture
def sent(owner: User, binary: Ready, batch: str) -> pl.DataFrame:
    """Five rows a delivery, an hour apart: two of the batch, one of none, one of a file in the batch."""
    deliveries = [binary_rows(20 + i, 5) for i in range(4)]
    for i, rows in enumerate(deliveries[:3]):
        at = (JULY + timedelta(hours=i)).isoformat()
        send_rows(owner, binary, binary_block(binary, rows, batch if i < 2 else None, timestamp=at))
    later = deliveries[3].with_columns(at=pl.lit(JULY) + pl.duration(hours=3, microseconds=pl.int_range(5)))
    upload(owner, binary, batch, "k", file_of(later, "parquet"), "parquet", timestampColumn="at")
    return pl.concat(deliveries)


def test_rows_tell_model_batch_time_id_class_and_outcome(
    owner: User, binary: Ready, batch: str, sent: pl.DataFrame
) -> None:
    send_actuals(owner, binary, {"20-1": "no"})
    page = owner.read(binary.path("predictionResults"), batchId=batch)
    assert {k: v for k, v in page.items() if k != "data"} == {
        "count": 15,
        "next": None,
        "previous": None,
        "associationIdColumnNames": ["id"],
    }
    scores = sent["score"].to_list()
    assert page["data"][1] == {
        "modelId": binary.model_id,
        "batchId": batch,
        "timestamp": "2026-07-01T00:00:00Z",
        "associationId": "20-1",
        "predicted": "yes" if scores[1] >= 0.5 else "no",
        "actual": "no",
    }
    assert [row["actual"] for row in page["data"]].count(None) == 14
    assert page["data"][-1]["timestamp"] == "2026-07-01T03:00:00.000004Z"


def test_a_regression_row_tells_numbers_to_the_last_bit(owner: User, regression: Ready) -> None:
    rows = regression_rows(11, 3).with_columns(predicted=pl.Series([0.1, 1e308, None]))
    send_rows(owner, regression, regression_block(regression, rows, timestamp=JULY.isoformat()))
    send_actuals(owner, regression, {"11-0": 1 / 3})
    found = owner.read(regression.path("predictionResults"), **WIDE)["data"]
    # A row that was sent without a prediction has none.
    assert [row["predicted"] for row in found] == [0.1, 1e308, None]
    assert [row["actual"] for row in found] == [1 / 3, None, None]
    assert {row["batchId"] for row in found} == {None}


@pytest.mark.parametrize("limit", [1, 3, 5, 7, 100])
def test_pages_follow_each_other_without_gap_or_overlap(
    owner: User, binary: Ready, sent: pl.DataFrame, limit: int
) -> None:
    first = owner.read(binary.path("predictionResults"), **WIDE, limit=limit)
    assert every(owner, first) == sent["id"].to_list()
    assert first["count"] == min(limit, 20)


@pytest.mark.parametrize("offset", [0, 4, 5, 9, 15, 19, 20, 1_000, 2**63 - 1])
def test_a_page_is_a_cut_of_all_rows(owner: User, binary: Ready, sent: pl.DataFrame, offset: int) -> None:
    page = owner.read(binary.path("predictionResults"), **WIDE, offset=offset, limit=6)
    assert ids(page) == sent["id"].to_list()[offset : offset + 6]
    assert (page["next"] is None) == (offset >= 14)
    if offset:
        assert ids(owner.read(page["previous"])) == sent["id"].to_list()[max(0, offset - 6) :][:6]


def test_filters_go_together_and_pages_keep_them(owner: User, binary: Ready, batch: str, sent: pl.DataFrame) -> None:
    known = ["20-1", "20-4", "21-0", "22-2", "23-3"]
    send_actuals(owner, binary, dict.fromkeys(known, "yes"))
    path, all_ids = binary.path("predictionResults"), sent["id"].to_list()
    others = [i for i in all_ids if i not in known]
    for limit in (1, 2, 100):
        assert every(owner, owner.read(path, **WIDE, actualsPresent="true", limit=limit)) == known
        assert every(owner, owner.read(path, **WIDE, actualsPresent="False", limit=limit)) == others
        both = owner.read(path, batchId=batch, actualsPresent="True", limit=limit)
        assert every(owner, both) == [i for i in known if not i.startswith("22")]
    assert ids(owner.read(path, **WIDE, actualsPresent="true", offset=3)) == known[3:]


def test_the_start_of_a_span_belongs_to_it_and_the_end_does_not(
    owner: User, binary: Ready, batch: str, sent: pl.DataFrame
) -> None:
    path, all_ids = binary.path("predictionResults"), sent["id"].to_list()
    one = owner.read(path, start=(JULY + timedelta(hours=1)).isoformat(), end=(JULY + timedelta(hours=2)).isoformat())
    assert ids(one) == all_ids[5:10]
    cut = (JULY + timedelta(hours=3, microseconds=2)).isoformat()
    assert ids(owner.read(path, batchId=batch, start=cut)) == all_ids[17:]
    assert ids(owner.read(path, batchId=batch, end=cut)) == [*all_ids[:10], *all_ids[15:17]]
    assert every(owner, owner.read(path, batchId=batch, end=cut, limit=2)) == [*all_ids[:10], *all_ids[15:17]]


def test_without_bounds_all_rows_are_listed_or_of_a_deployment_without_batches_those_of_seven_days(
    owner: User, binary: Ready
) -> None:
    now = datetime.now(UTC)
    days = {"old": 9, "recent": 6, "now": 0, "future": -2}
    for name, days_ago in days.items():
        at = (now - timedelta(days=days_ago)).isoformat()
        send_rows(owner, binary, {**binary_block(binary, binary_rows(1, 1), timestamp=at), "associationIds": [name]})
    path = binary.path("predictionResults")
    assert every(owner, owner.read(path, limit=1)) == ["old", "recent", "now", "future"]
    assert ids(owner.read(path, start=(now - timedelta(days=7)).isoformat())) == ["recent", "now"]
    owner.finished(owner.patch(binary.path("settings"), {"batchMonitoring": {"enabled": False}}))
    page = owner.read(path, limit=1)
    assert every(owner, page) == ["recent", "now"]
    # The following pages are of the same span, even when the hour has turned.
    assert "start=" in page["next"]
    assert "end=" in page["next"]
    assert ids(owner.read(path, end=(now - timedelta(days=2)).isoformat())) == ["old", "recent"]
    assert owner.get(path, start=WIDE["end"], end=WIDE["start"]).status_code == 422


def test_several_batches_are_listed_together(owner: User, binary: Ready) -> None:
    batches = [new_batch(owner, binary) for _ in range(3)]
    for i, batch in enumerate(batches):
        send_rows(owner, binary, binary_block(binary, binary_rows(30 + i, 1), batch))
    assert ids(owner.read(binary.path("predictionResults"), batchId=[batches[2], batches[0]])) == ["30-0", "32-0"]


def test_rows_that_were_sent_for_accuracy_alone_are_listed_in_pages_as_well(owner: User, binary: Ready) -> None:
    for seed in (11, 12, 13):
        block = binary_block(binary, binary_rows(seed, 4), timestamp=JULY.isoformat())
        send_rows(owner, binary, block, skipDriftTracking=seed != 12)
    expected = [f"{seed}-{i}" for seed in (11, 12, 13) for i in range(4)]
    for offset in range(13):
        page = owner.read(binary.path("predictionResults"), **WIDE, offset=offset, limit=3)
        assert ids(page) == expected[offset : offset + 3]


def test_what_lies_before_a_page_is_not_read(serve: Serve, binary: Ready) -> None:
    class Counting(LocalBlobs):
        reads = 0

        def read(self, key: str) -> bytes:
            """All bytes of a blob."""
            type(self).reads += 1
            return super().read(key)

    rows = binary_rows(11, 1_000)
    with serve(limits=Limits(chunk_rows=50)) as served:
        owner = served.owner
        batch = new_batch(owner, binary)
        upload(owner, binary, batch, "k", file_of(rows, "parquet"), "parquet")
        for seed in range(30):
            send_rows(owner, binary, binary_block(binary, binary_rows(100 + seed, 2), batch))
        served.store.blobs = Counting(served.store.blobs.root)
        expected = rows["id"].to_list() + [f"{100 + seed}-{i}" for seed in range(30) for i in range(2)]
        for offset in (0, 333, 990, 999, 1_000, 1_030):
            Counting.reads = 0
            page = owner.read(binary.path("predictionResults"), batchId=batch, offset=offset, limit=3)
            assert ids(page) == expected[offset : offset + 3]
            assert Counting.reads <= 4


def test_csv_is_answered_where_it_is_accepted_alone(owner: User, binary: Ready, batch: str, sent: pl.DataFrame) -> None:
    path = binary.path("predictionResults")
    send_actuals(owner, binary, {"20-0": "no"})
    json_page = owner.read(path, batchId=batch, limit=2)
    call = {"params": {"batchId": batch, "limit": 2}}
    answer = owner.request("GET", path, headers={"Accept": "text/csv"}, **call)
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    expected = [
        {k: v or "" for k, v in row.items()} | {"timestamp": "2026-07-01T00:00:00.000000Z"} for row in json_page["data"]
    ]
    assert rows == expected
    assert answer.headers["Link"] == f'<{json_page["next"]}>; rel="next"'
    last = owner.request("GET", path, headers={"Accept": "text/csv"}, params={"batchId": batch})
    assert "Link" not in last.headers
    for accept in ("application/json", "application/json, text/csv;q=0.5", "*/*"):
        answer = owner.request("GET", path, headers={"Accept": accept}, **call)
        assert answer.headers["Content-Type"] == "application/json"


def test_csv_of_numbers_and_of_no_rows(owner: User, regression: Ready) -> None:
    path = regression.path("predictionResults")
    header = "modelId,batchId,timestamp,associationId,predicted,actual\n"
    assert owner.request("GET", path, headers={"Accept": "text/csv"}).text == header
    rows = regression_rows(11, 1).with_columns(predicted=pl.lit(0.1), id=pl.lit("=1"))
    send_rows(owner, regression, regression_block(regression, rows, timestamp=JULY.isoformat()))
    answer = owner.request("GET", path, headers={"Accept": "text/csv"}, params=WIDE)
    assert answer.text == f"{header}{regression.model_id},,2026-07-01T00:00:00.000000Z,'=1,0.1,\n"


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"actualsPresent": "perhaps"}, "actualsPresent"),
        ({"start": "soon"}, "soon"),
        ({"limit": -1}, "limit"),
        ({"offset": "x"}, "offset"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(owner: User, binary: Ready, params: dict[str, Any], word: str) -> None:
    answer = owner.get(binary.path("predictionResults"), **params)
    assert answer.status_code == 422
    assert word in answer.json()["message"]


def test_unknown_batches_and_models_are_not_found(owner: User, binary: Ready) -> None:
    path = binary.path("predictionResults")
    for params, words in (
        ({"batchId": UNKNOWN}, f"Monitoring batch not found: {UNKNOWN}."),
        ({"modelId": UNKNOWN}, f"Model {UNKNOWN} not found"),
    ):
        answer = owner.get(path, **params)
        assert answer.status_code == 404
        assert answer.json()["message"].startswith(words)


def test_a_deployment_that_keeps_no_rows_has_none_to_list(served: Served, binary: Ready) -> None:
    owner = served.owner
    owner.finished(owner.patch(binary.path("settings"), {"predictionsDataCollection": {"enabled": False}}))
    answer = owner.get(binary.path("predictionResults"))
    assert answer.status_code == 422
    assert "does not keep prediction rows" in answer.json()["message"]


def test_rows_of_a_deleted_batch_are_not_listed(owner: User, binary: Ready, batch: str, sent: pl.DataFrame) -> None:
    owner.delete(binary.path("monitoringBatches", batch))
    assert ids(owner.read(binary.path("predictionResults"), **WIDE)) == sent["id"].to_list()[10:15]
