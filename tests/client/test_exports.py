from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.client.wire import BATCH, DEPLOYMENT, MODEL, Call, Reply, Wire, accepted, batch, done, page
from tests.demo.runs import in_process

from assay.client import (
    ActualColumns,
    Ambiguous,
    Batch,
    Client,
    FileUnusable,
    NotFound,
    Refused,
    ServerProblem,
    Target,
    Unreachable,
    WorkFailed,
)

EXPORT, DATASET = "65d000000000000000000001", "65d000000000000000000002"
PREDICTIONS = f"deployments/{DEPLOYMENT}/predictionDataExports/"
ACTUALS = f"deployments/{DEPLOYMENT}/actualsDataExports/"
TRAINING = f"deployments/{DEPLOYMENT}/trainingDataExports/"
MODELS = f"deployments/{DEPLOYMENT}/monitoringBatches/{BATCH}/models/"
JULY = Batch.of(batch(), deployment_id=DEPLOYMENT)
ROWS = "prediction_timestamp,association_id,prediction\n2013-07-01T05:00:00.000000Z,1,0.5\n"


def export(**changes: Any) -> dict[str, Any]:
    return {
        "id": EXPORT,
        "createdAt": "2013-08-01T03:00:00Z",
        "createdBy": {"id": "65e000000000000000000001", "name": "admin"},
        "modelId": MODEL,
        "status": "SUCCEEDED",
        "period": {"start": "0001-01-01T00:00:00Z", "end": "2013-08-01T00:00:00Z"},
        "error": None,
        "data": [{"id": DATASET, "name": "rows.csv"}],
        "batches": None,
        "format": "csv",
        "rowCount": 1,
        "rowsNotKept": 0,
        **changes,
    }


def dataset(**changes: Any) -> dict[str, Any]:
    found = {"datasetId": DATASET, "name": "rows.csv", "processingState": "COMPLETED", "rowCount": 1}
    return {**found, "datasetSize": len(ROWS), **changes}


def model(model_id: str = MODEL) -> dict[str, Any]:
    times = {"startTime": "2013-07-01T05:00:00Z", "endTime": "2013-07-02T05:00:00Z"}
    return {"batchId": BATCH, "modelId": model_id, "predictionsCount": 1, **times}


@pytest.fixture
def ready(wire: Wire) -> Wire:
    """A server that makes every export at once."""
    for path in (PREDICTIONS, ACTUALS, TRAINING):
        wire.on("POST", path, accepted(wire, "s1", export(status="CREATED", data=None)))
        wire.on("GET", f"{path}{EXPORT}/", Reply(json=export()))
    wire.on("GET", "status/s1/", Reply(json={"status": "RUNNING"}), done(wire, f"{PREDICTIONS}{EXPORT}/"))
    wire.on("GET", MODELS, page(model()))
    wire.on("GET", f"datasets/{DATASET}/", Reply(json=dataset()))
    wire.on("GET", f"datasets/{DATASET}/file/", Reply(text=ROWS))
    wire.on("DELETE", f"datasets/{DATASET}/", Reply(204))
    return wire


def test_predictions_are_asked_for_waited_for_and_told(ready: Wire, client: Client) -> None:
    start = datetime(2013, 7, 1, tzinfo=UTC)
    found = client.exports.predictions(
        DEPLOYMENT, start=start, batches=[JULY, "65b000000000000000000002"], form="parquet", actuals=True
    )
    assert ready.asked("POST")[0].json == {
        "start": "2013-07-01T00:00:00+00:00",
        "batchIds": [BATCH, "65b000000000000000000002"],
        "format": "parquet",
        "includeActuals": True,
    }
    assert (found.id, found.status, found.rows, found.model_id) == (EXPORT, "SUCCEEDED", 1, MODEL)
    assert (found.start, found.end) == (datetime(1, 1, 1, tzinfo=UTC), datetime(2013, 8, 1, tzinfo=UTC))
    assert [(file.id, file.name) for file in found.files] == [(DATASET, "rows.csv")]


