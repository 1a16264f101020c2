"""Rows and actuals that lie in data sets."""

from typing import Any

import polars as pl
import pytest
from tests.http import reference
from tests.material import (
    Ready,
    binary_block,
    binary_rows,
    dataset,
    file_of,
    new_batch,
    regression_block,
    regression_rows,
    send_rows,
)
from tests.serving import Served, User


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def send_actuals(user: User, ready: Ready, dataset_id: str, **more: Any) -> Any:
    body = {"datasetId": dataset_id, "associationIdColumn": "id", "actualValueColumn": "target", **more}
    return user.post(ready.path("actuals", "fromDataset"), body)


def counts(user: User, ready: Ready, batch: str) -> dict[str, int]:
    return dict(user.read(ready.path("predictionsVsActualsOverBatch"), batchId=batch)["summary"])


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_actuals_of_a_data_set_reach_the_accuracy_of_their_batch(
    owner: User, binary: Ready, batch: str, form: str
) -> None:
    rows = binary_rows(301, 300)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    table = rows.select("id", "target").with_columns(pl.lit("2026-11-23T10:00:00Z").alias("when"))
    held = dataset(owner, f"actuals.{form}", file_of(table, form))
    owner.finished(send_actuals(owner, binary, held, timestampColumn="when"))
    found = {i["metricName"]: i for i in owner.read(binary.path("accuracy"), batchId=batch)["data"]}
    expected = reference.binary_accuracy((rows["target"] == "yes").to_numpy(), rows["score"].to_numpy())
    assert {name: found[name]["value"] for name in expected} == {name: near(v) for name, v in expected.items()}
    assert found["AUC"]["sampleSize"] == 300


def test_actuals_of_numbers_and_the_newest_of_an_id(owner: User, regression: Ready) -> None:
    rows = regression_rows(302, 80)
    batch = new_batch(owner, regression)
    send_rows(owner, regression, regression_block(regression, rows, batch))
    wrong = rows.select("id", pl.lit(0.0).alias("amount"))
    held = dataset(owner, "amounts.csv", file_of(pl.concat([wrong, rows.select("id", "amount")])))
    owner.finished(send_actuals(owner, regression, held, actualValueColumn="amount"))
    found = {i["metricName"]: i for i in owner.read(regression.path("accuracy"), batchId=batch)["data"]}
    expected = reference.regression_accuracy(rows["amount"].to_numpy(), rows["predicted"].to_numpy())
    assert found["RMSE"]["value"] == near(expected["RMSE"])


@pytest.mark.parametrize(("keep", "later"), [(True, 50), (False, 0)])
def test_actuals_without_a_prediction_wait_or_are_dropped(
    owner: User, binary: Ready, batch: str, keep: bool, later: int
) -> None:
    rows = binary_rows(303, 50)
    held = dataset(owner, "actuals.csv", file_of(rows.select("id", "target")))
    owner.finished(send_actuals(owner, binary, held, keepActualsWithoutPredictions=keep))
    send_rows(owner, binary, binary_block(binary, rows, batch))
    owner.server.work()
    assert counts(owner, binary, batch) == {"rowCountTotal": 50, "rowCountWithActual": later}


def test_a_row_that_cannot_be_read_refuses_the_whole_data_set(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    rows = binary_rows(304, 30)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    spoilt = rows.select("id", "target").with_columns(
        pl.when(pl.col("id") == rows["id"][16]).then(pl.lit("maybe")).otherwise("target").alias("target")
    )
    answer = send_actuals(owner, binary, dataset(owner, "actuals.csv", file_of(spoilt)))
    assert answer.status_code == 202
    served.work()
    status = owner.read(answer.headers["Location"])
    assert status["status"] == "ERROR"
    assert "Row 17, column 'target'" in status["message"]
    assert counts(owner, binary, batch)["rowCountWithActual"] == 0


def test_a_data_set_without_the_named_columns_is_refused(served: Served, binary: Ready) -> None:
    owner = served.owner
    held = dataset(owner, "actuals.csv", b"id,target\n1,yes\n")
    before = served.contents()
    for column in ("associationIdColumn", "actualValueColumn", "timestampColumn", "wasActedOnColumn"):
        answer = send_actuals(owner, binary, held, **{column: "nowhere"})
        assert answer.status_code == 422
        assert column in answer.json()["message"]
    assert served.contents() == before


def test_rows_of_a_data_set_are_kept_and_count_by_the_call_that_names_their_batch(
    served: Served, binary: Ready, batch: str
) -> None:
    owner = served.owner
    rows = binary_rows(305, 40)
    held = dataset(owner, "scored.csv", file_of(rows))
    answer = owner.post(binary.path("predictionInputs", "fromDataset"), {"datasetId": held})
    assert answer.status_code == 202
    # The client that sends rows so deletes the data set at once, then sends the rows in blocks.
    assert owner.delete(f"datasets/{held}/").status_code == 204
    owner.finished(answer)
    assert owner.read(binary.path("targetDrift"))["sampleSize"] == 0
    send_rows(owner, binary, binary_block(binary, rows, batch, associationIds=None))
    assert owner.read(binary.path("targetDrift"))["sampleSize"] == 40
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 40


def test_a_data_set_of_no_predictions_is_refused(served: Served, binary: Ready) -> None:
    owner = served.owner
    held = dataset(owner, "other.csv", b"a\n1\n")
    before = served.contents()
    answer = owner.post(binary.path("predictionInputs", "fromDataset"), {"datasetId": held})
    assert answer.status_code == 422
    assert "prediction column" in answer.json()["message"]
    assert served.contents() == before


@pytest.mark.parametrize("path", [("actuals", "fromDataset"), ("predictionInputs", "fromDataset")])
def test_somebody_elses_data_set_is_not_found(served: Served, binary: Ready, path: tuple[str, str]) -> None:
    theirs = dataset(served.stranger, "theirs.csv", b"id,target,score\n1,yes,0.5\n")
    body = {"datasetId": theirs, "associationIdColumn": "id", "actualValueColumn": "target"}
    answer = served.owner.post(binary.path(*path), body if path[0] == "actuals" else {"datasetId": theirs})
    assert answer.status_code == 404
    assert "Data set not found" in answer.json()["message"]
