"""Monitoring jobs: their life from the first call to the download, and what they count."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import pytest
from sklearn.metrics import roc_auc_score
from tests.http.jobs import (
    COLUMNS,
    JOBS,
    batch_of,
    batches_of,
    feature_drift,
    job_path,
    new_job,
    read_job,
    result_of,
    rows_csv,
    run_job,
)
from tests.material import (
    Ready,
    Serve,
    binary_rows,
    file_of,
    new_batch,
    regression_rows,
    upload,
)
from tests.serving import Served, User

from assay.records.limits import Limits


def test_a_new_job_waits_for_its_rows(owner: User, binary: Ready) -> None:
    answer = owner.post("batchMonitoring/", {"deploymentId": binary.id, "monitoringColumns": COLUMNS})
    assert answer.status_code == 202
    job = answer.json()
    url = f"http://testserver/api/v2/batchJobs/{job['id']}/"
    assert answer.headers["Location"] == url
    assert job["links"] == {"self": url, "csvUpload": f"{url}csvUpload/"}
    assert (job["status"], job["statusDetails"]) == ("INITIALIZING", "The job waits for its rows.")
    assert (job["percentageCompleted"], job["elapsedTimeSec"], job["scoredRows"]) == (0, 0, 0)
    assert (job["queued"], job["queuePosition"], job["source"]) == (False, None, "api")
    assert job["jobSpec"] == {
        "deploymentId": binary.id,
        "batchJobType": "monitoring",
        "intakeSettings": {"type": "localFile"},
        "outputSettings": {"type": "localFile"},
        "monitoringColumns": {**COLUMNS, "reportDrift": True, "reportPredictions": True},
        "csvSettings": {"delimiter": ",", "encoding": "utf-8", "quotechar": '"'},
        "abortOnError": True,
        "disableRowLevelErrorHandling": False,
        "numConcurrent": 1,
        "skipDriftTracking": False,
    }
    assert "monitoringBatchId" not in job
    assert batches_of(owner, binary) == []
    assert read_job(owner, job) == job


def test_a_job_counts_its_rows_in_one_new_batch_like_the_file_door(served: Served, binary: Ready) -> None:
    owner, content = served.owner, rows_csv()
    job = run_job(served, binary, content, monitoringColumns=COLUMNS, monitoringBatchPrefix="nightly")
    assert (job["status"], job["percentageCompleted"]) == ("COMPLETED", 100)
    assert (job["scoredRows"], job["failedRows"], job["skippedRows"]) == (120, 0, 0)
    assert job["jobIntakeSize"] == len(content)
    (batch,) = batches_of(owner, binary)
    assert batch["id"] == job["monitoringBatchId"]
    assert batch["name"].startswith("nightly ")
    assert batch["name"].endswith(job["id"][-6:])
    assert (batch["predictionsCount"], batch["batchPredictionJobId"]) == (120, job["id"])
    assert batch["batchPredictionJobStatus"] == "COMPLETED"
    twin = new_batch(owner, binary)
    assert upload(owner, binary, twin, "k", content).status_code == 202
    assert feature_drift(owner, binary, batch["id"]) == feature_drift(owner, binary, twin)
    # One job, one batch: what is queued again changes nothing.
    served.work()
    assert batch_of(owner, binary, job)["predictionsCount"] == 120


def test_a_job_that_waits_for_its_turn_says_so(owner: User, binary: Ready) -> None:
    jobs = [new_job(owner, binary) for _ in range(2)]
    for job in jobs:
        assert owner.put(job_path(job, "csvUpload"), rows_csv()).status_code == 202
    places = [(found["queued"], found["queuePosition"]) for found in (read_job(owner, job) for job in jobs)]
    assert sorted(places) == [(True, 1), (True, 2)]
    assert "waits for its turn" in read_job(owner, jobs[0])["statusDetails"]


def test_the_download_gives_the_rows_back_with_their_status(served: Served, binary: Ready) -> None:
    rows = binary_rows(22, 6).with_columns(score=pl.Series(["0.5", "abc", "1.5", "", "0.25", "-0.1"]))
    content = file_of(rows.with_columns(note=pl.Series(["=1+1", "x", "@y", "-5", "+49 30", "plain"])))
    job = run_job(served, binary, content, monitoringColumns={**COLUMNS, "monitoredStatusColumn": "told"})
    assert (job["scoredRows"], job["failedRows"], job["status"]) == (3, 3, "COMPLETED")
    found = result_of(served.owner, job)
    assert found.columns == [*rows.columns, "note", "told"]
    assert found["told"].to_list() == [
        "OK",
        "column 'score': cannot be read, expected a number",
        "column 'score': expected a probability in [0, 1]",
        "OK",
        "OK",
        "column 'score': expected a probability in [0, 1]",
    ]
    # Texts that a spreadsheet would take for a formula have an apostrophe; numbers are left alone.
    assert found["note"].to_list() == ["'=1+1", "x", "'@y", "-5", "'+49 30", "plain"]
    assert found["score"].to_list() == ["0.5", "abc", "1.5", None, "0.25", "-0.1"]
    assert found["id"].to_list() == rows["id"].to_list()
    assert job["jobOutputSize"] == len(served.owner.get(job["links"]["download"]).content)
    assert batch_of(served.owner, binary, job)["predictionsCount"] == 3
    assert any("Row 2: column 'score': cannot be read" in line for line in job["logs"])


def test_a_result_can_be_had_only_once_there_is_one(served: Served, binary: Ready) -> None:
    job = new_job(served.owner, binary)
    assert "download" not in job["links"]
    answer = served.owner.get(job_path(job, "download"))
    assert answer.status_code == 422
    assert "INITIALIZING" in answer.json()["message"]


def test_columns_of_the_result_are_renamed_and_left_out(served: Served, binary: Ready) -> None:
    job = run_job(served, binary, rows_csv(), columnNamesRemapping={"age": "years", "income": None})
    assert result_of(served.owner, job).columns == ["years", "region", "score", "target", "id", "monitoring_status"]
    listed = [{"inputName": "age", "outputName": "region"}]
    job = run_job(served, binary, rows_csv(), columnNamesRemapping=listed)
    assert job["status"] == "FAILED"
    assert "two columns of the result would be named 'region'" in job["statusDetails"]


def test_more_than_a_hundred_bad_rows_end_the_job_and_nothing_counts(served: Served, binary: Ready) -> None:
    rows = binary_rows(23, 400).with_columns(score=pl.Series(["x"] * 101 + ["0.5"] * 299))
    job = run_job(served, binary, file_of(rows))
    assert job["status"] == "ABORTED"
    assert "101 rows cannot be read" in job["statusDetails"]
    assert "Row 1: column 'score'" in job["statusDetails"]
    assert "download" not in job["links"]
    batch = batch_of(served.owner, binary, job)
    assert (batch["predictionsCount"], batch["batchPredictionJobStatus"]) == (0, "ABORTED")
    again = run_job(served, binary, file_of(rows), abortOnError=False)
    assert (again["status"], again["failedRows"], again["scoredRows"]) == ("COMPLETED", 101, 299)
    assert batch_of(served.owner, binary, again)["predictionsCount"] == 299
    hundred = run_job(served, binary, file_of(rows[1:]))
    assert (hundred["status"], hundred["failedRows"]) == ("COMPLETED", 100)


def test_without_a_look_at_single_rows_the_first_bad_one_ends_the_job(served: Served, binary: Ready) -> None:
    rows = binary_rows(24, 30).with_columns(score=pl.Series(["0.5"] * 20 + ["x"] + ["0.5"] * 9))
    job = run_job(served, binary, file_of(rows), disableRowLevelErrorHandling=True)
    assert job["status"] == "FAILED"
    assert job["statusDetails"] == "Row 21: column 'score': cannot be read, expected a number."
    assert batch_of(served.owner, binary, job)["predictionsCount"] == 0


@pytest.mark.parametrize(
    ("content", "fields", "says"),
    [
        (b"", {}, "The file is empty"),
        (b"score\n", {}, "The file has no rows"),
        (b"other\n1\n", {}, "The file has no prediction column"),
        (b"score,score\n1,1\n", {}, "both named 'score'"),
        (b"score,age\n0.5,1\n0.5\n", {}, "Line 3 has 1 fields"),
        (b"score\nx\ny\n", {}, "None of the 2 rows can be read. Row 1: column 'score'"),
        (b"score\n0.5\n", {"monitoringColumns": {"associationIdColumn": "key"}}, "no association id column 'key'"),
        (b"score\n0.5\n", {"monitoringColumns": {"actualsValueColumn": "y"}}, "no column 'y'"),
        (b"score,y\n0.5,yes\n", {"monitoringColumns": {"actualsValueColumn": "y"}}, "actuals need association ids"),
        (b"score\n0.5\n", {"monitoringColumns": {"actedUponColumn": "score"}}, "without an actualsValueColumn"),
        (b"score\n0.5\n", {"monitoringColumns": {"uniqueRowIdentifierColumns": ["k"]}}, "no column 'k'"),
        (b"score,monitoring_status\n0.5,1\n", {}, "has a column 'monitoring_status' already"),
        (b"score\n0.5\n", {"columnNamesRemapping": {"k": "l"}}, "no column 'k'"),
        (b"sc\xff\n0.5\n", {}, "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_counted_fails_with_the_reason(
    served: Served, binary: Ready, content: bytes, fields: dict[str, Any], says: str
) -> None:
    job = run_job(served, binary, content, **fields)
    assert job["status"] == "FAILED"
    assert says in job["statusDetails"]
    assert sum(batch["predictionsCount"] for batch in batches_of(served.owner, binary)) == 0
    assert [name for name, _ in served.contents()["blobs"] if name.startswith("monitoring_jobs/")] == []


def test_one_column_a_class_in_any_order(served: Served, binary: Ready) -> None:
    rows = binary_rows(25, 50).with_columns((1 - pl.col("score")).alias("no_p")).rename({"score": "yes_p"})
    predictions = [{"className": "no", "columnName": "no_p"}, {"className": "yes", "columnName": "yes_p"}]
    job = run_job(served, binary, file_of(rows), monitoringColumns={"predictionsColumns": predictions})
    assert job["scoredRows"] == 50
    assert job["jobSpec"]["monitoringColumns"]["predictionsColumns"] == predictions
    found = served.owner.read(binary.path("predictionsOverBatch"), batchId=job["monitoringBatchId"])
    means = {one["className"]: one["value"] for one in found["buckets"][0]["meanProbabilities"]}
    assert means["yes"] == pytest.approx(float(rows["yes_p"].mean()), abs=1e-9)  # type: ignore[arg-type]


def test_actuals_in_the_rows_are_actuals(served: Served, binary: Ready) -> None:
    rows = binary_rows(26, 200).with_columns(acted=pl.Series(["true", "no"] * 100))
    gaps = rows.with_columns(target=pl.Series([None] * 50 + rows["target"].to_list()[50:], dtype=pl.String))
    columns = {**COLUMNS, "actualsValueColumn": "target", "actedUponColumn": "acted"}
    job = run_job(served, binary, file_of(gaps), monitoringColumns=columns)
    assert (job["scoredRows"], job["failedRows"]) == (200, 0)
    found = served.owner.read(binary.path("accuracy"), batchId=job["monitoringBatchId"], metric="AUC")["data"][0]
    known = rows[50:]
    auc = roc_auc_score((known["target"] == "yes").to_numpy(), known["score"].to_numpy())
    assert (found["sampleSize"], found["value"]) == (150, pytest.approx(auc, abs=1e-12))


def test_a_file_of_actuals_alone_makes_no_batch(served: Served, regression: Ready) -> None:
    owner, rows = served.owner, regression_rows(27, 60)
    first = run_job(served, regression, file_of(rows.drop("amount")))
    later = rows.select("id", "amount").with_columns(amount=pl.Series(["1e400", "", *rows["amount"].cast(str)[2:]]))
    job = run_job(served, regression, file_of(later), monitoringColumns={"actualsValueColumn": "amount"})
    assert (job["status"], job["scoredRows"], job["failedRows"], job["skippedRows"]) == ("COMPLETED", 58, 1, 1)
    assert "monitoringBatchId" not in job
    assert result_of(owner, job)["monitoring_status"].to_list()[:3] == [
        "column 'amount': cannot be read, expected a finite number",
        "skipped: there is no actual",
        "OK",
    ]
    found = owner.read(regression.path("accuracy"), batchId=first["monitoringBatchId"], metric="MAE")["data"][0]
    known = rows[2:]
    assert found["sampleSize"] == 58
    assert found["value"] == pytest.approx(float((known["amount"] - known["predicted"]).abs().mean()), rel=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("target", "maybe", "column 'target': cannot be read, expected one of the classes yes, no"),
        ("seen", "soon", "column 'seen': cannot be read, expected a time such as 2026-11-23T10:31:31Z"),
        ("acted", "perhaps", "column 'acted': cannot be read, expected true or false"),
        ("id", "", "column 'target': found an actual on a row without an association id"),
        ("id", "x" * 257, "column 'id': found an association id of more than 256 bytes"),
    ],
)
def test_a_row_with_an_actual_that_cannot_be_read_is_left_out(
    served: Served, binary: Ready, column: str, value: str, says: str
) -> None:
    rows = binary_rows(28, 3).with_columns(seen=pl.lit("2026-03-01"), acted=pl.lit("1"))
    changed = rows.with_columns(pl.Series(column, [rows[column][0], value, rows[column][2]]))
    columns = {
        **COLUMNS,
        "actualsValueColumn": "target",
        "actualsTimestampColumn": "seen",
        "actedUponColumn": "acted",
    }
    job = run_job(served, binary, file_of(changed), monitoringColumns=columns)
    assert (job["scoredRows"], job["failedRows"]) == (2, 1)
    assert result_of(served.owner, job)["monitoring_status"].to_list() == ["OK", says, "OK"]


def test_without_batches_the_rows_count_for_the_deployment(served: Served, binary: Ready) -> None:
    owner = served.owner
    owner.finished(owner.patch(binary.path("settings"), {"batchMonitoring": {"enabled": False}}))
    job = run_job(served, binary, rows_csv())
    assert (job["status"], job["scoredRows"]) == ("COMPLETED", 120)
    assert "monitoringBatchId" not in job
    assert owner.read(binary.path("targetDrift"))["sampleSize"] == 120


@pytest.mark.parametrize("fields", [{"skipDriftTracking": True}, {"monitoringColumns": {"reportDrift": False}}])
def test_rows_can_count_without_drift(served: Served, binary: Ready, fields: dict[str, Any]) -> None:
    job = run_job(served, binary, rows_csv(), **fields)
    assert batch_of(served.owner, binary, job)["predictionsCount"] == 120
    assert served.owner.read(binary.path("targetDrift"), batchId=job["monitoringBatchId"])["sampleSize"] == 0


def test_rows_can_come_for_their_accuracy_alone(served: Served, binary: Ready) -> None:
    columns = {**COLUMNS, "reportPredictions": False, "actualsValueColumn": "target"}
    job = run_job(served, binary, rows_csv(), monitoringColumns=columns)
    assert batch_of(served.owner, binary, job)["predictionsCount"] == 0
    found = served.owner.read(binary.path("accuracy"), batchId=job["monitoringBatchId"], metric="AUC")["data"][0]
    assert found["sampleSize"] == 120


@pytest.mark.parametrize(
    ("policy", "value", "kept"),
    [("samples", 30, 30), ("percentage", 25, 30), ("percentage", 0, 0), ("samples", 999, 120)],
)
def test_of_the_rows_as_many_are_kept_one_by_one_as_asked(
    served: Served, binary: Ready, policy: str, value: int, kept: int
) -> None:
    columns = {**COLUMNS, "actualsValueColumn": "target"}
    aggregation = {"retentionPolicy": policy, "retentionValue": value}
    job = run_job(served, binary, rows_csv(), monitoringColumns=columns, monitoringAggregation=aggregation)
    # Every row is in the profile; accuracy has those that were kept.
    assert batch_of(served.owner, binary, job)["predictionsCount"] == 120
    assert {one["sampleSize"] for one in feature_drift(served.owner, binary, job["monitoringBatchId"])} == {120}
    found = served.owner.read(binary.path("accuracy"), batchId=job["monitoringBatchId"], metric="AUC")["data"][0]
    assert found["sampleSize"] == kept


def test_rows_of_a_job_are_told_apart_by_segment_like_those_of_the_file_door(served: Served, binary: Ready) -> None:
    owner, content = served.owner, rows_csv()
    segments = {"segmentAnalysis": {"enabled": True, "attributes": ["region"]}}
    owner.finished(owner.patch(binary.path("settings"), segments))
    job = run_job(served, binary, content)
    twin = new_batch(owner, binary)
    upload(owner, binary, twin, "k", content)
    north = {"segmentAttribute": "region", "segmentValue": "north"}
    found, expected = (
        owner.read(binary.path("featureDrift"), batchId=one, **north)["data"]
        for one in (job["monitoringBatchId"], twin)
    )
    assert found == expected
    assert found[0]["sampleSize"] == int((binary_rows(21, 120)["region"] == "north").sum())


@pytest.mark.parametrize(
    "fields",
    [
        {"monitoringAggregation": {"retentionPolicy": "percentage", "retentionValue": 50}},
        {"skipDriftTracking": True},
    ],
)
def test_rows_that_are_not_all_kept_are_not_profiled_again(
    served: Served, binary: Ready, fields: dict[str, Any]
) -> None:
    owner = served.owner
    job = run_job(served, binary, rows_csv(), **fields)
    segments = {"segmentAnalysis": {"enabled": True, "attributes": ["region"]}}
    owner.finished(owner.patch(binary.path("settings"), segments))
    north = {"segmentAttribute": "region", "segmentValue": "north"}
    found = owner.read(binary.path("targetDrift"), batchId=job["monitoringBatchId"], **north)
    assert found["sampleSize"] in {0, None}


@pytest.mark.parametrize(
    ("settings", "made"),
    [
        ({"delimiter": ";"}, lambda f: f.write_csv(separator=";").encode()),
        ({"delimiter": "tab", "encoding": "utf-16"}, lambda f: f.write_csv(separator="\t").encode("utf-16")),
        ({"encoding": "latin-1", "quotechar": "'"}, lambda f: f.write_csv(quote_char="'").encode("latin-1")),
        ({}, lambda f: b"\xef\xbb\xbf" + f.write_csv().encode()),
    ],
)
def test_csv_of_other_dialects_is_read(served: Served, binary: Ready, settings: dict[str, str], made: Any) -> None:
    rows = binary_rows(29, 20).with_columns(region=pl.Series(["süd, 'west'; \"ost\"\t", *["north"] * 19]))
    job = run_job(served, binary, made(rows), csvSettings=settings)
    assert (job["status"], job["scoredRows"], job["statusDetails"][:12]) == ("COMPLETED", 20, "The job is d")
    assert result_of(served.owner, job)["region"][0] == "süd, 'west'; \"ost\"\t"


def test_a_file_that_is_not_of_its_dialect_fails(served: Served, binary: Ready) -> None:
    job = run_job(served, binary, b"score\n\xff\n", csvSettings={"encoding": "ascii"})
    assert (job["status"], job["statusDetails"]) == ("FAILED", "The file cannot be read as ascii behind line 0.")


# ---------------------------------------------------------------- rows in parts


def test_parts_come_in_any_order_and_end_in_the_middle_of_lines(served: Served, binary: Ready) -> None:
    owner, content = served.owner, rows_csv(30, 500)
    job = new_job(owner, binary, intakeSettings={"type": "localFile", "multipart": True})
    size = 1_000
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    assert len(parts) > 12
    for number in [*range(len(parts) - 1, 2, -1), 1, 0, 2]:
        assert owner.put(job_path(job, "csvUpload", "part", str(number)), parts[number]).status_code == 202
    # A part that is sent again replaces the former one.
    assert owner.put(job_path(job, "csvUpload", "part", "3"), b"nonsense").status_code == 202
    assert owner.put(job_path(job, "csvUpload", "part", "3"), parts[3]).status_code == 202
    assert owner.post(job_path(job, "csvUpload", "finalizeMultipart")).status_code == 202
    served.work()
    job = read_job(owner, job)
    assert (job["status"], job["scoredRows"], job["jobIntakeSize"]) == ("COMPLETED", 500, len(content))
    assert result_of(owner, job).drop("monitoring_status").equals(pl.read_csv(content, infer_schema=False))
    twin = new_batch(owner, binary)
    upload(owner, binary, twin, "k", content)
    assert feature_drift(owner, binary, job["monitoringBatchId"]) == feature_drift(owner, binary, twin)


def test_parts_that_are_missing_are_named(owner: User, binary: Ready) -> None:
    job = new_job(owner, binary)
    finalize = job_path(job, "csvUpload", "finalizeMultipart")
    assert "no part yet" in owner.post(finalize).json()["message"]
    for number in (0, 2, 5):
        owner.put(job_path(job, "csvUpload", "part", str(number)), b"x\n")
    answer = owner.post(finalize)
    assert answer.status_code == 422
    assert "up to 5, and of these 1, 3, 4 are missing" in answer.json()["message"]
    assert read_job(owner, job)["status"] == "INITIALIZING"


@pytest.mark.parametrize(("number", "status"), [("-1", 422), ("10000", 422), ("x", 422), ("9999", 202)])
def test_a_part_has_a_number_from_0_on(owner: User, binary: Ready, number: str, status: int) -> None:
    job = new_job(owner, binary)
    assert owner.put(job_path(job, "csvUpload", "part", number), b"x\n").status_code == status


def test_rows_are_taken_once(served: Served, binary: Ready) -> None:
    owner = served.owner
    job = new_job(owner, binary)
    assert owner.put(job_path(job, "csvUpload", "part", "0"), b"score\n0.5\n").status_code == 202
    assert "in parts" in owner.put(job_path(job, "csvUpload"), rows_csv()).json()["message"]
    assert owner.post(job_path(job, "csvUpload", "finalizeMultipart")).status_code == 202
    before = served.contents()
    for path in ("csvUpload", "csvUpload/part/1"):
        answer = owner.put(job_path(job, *path.split("/")), b"score\n0.5\n")
        assert (answer.status_code, "has its rows already" in answer.json()["message"]) == (409, True)
    assert owner.post(job_path(job, "csvUpload", "finalizeMultipart")).status_code == 409
    assert served.contents() == before


def test_rows_that_are_sent_twice_at_once_count_once(served: Served, binary: Ready) -> None:
    owner = served.owner
    job = new_job(owner, binary)
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(owner.put, job_path(job, "csvUpload"), rows_csv()) for _ in range(4)]
    assert sorted(call.result().status_code for call in calls) == [202, 409, 409, 409]
    served.work()
    assert batch_of(owner, binary, read_job(owner, job))["predictionsCount"] == 120
    kept = [name for name, _ in served.contents()["blobs"] if name.startswith("monitoring_jobs/")]
    assert kept == [f"monitoring_jobs/{job['id']}/attempt-1/result.csv"]


def test_rows_of_another_intake_are_not_uploaded(served: Served, binary: Ready) -> None:
    owner = served.owner
    answer = owner.post("datasets/fromFile/", files={"file": ("rows.csv", rows_csv())})
    owner.finished(answer)
    job = new_job(owner, binary, intakeSettings={"type": "dataset", "datasetId": answer.json()["catalogId"]})
    assert "csvUpload" not in job["links"]
    for path in ("csvUpload", "csvUpload/part/0"):
        refused = owner.put(job_path(job, *path.split("/")), rows_csv())
        assert (refused.status_code, "dataset intake" in refused.json()["message"]) == (406, True)
    served.work()
    assert read_job(owner, job)["scoredRows"] == 120


def test_rows_are_csv_and_have_a_bound(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(max_upload_bytes=1_000)) as server:
        job = new_job(server.owner, binary)
        wrong = server.owner.put(job_path(job, "csvUpload"), b"{}", "application/json")
        assert (wrong.status_code, "expected text/csv" in wrong.json()["message"]) == (415, True)
        assert server.owner.put(job_path(job, "csvUpload"), b"x" * 1_001).status_code == 413
        chunked = server.owner.put(job_path(job, "csvUpload"), iter([b"x" * 600, b"x" * 600]))
        assert chunked.status_code == 413
        assert server.owner.put(job_path(job, "csvUpload", "part", "0"), b"x" * 600).status_code == 202
        assert server.owner.put(job_path(job, "csvUpload", "part", "1"), b"x" * 600).status_code == 413
        # The first part may be replaced by one of any size that fits.
        assert server.owner.put(job_path(job, "csvUpload", "part", "0"), b"x" * 1_000).status_code == 202


# ---------------------------------------------------------------- ends, lists


def test_a_job_that_waits_is_cancelled_with_a_body(served: Served, binary: Ready) -> None:
    owner = served.owner
    job = new_job(owner, binary)
    owner.put(job_path(job, "csvUpload"), rows_csv())
    answer = owner.delete(job_path(job))
    assert answer.status_code == 202
    assert (answer.json()["id"], answer.json()["status"]) == (job["id"], "ABORTED")
    served.work()
    assert read_job(owner, job)["status"] == "ABORTED"
    assert batches_of(owner, binary) == []
    assert [name for name, _ in served.contents()["blobs"] if name.startswith("monitoring_jobs/")] == []
    again = owner.delete(job_path(job))
    assert (again.status_code, "has ended already (ABORTED)" in again.json()["message"]) == (409, True)
    assert owner.put(job_path(job, "csvUpload"), rows_csv()).status_code == 409


def test_a_job_that_is_done_cannot_be_cancelled(served: Served, binary: Ready) -> None:
    job = run_job(served, binary, rows_csv())
    assert served.owner.delete(job_path(job)).status_code == 409
    assert batch_of(served.owner, binary, job)["predictionsCount"] == 120


def test_the_work_of_a_job_has_a_status_and_can_be_cancelled_there(served: Served, binary: Ready) -> None:
    owner = served.owner
    job = new_job(owner, binary)
    owner.put(job_path(job, "csvUpload"), rows_csv())
    (status,) = [one for one in owner.read("status/")["data"] if one["statusType"] == "run_monitoring_job"]
    assert owner.delete(f"status/{status['statusId']}/").status_code == 204
    assert read_job(owner, job)["status"] == "ABORTED"
    done = run_job(served, binary, rows_csv())
    (status, _) = [one for one in owner.read("status/")["data"] if one["statusType"] == "run_monitoring_job"]
    answer = owner.get(f"status/{status['statusId']}/")
    assert (answer.status_code, answer.headers["Location"]) == (303, done["links"]["self"])
    assert owner.delete(f"status/{status['statusId']}/").status_code == 204
    assert read_job(owner, done)["status"] == "COMPLETED"


def test_a_deleted_batch_takes_its_jobs_result_along(served: Served, binary: Ready) -> None:
    owner = served.owner
    job = run_job(served, binary, rows_csv())
    owner.delete(binary.path("monitoringBatches", job["monitoringBatchId"]))
    served.work()
    after = read_job(owner, job)
    assert (after["status"], after["resultsDeleted"], "download" in after["links"]) == ("COMPLETED", True, False)
    assert owner.get(job["links"]["download"]).status_code == 404
    assert [name for name, _ in served.contents()["blobs"] if name.startswith("monitoring_jobs/")] == []


def test_a_deleted_deployment_takes_its_jobs_along(served: Served, binary: Ready, regression: Ready) -> None:
    owner = served.owner
    done, waits = run_job(served, binary, rows_csv()), new_job(owner, binary)
    owner.put(job_path(waits, "csvUpload", "part", "0"), rows_csv())
    other = new_job(owner, regression)
    owner.delete(binary.path())
    for job in (done, waits):
        assert owner.get(job_path(job)).status_code == 404
    assert [job["id"] for job in owner.read(JOBS)["data"]] == [other["id"]]
    served.work()
    contents = served.contents()
    assert len(contents["monitoring_jobs"]) == 1
    assert contents["job_parts"] == []
    assert [name for name, _ in contents["blobs"] if name.startswith(("monitoring_jobs/", "rows/"))] == []


def test_jobs_are_listed_and_filtered(served: Served, binary: Ready, regression: Ready) -> None:
    owner = served.owner
    done = run_job(served, binary, rows_csv())
    waits, other = new_job(owner, binary), new_job(owner, regression)
    admins = new_job(served.admin, binary)

    def found(user: User = owner, **params: Any) -> set[str]:
        page = user.read(JOBS, **params)
        assert page["totalCount"] == page["count"] == len(page["data"])
        return {job["id"] for job in page["data"]}

    mine = {done["id"], waits["id"], other["id"]}
    assert found() == mine
    assert found(allJobs="true") == mine | {admins["id"]}
    assert found(served.stranger, allJobs="true") == set()
    assert found(deploymentId=binary.id) == {done["id"], waits["id"]}
    assert found(status="COMPLETED") == found(jobId=done["id"]) == {done["id"]}
    assert found(status=["COMPLETED", "INITIALIZING"]) == mine
    assert found(modelId=regression.model_id) == {other["id"]}
    assert found(source="schedule") == found(intakeType="s3") == found(outputType="s3") == set()
    assert found(batchJobType="prediction") == found(batchPredictionJobDefinitionId=done["id"]) == set()
    assert found(source="api", intakeType="localFile", outputType="localFile", batchJobType="monitoring") == mine
    assert found(cutoffHours=1) == found(startDateTime=done["created"]) == mine
    assert found(endDateTime=done["created"]) == found(startDateTime="2100-01-01") == set()
    page = owner.read(JOBS, orderBy="created", limit=1)
    assert (page["data"][0]["id"], page["previous"]) == (done["id"], None)
    assert "orderBy=created" in page["next"]
    refused = owner.get(JOBS, hostname="a")
    assert (refused.status_code, "hostname" in refused.json()["message"]) == (422, True)


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"batchJobType": "prediction"}, 422, "expected monitoring"),
        ({"intakeSettings": {"type": "jdbc"}}, 422, "expected one of localFile, dataset, s3, http, url"),
        ({"intakeSettings": {"type": 5}}, 422, "found '5'"),
        ({"intakeSettings": {"type": "dataset"}}, 422, "intakeSettings.datasetId: found 'None'"),
        ({"intakeSettings": {"type": "dataset", "datasetId": "x"}}, 404, "Data set not found"),
        (
            {"intakeSettings": {"type": "http", "url": "http://a", "secret": "s"}},
            422,
            "intakeSettings.secret: is not known",
        ),
        ({"intakeSettings": {"type": "s3", "url": "s3://a/b", "credentialId": "c"}}, 422, "jobs name no credentials"),
        ({"intakeSettings": {"type": "s3", "url": "s3://a/b", "format": "xls"}}, 422, "expected csv or parquet"),
        ({"outputSettings": {"type": "s3"}}, 422, "outputSettings.type: found 's3'"),
        ({"modelId": "65a0000000000000000000ff"}, 404, "Model 65a0000000000000000000ff not found"),
        ({"modelPackageId": "65a0000000000000000000ff"}, 404, "of package 65a0000000000000000000ff not found"),
        ({"monitoringBatchPrefix": " "}, 422, "monitoringBatchPrefix: expected a text"),
        ({"monitoringBatchPrefix": "x" * 500}, 422, "1 to 480 characters"),
        ({"monitoringColumns": {"predictionsColumns": []}}, 422, "found an empty list"),
        ({"monitoringColumns": {"customMetricId": "m"}}, 422, "fill no custom metrics"),
        ({"monitoringColumns": {"monitoredStatusColumn": ""}}, 422, "found a blank text"),
        ({"monitoringColumns": {"predictionsColumns": 5}}, 422, "predictionsColumns"),
        ({"monitoringOutputSettings": {"monitoredStatusColumn": 1}}, 422, "expected a text"),
        ({"monitoringOutputSettings": {"uniqueRowIdentifierColumns": "k"}}, 422, "expected a list of texts"),
        ({"monitoringAggregation": {"retentionPolicy": "some", "retentionValue": 1}}, 422, "samples or percentage"),
        ({"monitoringAggregation": {"retentionPolicy": "percentage", "retentionValue": 101}}, 422, "expected 0 to 100"),
        ({"monitoringAggregation": {"retentionPolicy": "samples", "retentionValue": "1"}}, 422, "a number"),
        ({"csvSettings": {"delimiter": "::"}}, 422, "csvSettings.delimiter: found '::', expected one character"),
        ({"csvSettings": {"quotechar": ""}}, 422, "csvSettings.quotechar"),
        ({"csvSettings": {"delimiter": "'", "quotechar": "'"}}, 422, "as the delimiter and as the quotation mark"),
        ({"csvSettings": {"encoding": "klingon"}}, 422, "found 'klingon', expected an encoding"),
        ({"csvSettings": {"encoding": "base64"}}, 422, "found 'base64', expected an encoding"),
        ({"chunkSize": "huge"}, 422, "chunkSize: found 'huge'"),
        ({"chunkSize": 19}, 422, "expected auto, fixed, dynamic, or 20 to 41943040 bytes"),
        ({"columnNamesRemapping": {"a": 5}}, 422, "columnNamesRemapping"),
        ({"columnNamesRemapping": ["a"]}, 422, "columnNamesRemapping"),
        ({"numConcurrent": 0}, 422, "numConcurrent: found 0"),
        ({"abortOnError": "no"}, 422, "abortOnError"),
        ({"deploymentId": None}, 422, "deploymentId"),
    ],
)
def test_what_a_job_cannot_be_is_refused_in_words_and_not_stored(
    served: Served, binary: Ready, fields: dict[str, Any], status: int, says: str
) -> None:
    before = served.contents()
    answer = served.owner.post("batchMonitoring/", {"deploymentId": binary.id, **fields})
    assert (answer.status_code, says in answer.json()["message"]) == (status, True), answer.text
    assert served.contents() == before


def test_everything_that_a_job_is_told_is_shown_again(owner: User, binary: Ready) -> None:
    told = {
        "modelId": binary.model_id,
        "modelPackageId": binary.package_id,
        "outputSettings": {"type": "localFile"},
        "monitoringAggregation": {"retentionPolicy": "samples", "retentionValue": 10},
        "monitoringBatchPrefix": "nightly",
        "csvSettings": {"delimiter": "tab", "encoding": "latin-1", "quotechar": "'"},
        "abortOnError": False,
        "chunkSize": "auto",
        "columnNamesRemapping": {"a": "b", "c": None},
        "disableRowLevelErrorHandling": True,
        "numConcurrent": 4,
        "skipDriftTracking": True,
    }
    output = {"monitoredStatusColumn": "told", "uniqueRowIdentifierColumns": ["id"]}
    spec = new_job(owner, binary, monitoringOutputSettings=output, **told)["jobSpec"]
    assert {name: spec[name] for name in told} == told
    assert {name: spec["monitoringColumns"][name] for name in output} == output
