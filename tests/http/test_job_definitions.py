"""Job definitions: stored, changed, run on demand, and run by schedule once for each time that they are due."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.http.jobs import JOBS, job_path, read_job
from tests.material import Ready, binary_rows, dataset, file_of
from tests.serving import Served, User

from assay.monitoring.monitoring_jobs.job_definitions import enqueue_due

DEFINITIONS = "batchMonitoringJobDefinitions/"
NIGHTLY = {"minute": [30], "hour": [3]}


def at(server: Served, text: str) -> Served:
    """The same server at another time."""
    now = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return replace(server, context=replace(server.context, clock=lambda: now))


@pytest.fixture
def stored(served: Served, binary: Ready) -> dict[str, Any]:
    """What a definition over a data set says."""
    dataset_id = dataset(served.owner, "rows.csv", file_of(binary_rows(41, 40)))
    return {"deploymentId": binary.id, "intakeSettings": {"type": "dataset", "datasetId": dataset_id}}


def defined(user: User, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = user.post(DEFINITIONS, {**body, **more})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def jobs_of(user: User, definition: dict[str, Any]) -> list[dict[str, Any]]:
    return list(user.read(JOBS, batchPredictionJobDefinitionId=definition["id"])["data"])


def test_a_definition_is_stored_as_it_was_told(owner: User, stored: dict[str, Any], binary: Ready) -> None:
    made = defined(owner, stored, name="nightly", schedule=NIGHTLY, monitoringBatchPrefix="n")
    assert made["batchMonitoringJob"]["intakeSettings"] == stored["intakeSettings"]
    assert made["batchMonitoringJob"]["monitoringBatchPrefix"] == "n"
    assert made["schedule"] == {**NIGHTLY, "dayOfMonth": ["*"], "month": ["*"], "dayOfWeek": ["*"]}
    assert (made["name"], made["enabled"], made["nextScheduledRunTime"]) == ("nightly", False, None)
    assert (made["createdBy"]["username"], made["updatedBy"]["username"]) == ("owner", "owner")
    never = ("lastStartedJobStatus", "lastStartedJobTime", "lastSuccessfulRunTime", "lastFailedRunTime")
    assert [made[name] for name in never] == [None] * 4
    assert owner.read(f"{DEFINITIONS}{made['id']}/") == made
    page = owner.read(DEFINITIONS)
    assert (page["totalCount"], page["data"]) == (1, [made])
    assert owner.read(DEFINITIONS, deploymentId=binary.id)["count"] == 1
    assert owner.read(DEFINITIONS, deploymentId="65a0000000000000000000ff")["count"] == 0
    assert defined(owner, stored)["name"].startswith("Monitoring job definition of ")


def test_a_definition_is_changed_where_told_and_nowhere_else(owner: User, stored: dict[str, Any]) -> None:
    made = defined(owner, stored, name="nightly", monitoringBatchPrefix="n", abortOnError=False)
    path = f"{DEFINITIONS}{made['id']}/"
    answer = owner.patch(path, {"schedule": NIGHTLY, "enabled": True, "skipDriftTracking": True})
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert changed["name"] == "nightly"
    spec = {**made["batchMonitoringJob"], "skipDriftTracking": True}
    assert changed["batchMonitoringJob"] == spec
    assert changed["nextScheduledRunTime"] is not None
    off = owner.patch(path, {"enabled": False}).json()
    assert (off["nextScheduledRunTime"], off["schedule"]) == (None, changed["schedule"])
    assert owner.patch(path, {"name": None}).json()["name"] == "nightly"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"enabled": True}, "a definition without a schedule cannot run by itself"),
        ({"enabled": True, "schedule": NIGHTLY, "intakeSettings": {"type": "localFile"}}, "uploaded by hand"),
        ({"schedule": {"minute": [99], "hour": [1]}}, "schedule.minute: found '99'"),
        ({"schedule": []}, "schedule"),
        ({"name": " "}, "name: expected a text"),
        ({"name": "x" * 201}, "1 to 200 characters"),
        ({"enabled": "yes"}, "enabled"),
        ({"intakeSettings": {"type": "dataset", "datasetId": "x"}}, "Data set not found"),
        ({"modelId": "x"}, "Model x not found"),
    ],
)
def test_what_a_definition_cannot_be_is_refused(
    served: Served, stored: dict[str, Any], fields: dict[str, Any], says: str
) -> None:
    made = defined(served.owner, stored)
    before = served.contents()
    for answer in (
        served.owner.post(DEFINITIONS, {**stored, **fields}),
        served.owner.patch(f"{DEFINITIONS}{made['id']}/", fields),
    ):
        assert answer.status_code in {404, 422}, answer.text
        assert says in answer.json()["message"]
    assert served.contents() == before


def test_a_definition_needs_a_deployment(owner: User) -> None:
    answer = owner.post(DEFINITIONS, {"name": "x"})
    assert (answer.status_code, "deploymentId: is missing" in answer.json()["message"]) == (422, True)


def test_a_definition_is_run_on_demand(served: Served, stored: dict[str, Any]) -> None:
    owner = served.owner
    made = defined(owner, stored)
    answer = owner.post("batchJobs/fromJobDefinition/", {"jobDefinitionId": made["id"]})
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["Location"] == job["links"]["self"]
    served.work()
    job = read_job(owner, job)
    assert (job["status"], job["scoredRows"], job["source"]) == ("COMPLETED", 40, "definition")
    found = owner.read(f"{DEFINITIONS}{made['id']}/")
    assert (found["lastStartedJobStatus"], found["lastStartedJobTime"]) == ("COMPLETED", job["created"])
    assert found["lastSuccessfulRunTime"] >= job["created"]
    assert found["lastFailedRunTime"] is None
    assert [one["id"] for one in jobs_of(owner, made)] == [job["id"]]


def test_a_definition_of_uploaded_rows_waits_for_them(served: Served, binary: Ready) -> None:
    owner = served.owner
    made = defined(owner, {"deploymentId": binary.id})
    job = owner.post("batchJobs/fromJobDefinition/", {"jobDefinitionId": made["id"]}).json()
    assert job["status"] == "INITIALIZING"
    owner.put(job_path(job, "csvUpload"), file_of(binary_rows(42, 10)))
    served.work()
    assert read_job(owner, job)["scoredRows"] == 10


def test_a_deleted_definition_leaves_its_jobs(served: Served, stored: dict[str, Any]) -> None:
    owner = served.owner
    made = defined(owner, stored)
    job = owner.post("batchJobs/fromJobDefinition/", {"jobDefinitionId": made["id"]}).json()
    assert owner.delete(f"{DEFINITIONS}{made['id']}/").status_code == 204
    assert owner.delete(f"{DEFINITIONS}{made['id']}/").status_code == 404
    served.work()
    assert read_job(owner, job)["status"] == "COMPLETED"


def test_a_schedule_makes_a_job_each_time_that_it_is_due(served: Served, stored: dict[str, Any]) -> None:
    owner = served.owner
    made = defined(owner, stored)
    path = f"{DEFINITIONS}{made['id']}/"
    early = at(served, "2099-03-01T03:29:59")
    # The times of the definition are those of the server's clock, so it is enabled at a time of the test's choosing.
    _enable(early, made)
    early.work()
    assert jobs_of(owner, made) == []
    due = at(served, "2099-03-01T03:30:00")
    due.work()
    due.work()
    (job,) = jobs_of(owner, made)
    assert (job["status"], job["source"], job["scoredRows"]) == ("COMPLETED", "schedule", 40)
    found = owner.read(path)
    assert found["lastScheduledRunTime"] == "2099-03-01T03:30:00Z"
    assert found["nextScheduledRunTime"] == "2099-03-02T03:30:00Z"
    # After a pause of days the missed times are one job.
    at(served, "2099-03-05T12:00:00").work()
    assert len(jobs_of(owner, made)) == 2
    found = owner.read(path)
    assert found["lastScheduledRunTime"] == "2099-03-02T03:30:00Z"
    assert found["nextScheduledRunTime"] == "2099-03-06T03:30:00Z"
    owner.patch(path, {"enabled": False})
    at(served, "2099-03-09T12:00:00").work()
    assert len(jobs_of(owner, made)) == 2


def test_any_number_of_schedulers_make_one_job_for_one_due_time(served: Served, stored: dict[str, Any]) -> None:
    owner = served.owner
    definitions = [defined(owner, stored) for _ in range(5)]
    for one in definitions:
        _enable(at(served, "2099-03-01T00:00:00"), one)
    due = at(served, "2099-03-01T03:30:00")
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: enqueue_due(due.context), range(12)))
    assert sum(made) == 5
    assert [len(jobs_of(owner, one)) for one in definitions] == [1] * 5


def test_a_schedule_whose_rows_are_gone_goes_on_and_its_jobs_fail(served: Served, stored: dict[str, Any]) -> None:
    owner = served.owner
    made = defined(owner, stored)
    _enable(at(served, "2099-03-01T00:00:00"), made)
    owner.delete(f"datasets/{stored['intakeSettings']['datasetId']}/")
    for day in (1, 2):
        at(served, f"2099-03-0{day}T03:30:00").work()
    assert [job["status"] for job in jobs_of(owner, made)] == ["FAILED", "FAILED"]
    found = owner.read(f"{DEFINITIONS}{made['id']}/")
    assert (found["lastStartedJobStatus"], found["lastFailedRunTime"]) == ("FAILED", "2099-03-02T03:30:00Z")


def test_the_schedules_of_a_deleted_deployment_end(served: Served, stored: dict[str, Any], binary: Ready) -> None:
    made = defined(served.owner, stored)
    _enable(at(served, "2099-03-01T00:00:00"), made)
    served.owner.delete(binary.path())
    due = at(served, "2099-03-01T03:30:00")
    assert enqueue_due(due.context) == 0
    assert enqueue_due(due.context) == 0
    due.work()
    contents = served.contents()
    assert (contents["job_definitions"], contents["monitoring_jobs"]) == ([], [])


def _enable(server: Served, made: dict[str, Any]) -> None:
    from assay.monitoring.monitoring_jobs import job_definitions
    from assay.records.schedules import Schedule

    with server.store.snapshot() as tx:
        found = tx.users.find("owner")
    assert found is not None
    changes = {"enabled": True, "schedule": Schedule.of(NIGHTLY)}
    job_definitions.update(server.context, found, made["id"], changes, {})