def test_actuals_and_training_data_are_asked_for_likewise(ready: Wire, client: Client) -> None:
    client.exports.actuals(DEPLOYMENT, end=datetime(2013, 8, 1, tzinfo=UTC), only_matched=False)
    client.exports.training(DEPLOYMENT, model_id=MODEL)
    assert [(call.path, call.json) for call in ready.asked("POST")] == [
        (ACTUALS, {"end": "2013-08-01T00:00:00+00:00", "format": "csv", "onlyMatchedPredictions": False}),
        (TRAINING, {"modelId": MODEL, "format": "csv"}),
    ]


def test_exports_are_read_and_listed(ready: Wire, client: Client) -> None:
    waiting = export(status="CREATED", data=None, rowCount=None, rowsNotKept=None)
    failed = export(status="FAILED", data=None, error={"message": "why"})
    ready.on("GET", PREDICTIONS, page(waiting, failed))
    found = list(client.exports.list(DEPLOYMENT, "prediction"))
    assert [(one.status, one.rows, one.files, one.message) for one in found] == [
        ("CREATED", None, (), None),
        ("FAILED", 1, (), "why"),
    ]
    assert client.exports.get(DEPLOYMENT, "training", EXPORT).files[0].id == DATASET
    with pytest.raises(NotFound, match="has no data set"):
        client.exports.download(found[0], "nowhere.csv")


def test_an_export_that_fails_is_told_with_its_reason(ready: Wire, client: Client) -> None:
    ready.on("GET", "status/s1/", Reply(json={"status": "ERROR", "message": "Monitoring batch not found: x."}))
    with pytest.raises(WorkFailed, match="Monitoring batch not found"):
        client.exports.predictions(DEPLOYMENT)
    ready.on("POST", PREDICTIONS, Reply(422, {"message": "keeps no rows"}))
    with pytest.raises(Refused, match="keeps no rows"):
        client.exports.predictions(DEPLOYMENT)


# ---------------------------------------------------------------- to a file


