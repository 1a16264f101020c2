import hashlib
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from tests.client.wire import (
    BATCH,
    DEPLOYMENT,
    MODEL,
    Reply,
    Wire,
    accepted,
    accuracy_item,
    batch,
    done,
    drift_item,
    outcome,
    page,
    report,
    service_stats,
    target_drift,
)

from assay.client import (
    Ambiguous,
    Batch,
    Client,
    Columns,
    Conflict,
    FileUnusable,
    Refused,
    ServerProblem,
    WorkFailed,
)

BATCHES = f"deployments/{DEPLOYMENT}/monitoringBatches/"
UPLOADS = f"{BATCHES}{BATCH}/uploads/"
JULY = Batch.of(batch(), deployment_id=DEPLOYMENT)
AUGUST = Batch.of(batch(id="65b000000000000000000002", name="2013-08"), deployment_id=DEPLOYMENT)
REF = {"id": BATCH, "name": "2013-07", "earliestPredictionTimestamp": None, "latestPredictionTimestamp": None}


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "july.csv"
    path.write_text("id,temp,p\n1,20.5,0.25\n")
    return path


# ---------------------------------------------------------------- the batches themselves


def test_create_sends_only_what_is_given(wire: Wire, client: Client) -> None:
    wire.on("POST", BATCHES, Reply(json=batch()))
    made = client.batches.create(DEPLOYMENT, "2013-07")
    assert made == JULY
    assert made.deployment_id == DEPLOYMENT
    assert made.latest == datetime(2013, 7, 31, 23, 59, tzinfo=UTC)
    assert wire.calls[0].json == {"batchName": "2013-07"}
    client.batches.create(DEPLOYMENT, description="text", external_context_url="https://x.org/1")
    assert wire.calls[1].json == {"description": "text", "externalContextUrl": "https://x.org/1"}


def test_list_passes_filters_and_order_on(wire: Wire, client: Client) -> None:
    wire.on("GET", BATCHES, page(batch()))
    after = datetime(2013, 1, 1, tzinfo=UTC)
    found = client.batches.list(
        DEPLOYMENT, search="2013", order_by="-latestPredictionTimestamp", page_size=5, createdAfter=after
    )
    assert list(found) == [JULY]
    assert wire.calls[0].query == {
        "search": ["2013"],
        "orderBy": ["-latestPredictionTimestamp"],
        "limit": ["5"],
        "createdAfter": ["2013-01-01T00:00:00+00:00"],
    }


def test_find_takes_an_id_or_an_exact_name(wire: Wire, client: Client) -> None:
    wire.on("GET", f"{BATCHES}{BATCH}/", Reply(json=batch()))
    wire.on("GET", BATCHES, page(batch(id="c" * 24, name="2013-07b"), batch()))
    assert client.batches.find(DEPLOYMENT, BATCH) == JULY
    assert client.batches.find(DEPLOYMENT, "2013-07") == JULY
    assert client.batches.find(DEPLOYMENT, "2013") is None


def test_a_name_of_several_batches_is_ambiguous(wire: Wire, client: Client) -> None:
    wire.on("GET", BATCHES, page(batch(), batch(id="c" * 24)))
    with pytest.raises(Ambiguous, match="2 batches are called '2013-07'"):
        client.batches.find(DEPLOYMENT, "2013-07")


def test_lock_and_unlock_change_nothing_else(wire: Wire, client: Client) -> None:
    wire.on("PATCH", f"{BATCHES}{BATCH}/", Reply(json=batch(isLocked=True)), Reply(json=batch()))
    assert client.batches.lock(JULY).is_locked is True
    assert client.batches.unlock(JULY).is_locked is False
    assert [call.json for call in wire.calls] == [{"isLocked": True}, {"isLocked": False}]


def test_delete_needs_no_answer(wire: Wire, client: Client) -> None:
    wire.on("DELETE", f"{BATCHES}{BATCH}/", Reply(200))
    client.batches.delete(JULY)
    assert len(wire.calls) == 1


def test_models_are_a_list(wire: Wire, client: Client) -> None:
    found = {
        "batchId": BATCH,
        "modelId": MODEL,
        "predictionsCount": 3,
        "startTime": "2013-07-01T05:00:00Z",
        "endTime": "2013-07-31T23:59:00Z",
    }
    wire.on("GET", f"{BATCHES}{BATCH}/models/", page(found))
    assert [(one.model_id, one.predictions_count) for one in client.batches.models(JULY)] == [(MODEL, 3)]


