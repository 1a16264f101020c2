"""A disk that is full, or files that may not grow: calls say so, store nothing, and work once there is room again."""

import resource
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.crash.calls import Caller
from tests.crash.driver import deployment
from tests.crash.services import Service, embedded
from tests.workflows.commands import sent_time
from tests.workflows.rows import CHURN_FEATURES, churn, csv, features

CLASSES = ["Yes", "No"]
COLUMNS = [*CHURN_FEATURES, "outcome"]
# Bytes: enough for Python to try a folder for temporary files.
ROOM = 16
TIME = sent_time(datetime(2026, 11, 1, tzinfo=UTC))


@contextmanager
def full(service: Service) -> Iterator[None]:
    """No file of the server's can be written to, as on a disk that is full; what is there can be read."""
    pid = service.processes[0].pid
    had = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (ROOM, had[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, had)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with embedded(tmp_path_factory.mktemp("full")) as running:
        yield running
        running.stop()


@pytest.fixture(scope="module")
def caller(service: Service) -> Iterator[Caller]:
    with closing(Caller(service.urls, service.token)) as found:
        yield found


@pytest.fixture(scope="module")
def place(caller: Caller) -> tuple[str, str]:
    """Path of a deployment, and its model."""
    deployment_id, model_id = deployment(caller, churn(1, 200)[COLUMNS], churn(2, 200)[[*COLUMNS, "Yes"]])
    return f"deployments/{deployment_id}/", model_id


@pytest.fixture
def batch(caller: Caller, place: tuple[str, str]) -> str:
    made = caller.post(f"{place[0]}monitoringBatches/", {"batchName": uuid.uuid4().hex}).json()
    return str(made["id"])


def calls(service: Service, place: tuple[str, str], batch: str) -> dict[str, Callable[[], httpx2.Response]]:
    """Calls that store something, by what they store; each may be made any number of times."""
    path, model_id = place
    frame = churn(7, 40)
    frame["key"] = [f"{batch}-{i}" for i in range(len(frame))]
    element = {
        "timestamp": TIME,
        "modelId": model_id,
        "batchId": batch,
        "features": features(frame, CHURN_FEATURES),
        "predictions": frame[CLASSES].to_numpy().tolist(),
        "classNames": CLASSES,
        "associationIds": frame["key"].tolist(),
    }
    # So many bytes that they cannot wait in memory.
    great = csv(churn(8, 20_000)[[*CHURN_FEATURES, "Yes"]])
    file = csv(frame[[*CHURN_FEATURES, "Yes", "key"]])
    put = f"{path}monitoringBatches/{batch}/uploads/"
    as_csv = {"Content-Type": "text/csv"}
    request = {"timestamp": TIME, "modelId": model_id, "batchId": batch, "executionTime": 3.0}
    request |= {"numPredictions": 2, "userError": False, "systemError": False}
    key = uuid.uuid4().hex

    def post(to: str, body: Any) -> httpx2.Response:
        return sent(service, "POST", f"{path}{to}", json=body, headers={"Idempotency-Key": key})

    return {
        "rows": lambda: post("predictionInputs/fromJSON/", {"data": [element]}),
        "requests": lambda: post("predictionRequests/fromJSON/", {"data": [request]}),
        "actuals": lambda: post("actuals/fromJSON/", {"data": [{"associationId": "x", "actualValue": "Yes"}]}),
        "batch": lambda: post("monitoringBatches/", {"batchName": key}),
        "file": lambda: sent(service, "PUT", f"{put}small/", content=file, headers=as_csv),
        "great file": lambda: sent(service, "PUT", f"{put}great/", content=great, headers=as_csv),
        "data set": lambda: sent(service, "POST", "datasets/fromFile/", files={"file": ("a.csv", great)}),
        "deletion": lambda: sent(service, "DELETE", f"{path}monitoringBatches/{batch}/"),
    }


def sent(service: Service, method: str, path: str, **more: Any) -> httpx2.Response:
    """One call, answered whatever it says."""
    headers = {"Authorization": f"Bearer {service.token}", **more.pop("headers", {})}
    with httpx2.Client(timeout=60.0) as client:
        return client.request(method, f"{service.urls[0]}/api/v2/{path}", headers=headers, **more)


def stored(caller: Caller, folder: Path) -> Any:
    """What is there: batches with their counts, data sets, and files that are not the database's own."""
    deployments = caller.read("deployments/")["data"]
    batches = [caller.read(f"deployments/{one['id']}/monitoringBatches/")["data"] for one in deployments]
    files = sorted(str(file.relative_to(folder)) for file in (folder / "data" / "blobs").rglob("*") if file.is_file())
    return batches, caller.read("datasets/")["data"], files


KINDS = ["rows", "requests", "actuals", "batch", "file", "great file", "data set", "deletion"]


@pytest.mark.parametrize("what", KINDS)
def test_a_call_that_finds_no_room_stores_nothing_and_can_be_made_again(
    service: Service, caller: Caller, place: tuple[str, str], batch: str, what: str
) -> None:
    call = calls(service, place, batch)[what]
    folder = service.token_file.parent
    before = stored(caller, folder)
    with full(service):
        refused = call()
        during = stored(caller, folder)
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["Retry-After"]) > 0
    assert "nothing was stored" in refused.json()["message"].lower()
    assert during == before
    again = call()
    assert again.status_code in {200, 202, 204}, again.text
    if what in {"file", "great file"}:
        caller.finished(again)
    counted = {"rows": 40, "file": 40, "great file": 20_000}.get(what)
    if counted is not None:
        assert caller.read(f"{place[0]}monitoringBatches/{batch}/")["predictionsCount"] == counted
