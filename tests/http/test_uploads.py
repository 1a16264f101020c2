"""The file door: prediction rows of a batch as a file, under the caller's own name for it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from tests.material import FORMS, Ready, Serve, binary_rows, file_of, new_batch, regression_rows, upload
from tests.serving import Served, User

from assay.records.limits import Limits


def rows_of(user: User, ready: Ready, batch_id: str) -> int:
    return int(user.read(ready.path("monitoringBatches", batch_id))["predictionsCount"])


def drift_of(user: User, ready: Ready, batch_id: str) -> list[dict[str, Any]]:
    return list(user.read(ready.path("featureDrift"), batchId=batch_id)["data"])


@pytest.mark.parametrize("form", sorted(FORMS))
def test_an_upload_is_answered_with_its_report(owner: User, binary: Ready, batch: str, form: str) -> None:
    rows = binary_rows(1, 25)
    answer = upload(owner, binary, batch, "run-1", file_of(rows.drop("income"), form), form)
    assert answer.status_code == 202
    report = answer.json()
    arrived = report["createdAt"]
    assert report == {
        "id": report["id"],
        "uploadKey": "run-1",
        "batchId": batch,
        "modelId": binary.model_id,
        "state": "counted",
        "rows": 25,
        "firstPredictionTimestamp": arrived,
        "lastPredictionTimestamp": arrived,
        "withoutAssociationId": 0,
        "withRepeatedAssociationId": 0,
        "withoutSegment": {},
        "unreadable": {},
        "ignoredColumns": ["target"],
        "missingColumns": ["income"],
        "message": "",
        "createdAt": arrived,
    }
    assert owner.read(binary.path("monitoringBatches", batch, "uploads", "run-1")) == report
    assert owner.read(binary.path("monitoringBatches", batch, "uploads"))["data"] == [report]


def test_rows_without_an_association_id_are_counted_apart(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(1, 6).with_columns(pl.Series("id", ["a", None, "b", "", " ", "c"]))
    report = upload(owner, binary, batch, "gaps", file_of(rows, "csv"), "csv").json()
    assert (report["rows"], report["withoutAssociationId"]) == (6, 3)
    without = upload(owner, binary, batch, "no-column", file_of(rows.drop("id"), "csv"), "csv").json()
    assert (without["rows"], without["withoutAssociationId"]) == (6, 6)


def test_the_three_forms_of_one_table_give_the_same_figures(owner: User, binary: Ready) -> None:
    rows = binary_rows(2, 200, shift=0.5)
    found = []
    for form in sorted(FORMS):
        batch = new_batch(owner, binary)
        assert upload(owner, binary, batch, "k", file_of(rows, form), form).status_code == 202
        found.append(drift_of(owner, binary, batch))
    assert found[0] == found[1] == found[2]
    assert {item["sampleSize"] for item in found[0]} == {200}


def test_the_same_key_and_bytes_again_are_the_same_upload(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    content = file_of(binary_rows(1, 25))
    first = upload(owner, binary, batch, "k", content)
    before = served.contents()
    for _ in range(3):
        again = upload(owner, binary, batch, "k", content)
        assert (again.status_code, again.json()) == (202, first.json())
        assert again.headers["Location"] == first.headers["Location"]
    assert served.contents() == before
    assert rows_of(owner, binary, batch) == 25


def test_the_same_key_with_other_bytes_is_a_conflict(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    upload(owner, binary, batch, "k", file_of(binary_rows(1, 25)))
    before = served.contents()
    answer = upload(owner, binary, batch, "k", file_of(binary_rows(2, 25)))
    assert answer.status_code == 409
    assert "'k'" in answer.json()["message"]
    assert served.contents() == before


def test_one_key_in_two_batches_is_two_uploads(owner: User, binary: Ready) -> None:
    content = file_of(binary_rows(1, 25))
    batches = [new_batch(owner, binary) for _ in range(2)]
    ids = {upload(owner, binary, one, "k", content).json()["id"] for one in batches}
    assert len(ids) == 2
    assert [rows_of(owner, binary, one) for one in batches] == [25, 25]


@pytest.mark.parametrize("inline", [True, False])
def test_one_upload_sent_twice_at_once_counts_once(serve: Serve, binary: Ready, inline: bool) -> None:
    with serve(limits=Limits(inline_upload_bytes=2**20 if inline else 100)) as server:
        owner = server.owner
        content = file_of(binary_rows(1, 400))
        for attempt in range(5):
            batch = new_batch(owner, binary)
            with ThreadPoolExecutor(4) as pool:
                calls = [pool.submit(upload, owner, binary, batch, f"k{attempt}", content) for _ in range(4)]
                answers = [call.result() for call in calls]
            assert {answer.status_code for answer in answers} == {202}
            assert len({answer.json()["id"] for answer in answers}) == 1
            server.work()
            assert rows_of(owner, binary, batch) == 400
            assert {item["sampleSize"] for item in drift_of(owner, binary, batch)} == {400}
            # Those who came too late left no rows behind.
            stored = [name for name, _ in server.contents()["blobs"] if name.startswith("rows/")]
            assert len(stored) == attempt + 1


def test_different_keys_sent_at_once_all_count(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    contents = [file_of(binary_rows(seed, 50)) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(upload, owner, binary, batch, f"k{i}", c) for i, c in enumerate(contents)]
        assert {call.result().status_code for call in calls} == {202}
    assert rows_of(owner, binary, batch) == 400


def test_uploads_are_listed_oldest_first_and_paged(owner: User, binary: Ready, batch: str) -> None:
    for key in ("b", "a", "c"):
        upload(owner, binary, batch, key, file_of(binary_rows(1, 5)))
    page = owner.read(binary.path("monitoringBatches", batch, "uploads"), limit=2)
    assert [item["uploadKey"] for item in page["data"]] == ["b", "a"]
    assert (page["count"], page["totalCount"]) == (2, 3)
    assert [item["uploadKey"] for item in owner.read(page["next"])["data"]] == ["c"]


def test_an_upload_that_is_not_there_is_not_found(owner: User, binary: Ready, batch: str) -> None:
    answer = owner.get(binary.path("monitoringBatches", batch, "uploads", "nothing"))
    assert answer.status_code == 404
    assert "'nothing'" in answer.json()["message"]


def test_a_key_may_have_its_greatest_length_and_no_more(owner: User, binary: Ready, batch: str) -> None:
    content, longest = file_of(binary_rows(1, 5)), Limits().max_upload_key_length
    assert upload(owner, binary, batch, "k" * longest, content).status_code == 202
    answer = upload(owner, binary, batch, "k" * (longest + 1), content)
    assert answer.status_code == 422
    assert "uploadKey" in answer.json()["message"]


# ------------------------------------------------------------------ what the columns mean


def test_times_come_from_the_column_that_is_named(owner: User, binary: Ready, batch: str) -> None:
    times = ["2026-03-01 10:00:00.250+0000", "2026-03-05T10:00:00+02:00", "2026-02-27", "2026-03-02T23:59:59"]
    rows = binary_rows(1, 4).with_columns(pl.Series("at", times))
    report = upload(owner, binary, batch, "k", file_of(rows), timestampColumn="at").json()
    first, last = (datetime.fromisoformat(report[f"{k}PredictionTimestamp"]) for k in ("first", "last"))
    assert (first, last) == (
        datetime.fromisoformat("2026-02-27T00:00:00Z"),
        datetime.fromisoformat("2026-03-05T08:00:00Z"),
    )
    found = owner.read(binary.path("monitoringBatches", batch))
    assert datetime.fromisoformat(found["earliestPredictionTimestamp"]) == first
    assert datetime.fromisoformat(found["latestPredictionTimestamp"]) == last


def test_a_column_of_times_that_is_a_feature_too_is_not_missing(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(1, 40).with_columns(region=pl.lit("2026-03-01"))
    report = upload(owner, binary, batch, "k", file_of(rows), timestampColumn="region").json()
    assert report["firstPredictionTimestamp"] == "2026-03-01T00:00:00Z"
    region = next(item for item in drift_of(owner, binary, batch) if item["name"] == "region")
    assert (region["sampleSize"], region["missingRate"]) == (40, 0.0)


@pytest.mark.parametrize("form", ["parquet", "arrow"])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_times_of_a_typed_file_are_read_in_their_zone(
    owner: User, binary: Ready, batch: str, form: str, unit: Any, zone: str | None
) -> None:
    at = pl.Series("at", ["2026-01-15T12:00:00"] * 3).str.to_datetime(time_unit=unit).dt.replace_time_zone(zone)
    rows = binary_rows(1, 3).with_columns(at)
    report = upload(owner, binary, batch, "k", file_of(rows, form), form, timestampColumn="at").json()
    hour = 17 if zone == "America/New_York" else 12
    assert report["firstPredictionTimestamp"] == f"2026-01-15T{hour}:00:00Z"


def test_a_row_without_a_time_has_that_of_its_arrival(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(1, 2).with_columns(pl.Series("at", ["2026-03-01", None]))
    report = upload(owner, binary, batch, "k", file_of(rows), timestampColumn="at").json()
    assert report["firstPredictionTimestamp"] == "2026-03-01T00:00:00Z"
    assert report["lastPredictionTimestamp"] == report["createdAt"]


def test_predictions_come_from_the_columns_that_are_named(owner: User, binary: Ready) -> None:
    rows = binary_rows(3, 60).with_columns(p=pl.col("score"), q=1.0 - pl.col("score"))
    expected = None
    for params in (
        {},
        {"predictionColumns": "p"},
        {"predictionColumns": ["p", "q"]},
        {"predictionColumns": ["q", "p"], "classNames": ["no", "yes"]},
    ):
        batch = new_batch(owner, binary)
        frame = rows if not params else rows.drop("score")
        assert upload(owner, binary, batch, "k", file_of(frame), **params).status_code == 202
        found = owner.read(binary.path("predictionsOverBatch"), batchId=batch)["buckets"][0]
        figures = (found["classDistribution"], [round(m["value"], 12) for m in found["meanProbabilities"]])
        expected = expected or figures
        assert figures == expected


def test_columns_named_like_the_classes_are_the_predictions(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(3, 60).with_columns(no=1.0 - pl.col("score"), yes=pl.col("score")).drop("score")
    report = upload(owner, binary, batch, "k", file_of(rows)).json()
    assert (report["rows"], report["ignoredColumns"]) == (60, ["target"])


def test_the_association_id_comes_from_the_column_that_is_named(served: Served, binary: Ready, batch: str) -> None:
    rows = binary_rows(3, 10).rename({"id": "key"})
    upload(served.owner, binary, batch, "without", file_of(rows))
    assert served.contents()["prediction_keys"] == []
    upload(served.owner, binary, batch, "with", file_of(rows), associationIdColumn="key")
    assert len(served.contents()["prediction_keys"]) == 10


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"predictionColumns": "nothing"}, "no prediction column 'nothing'"),
        ({"predictionColumns": ["score", "age", "income"]}, "Found 3 prediction columns"),
        ({"predictionColumns": ["score", "age"], "classNames": ["yes", "maybe"]}, "expected one for each of yes, no"),
        ({"predictionColumns": ["score", "age"], "classNames": ["yes"]}, "expected one for each of yes, no"),
        ({"associationIdColumn": "nothing"}, "no association id column 'nothing'"),
        ({"timestampColumn": "nothing"}, "no timestamp column 'nothing'"),
        ({"timestampColumn": "region"}, "Row 1, column 'region'"),
        ({"predictionColumns": "region"}, "Row 1, column 'region'"),
        ({"predictionColumns": "income"}, "expected a probability in [0, 1]"),
        ({"modelId": "65a0000000000000000000ff"}, "Model 65a0000000000000000000ff not found"),
    ],
)
def test_columns_that_cannot_be_meant_are_refused_with_those_there_are(
    served: Served, binary: Ready, batch: str, params: dict[str, Any], words: str
) -> None:
    before = served.contents()
    rows = binary_rows(3, 10).with_columns(region=pl.lit("north"))
    answer = upload(served.owner, binary, batch, "k", file_of(rows), **params)
    assert answer.status_code == (404 if "modelId" in params else 422)
    assert words in answer.json()["message"]
    assert served.contents() == before


def test_a_file_without_predictions_is_refused_with_the_column_expected(
    served: Served, binary: Ready, batch: str
) -> None:
    answer = upload(served.owner, binary, batch, "k", file_of(binary_rows(3, 10).drop("score")))
    assert answer.status_code == 422
    assert "expected score" in answer.json()["message"]
    assert "age, income" in answer.json()["message"]


def test_values_that_cannot_be_read_are_counted_by_column_and_count_as_missing(
    owner: User, binary: Ready, batch: str
) -> None:
    content = b"age,income,region,score\nold,1,a,0.5\n12,rich,b,0.5\n,NaN,NA,0.5\nvery old,1e3,,0.5\n"
    report = upload(owner, binary, batch, "k", content).json()
    assert report["unreadable"] == {"age": 2, "income": 1}
    found = {item["name"]: item["missingRate"] for item in drift_of(owner, binary, batch)}
    # "NA" is a level of a category like any other.
    assert found == {"age": 0.75, "income": 0.5, "region": 0.25}


# ------------------------------------------------------------------ large files


@pytest.fixture
def waiting(serve: Serve) -> Any:
    """A server for which every file is a large one, read three rows at a time."""
    with serve(limits=Limits(inline_upload_bytes=0, chunk_rows=3)) as server:
        yield server


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_large_file_gives_the_figures_of_a_small_one(
    served: Served, waiting: Served, binary: Ready, form: str
) -> None:
    content = file_of(binary_rows(4, 100), form)
    found = []
    for server in (served, waiting):
        batch = new_batch(server.owner, binary)
        server.owner.finished(upload(server.owner, binary, batch, "k", content, form))
        found.append((rows_of(server.owner, binary, batch), drift_of(server.owner, binary, batch)))
    assert found[0] == found[1]


def test_a_large_file_is_counted_once_however_often_it_is_sent(waiting: Served, binary: Ready) -> None:
    owner = waiting.owner
    batch, content = new_batch(owner, binary), file_of(binary_rows(4, 20))
    answers = [upload(owner, binary, batch, "k", content) for _ in range(2)]
    waiting.work()
    answers.append(upload(owner, binary, batch, "k", content))
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert [answer.json()["state"] for answer in answers] == ["pending", "pending", "counted"]
    assert rows_of(owner, binary, batch) == 20


def test_a_large_file_that_cannot_be_read_is_refused_whole_and_its_key_is_free(waiting: Served, binary: Ready) -> None:
    owner = waiting.owner
    batch = new_batch(owner, binary)
    before = waiting.contents()
    good = file_of(binary_rows(4, 20))
    answer = upload(owner, binary, batch, "k", good + b"1,2\n")
    waiting.work()
    status = owner.get(answer.headers["Location"])
    assert (status.status_code, status.json()["status"]) == (200, "ERROR")
    assert "Line 22 has 2 fields, the header has 6 columns." in status.json()["message"]
    report = owner.read(binary.path("monitoringBatches", batch, "uploads", "k"))
    assert (report["state"], report["rows"], report["message"]) == ("refused", 0, status.json()["message"])
    after = waiting.contents()
    assert {name for name in before if before[name] != after[name]} == {"jobs", "uploads"}
    # The caller mends the file and sends it under the same name.
    owner.finished(upload(owner, binary, batch, "k", good))
    assert rows_of(owner, binary, batch) == 20


def test_a_refused_upload_can_be_tried_again_with_other_columns(waiting: Served, binary: Ready) -> None:
    owner = waiting.owner
    batch = new_batch(owner, binary)
    content = file_of(binary_rows(4, 20))
    answer = upload(owner, binary, batch, "k", content, predictionColumns="income")
    waiting.work()
    assert owner.get(answer.headers["Location"]).json()["status"] == "ERROR"
    owner.finished(upload(owner, binary, batch, "k", content))
    assert rows_of(owner, binary, batch) == 20


def test_a_regression_file_needs_its_one_column(owner: User, regression: Ready) -> None:
    batch = new_batch(owner, regression)
    rows = regression_rows(5, 30)
    assert upload(owner, regression, batch, "k", file_of(rows)).json()["rows"] == 30
    refused = upload(owner, regression, batch, "two", file_of(rows), predictionColumns=["predicted", "length"])
    assert refused.status_code == 422
    assert "a regression target (one column)" in refused.json()["message"]
