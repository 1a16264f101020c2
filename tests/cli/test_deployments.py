import json
from pathlib import Path

import pytest
from tests.cli.conftest import Assay, fits
from tests.client.wire import DEPLOYMENT, Reply, Wire, accepted, deployment, done, page

OTHER = "a" * 24
SETTINGS = {
    "batchMonitoring": {"enabled": True},
    "targetDrift": {"enabled": True},
    "featureDrift": {"enabled": False},
    "associationId": {"columnNames": ["flight_id"], "requiredInPredictionRequests": True},
}


@pytest.fixture
def ready(wire: Wire) -> Wire:
    """A server on which every step of making a deployment works."""
    wire.on("POST", "datasets/fromFile/", accepted(wire, "d", {"catalogId": "c"}))
    wire.on("GET", "status/d/", done(wire, "datasets/c/"))
    wire.on("GET", "datasets/c/", Reply(json={"datasetId": "c", "name": "t", "processingState": "COMPLETED"}))
    wire.on("DELETE", "datasets/c/", Reply(204))
    package = {"id": "p", "name": "x", "modelId": "m", "target": {"name": "late", "type": "Binary"}}
    wire.on("POST", "modelPackages/fromJSON/", Reply(201, package))
    wire.on("POST", "deployments/fromModelPackage/", accepted(wire, "m", {"id": DEPLOYMENT}))
    wire.on("GET", "status/m/", done(wire, f"deployments/{DEPLOYMENT}/"))
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/settings/", accepted(wire, "s"))
    wire.on("GET", "status/s/", done(wire, f"deployments/{DEPLOYMENT}/"))
    wire.on("GET", f"deployments/{DEPLOYMENT}/settings/", Reply(json=SETTINGS))
    wire.on("GET", f"deployments/{DEPLOYMENT}/", Reply(json=deployment()))
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("DELETE", f"deployments/{DEPLOYMENT}/", Reply(204))
    return wire


@pytest.fixture
def training(tmp_path: Path) -> Path:
    path = tmp_path / "jan_feb.csv"
    path.write_text("temp,late\n1,0\n")
    return path


def test_create_says_all_that_was_told(ready: Wire, assay: Assay, training: Path, tmp_path: Path) -> None:
    weights = tmp_path / "importance.json"
    weights.write_text('{"temp": 1.0}')
    run = assay(
        f"deployment create --training {training} --holdout {training} --target late --classes 1,0 --threshold 0.4 "
        f"--prediction-column p --association-id flight_id --label 'late flights' --importance {weights}"
    )
    assert run.code == 0, run.err
    assert run.lines[0] == "Deployment 'late flights' is ready."
    assert run.lines[-1] == f"Next: assay batch create NAME -d {DEPLOYMENT}"
    package = ready.asked("POST")[2].json
    assert package["target"] == {
        "name": "late",
        "type": "Binary",
        "classNames": ["1", "0"],
        "predictionThreshold": 0.4,
        "predictionProbabilitiesColumn": "p",
    }
    assert package["featureImportance"] == {"temp": 1.0}
    assert ready.asked("PATCH")[0].json["batchMonitoring"] == {"enabled": True}


def test_create_names_a_deployment_after_target_and_file(ready: Wire, assay: Assay, training: Path) -> None:
    run = assay(f"deployment create --training {training} --target delay --type regression --no-batches --json")
    assert run.json == deployment()
    assert ready.asked("POST")[1].json["target"] == {"name": "delay", "type": "Regression"}
    assert ready.asked("POST")[2].json["label"] == "delay (jan_feb)"
    assert ready.asked("PATCH")[0].json["batchMonitoring"] == {"enabled": False}


@pytest.mark.parametrize(
    ("options", "kind"), [("--classes a,b", "Binary"), ("--classes a,b,c", "Multiclass"), ("--type Binary", "Binary")]
)
def test_the_type_follows_from_the_classes(ready: Wire, assay: Assay, training: Path, options: str, kind: str) -> None:
    assay(f"deployment create --training {training} --target late {options}")
    assert ready.asked("POST")[1].json["target"]["type"] == kind


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "Say what the model predicts"),
        ("--classes a", "Say what the model predicts"),
        ("--type Regression --classes a,b", "belong to classification"),
        ("--type Regression --importance {file}", "does not hold importances"),
        ("--type Regression --importance /nowhere.json", "Cannot read '/nowhere.json' as JSON"),
        ("--type Guess", "Guess"),
        ("--classes a,b --threshold 1.5", "Invalid value for '--threshold'"),
    ],
)
def test_options_that_do_not_fit_are_told_before_anything_is_sent(
    ready: Wire, assay: Assay, training: Path, tmp_path: Path, options: str, words: str
) -> None:
    (tmp_path / "importance.json").write_text('{"temp": "much"}')
    filled = options.format(file=tmp_path / "importance.json")
    run = assay(f"deployment create --training {training} --target late {filled}")
    assert run.code == 2
    assert words in run.err
    assert ready.calls == []


