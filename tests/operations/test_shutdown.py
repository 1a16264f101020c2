"""A server that is told to end: what was answered is there, what was begun goes on elsewhere."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.operations.processes import ENOUGH, server

# A reading of data sets that waits for as long as a file lies beside the database.
HOLD = """
import time
from pathlib import Path
from assay.jobs.handlers import HANDLERS
from assay.monitoring import datasets

def held(ctx, job):
    (ctx.store.folder / "begun").touch()
    while (ctx.store.folder / "hold").exists():
        time.sleep(0.02)
    datasets.read(ctx, job)

HANDLERS[datasets.READ_DATASET] = held
"""


def post_dataset(url: str, token: str, name: str = "t.csv") -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.post(f"{url}/api/v2/datasets/fromFile/", headers=headers, files={"file": (name, b"a,b\n1,2\n")})


def until(path: Path) -> None:
    end = time.monotonic() + ENOUGH
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not come"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_ends_well_when_told(tmp_path: Path, number: signal.Signals) -> None:
    with server(tmp_path / "data") as running:
        running.told(number)
        assert running.ended() == 0
        assert running.log[-1]["event"] == "server.stopped"


def test_a_job_that_does_not_end_in_time_goes_on_in_the_next_process_without_waiting(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    # Nobody who waited for a lease would come to an end of this test.
    with server(folder, code=HOLD, ASSAY_SHUTDOWN_SECONDS="0.2", ASSAY_LEASE_SECONDS="3600") as first:
        (folder / "hold").touch()
        answer = post_dataset(first.url, first.token)
        assert answer.status_code == 202
        until(folder / "begun")
        first.told()
        assert first.ended() == 0
        (line,) = [one for one in first.log if one["event"] == "job.handed_back"]
        assert (line["kind"], line["attempt"]) == ("read_dataset", 1)
        assert first.log[-1]["jobs_handed_back"] == 1
    with server(folder) as second:
        headers = {"Authorization": f"Bearer {first.token}"}
        status = answer.headers["Location"].replace(first.url, second.url)
        end = time.monotonic() + ENOUGH
        while httpx2.get(status, headers=headers).status_code != 303:
            assert time.monotonic() < end, "the job waits for its lease"
        second.told()
        second.ended()
        (line,) = [one for one in second.log if one["event"] == "job.ended" and one["kind"] == "read_dataset"]
        assert (line["outcome"], line["attempt"]) == ("done", 2)


def test_a_job_that_ends_in_time_is_finished_before_the_process_ends(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with server(folder, code=HOLD) as running:
        (folder / "hold").touch()
        post_dataset(running.url, running.token)
        until(folder / "begun")
        running.told()
        ready = [running.process.poll()]
        (folder / "hold").unlink()
        assert running.ended() == 0
        assert ready == [None]
        # What the server does by itself ends too.
        ended = [one for one in running.log if one["event"] == "job.ended"]
        (line,) = [one for one in ended if one["kind"] == "read_dataset"]
        assert (line["outcome"], running.log[-1]["jobs_handed_back"]) == ("done", 0)


def test_a_second_signal_ends_the_process_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with server(folder, code=HOLD, ASSAY_SHUTDOWN_SECONDS="3600") as running:
        (folder / "hold").touch()
        post_dataset(running.url, running.token)
        until(folder / "begun")
        running.told()
        while running.process.poll() is None:
            running.told()
        assert running.ended() == 128 + signal.SIGTERM


def test_no_call_that_was_answered_is_lost_by_a_stop_under_load(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    answered: list[str] = []
    broken = threading.Event()

    def load(url: str, token: str, client: int) -> None:
        number = 0
        while not broken.is_set():
            name = f"{client}-{number}.csv"
            try:
                answer = post_dataset(url, token, name)
            except httpx2.TransportError:
                return
            assert answer.status_code == 202, answer.text
            answered.append(name)
            number += 1

    with server(folder) as first:
        threads = [threading.Thread(target=load, args=(first.url, first.token, n)) for n in range(4)]
        for thread in threads:
            thread.start()
        while len(answered) < 20:
            time.sleep(0.01)
        first.told()
        assert first.ended() == 0
        for thread in threads:
            thread.join(ENOUGH)
    with server(folder) as second:
        headers = {"Authorization": f"Bearer {first.token}"}
        found: list[str] = []
        url: str | None = f"{second.url}/api/v2/datasets/?limit=100"
        while url:
            page = httpx2.get(url, headers=headers).json()
            found += [one["name"] for one in page["data"]]
            url = page["next"]
    # What arrived and was not answered may be there; nothing is there twice.
    assert set(answered) <= set(found)
    assert len(found) == len(set(found)) <= len(answered) + len(threads)


def test_a_request_that_had_begun_is_answered(tmp_path: Path) -> None:
    with server(tmp_path / "data", ASSAY_SHUTDOWN_SECONDS=str(ENOUGH)) as running:

        def body() -> Iterator[bytes]:
            yield b'{"label": '
            # What comes later was answered: the beginning of this one has been read.
            assert httpx2.get(f"{running.url}/healthz").status_code == 200
            running.told()
            end = time.monotonic() + ENOUGH
            while not any(one["event"] == "server.stopping" for one in running.log):
                assert time.monotonic() < end, "it does not stop"
                time.sleep(0.01)
            yield b'"x"}'

        headers = {"Authorization": f"Bearer {running.token}", "Content-Type": "application/json"}
        answer = httpx2.post(f"{running.url}/api/v2/deployments/fromModelPackage/", content=body(), headers=headers)
        assert (answer.status_code, list(answer.json())) == (422, ["message"])
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"{running.url}/healthz")
        assert running.ended() == 0
