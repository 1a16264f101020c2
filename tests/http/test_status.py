"""Statuses of work that goes on after its answer."""

from typing import get_args
from urllib.parse import quote

import pytest
from tests.material import Ready, binary_rows, file_of, upload
from tests.serving import Served, User

from assay.http.batches import JobWord
from assay.http.status import WORDS
from assay.records.jobs import JobState
from assay.records.monitoring_jobs import JobStatus


def sent(user: User, content: bytes, name: str = "t.csv") -> tuple[str, str]:
    """Upload a table; its id and where its status is."""
    answer = user.post("datasets/fromFile/", files={"file": (name, content)})
    assert answer.status_code == 202
    return answer.json()["catalogId"], answer.headers["Location"]


def test_work_that_waits_is_initialized_and_leads_on_when_it_is_done(served: Served) -> None:
    owner = served.owner
    dataset_id, location = sent(owner, b"a\n1\n")
    assert location.startswith("http://testserver/api/v2/status/")
    assert location.endswith("/")
    waiting = owner.get(location)
    assert (waiting.status_code, waiting.json()["status"]) == (200, "INITIALIZED")
    served.work()
    done = owner.get(location)
    assert (done.status_code, done.json()["status"]) == (303, "COMPLETED")
    assert done.headers["Location"] == f"http://testserver/api/v2/datasets/{dataset_id}/"
    assert owner.read(done.headers["Location"])["datasetId"] == dataset_id


def test_work_that_failed_is_an_error_with_its_reason(served: Served) -> None:
    owner = served.owner
    dataset_id, location = sent(owner, b"a,b\n1\n")
    served.work()
    failed = owner.get(location)
    assert (failed.status_code, failed.json()["status"], failed.json()["code"]) == (200, "ERROR", 1)
    assert "Line 2 has 1 fields" in failed.json()["message"]
    assert owner.read(f"datasets/{dataset_id}/")["error"] == failed.json()["message"]


def test_work_can_be_cancelled_until_it_has_ended(served: Served) -> None:
    owner = served.owner
    _, location = sent(owner, b"a\n1\n")
    assert owner.delete(location).status_code == 204
    served.work()
    cancelled = owner.get(location)
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "ABORTED")
    _, location = sent(owner, b"a\n1\n")
    served.work()
    assert owner.delete(location).status_code == 204
    assert owner.get(location).json()["status"] == "COMPLETED"


def test_the_list_shows_the_newest_work_first(served: Served) -> None:
    owner = served.owner
    known = owner.read("status/")["totalCount"]
    first, second = (sent(owner, b"a\n1\n")[1] for _ in range(2))
    found = owner.read("status/", limit=2)
    shown = [f"http://testserver/api/v2/status/{item['statusId']}/" for item in found["data"]]
    assert shown == [second, first]
    assert found["totalCount"] == known + 2


@pytest.mark.parametrize(
    "key", ["plain", "with blank", "mit Umlaut ä", "日本", "100%", "a?b", "a#b", "'quoted'", "a+b"]
)
def test_the_status_of_an_upload_leads_to_its_report_whatever_its_key(
    owner: User, binary: Ready, batch: str, key: str
) -> None:
    answer = upload(owner, binary, batch, quote(key, safe=""), file_of(binary_rows(1, 5)))
    assert answer.status_code == 202, answer.text
    assert answer.json()["uploadKey"] == key
    report = owner.read(owner.finished(answer))
    assert (report["uploadKey"], report["state"], report["rows"]) == (key, "counted", 5)


def test_every_state_of_work_has_its_word() -> None:
    assert set(WORDS) == set(JobState)
    assert set(get_args(JobWord)) == set(JobStatus)
