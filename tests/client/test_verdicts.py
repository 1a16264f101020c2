from datetime import UTC, datetime
from typing import Any

import pytest
from tests.client.wire import BATCH, DEPLOYMENT, MODEL, Reply, Wire, batch, page

from assay.client import Batch, Client

ONE = f"deployments/{DEPLOYMENT}/monitoringBatches/{BATCH}/"
JULY = Batch.of(batch(), deployment_id=DEPLOYMENT)

REASON = {
    "section": "dataQuality",
    "status": "failing",
    "code": "more_missing",
    "message": "'temp': missing 12.0 % instead of 0.5 % (PSI 0.31, p = 1e-09, 27,004 rows)",
    "subject": "temp",
    "importance": 1.0,
    "important": True,
    "real": True,
    "big": True,
    "smallestDetectable": 0.01,
    "evidence": {"psiBc": 0.31},
}
SECTION = {
    "name": "dataQuality",
    "status": "failing",
    "message": "1 of 9 features show faults of the data.",
    "lookedAt": 9,
    "rows": 27_004,
    "baselineRows": 10_000,
    "alpha": 0.005,
    "smallestDetectable": 0.01,
}


def verdict(**more: Any) -> dict[str, Any]:
    return {
        "id": "65ad00000000000000000001",
        "batchId": BATCH,
        "modelId": MODEL,
        "status": "failing",
        "reasons": [REASON],
        "sections": [SECTION],
        "predictionsCount": 200,
        "rowsWithActual": 50,
        "baselineId": "65ae00000000000000000001",
        "settings": {"alpha": 0.01},
        "judgedAt": "2026-11-23T10:31:31Z",
        "hash": "ab" * 32,
        "waitingFor": [],
        **more,
    }


PASSING = verdict(status="passing", reasons=[])


def test_a_verdict_has_its_reasons_and_sections(wire: Wire, client: Client) -> None:
    wire.on("GET", f"{ONE}verdict/", Reply(json=verdict()))
    found = client.batches.verdict(JULY, model_id=MODEL)
    assert (found.status, found.judged_at) == ("failing", datetime(2026, 11, 23, 10, 31, 31, tzinfo=UTC))
    assert (found.reasons[0].code, found.reasons[0].evidence, found.reasons[0].real) == (
        "more_missing",
        {"psiBc": 0.31},
        True,
    )
    assert (found.sections[0].rows, found.sections[0].alpha, found.actual_share) == (27_004, 0.005, 0.25)
    assert wire.asked("GET")[0].query == {"modelId": [MODEL]}


def test_earlier_verdicts_are_listed(wire: Wire, client: Client) -> None:
    wire.on("GET", f"{ONE}verdicts/", page(verdict(), PASSING))
    assert [one.status for one in client.batches.verdicts(JULY)] == ["failing", "passing"]


@pytest.mark.parametrize(
    ("status", "fail_on", "is_open", "code"),
    [
        ("passing", "fail", True, 0),
        ("passing", "warn", True, 0),
        ("warning", "fail", True, 0),
        ("warning", "warn", False, 1),
        ("failing", "fail", False, 1),
        ("unknown", "fail", None, 2),
    ],
)
def test_the_gate_is_open_closed_or_cannot_say(
    wire: Wire, client: Client, status: str, fail_on: Any, is_open: bool | None, code: int
) -> None:
    wire.on("GET", f"{ONE}verdict/", Reply(json=verdict(status=status)))
    gate = client.batches.gate(JULY, fail_on=fail_on)
    assert (gate.is_open, gate.exit_code) == (is_open, code)
    assert gate.why


def test_the_gate_waits_for_what_is_being_counted_and_tells_of_it_once(wire: Wire, client: Client) -> None:
    counting = verdict(waitingFor=["2 upload(s) that are being counted"])
    computing = verdict(waitingFor=["accuracy that is being computed"])
    wire.on("GET", f"{ONE}verdict/", *[Reply(json=one) for one in (counting, counting, computing, PASSING)])
    told: list[str] = []
    assert client.batches.gate(JULY, waiting=told.append).is_open is True
    assert told == ["2 upload(s) that are being counted", "accuracy that is being computed"]
    assert len(wire.calls) == 4


def test_the_gate_waits_until_enough_rows_have_an_actual(wire: Wire, client: Client) -> None:
    few, enough = verdict(status="passing"), verdict(status="passing", rowsWithActual=160)
    wire.on("GET", f"{ONE}verdict/", Reply(json=few), Reply(json=enough))
    told: list[str] = []
    assert client.batches.gate(JULY, require_actuals=0.8, waiting=told.append).is_open is True
    assert told == ["actuals: 25% of the rows have one, 80% are required"]


def test_the_gate_does_not_answer_when_its_time_is_over(wire: Wire, client: Client) -> None:
    wire.on("GET", f"{ONE}verdict/", Reply(json=verdict(status="failing", waitingFor=["accuracy"])))
    gate = client.batches.gate(JULY, wait=0.0)
    assert (gate.is_open, gate.exit_code, gate.why) == (None, 2, "The time is over; still waiting for accuracy.")
    assert len(wire.calls) <= 2
