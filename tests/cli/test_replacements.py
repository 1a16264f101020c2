"""The commands that replace a model and tell which ones there were."""

from pathlib import Path

import pytest
from tests.cli.conftest import Assay, fits
from tests.client.wire import DEPLOYMENT, MODEL, Reply, Wire, accepted, deployment, done, page

PACKAGE = "65f000000000000000000001"
HISTORY = [
    {
        "modelId": "65c000000000000000000002",
        "modelPackageId": PACKAGE,
        "modelPackageName": "a name that is long enough to go on in the line below",
        "deployedAt": "2026-05-02T08:30:00Z",
        "replacedAt": None,
        "reason": "DATA_DRIFT",
    },
    {
        "modelId": MODEL,
        "modelPackageId": "65f000000000000000000002",
        "modelPackageName": "old",
        "deployedAt": "2026-05-01T00:00:00Z",
        "replacedAt": "2026-05-02T08:30:00Z",
        "reason": None,
    },
]


@pytest.fixture
def ready(wire: Wire) -> Wire:
    """A server on which every step works."""
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment(modelPackage={"id": "old"})))
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/model/", accepted(wire, "m", {}))
    wire.on("GET", "status/m/", done(wire, f"deployments/{DEPLOYMENT}/"))
    wire.on("POST", "datasets/fromFile/", accepted(wire, "d", {"catalogId": "c"}))
    wire.on("GET", "status/d/", done(wire, "datasets/c/"))
    wire.on("GET", "datasets/c/", Reply(json={"datasetId": "c", "name": "t", "processingState": "COMPLETED"}))
    present = {"id": "old", "name": "x", "modelId": MODEL, "target": {"name": "late", "type": "Regression"}}
    wire.on("GET", "modelPackages/old/", Reply(json=present))
    wire.on("POST", "modelPackages/fromJSON/", Reply(201, {**present, "id": PACKAGE}))
    wire.on("GET", f"deployments/{DEPLOYMENT}/modelHistory/", page(*HISTORY))
    return wire


def test_a_package_is_put_into_service(ready: Wire, assay: Assay) -> None:
    run = assay(f"deployment replace-model {DEPLOYMENT} --package {PACKAGE} --reason data_drift")
    assert run.code == 0, run.err
    assert run.lines == [
        f"Deployment 'late flights' has model {MODEL} now.",
        f"The former one, {MODEL}, keeps its figures.",
    ]
    assert ready.asked("PATCH")[0].json == {"modelPackageId": PACKAGE, "reason": "DATA_DRIFT"}


def test_a_new_model_is_made_of_its_data(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("temp,late\n1,0\n")
    (tmp_path / "importance.json").write_text('{"temp": 1.0}')
    run = assay(
        f"deployment replace-model --training {tmp_path}/t.csv --holdout {tmp_path}/t.csv "
        f"--importance {tmp_path}/importance.json --json"
    )
    assert run.json["id"] == DEPLOYMENT
    body = ready.asked("POST")[2].json
    assert (body["target"], body["featureImportance"]) == ({"name": "late", "type": "Regression"}, {"temp": 1.0})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "Say which model"),
        (f"--package {PACKAGE} --training x.csv", "Say which model"),
        (f"--package {PACKAGE} --holdout x.csv", "--package names one"),
        (f"--package {PACKAGE} --reason boredom", "boredom"),
    ],
)
def test_options_that_do_not_fit_are_told_before_anything_is_sent(
    ready: Wire, assay: Assay, options: str, words: str
) -> None:
    run = assay(f"deployment replace-model {options}")
    assert run.code == 2
    assert words in run.err
    assert ready.calls == []


def test_the_history_is_a_table_that_fits(ready: Wire, assay: Assay) -> None:
    run = assay("deployment history")
    assert fits(run)
    assert {"data", "drift", "now"} <= set(run.out.split())
    assert [line.split()[-2:] for line in run.lines if MODEL in line] == [["first", "old"]]
    assert assay("deployment history --json").json == {"count": 2, "totalCount": 2, "data": HISTORY}
