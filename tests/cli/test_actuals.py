from pathlib import Path

import pytest
from tests.cli.conftest import Assay
from tests.client.wire import DEPLOYMENT, Reply, Wire, accepted, deployment, page

PATH = f"deployments/{DEPLOYMENT}/actuals/fromJSON/"


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment()))
    wire.on("POST", PATH, accepted(wire, "a", {}))
    wire.on("GET", "status/a/", Reply(json={"status": "COMPLETED"}))
    return wire


def test_push_counts_what_was_sent_and_what_was_left_out(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    path = tmp_path / "actuals.csv"
    path.write_text("id,late,at\na,1,2013-07-01\nb,,\n,0,\nc,0,2013-07-02\n")
    options = "--id-column id --value-column late --timestamp-column at"
    run = assay(f"actuals push {path} {options}")
    assert run.lines == [
        "2 actuals of 'actuals.csv' sent to deployment 'late flights'.",
        "1 row without an outcome left out.",
        "1 row without an association id left out.",
    ]
    assert ready.asked("POST")[0].json["data"][1] == {
        "associationId": "c",
        "actualValue": "0",
        "timestamp": "2013-07-02",
    }
    assert assay(f"actuals push {path} {options} --json").json == {
        "rows": 2,
        "calls": 1,
        "withoutValue": 1,
        "withoutId": 1,
    }


def test_a_missing_column_is_one_line(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    path = tmp_path / "actuals.csv"
    path.write_text("id,late\na,1\n")
    run = assay(f"actuals push {path} --id-column key --value-column late")
    assert (run.code, run.out) == (1, "")
    assert run.err.endswith("has no column 'key'. It has: id, late.\n")
