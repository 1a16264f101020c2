"""Exports: the rows that come out are the rows that went in, whatever their number, form and neighbours."""

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
    dataset,
    deployed,
    features_of,
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

YEAR = {"start": "2026-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}
JULY = datetime(2026, 7, 1, tzinfo=UTC)
SMALL_CHUNKS = Limits(chunk_rows=64)


def export(user: User, ready: Ready, kind: str = "prediction", **body: Any) -> dict[str, Any]:
    """Ask for an export and have it filled; the export."""
    answer = user.post(ready.path(f"{kind}DataExports"), {} if kind == "training" and not body else body)
    assert answer.status_code == 202, answer.text
    where = user.finished(answer)
    found: dict[str, Any] = user.read(where)
    assert where.endswith(f"/{kind}DataExports/{found['id']}/")
    assert found["id"] == answer.json()["id"]
    assert (found["status"], found["error"]) == ("SUCCEEDED", None)
    return found


def content(user: User, found: dict[str, Any]) -> bytes:
    """The bytes of the one data set of an export."""
    (file,) = found["data"]
    answer = user.get(f"datasets/{file['id']}/file/")
    assert answer.status_code == 200
    return bytes(answer.content)


def table(user: User, found: dict[str, Any]) -> pl.DataFrame:
    """The rows of an export; of a CSV file as text."""
    data = io.BytesIO(content(user, found))
    return pl.read_parquet(data) if found["format"] == "parquet" else pl.read_csv(data, infer_schema=False)


def parquet(user: User, ready: Ready, kind: str = "prediction", **body: Any) -> pl.DataFrame:
    return table(user, export(user, ready, kind, **{**YEAR, **body}, format="parquet"))


# ------------------------------------------------------------------ predictions


def test_prediction_rows_come_out_as_they_went_in(owner: User, binary: Ready) -> None:
    first, second = binary_rows(11, 30), binary_rows(12, 20)
    batch = new_batch(owner, binary, batchName="July")
    send_rows(owner, binary, binary_block(binary, first, batch, timestamp=JULY.isoformat()))
    later = second.with_columns(at=pl.lit(JULY) + pl.duration(microseconds=pl.int_range(20)))
    assert upload(owner, binary, batch, "k", file_of(later, "parquet"), "parquet", timestampColumn="at").is_success
    found = parquet(owner, binary)
    rows = pl.concat([first, second])
    assert found["association_id"].to_list() == rows["id"].to_list()
    for name in ("age", "income", "region"):
        assert found[name].equals(rows[name]), name
    assert found["probability:yes"].equals(rows["score"].alias("probability:yes"))
    assert found["probability:no"].to_list() == [1.0 - score for score in rows["score"]]
    assert found["prediction"].to_list() == ["yes" if score >= 0.5 else "no" for score in rows["score"]]
    times = [JULY] * 30 + [JULY + timedelta(microseconds=i) for i in range(20)]
    assert found["prediction_timestamp"].to_list() == times
    assert set(found.select("model_id", "batch_id", "batch_name").rows()) == {(binary.model_id, batch, "July")}


def test_the_columns_of_an_export_are_always_the_same(owner: User, binary: Ready) -> None:
    columns = [
        "prediction_timestamp",
        "model_id",
        "batch_id",
        "batch_name",
        "association_id",
        "prediction",
        "probability:yes",
        "probability:no",
        "age",
        "income",
        "region",
    ]
    outcome = ["actual", "actual_timestamp", "actual_received_timestamp", "was_acted_on"]
    assert parquet(owner, binary).columns == columns
    assert table(owner, export(owner, binary, **YEAR)).columns == columns
    assert parquet(owner, binary, includeActuals=True).columns == [*columns[:8], *outcome, *columns[8:]]
    assert parquet(owner, binary, "actuals").columns == [*columns[:8], *outcome]


def test_csv_says_the_same_as_parquet(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(11, 200)
    send_rows(owner, binary, binary_block(binary, rows, batch, timestamp=JULY.isoformat()))
    exact = parquet(owner, binary)
    text = list(csv.reader(io.StringIO(content(owner, export(owner, binary, **YEAR)).decode(), newline="")))
    assert text[0] == exact.columns
    assert len(text) == 1 + exact.height
    for name, position in ((n, i) for i, n in enumerate(exact.columns) if exact[n].dtype == pl.Float64):
        values = [float(row[position]) if row[position] else None for row in text[1:]]
        assert values == exact[name].to_list(), name
    assert [row[0] for row in text[1:]] == ["2026-07-01T00:00:00.000000Z"] * 200
    assert [row[10] or None for row in text[1:]] == rows["region"].to_list()


def test_values_at_the_edges_survive(owner: User, regression: Ready) -> None:
    batch = new_batch(owner, regression, batchName='=cmd|"x"!A1')
    lengths = [1e308, -1e308, 5e-324, float("inf"), float("-inf"), -0.0, 0.1, None]
    kinds = ["=1+1", "é\u2028", 'say "a,b"', "two\nlines", " ", "@x", None, "-5"]
    ids = ["=id", "+1", "a,b", 'q"', "ü", "-2", None, "z"]
    frame = pl.DataFrame({"length": lengths, "kind": kinds, "id": ids, "predicted": [1e308, -0.1, 5e-324, *[1.0] * 5]})
    assert upload(owner, regression, batch, "k", file_of(frame, "parquet"), "parquet").is_success
    exact = parquet(owner, regression, batchIds=[batch])
    assert exact["length"].equals(frame["length"])
    assert str(exact["length"][5]) == "-0.0"
    assert exact["kind"].equals(frame["kind"])
    assert exact["association_id"].to_list() == ids
    assert exact["prediction"].to_list() == frame["predicted"].to_list()
    assert set(exact["batch_name"]) == {'=cmd|"x"!A1'}
    text = content(owner, export(owner, regression, **YEAR)).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["kind"] or None for row in rows] == ["'=1+1", *kinds[1:5], "'@x", None, "'-5"]
    assert [row["association_id"] or None for row in rows] == ["'=id", "'+1", "a,b", 'q"', "ü", "'-2", None, "z"]
    assert [float(row["length"]) if row["length"] else None for row in rows] == lengths
    assert [float(row["prediction"]) for row in rows] == frame["predicted"].to_list()
    assert {row["batch_name"] for row in rows} == {'\'=cmd|"x"!A1'}


def test_the_start_of_a_span_belongs_to_it_and_the_end_does_not(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(11, 10).with_columns(at=pl.lit(JULY) + pl.duration(hours=pl.int_range(10)))
    assert upload(owner, binary, batch, "k", file_of(rows, "parquet"), "parquet", timestampColumn="at").is_success
    for block in (rows[:2], rows[8:]):
        at = block["at"][0].isoformat()
        send_rows(owner, binary, binary_block(binary, block.with_columns(id="j-" + pl.col("id")), batch, timestamp=at))
    start, end = JULY + timedelta(hours=3), JULY + timedelta(hours=8)
    found = parquet(owner, binary, start=start.isoformat(), end=end.isoformat())
    assert found["association_id"].to_list() == rows["id"][3:8].to_list()
    whole = export(owner, binary, format="parquet")
    assert whole["rowCount"] == table(owner, whole).height == 14
    assert whole["period"] == {"start": "0001-01-01T00:00:00Z", "end": "9999-12-31T23:59:59.999999Z"}


def test_a_span_without_bounds_holds_the_first_and_the_last_moment_of_time(owner: User, binary: Ready) -> None:
    batch = new_batch(owner, binary)
    for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"):
        send_rows(owner, binary, binary_block(binary, binary_rows(11, 1), batch, timestamp=at))
    assert table(owner, export(owner, binary, format="parquet"))["prediction_timestamp"].to_list() == [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC),
    ]


def test_batches_are_exported_alone_together_or_with_the_rows_of_none(owner: User, binary: Ready) -> None:
    batches = [new_batch(owner, binary, batchName=f"b{i}") for i in range(3)]
    for i, batch in enumerate([*batches, None]):
        send_rows(owner, binary, binary_block(binary, binary_rows(20 + i, 4), batch, timestamp=JULY.isoformat()))
    one = export(owner, binary, **YEAR, batchIds=[batches[1]], format="parquet")
    assert one["batches"] == {"batchIds": [batches[1]]}
    assert set(table(owner, one)["batch_name"]) == {"b1"}
    two = parquet(owner, binary, batchIds=[batches[2], batches[0], batches[0]])
    # The order is that in which the rows came, not that of the ids.
    assert two["batch_name"].to_list() == ["b0"] * 4 + ["b2"] * 4
    every = export(owner, binary, **YEAR, batchIds=None, format="parquet")
    assert every["batches"] is None
    assert table(owner, every)["batch_name"].to_list() == ["b0"] * 4 + ["b1"] * 4 + ["b2"] * 4 + [None] * 4


def test_rows_of_many_chunks_come_out_whole_and_in_order(serve: Serve, binary: Ready) -> None:
    rows = binary_rows(11, 1_000)
    with serve(limits=SMALL_CHUNKS) as served:
        owner = served.owner
        batch = new_batch(owner, binary)
        assert upload(owner, binary, batch, "k", file_of(rows, "parquet"), "parquet").is_success
        parts = [b for b, _ in served.contents()["blobs"] if b.startswith("rows/")]
        assert len(parts) > 10
        found = export(owner, binary, format="parquet")
        assert found["rowCount"] == 1_000
        assert table(owner, found)["association_id"].to_list() == rows["id"].to_list()
        text = table(owner, export(owner, binary))
        assert text["association_id"].to_list() == rows["id"].to_list()


def test_superseded_predictions_are_rows_like_the_others(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(11, 3)
    for score in (0.25, 0.75):
        block = rows.with_columns(score=pl.lit(score))
        send_rows(owner, binary, binary_block(binary, block, batch, timestamp=JULY.isoformat()))
    found = parquet(owner, binary)
    assert found["probability:yes"].to_list() == [0.25] * 3 + [0.75] * 3


def test_rows_that_were_sent_for_accuracy_alone_are_exported(owner: User, binary: Ready) -> None:
    block = binary_block(binary, binary_rows(11, 3), timestamp=JULY.isoformat())
    send_rows(owner, binary, block, skipDriftTracking=True)
    send_rows(owner, binary, {**block, "associationIds": ["x", "y", "z"]}, skipAccuracyTracking=True)
    assert parquet(owner, binary)["association_id"].to_list() == ["11-0", "11-1", "11-2", None, None, None]


def test_columns_that_were_not_sent_are_missing_and_dates_are_times(served: Served) -> None:
    owner = served.owner
    training = pl.DataFrame(
        {
            "when": ["2026-01-01", "2026-02-01 10:00:00.25"],
            "flag": ["true", "false"],
            "n": [1, 2],
            "batch_id": ["x", "y"],
            "note": ["some long free text here", "and another one of these"],
            "y": [1.0, 2.0],
        }
    )
    target = {"name": "y", "type": "Regression", "predictionProbabilitiesColumn": "p"}
    ready = deployed(owner, target, training, pl.DataFrame({"y": [1.0, 2.0], "p": [1.0, 2.0]}))
    block = {"modelId": ready.model_id, "timestamp": JULY.isoformat(), "predictions": [1.5, None]}
    send_rows(owner, ready, block)
    values = pl.DataFrame(
        {"when": ["2026-03-01T00:00:00.000005Z", None], "flag": ["TRUE", None], "batch_id": ["=q", None]}
    )
    send_rows(owner, ready, {**block, "features": features_of(values, "when", "flag", "batch_id")})
    found = parquet(owner, ready)
    assert found["prediction"].to_list() == [1.5, None, 1.5, None]
    assert found["when"].to_list() == [None, None, datetime(2026, 3, 1, 0, 0, 0, 5, UTC), None]
    assert found["flag"].to_list() == [None, None, "true", None]
    assert found["n"].to_list() == [None] * 4
    # A feature that is called like a column of ours stands beside it. Free text is not kept with the rows.
    assert found["feature:batch_id"].to_list() == [None, None, "=q", None]
    assert found["batch_id"].to_list() == [None] * 4
    assert "note" in found.columns


def test_actuals_stand_beside_predictions_where_asked(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(11, 4)
    send_rows(owner, binary, binary_block(binary, rows, batch, timestamp=JULY.isoformat()))
    data = [
        {"associationId": "11-1", "actualValue": "no", "timestamp": "2026-08-01T00:00:00Z", "wasActedOn": True},
        {"associationId": "11-3", "actualValue": "yes"},
        {"associationId": "other", "actualValue": "yes"},
    ]
    owner.finished(owner.post(binary.path("actuals", "fromJSON"), {"data": data}))
    found = parquet(owner, binary, includeActuals=True)
    assert found["actual"].to_list() == [None, "no", None, "yes"]
    assert found["actual_timestamp"].to_list() == [None, datetime(2026, 8, 1, tzinfo=UTC), None, None]
    assert found["was_acted_on"].to_list() == [None, True, None, None]
    assert found["actual_received_timestamp"].null_count() == 2
    assert found["age"].equals(rows["age"])


# ------------------------------------------------------------------ actuals


def test_an_actual_stands_beside_the_newest_prediction_of_its_id(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(11, 4)
    other = new_batch(owner, binary)
    for target, some, score in ((batch, rows, 0.25), (other, rows[1:3], 0.75)):
        block = some.with_columns(score=pl.lit(score))
        send_rows(owner, binary, binary_block(binary, block, target, timestamp=JULY.isoformat()))
    send_actuals(owner, binary, {"11-0": "yes", "11-1": "yes", "11-2": "no"})
    send_actuals(owner, binary, {"11-1": "no"})
    found = parquet(owner, binary, "actuals")
    assert found.select("association_id", "batch_id", "probability:yes", "prediction", "actual").rows() == [
        ("11-0", batch, 0.25, "no", "yes"),
        ("11-1", other, 0.75, "yes", "no"),
        ("11-2", other, 0.75, "yes", "no"),
    ]
    # The newest prediction of 11-1 and 11-2 is of another batch.
    assert parquet(owner, binary, "actuals", batchIds=[batch])["association_id"].to_list() == ["11-0"]


def test_of_an_id_that_stands_several_times_in_a_file_the_last_row_counts(serve: Serve, regression: Ready) -> None:
    rows = 500
    ids = [f"i{i % 90}" if i % 3 else f"single-{i}" for i in range(rows)]
    frame = pl.DataFrame({"length": 1.0, "kind": "a", "predicted": pl.int_range(rows, eager=True) * 1.0, "id": ids})
    with serve(limits=SMALL_CHUNKS) as served:
        owner = served.owner
        batch = new_batch(owner, regression)
        assert upload(owner, regression, batch, "k", file_of(frame, "parquet"), "parquet").is_success
        send_actuals(owner, regression, dict.fromkeys(set(ids), 7.5))
        found = table(owner, export(owner, regression, "actuals", format="parquet"))
    last = {i: float(row) for row, i in enumerate(ids)}
    assert found["prediction"].to_list() == sorted(last.values())
    assert dict(found.select("association_id", "prediction").rows()) == last
    assert set(found["actual"]) == {7.5}


def test_actuals_without_a_prediction_are_exported_when_asked(owner: User, regression: Ready) -> None:
    rows = regression_rows(11, 2)
    send_rows(owner, regression, regression_block(regression, rows, timestamp=JULY.isoformat()))
    data = [
        {"associationId": "11-1", "actualValue": 1.25},
        {"associationId": "b", "actualValue": 2, "timestamp": "2026-08-01T00:00:00Z"},
        {"associationId": "a", "actualValue": 3, "timestamp": "2026-07-01T00:00:00Z", "wasActedOn": False},
        {"associationId": "early", "actualValue": 4, "timestamp": "2026-06-30T00:00:00Z"},
        {"associationId": "late", "actualValue": 5, "timestamp": "2026-09-01T00:00:00Z"},
    ]
    owner.finished(owner.post(regression.path("actuals", "fromJSON"), {"data": data}))
    span = {"start": "2026-07-01T00:00:00Z", "end": "2026-09-01T00:00:00Z"}
    matched = export(owner, regression, "actuals", **span, format="parquet")
    assert matched["onlyMatchedPredictions"] is True
    assert table(owner, matched).select("association_id", "prediction", "actual").rows() == [
        ("11-1", rows["predicted"][1], 1.25)
    ]
    every = export(owner, regression, "actuals", **span, onlyMatchedPredictions=False, format="parquet")
    assert every["onlyMatchedPredictions"] is False
    columns = ("association_id", "prediction", "actual", "was_acted_on", "model_id")
    assert table(owner, every).select(columns).rows() == [
        ("11-1", rows["predicted"][1], 1.25, None, regression.model_id),
        ("a", None, 3.0, False, None),
        ("b", None, 2.0, None, None),
    ]


def test_an_actual_whose_prediction_was_deleted_has_none(owner: User, binary: Ready, batch: str) -> None:
    send_rows(owner, binary, binary_block(binary, binary_rows(11, 2), batch, timestamp=JULY.isoformat()))
    send_actuals(owner, binary, {"11-0": "yes"})
    owner.delete(binary.path("monitoringBatches", batch))
    assert parquet(owner, binary, "actuals").height == 0
    found = parquet(owner, binary, "actuals", end="2100-01-01T00:00:00Z", onlyMatchedPredictions=False)
    assert found.select("association_id", "prediction", "actual").rows() == [("11-0", None, "yes")]


# ------------------------------------------------------------------ training data


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_training_data_come_out_as_they_went_in(owner: User, binary: Ready, form: str) -> None:
    found = export(owner, binary, "training", format=form)
    assert (found["modelId"], found["rowCount"], found["format"]) == (binary.model_id, 600, form)
    data = io.BytesIO(content(owner, found))
    rows = pl.read_parquet(data) if form == "parquet" else pl.read_csv(data)
    assert rows.equals(binary.training)


@pytest.mark.parametrize("source", ["csv", "parquet", "arrow"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_training_data_keep_their_values_from_every_form_to_every_form(owner: User, source: str, form: str) -> None:
    training = pl.DataFrame(
        {
            "i": [1, 2**53, None],
            "x": [0.1, None, 1e308],
            "t": ["=a", "b\nc", "é"],
            "b": [True, False, None],
            "day": pl.Series([datetime(2026, 1, 1, tzinfo=UTC), None, datetime(2026, 1, 2, 3, tzinfo=UTC)]),
            "y": [1.0, 2.0, 3.0],
        }
    )
    package = owner.post(
        "modelPackages/fromJSON/",
        {
            "target": {"name": "y", "type": "Regression"},
            "datasets": {"trainingDataCatalogId": dataset(owner, f"t.{source}", file_of(training, source))},
        },
    ).json()
    answer = owner.post("deployments/fromModelPackage/", {"modelPackageId": package["id"], "label": "t"})
    owner.finished(answer)
    ready = Ready(answer.json()["id"], package["modelId"], package["id"], training, training)
    found = table(owner, export(owner, ready, "training", format=form))
    assert found.columns == training.columns
    assert [float(v) if v is not None else None for v in found["x"]] == training["x"].to_list()
    assert [int(float(v)) if v is not None else None for v in found["i"]] == training["i"].to_list()
    assert found["t"].to_list() == (["'=a", "b\nc", "é"] if form == "csv" else training["t"].to_list())
    assert [None if v is None else str(v).lower() for v in found["b"]] == ["true", "false", None]
    if form == "parquet":
        assert found["day"].to_list() == training["day"].to_list()


def test_a_model_without_training_data_has_none_to_export(owner: User) -> None:
    package = owner.post("modelPackages/fromJSON/", {"target": {"name": "y", "type": "Regression"}}).json()
    answer = owner.post("deployments/fromModelPackage/", {"modelPackageId": package["id"], "label": "bare"})
    owner.finished(answer)
    refused = owner.post(f"deployments/{answer.json()['id']}/trainingDataExports/", {})
    assert refused.status_code == 422
    assert "without training data" in refused.json()["message"]


def test_training_data_that_were_deleted_are_gone(owner: User, binary: Ready) -> None:
    package = owner.read(f"modelPackages/{binary.package_id}/")
    assert owner.post(f"modelPackages/{binary.package_id}/archive/").status_code == 204
    assert owner.delete(f"datasets/{package['datasets']['trainingDataCatalogId']}/").status_code == 204
    answer = owner.post(binary.path("trainingDataExports"), {})
    assert answer.status_code == 410
    assert "were deleted" in answer.json()["message"]


# ------------------------------------------------------------------ what an export is


def test_an_export_tells_how_it_stands(served: Served, binary: Ready) -> None:
    owner = served.owner
    answer = owner.post(binary.path("predictionDataExports"), YEAR)
    made = answer.json()
    assert answer.headers["Location"].startswith("http://testserver/api/v2/status/")
    assert answer.headers["Location"].endswith("/")
    assert made == owner.read(binary.path("predictionDataExports", made["id"]))
    assert (made["status"], made["data"], made["error"], made["rowCount"]) == ("CREATED", None, None, None)
    assert (made["modelId"], made["period"], made["format"]) == (binary.model_id, YEAR, "csv")
    assert made["createdBy"]["name"] == "owner"
    assert owner.read(answer.headers["Location"])["status"] == "INITIALIZED"
    served.work()
    done = owner.read(binary.path("predictionDataExports", made["id"]))
    assert (done["status"], done["rowCount"], done["rowsNotKept"]) == ("SUCCEEDED", 0, 0)


def test_a_cancelled_export_makes_nothing(served: Served, binary: Ready) -> None:
    owner = served.owner
    answer = owner.post(binary.path("actualsDataExports"), YEAR)
    assert owner.delete(answer.headers["Location"]).status_code == 204
    before = served.contents()
    served.work()
    assert served.contents() == before
    found = owner.read(binary.path("actualsDataExports", answer.json()["id"]))
    assert (found["status"], found["data"]) == ("CANCELLED", None)


def test_what_an_export_makes_is_a_data_set_like_others(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    send_rows(owner, binary, binary_block(binary, binary_rows(11, 5), batch))
    before = served.contents()["blobs"]
    found = export(owner, binary, format="parquet")
    (file,) = found["data"]
    assert file["name"] == f"predictions-{found['id']}.parquet"
    described = owner.read(f"datasets/{file['id']}/")
    assert described == owner.read("datasets/", limit=1)["data"][0]
    assert (described["processingState"], described["rowCount"], described["error"]) == ("COMPLETED", 5, None)
    answer = owner.get(f"datasets/{file['id']}/file/")
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert described["datasetSize"] == len(answer.content)
    assert served.stranger.get(f"datasets/{file['id']}/file/").status_code == 404
    assert owner.delete(f"datasets/{file['id']}/").status_code == 204
    assert served.contents()["blobs"] == before
    assert owner.read(binary.path("predictionDataExports", found["id"]))["data"] is None


def test_a_data_set_of_an_export_can_train_a_model(owner: User, binary: Ready, batch: str) -> None:
    send_rows(owner, binary, binary_block(binary, binary_rows(11, 50), batch))
    send_actuals(owner, binary, dict(binary_rows(11, 50).select("id", "target").rows()))
    found = export(owner, binary, includeActuals=True, format="parquet")
    target = {"name": "actual", "type": "Binary", "classNames": ["yes", "no"]}
    deployed_from(owner, found["data"][0]["id"], target)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_data_set_of_an_export_knows_its_columns_by_their_names_in_the_file(owner: User, form: str) -> None:
    training = pl.DataFrame({"=x": [1.0, 2.0, 3.0], "c": ["=a", "b", "b"], "y": [1.0, 2.0, 3.0]})
    ready = deployed(owner, {"name": "y", "type": "Regression"}, training, training)
    found = export(owner, ready, "training", format=form)
    again = deployed_from(owner, found["data"][0]["id"], {"name": "y", "type": "Regression"})
    features = owner.read(f"modelPackages/{again}/features/")["data"]
    assert {f["name"]: f["featureType"] for f in features} == {
        "'=x" if form == "csv" else "=x": "Numeric",
        "c": "Categorical",
    }


def deployed_from(user: User, dataset_id: str, target: dict[str, Any]) -> str:
    """Register and deploy a model of a data set that is there; the package's id."""
    body = {"target": target, "datasets": {"trainingDataCatalogId": dataset_id}}
    package = user.post("modelPackages/fromJSON/", body)
    assert package.status_code == 201, package.text
    user.finished(
        user.post("deployments/fromModelPackage/", {"modelPackageId": package.json()["id"], "label": "again"})
    )
    return str(package.json()["id"])


def test_an_exported_file_can_be_sent_again(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(11, 50)
    send_rows(owner, binary, binary_block(binary, rows, batch, timestamp=JULY.isoformat()))
    other = new_batch(owner, binary)
    data = content(owner, export(owner, binary))
    columns = {
        "predictionColumns": "probability:yes",
        "associationIdColumn": "association_id",
        "timestampColumn": "prediction_timestamp",
    }
    assert upload(owner, binary, other, "again", data, **columns).is_success
    exact = parquet(owner, binary, batchIds=[other])
    assert exact["age"].equals(rows["age"])
    assert exact["association_id"].to_list() == rows["id"].to_list()
    assert set(exact["prediction_timestamp"]) == {JULY}


def test_exports_are_listed_newest_first_by_state_model_and_batches(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    path = binary.path("predictionDataExports")
    done = export(owner, binary, **YEAR)["id"]
    waiting = [owner.post(path, {**YEAR, "batchIds": ids}).json()["id"] for ids in ([batch], None)]

    def listed(**params: Any) -> list[str]:
        return [item["id"] for item in owner.read(path, **params)["data"]]

    assert listed(limit=10) == [*waiting[::-1], done]
    assert listed(status="SUCCEEDED") == [done]
    assert listed(status=["SUCCEEDED", "CREATED"]) == [*waiting[::-1], done]
    assert listed(status="FAILED") == []
    assert listed(batch="true") == listed(batch="True") == [waiting[0]]
    assert listed(batch="false") == [waiting[1], done]
    assert listed(modelId=binary.model_id) == [*waiting[::-1], done]
    assert listed(modelId=UNKNOWN) == []
    first = owner.read(path, limit=1)
    assert (first["count"], first["totalCount"], first["previous"]) == (1, 3, None)
    assert [item["id"] for item in owner.read(first["next"])["data"]] == [waiting[0]]
    assert owner.read(binary.path("actualsDataExports"))["data"] == []
    assert owner.read(binary.path("trainingDataExports"))["data"] == []


@pytest.mark.parametrize("kind", ["prediction", "actuals", "training"])
def test_an_export_is_found_under_its_own_kind_and_deployment_alone(
    served: Served, binary: Ready, regression: Ready, kind: str
) -> None:
    owner = served.owner
    made = owner.post(binary.path(f"{kind}DataExports"), {} if kind == "training" else YEAR).json()["id"]
    assert owner.get(binary.path(f"{kind}DataExports", made)).status_code == 200
    others = {"prediction", "actuals", "training"} - {kind}
    for path in (
        regression.path(f"{kind}DataExports", made),
        binary.path(f"{kind}DataExports", UNKNOWN),
        *(binary.path(f"{other}DataExports", made) for other in others),
    ):
        answer = owner.get(path)
        assert answer.status_code == 404
        assert "Export not found" in answer.json()["message"]


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"start": "2026-02-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, ("end", "after start")),
        ({"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, ("end", "after start")),
        ({"start": "yesterday"}, ("yesterday", "expected a time")),
        ({"start": 5}, ("5", "time")),
        ({"batchIds": []}, ("batchIds", "0 ids")),
        ({"batchIds": "x"}, ("batchIds",)),
        ({"batchIds": ["0" * 24] * 1_001}, ("batchIds", "1001 ids", "1000")),
        ({"format": "xlsx"}, ("format", "xlsx")),
        ({"augmentationType": "ACTUALS"}, ("augmentationType", "includeActuals")),
        ({"includeActuals": "yes"}, ("includeActuals",)),
        ([], ("found []",)),
    ],
)
def test_what_cannot_be_exported_is_refused_with_what_was_found(
    served: Served, binary: Ready, body: Any, words: tuple[str, ...]
) -> None:
    before = served.contents()
    answer = served.owner.post(binary.path("predictionDataExports"), body)
    assert answer.status_code == 422, answer.text
    for word in words:
        assert word in answer.json()["message"]
    assert served.contents() == before


def test_unknown_batches_and_models_are_not_found(served: Served, binary: Ready, regression: Ready) -> None:
    other = new_batch(served.owner, regression)
    before = served.contents()
    for kind in ("prediction", "actuals"):
        path = binary.path(f"{kind}DataExports")
        for batch in (UNKNOWN, other):
            answer = served.owner.post(path, {**YEAR, "batchIds": [batch]})
            assert (answer.status_code, answer.json()["message"]) == (404, f"Monitoring batch not found: {batch}.")
    for kind in ("prediction", "actuals", "training"):
        answer = served.owner.post(binary.path(f"{kind}DataExports"), {"modelId": UNKNOWN})
        assert answer.status_code == 404
        assert f"Model {UNKNOWN} not found" in answer.json()["message"]
    assert served.contents() == before


def test_unmatched_actuals_of_a_batch_are_refused_for_there_are_none(owner: User, binary: Ready, batch: str) -> None:
    body = {**YEAR, "batchIds": [batch], "onlyMatchedPredictions": False}
    answer = owner.post(binary.path("actualsDataExports"), body)
    assert answer.status_code == 422
    assert "onlyMatchedPredictions" in answer.json()["message"]


def test_a_deployment_that_keeps_no_rows_has_none_to_export(owner: User, binary: Ready, batch: str) -> None:
    send_rows(owner, binary, binary_block(binary, binary_rows(11, 2), batch))

    def keep(enabled: bool) -> None:
        settings = {"predictionsDataCollection": {"enabled": enabled}}
        owner.finished(owner.patch(binary.path("settings"), settings))

    keep(False)
    without_ids = {**binary_block(binary, binary_rows(12, 3), batch), "associationIds": None}
    send_rows(owner, binary, without_ids)
    for kind in ("prediction", "actuals"):
        answer = owner.post(binary.path(f"{kind}DataExports"), YEAR)
        assert answer.status_code == 422
        assert "does not keep prediction rows" in answer.json()["message"]
        assert "predictionsDataCollection" in answer.json()["message"]
    assert owner.post(binary.path("trainingDataExports"), {}).status_code == 202
    keep(True)
    found = export(owner, binary)
    assert (found["rowCount"], found["rowsNotKept"]) == (2, 3)


def test_rows_that_came_as_aggregates_are_counted_as_missing(owner: User, binary: Ready, batch: str) -> None:
    scores = [{"count": 7, "histogram": {"centroids": [s], "counts": [7]}} for s in (0.25, 0.75)]
    record = {"modelId": binary.model_id, "batchId": batch, "predictions": scores, "classNames": list(binary.classes)}
    answer = owner.post(binary.path("predictionStats", "fromJSON"), {"data": [record]})
    assert answer.status_code == 202, answer.text
    send_rows(owner, binary, binary_block(binary, binary_rows(11, 2), batch))
    found = export(owner, binary)
    assert (found["rowCount"], found["rowsNotKept"]) == (2, 7)
    assert len(owner.read(binary.path("predictionResults"), offset=1)["data"]) == 1
