"""The rules that these tests hold answers against do refuse what clients break on."""

from typing import Any

import httpx2
import pytest
from tests.workflows import polling, rules
from tests.workflows.polling import Progress

ROOT = "http://127.0.0.1:8700/"
HEALTH = {name: {} for name in rules.HEALTHS}


def answer(status: int, content: bytes | None = None, headers: dict[str, str] | None = None) -> httpx2.Response:
    asked = httpx2.Request("GET", f"{ROOT}api/v2/deployments/")
    told = {"Content-Type": "application/json"} if headers is None else headers
    return httpx2.Response(status, content=content, headers=told, request=asked)


@pytest.mark.parametrize(
    "broken",
    [
        answer(200, b"{}", {"Content-Type": "application/json; charset=utf-8"}),
        answer(200, b"{}", {}),
        answer(200, b"{}", {"Content-Type": "application/json", "Deprecation": "true"}),
        answer(202, b"{}", {"Content-Type": "application/json", "Location": "/api/v2/status/1/"}),
        answer(202, b"{}", {"Content-Type": "application/json", "Location": "http://elsewhere/api/v2/status/1/"}),
        answer(202, b"{}", {"Content-Type": "application/json", "Location": f"{ROOT}api/v2/status/1"}),
        answer(404, b'{"detail": "no"}'),
        answer(404, b'{"message": " "}'),
        answer(204, b"{}"),
    ],
)
def test_an_answer_that_clients_cannot_read_is_refused(broken: httpx2.Response) -> None:
    with pytest.raises(AssertionError):
        rules.check(broken)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("deployments/", {"next": "/api/v2/deployments/?offset=2"}),
        ("deployments/", {"next": f"{ROOT}api/v2/deployments?offset=2"}),
        ("batchJobs/", {"links": {"download": None}}),
        ("batchJobs/", {"data": [{"links": {"self": "http://elsewhere/api/v2/batchJobs/1/"}}]}),
        ("batchJobs/", {"elapsedTimeSec": 3.0}),
        ("batchJobs/", {"statusDetails": " "}),
        ("featureDrift/", {"segmentAttribute": None}),
        ("featureDrift/", {"data": [{"sampleSize": 3.0}]}),
        ("serviceStats/", {"period": {"start": "2026-11-23 10:31:31+0000"}}),
        ("serviceStats/", {"metrics": {"totalPredictions": True}}),
        ("deployments/", {"id": 5}),
        ("deployments/", {"id": "65A0000000000000000000FF"}),
        ("deployments/", {"label": 5}),
        ("deployments/", {**HEALTH, "model": {}, "predictionUsage": {"lastTimestamp": None}}),
        ("deployments/", {**HEALTH, "model": {"projectId": None}, "predictionUsage": {}}),
        ("deployments/", {**HEALTH, "model": {}, "predictionUsage": {}, "serviceHealth": {"endDate": None}}),
        ("deployments/", {**HEALTH, "model": {}, "predictionUsage": {}, "defaultPredictionServer": None}),
        ("deployments/1/customMetrics/", {"timeStep": "hour", "batch": None}),
        ("deployments/1/customMetrics/2/valuesOverBatch/", {"segmentValue": None}),
        ("deployments/1/customMetrics/2/valuesOverBatch/", {"batch": {"lastPredictionTimestamp": None}}),
        ("deployments/1/customMetrics/", {"units": ""}),
        ("deployments/1/predictionDataExports/", {"batches": []}),
    ],
)
def test_a_body_that_clients_cannot_read_is_refused(path: str, body: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        rules.check_body(body, f"/api/v2/{path}", ROOT)


WORDS = [
    ("INITIALIZED", Progress.WAITING, Progress.WAITING),
    ("running", Progress.WAITING, Progress.WAITING),
    ("active", Progress.DONE, Progress.WAITING),
    ("COMPLETED", Progress.FAILED, Progress.DONE),
    ("ERROR", Progress.FAILED, Progress.FAILED),
    ("Aborted", Progress.FAILED, Progress.FAILED),
    ("FAILED", Progress.FAILED, Progress.WAITING),
]


@pytest.mark.parametrize(("word", "of_command_line", "of_sdk"), WORDS)
def test_each_client_reads_a_status_by_its_own_rule(word: str, of_command_line: Progress, of_sdk: Progress) -> None:
    told = answer(200, f'{{"status": "{word}"}}'.encode())
    assert (polling.of_command_line(told), polling.of_sdk(told)) == (of_command_line, of_sdk)


def test_only_a_303_that_leads_somewhere_is_the_end_for_both() -> None:
    leading, astray = answer(303, b"{}", {"Location": f"{ROOT}api/v2/deployments/1/"}), answer(303, b"{}")
    for rule in (polling.of_command_line, polling.of_sdk):
        assert rule(leading) is Progress.DONE
        assert rule(astray) is rule(answer(404, b"{}")) is rule(answer(202, b"{}")) is Progress.FAILED
    assert polling.of_command_line(answer(200, b"{}")) is Progress.DONE