# ---------------------------------------------------------------- files


def test_a_files_own_hash_is_the_key_so_that_a_retry_changes_nothing(wire: Wire, client: Client, rows: Path) -> None:
    key = hashlib.sha256(rows.read_bytes()).hexdigest()
    wire.on("PUT", f"{UPLOADS}{key}/", Reply(202, report(uploadKey=key)))
    assert client.batches.push(JULY, rows) == client.batches.push(JULY, str(rows))
    assert [call.path for call in wire.calls] == [f"{UPLOADS}{key}/"] * 2


def test_the_bytes_travel_as_they_are_with_their_length_and_kind(wire: Wire, client: Client, rows: Path) -> None:
    wire.on("PUT", f"{UPLOADS}july/", Reply(202, report()))
    client.batches.push(JULY, rows, key="july")
    assert wire.calls[0].body == rows.read_bytes()
    assert wire.calls[0].headers["Content-Type"] == "text/csv"
    assert wire.calls[0].headers["Content-Length"] == str(rows.stat().st_size)
    assert wire.calls[0].query == {}


def test_columns_and_classes_keep_their_order(wire: Wire, client: Client, rows: Path) -> None:
    wire.on("PUT", f"{UPLOADS}july/", Reply(202, report()))
    columns = Columns(("p_no", "p_yes"), ("no", "yes"), association_id="id", timestamp="at")
    client.batches.push(JULY, rows, key="july", columns=columns, model_id=MODEL)
    assert wire.calls[0].query == {
        "modelId": [MODEL],
        "predictionColumns": ["p_no", "p_yes"],
        "classNames": ["no", "yes"],
        "associationIdColumn": ["id"],
        "timestampColumn": ["at"],
    }


def test_parquet_is_sent_as_parquet(wire: Wire, client: Client, tmp_path: Path) -> None:
    pl.DataFrame({"temp": [1.0]}).write_parquet(tmp_path / "july.parquet")
    wire.on("PUT", f"{UPLOADS}july/", Reply(202, report()))
    client.batches.push(JULY, tmp_path / "july.parquet", key="july")
    assert wire.calls[0].headers["Content-Type"] == "application/vnd.apache.parquet"


def test_a_key_may_hold_any_letters_but_a_slash(wire: Wire, client: Client, rows: Path) -> None:
    wire.on("PUT", f"{UPLOADS}%C3%BC%207%20%3F/", Reply(202, report(uploadKey="ü 7 ?")))
    assert client.batches.push(JULY, rows, key="ü 7 ?").key == "ü 7 ?"
    with pytest.raises(ValueError, match="holds a slash"):
        client.batches.push(JULY, rows, key="run/7")


