import pytest
from tests.cli.conftest import Assay, fits
from tests.client.test_verdicts import ONE, PASSING, verdict
from tests.client.wire import DEPLOYMENT, Reply, Wire, batch, deployment, page


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch()))
    wire.on("GET", f"{ONE}verdict/", Reply(json=verdict()))
    return wire


def test_verdict_shows_why_first_and_then_every_section(ready: Wire, assay: Assay) -> None:
    run = assay("batch verdict 2013-07")
    assert (run.code, fits(run)) == (0, True)
    assert run.lines[0] == "Batch '2013-07': failing"
    assert "missing 12.0 %" in run.out
    assert "27,004" in run.out
    assert "at most 1.0% are not" in " ".join(run.out.split())
    assert assay("batch verdict 2013-07 --json").json == verdict()


def test_verdict_says_what_may_still_change_it(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"{ONE}verdict/", Reply(json=verdict(waitingFor=["1 upload(s) that are being counted"])))
    assert "still works on 1 upload(s)" in " ".join(assay("batch verdict 2013-07").out.split())


def test_verdict_lists_those_that_a_batch_had(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"{ONE}verdicts/", page(verdict(), PASSING))
    run = assay("batch verdict 2013-07 --history")
    assert [line.split()[2] for line in run.lines[1:] if line[:4] == "2026"] == ["failing", "passing"]
    assert assay("batch verdict 2013-07 --history --json").json["totalCount"] == 2


@pytest.mark.parametrize(
    ("status", "option", "code", "words"),
    [
        ("passing", "", 0, "Gate: open."),
        ("warning", "", 0, "Gate: open."),
        ("warning", "--fail-on warn", 1, "Gate: closed."),
        ("failing", "", 1, "Gate: closed."),
        ("unknown", "", 2, "Gate: no answer."),
    ],
)
def test_the_gate_ends_with_the_code_that_a_pipeline_acts_on(
    ready: Wire, assay: Assay, status: str, option: str, code: int, words: str
) -> None:
    ready.on("GET", f"{ONE}verdict/", Reply(json=verdict(status=status)))
    run = assay(f"batch gate 2013-07 {option}")
    assert run.code == code
    assert words in run.out
    found = assay(f"batch gate 2013-07 --json {option}")
    assert (found.code, found.json["exitCode"], found.json["verdict"]["status"]) == (code, code, status)


def test_the_gate_says_what_it_waits_for_and_gives_up_in_time(ready: Wire, assay: Assay) -> None:
    run = assay("batch gate 2013-07 --wait 0.1s --require-actuals 0.8")
    assert run.code == 2
    assert run.err == "Waiting for actuals: 25% of the rows have one, 80% are required.\n"
    assert "still waiting for actuals" in run.out


@pytest.mark.parametrize("arguments", ["batch gate 2099", "batch gate 2013-07 --wait soon"])
def test_a_gate_that_cannot_be_asked_is_no_bad_batch(ready: Wire, assay: Assay, arguments: str) -> None:
    run = assay(arguments)
    assert (run.code, run.err.startswith("Error: "), run.err.count("\n")) == (2, True, 1)


def test_a_server_that_is_away_is_no_bad_batch(wire: Wire, assay: Assay) -> None:
    wire.on("GET", "deployments/", Reply(401, {"message": "Invalid authorization header: none."}))
    assert assay("batch gate 2013-07").code == 2
