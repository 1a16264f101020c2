"""The command that erases an association id, and those that say for how long things are kept."""

import pytest
from tests.cli.conftest import Assay, fits
from tests.client.test_erasures import DONE, ERASURE
from tests.client.wire import DEPLOYMENT, Reply, Wire, accepted, deployment, done, page

SETTINGS = {
    "batchMonitoring": {"enabled": True},
    "targetDrift": {"enabled": True},
    "featureDrift": {"enabled": True},
    "retention": {"rowsDays": 30, "actualsDays": 1, "filesDays": None},
}


@pytest.fixture
def ready(wire: Wire) -> Wire:
    path = f"deployments/{DEPLOYMENT}/"
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", path, Reply(json=deployment()))
    wire.on("POST", f"{path}erasures/", accepted(wire, "e", {"id": ERASURE}))
    wire.on("GET", "status/e/", done(wire, f"{path}erasures/{ERASURE}/"))
    wire.on("GET", f"{path}erasures/{ERASURE}/", Reply(json=DONE))
    wire.on("PATCH", f"{path}settings/", accepted(wire, "s", {}))
    wire.on("GET", "status/s/", done(wire, f"{path}settings/"))
    wire.on("GET", f"{path}settings/", Reply(json=SETTINGS))
    return wire


def test_an_id_is_erased_after_a_question(ready: Wire, assay: Assay) -> None:
    run = assay(f"deployment erase {DEPLOYMENT} --association-id jane-doe", answer="y\n")
    assert run.code == 0, run.err
    assert ready.asked("POST")[0].json == {"associationId": "jane-doe"}
    assert any(line.split() == ["kept", "rows", "2"] for line in run.lines)
    assert "Profiles." in run.out + run.err
    assert fits(run)


def test_nothing_is_erased_by_a_no(ready: Wire, assay: Assay) -> None:
    assert assay(f"deployment erase {DEPLOYMENT} --association-id jane-doe", answer="n\n").code != 0
    assert ready.asked("POST") == []


def test_the_servers_answer_is_printed_as_it_is(ready: Wire, assay: Assay) -> None:
    assert assay(f"deployment erase {DEPLOYMENT} --association-id jane-doe --yes --json").json == DONE


def test_the_id_must_be_named(ready: Wire, assay: Assay) -> None:
    assert assay(f"deployment erase {DEPLOYMENT} --yes").code == 2


def test_limits_of_age_are_set_and_taken_away(ready: Wire, assay: Assay) -> None:
    run = assay(f"deployment settings {DEPLOYMENT} --keep-rows-days 30 --keep-files-days ever")
    assert run.code == 0, run.err
    (call,) = ready.asked("PATCH")
    assert call.json == {"retention": {"rowsDays": 30, "filesDays": None}}
    shown = {" ".join(line.split()) for line in run.lines}
    assert {"rows are kept 30 days", "actuals are kept 1 day", "files are kept for ever"} <= shown


@pytest.mark.parametrize("text", ["never", "-3", "1.5", ""])
def test_what_is_no_number_of_days_is_refused(ready: Wire, assay: Assay, text: str) -> None:
    run = assay(f"deployment settings {DEPLOYMENT}", f"--keep-rows-days={text}")
    assert run.code == 2
    assert "ever" in run.err
    assert ready.asked("PATCH") == []