def test_a_large_file_is_streamed_and_its_progress_told(wire: Wire, client: Client, tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    big.write_bytes(b"id,temp\n" + b"1,20.5\n" * 300_000)
    wire.on("PUT", f"{UPLOADS}big/", Reply(202, report()))
    seen: list[int] = []
    client.batches.push(JULY, big, key="big", progress=lambda done, _total: seen.append(done))
    assert wire.calls[0].body == big.read_bytes()
    assert seen == sorted(seen)
    assert max(after - before for before, after in pairwise(seen)) <= 65_536
    assert seen[-1] == big.stat().st_size


def test_a_broken_upload_is_sent_again_from_its_start(wire: Wire, client: Client, rows: Path) -> None:
    wire.on("PUT", f"{UPLOADS}july/", Reply(drop=True), Reply(503), Reply(202, report()))
    client.batches.push(JULY, rows, key="july")
    assert [call.body for call in wire.calls] == [rows.read_bytes()] * 3


def test_a_pending_upload_is_waited_for_and_read(wire: Wire, client: Client, rows: Path) -> None:
    upload = f"{UPLOADS}july/"
    wire.on("PUT", upload, accepted(wire, "u", report(state="pending", rows=0)))
    wire.on("GET", "status/u/", Reply(json={"status": "RUNNING"}), done(wire, upload))
    wire.on("GET", upload, Reply(json=report(unreadable={"temp": 2}, ignoredColumns=["id"])))
    found = client.batches.push(JULY, rows, key="july")
    assert (found.state, found.rows, found.unreadable, found.ignored_columns) == (
        "counted",
        27004,
        {"temp": 2},
        ("id",),
    )


def test_a_file_that_the_server_refuses_later_is_an_error(wire: Wire, client: Client, rows: Path) -> None:
    upload = f"{UPLOADS}july/"
    wire.on("PUT", upload, accepted(wire, "u", report(state="pending", rows=0)))
    wire.on("GET", "status/u/", Reply(json={"status": "ERROR", "message": "Row 3: 'x' is no number."}))
    with pytest.raises(WorkFailed, match="Row 3"):
        client.batches.push(JULY, rows, key="july")
    wire.on("PUT", upload, Reply(202, report(state="refused", message="Row 3: 'x' is no number.")))
    with pytest.raises(WorkFailed, match="Row 3"):
        client.batches.push(JULY, rows, key="july")


def test_refusals_at_the_door_keep_the_servers_words(wire: Wire, client: Client, rows: Path) -> None:
    wire.on("PUT", f"{UPLOADS}july/", Reply(409, {"message": "Key 'july' names other bytes."}))
    with pytest.raises(Conflict, match="other bytes"):
        client.batches.push(JULY, rows, key="july")
    wire.on("PUT", f"{UPLOADS}july/", Reply(422, {"message": "Batch '2013-07' is locked."}))
    with pytest.raises(Refused, match="is locked"):
        client.batches.push(JULY, rows, key="july")


def test_a_file_that_is_no_table_is_refused_before_the_server_is_asked(
    wire: Wire, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "notes.docx").write_bytes(b"PK")
    with pytest.raises(FileUnusable):
        client.batches.push(JULY, tmp_path / "notes.docx")
    assert wire.calls == []


def test_uploads_are_a_list(wire: Wire, client: Client) -> None:
    wire.on("GET", UPLOADS, page(report(), report(uploadKey="more", state="refused", message="No rows.")))
    assert [(one.key, one.state) for one in client.batches.uploads(JULY)] == [("july", "counted"), ("more", "refused")]


# ---------------------------------------------------------------- figures


def test_drift_reads_all_pages_and_keeps_them_as_one(wire: Wire, client: Client) -> None:
    path = f"deployments/{DEPLOYMENT}/featureDrift/"
    head = {"metric": "psi", "modelId": MODEL, "period": {}, "totalCount": 2, "count": 1}
    following = f"{wire.url}/api/v2/{path}?offset=1&batchId={BATCH}"
    first, second = drift_item("temp", 0.21), drift_item("wind", None, missingRate=None)
    wire.on(
        "GET",
        path,
        Reply(json={**head, "data": [first], "next": following}),
        Reply(json={**head, "data": [second], "next": None}),
    )
    found = client.batches.drift(JULY)
    assert (found.metric, found.model_id) == ("psi", MODEL)
    assert [(one.feature, one.score) for one in found.features] == [("temp", 0.21), ("wind", None)]
    temp = found.features[0]
    assert (temp.rows, temp.baseline_rows, temp.importance, temp.missing_rate) == (27004, 51955, 0.8, 0.0012)
    assert (temp.low, temp.high) == pytest.approx((0.19, 0.23))
    assert found.raw["data"] == [first, second]
    assert found.raw["next"] is None
    assert found.raw["count"] == 2
    assert wire.calls[0].query == {"batchId": [BATCH], "metric": ["psi"]}


def test_figures_of_several_batches_are_asked_for_together(wire: Wire, client: Client) -> None:
    wire.on("GET", f"deployments/{DEPLOYMENT}/targetDrift/", Reply(json=target_drift()))
    found = client.batches.target_drift([JULY, AUGUST], metric="hellinger")
    assert (found.target, found.score, found.rows) == ("late", 0.031, 27004)
    assert wire.calls[0].query == {"batchId": [JULY.id, AUGUST.id], "metric": ["hellinger"]}


def test_no_batches_are_not_taken_for_all_of_them(wire: Wire, client: Client) -> None:
    with pytest.raises(ValueError, match="Expected batches of one deployment"):
        client.batches.accuracy([])
    with pytest.raises(ValueError, match="Expected at least one batch"):
        client.batches.accuracy_over_batches(DEPLOYMENT, "AUC", batches=[])
    assert wire.calls == []


def test_batches_of_two_deployments_cannot_be_taken_together(client: Client) -> None:
    with pytest.raises(ValueError, match="got 2 deployments"):
        client.batches.drift([JULY, Batch.of(batch(), deployment_id="f" * 24)])


def test_accuracy_is_a_row_a_metric(wire: Wire, client: Client) -> None:
    items = [accuracy_item("AUC", 0.733), accuracy_item("MCC", None, reason="Only one class is among the actuals.")]
    wire.on("GET", f"deployments/{DEPLOYMENT}/accuracy/", Reply(json={"data": items, "period": {}, "modelId": MODEL}))
    found = client.batches.accuracy(JULY)
    auc, mcc = found.metrics
    assert (auc.metric, auc.value, auc.baseline, auc.rows, auc.change_percent) == ("AUC", 0.733, 0.7512, 26398, -2.41)
    assert (auc.degraded, auc.direction) == (False, "higher")
    assert (mcc.value, mcc.reason) == (None, "Only one class is among the actuals.")
    assert wire.calls[0].query == {"batchId": [BATCH]}


def test_service_stats(wire: Wire, client: Client) -> None:
    wire.on("GET", f"deployments/{DEPLOYMENT}/batchServiceStats/", Reply(json=service_stats()))
    found = client.batches.service_stats(JULY, slow_ms=500)
    assert (found.total_requests, found.total_predictions, found.execution_ms) == (12, 27004, 812.4)
    assert found.server_error_rate == pytest.approx(1 / 12)
    assert wire.calls[0].query == {"batchId": [BATCH], "slowRequestsThreshold": ["500"]}


def test_predictions_and_outcomes_of_a_batch(wire: Wire, client: Client) -> None:
    bucket = {"batch": REF, "modelId": MODEL, "rowCount": 27004, "classDistribution": [{"className": "1"}]}
    baselines = [{"rowCount": 10391}]
    answer = {"baselines": baselines, "buckets": [bucket]}
    wire.on("GET", f"deployments/{DEPLOYMENT}/predictionsOverBatch/", Reply(json=answer))
    found = client.batches.predictions(JULY)
    assert found.baselines == tuple(baselines)
    assert (found.points[0].batch_name, found.points[0].rows) == ("2013-07", 27004)
    assert found.points[0].class_distribution == ({"className": "1"},)
    outcomes = {"summary": {}, "baselines": [], "buckets": [outcome()]}
    wire.on("GET", f"deployments/{DEPLOYMENT}/predictionsVsActualsOverBatch/", Reply(json=outcomes))
    point = client.batches.predictions_vs_actuals(JULY).points[0]
    assert (point.rows, point.rows_with_actual) == (27004, 26398)


@pytest.mark.parametrize(
    ("name", "arguments", "figure", "query", "bucket"),
    [
        (
            "drift_over_batches",
            (["temp", "wind"],),
            "featureDriftOverBatch",
            {"featureNames": ["temp,wind"], "driftMetric": ["psi"]},
            {"featureName": "temp", "driftScore": 0.2},
        ),
        ("accuracy_over_batches", ("AUC",), "accuracyOverBatch", {"metric": ["AUC"]}, {"value": 0.7, "sampleSize": 9}),
        (
            "service_stats_over_batches",
            ("executionTime",),
            "serviceStatsOverBatch",
            {"metric": ["executionTime"]},
            {"value": 12},
        ),
        ("predictions_over_batches", (), "predictionsOverBatch", {}, {"rowCount": 5}),
        (
            "predictions_vs_actuals_over_batches",
            (),
            "predictionsVsActualsOverBatch",
            {},
            {"rowCountTotal": 5, "rowCountWithActual": 4},
        ),
    ],
)
def test_a_series_has_a_point_a_batch(
    wire: Wire,
    client: Client,
    name: str,
    arguments: tuple[object, ...],
    figure: str,
    query: dict[str, list[str]],
    bucket: dict[str, object],
) -> None:
    answer = {"metric": "m", "baselines": [], "buckets": [{"batch": REF, **bucket}]}
    wire.on("GET", f"deployments/{DEPLOYMENT}/{figure}/", Reply(json=answer))
    series = getattr(client.batches, name)(DEPLOYMENT, *arguments)
    assert [point.batch_id for point in series.points] == [BATCH]
    getattr(client.batches, name)(DEPLOYMENT, *arguments, batches=[JULY, AUGUST])
    assert wire.calls[0].query == query
    assert wire.calls[1].query == {"batchId": [JULY.id, AUGUST.id], **query}


def test_a_series_without_buckets_is_a_problem_of_the_server(wire: Wire, client: Client) -> None:
    wire.on("GET", f"deployments/{DEPLOYMENT}/accuracyOverBatch/", Reply(json={"metric": "AUC"}))
    with pytest.raises(ServerProblem, match="no list 'buckets'"):
        client.batches.accuracy_over_batches(DEPLOYMENT, "AUC")
