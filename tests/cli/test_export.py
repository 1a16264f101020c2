from pathlib import Path

import pytest
from tests.cli.conftest import Assay
from tests.client.test_exports import DATASET, EXPORT, MODELS, PREDICTIONS, ROWS, dataset, export, model
from tests.client.wire import BATCH, DEPLOYMENT, MODEL, Reply, Wire, accepted, batch, deployment, done, page


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch()))
    wire.on("GET", MODELS, page(model()))
    wire.on("POST", PREDICTIONS, accepted(wire, "s1", export(status="CREATED", data=None)))
    wire.on("GET", "status/s1/", done(wire, f"{PREDICTIONS}{EXPORT}/"))
    wire.on("GET", f"{PREDICTIONS}{EXPORT}/", Reply(json=export(rowCount=27004)))
    wire.on("GET", f"datasets/{DATASET}/", Reply(json=dataset()))
    wire.on("GET", f"datasets/{DATASET}/file/", Reply(text=ROWS))
    wire.on("DELETE", f"datasets/{DATASET}/", Reply(204))
    return wire


def test_export_writes_the_rows_to_a_file(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    file = tmp_path / "july.csv"
    run = assay("batch export 2013-07", str(file))
    assert (run.code, run.out) == (0, f"27,004 rows of batch '2013-07' written to '{file}'.\n")
    assert file.read_text() == ROWS
    assert ready.asked("POST")[0].json == {
        "batchIds": [BATCH],
        "modelId": MODEL,
        "format": "csv",
        "includeActuals": False,
    }


def test_export_says_form_actuals_and_model(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    other = "65c000000000000000000002"
    run = assay(f"batch export 2013-07 {tmp_path}/f --format parquet --actuals --model-id {other} --json")
    assert run.json == export(rowCount=27004)
    sent = ready.asked("POST")[0].json
    assert (sent["format"], sent["includeActuals"], sent["modelId"]) == ("parquet", True, other)


def test_export_tells_what_is_missing(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    ready.on("GET", f"{PREDICTIONS}{EXPORT}/", Reply(json=export(rowCount=1, rowsNotKept=1_200)))
    run = assay("batch export 2013-07", str(tmp_path / "f.csv"))
    assert run.lines[0].startswith("1 row of batch '2013-07'")
    assert " ".join(run.lines[1:]) == "1,200 rows missing: they came as aggregates, or while the deployment kept none."


def test_export_to_nowhere_ends_with_one_line(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    run = assay("batch export 2013-07", str(tmp_path / "none" / "f.csv"))
    assert run.code == 1
    assert run.err.count("\n") == 1
    assert "there is no folder" in run.err
    run = assay("batch export 2013-07 f.csv --format xlsx")
    assert run.code == 2
    assert "'--format'" in run.err