def test_a_missing_training_file_is_one_line(ready: Wire, assay: Assay, tmp_path: Path) -> None:
    run = assay(f"deployment create --training {tmp_path}/none.csv --target late --type Regression")
    assert (run.code, run.out) == (1, "")
    assert "No such file or directory" in run.err


def test_list_fits_the_terminal_and_hides_no_name(ready: Wire, assay: Assay) -> None:
    long = "a-model-of-" + "very-" * 12 + "long-name"
    ready.on("GET", "deployments/", page(deployment(), deployment(id=OTHER, label=long), total=7))
    run = assay("deployment list --limit 2")
    assert fits(run)
    assert DEPLOYMENT in run.out
    assert OTHER in run.out
    assert long in "".join(line.split()[0] for line in run.lines[1:-1]).replace("late", "", 1)
    assert run.lines[-1] == "2 of 7 deployments; --limit shows more."


def test_list_as_json_is_a_page_of_what_the_server_sent(ready: Wire, assay: Assay) -> None:
    assert assay("deployment list --search late --json").json == {
        "count": 1,
        "totalCount": 1,
        "data": [deployment()],
    }
    assert ready.calls[0].query == {"search": ["late"], "limit": ["50"]}


def test_an_empty_list_says_so(ready: Wire, assay: Assay) -> None:
    ready.on("GET", "deployments/", page())
    assert assay("deployment list").out == "No deployment.\n"
    assert assay("deployment list --search x").out == "No deployment with 'x' in its label.\n"


def test_show_takes_an_id_a_label_or_the_only_one(ready: Wire, assay: Assay) -> None:
    whole = assay(f"deployment show {DEPLOYMENT}")
    assert whole.lines[0] == "late flights"
    assert fits(whole)
    assert assay("deployment show 'late flights'").out == whole.out
    assert assay("deployment show").out == whole.out
    assert assay("deployment show --json").json == deployment()


def test_several_deployments_must_be_told_apart(ready: Wire, assay: Assay) -> None:
    ready.on("GET", "deployments/", page(deployment(), deployment(id=OTHER, label="other")))
    run = assay("deployment show")
    assert run.code == 2
    assert run.err == ("Error: The server has several deployments ('late flights', 'other'). Say which one with -d.\n")


def test_the_environment_may_name_the_deployment(ready: Wire, assay: Assay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_DEPLOYMENT", DEPLOYMENT)
    assert assay("deployment show --json").json["id"] == DEPLOYMENT
    assert [call.path for call in ready.calls] == [f"deployments/{DEPLOYMENT}/"]


def test_a_server_without_deployments_says_what_to_do(ready: Wire, assay: Assay) -> None:
    ready.on("GET", "deployments/", page())
    run = assay("batch list")
    assert run.code == 1
    assert "'assay deployment create' makes one" in run.err
    assert "No deployment has the id or label 'x'" in assay("batch list -d x").err


def test_settings_are_shown(ready: Wire, assay: Assay) -> None:
    run = assay("deployment settings")
    assert [" ".join(line.split()) for line in run.lines[1:3]] == ["batches on", "feature drift off"]
    assert "flight_id (required)" in run.out
    assert ready.asked("PATCH") == []
    assert assay("deployment settings --json").json == SETTINGS


def test_settings_are_changed_by_what_is_named(ready: Wire, assay: Assay) -> None:
    assert assay("deployment settings --no-batches --feature-drift --association-id id").code == 0
    assert ready.asked("PATCH")[0].json == {
        "batchMonitoring": {"enabled": False},
        "featureDrift": {"enabled": True},
        "associationId": {"columnNames": ["id"]},
    }


def test_delete_asks_and_does_nothing_without_a_yes(ready: Wire, assay: Assay) -> None:
    run = assay(f"deployment delete {DEPLOYMENT}", answer="n\n")
    assert (run.code, run.out) == (1, "")
    assert f"Delete deployment 'late flights' ({DEPLOYMENT}) with all its batches? [y/N]" in run.err
    assert assay(f"deployment delete {DEPLOYMENT}", answer="").code == 1
    assert ready.asked("DELETE") == []


def test_delete_after_a_yes(ready: Wire, assay: Assay) -> None:
    assert assay(f"deployment delete {DEPLOYMENT}", answer="y\n").out == "Deleted deployment 'late flights'.\n"
    run = assay(f"deployment delete {DEPLOYMENT} --yes --json")
    assert json.loads(run.out) == {"id": DEPLOYMENT}
    assert run.err == ""
    assert len(ready.asked("DELETE")) == 2