def test_a_batch_is_written_to_a_file_and_the_server_keeps_no_copy(ready: Wire, client: Client, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    target = tmp_path / "july.csv"
    target.write_text("old")
    made = client.batches.export(JULY, target, progress=lambda *sent: told.append(sent))
    assert target.read_text() == ROWS
    assert [path.name for path in tmp_path.iterdir()] == ["july.csv"]
    assert told[-1] == (len(ROWS), len(ROWS))
    assert made.rows == 1
    assert ready.asked("POST")[0].json == {
        "batchIds": [BATCH],
        "modelId": MODEL,
        "format": "csv",
        "includeActuals": False,
    }
    assert [call.path for call in ready.asked("DELETE")] == [f"datasets/{DATASET}/"]


@pytest.mark.parametrize(
    ("name", "form", "expected"),
    [
        ("a.csv", None, "csv"),
        ("a.parquet", None, "parquet"),
        ("a.PQ", None, "parquet"),
        ("a", None, "csv"),
        ("a.csv", "parquet", "parquet"),
        ("a.parquet", "csv", "csv"),
    ],
)
def test_the_form_is_that_of_the_files_name_unless_told(
    ready: Wire, client: Client, tmp_path: Path, name: str, form: Any, expected: str
) -> None:
    client.batches.export(JULY, tmp_path / name, form=form)
    assert ready.asked("POST")[0].json["format"] == expected


def test_of_a_batch_of_several_models_one_must_be_named(ready: Wire, client: Client, tmp_path: Path) -> None:
    other = "65c000000000000000000002"
    ready.on("GET", MODELS, page(model(), model(other)))
    with pytest.raises(Ambiguous, match=f"several models: {MODEL}, {other}"):
        client.batches.export(JULY, tmp_path / "a.csv")
    assert ready.asked("POST") == []
    client.batches.export(JULY, tmp_path / "a.csv", model_id=other)
    assert ready.asked("POST")[0].json["modelId"] == other
    ready.on("GET", MODELS, page())
    client.batches.export(JULY, tmp_path / "a.csv")
    assert "modelId" not in ready.asked("POST")[1].json


def test_a_file_that_cannot_be_written_is_told_before_the_server_works(
    ready: Wire, client: Client, tmp_path: Path
) -> None:
    with pytest.raises(FileUnusable, match="there is no folder"):
        client.batches.export(JULY, tmp_path / "none" / "a.csv")
    assert ready.calls == []
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(FileUnusable, match="Cannot write"):
        client.batches.export(JULY, tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert len(ready.asked("DELETE")) == 1


def test_a_download_is_begun_anew_when_the_connection_breaks(ready: Wire, client: Client, tmp_path: Path) -> None:
    file = f"datasets/{DATASET}/file/"
    ready.on("GET", file, Reply(drop=True), Reply(503, {"message": "busy"}), Reply(text=ROWS))
    assert client.datasets.download(DATASET, tmp_path / "a.csv").name == "rows.csv"
    assert (tmp_path / "a.csv").read_text() == ROWS
    ready.on("GET", file, Reply(drop=True))
    with pytest.raises(Unreachable):
        client.datasets.download(DATASET, tmp_path / "b.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_download_that_is_refused_is_not_begun_anew(ready: Wire, client: Client, tmp_path: Path) -> None:
    ready.on("GET", f"datasets/{DATASET}/file/", Reply(410, {"message": "was deleted"}))
    with pytest.raises(NotFound, match="was deleted"):
        client.datasets.download(DATASET, tmp_path / "a.csv")
    assert len([call for call in ready.calls if call.path.endswith("/file/")]) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_download_of_another_length_is_none(ready: Wire, client: Client, tmp_path: Path) -> None:
    ready.on("GET", f"datasets/{DATASET}/", Reply(json=dataset(datasetSize=len(ROWS) + 1)))
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(ServerProblem, match=f"sent {len(ROWS)} of the {len(ROWS) + 1} bytes"):
        client.datasets.download(DATASET, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "old"


def test_the_copy_is_deleted_though_the_download_fails(ready: Wire, client: Client, tmp_path: Path) -> None:
    def nothing(_: Call) -> Reply:
        return Reply(404, {"message": "gone"})

    ready.on("GET", f"datasets/{DATASET}/file/", nothing)
    with pytest.raises(NotFound):
        client.batches.export(JULY, tmp_path / "a.csv")
    assert len(ready.asked("DELETE")) == 1


# ---------------------------------------------------------------- against the real server


def test_rows_that_were_pushed_come_back_from_the_server(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "x": [0.1, None, 1e308, -5.0],
            "c": ["a", "=b", None, "é"],
            "p": [0.25, 0.5, 0.75, 1.0],
            "y": ["no", "yes", "yes", "no"],
            "id": ["1", "2", "3", "4"],
        }
    )
    file = tmp_path / "rows.parquet"
    rows.write_parquet(file)
    with in_process(tmp_path / "store") as client:
        target = Target("y", "Binary", ("yes", "no"), prediction_column="p")
        training = tmp_path / "training.csv"
        rows.drop("id", "p").write_csv(training)
        deployment = client.deployments.create("d", target, training=training, holdout=file, association_id="id")
        made = client.batches.create(deployment, "b")
        client.batches.push(made, file)
        client.actuals.push_file(deployment, file, ActualColumns("id", "y"))
        out = tmp_path / "out.parquet"
        report = client.batches.export(made, out, actuals=True)
        assert report.rows == 4
        found = pl.read_parquet(out)
        for name, column in {"x": "x", "c": "c", "probability:yes": "p", "association_id": "id", "actual": "y"}.items():
            assert found[name].to_list() == rows[column].to_list()
        exact = client.exports.training(deployment, form="parquet")
        client.exports.download(exact, tmp_path / "t.parquet", keep=False)
        assert pl.read_parquet(tmp_path / "t.parquet").equals(rows.drop("id", "p"))
        assert client.exports.get(deployment, "training", exact.id).files == ()
        assert [one.rows for one in client.exports.list(deployment, "prediction")] == [4]
        assert [one.name for one in client.datasets.list()] == ["rows.parquet", "training.csv"]
