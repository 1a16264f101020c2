"""Two calls of which the second comes before the first has committed: both count, or one is told that it came late.

The first is stopped just before its commit until the second has either ended or waits for it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from tests.material import Ready, Serve, binary_block, binary_rows, file_of, new_batch, upload
from tests.serving import Served, User

from assay.http.app import create_app
from assay.storage.base import Blobs, Storage
from assay.storage.sql.transaction import Transaction

pytestmark = pytest.mark.parametrize("backend", ["production"], indirect=True)

ENOUGH = 60  # seconds
ROWS = binary_rows(71, 25)
FILE = file_of(ROWS.drop("target"))


class Stopped:
    """A store whose next transactions call ``before_commit`` when all is written and nothing is committed."""

    def __init__(self, store: Storage) -> None:
        self._store = store
        self.before_commit: Callable[[], None] = lambda: None

    @property
    def blobs(self) -> Blobs:
        """The store's own."""
        return self._store.blobs

    def snapshot(self) -> AbstractContextManager[Transaction]:
        """The store's own."""
        return self._store.snapshot()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """The store's own, stopped at its end."""
        with self._store.transaction() as tx:
            yield tx
            self.before_commit()


@dataclass
class Race:
    """A server, and the way to it on which calls are stopped before they commit."""

    server: Served
    stopped: Served
    store: Stopped

    def run(self, first: Callable[[User], Any], second: Callable[[User], Any]) -> tuple[Any, Any]:
        """The answers of both calls."""
        answers: list[Any] = []
        thread = threading.Thread(target=lambda: answers.append(second(self.server.owner)))

        def meanwhile() -> None:
            self.store.before_commit = lambda: None
            thread.start()
            end = time.monotonic() + ENOUGH
            while thread.is_alive() and not self._waits():
                assert time.monotonic() < end
                time.sleep(0.01)

        self.store.before_commit = meanwhile
        answer = first(self.stopped.owner)
        thread.join()
        return answer, answers[0]

    def _waits(self) -> bool:
        waiting = sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with self.server.store.engine.connect() as connection:
            return bool(connection.execute(waiting).scalar_one())


@pytest.fixture
def race(serve: Serve) -> Iterator[Race]:
    with serve() as server:
        # When a token was last used is noted at its first call, which is none of the race.
        server.owner.read("deployments/")
        store = Stopped(server.store)
        context = replace(server.context, store=store)
        with TestClient(create_app(context)) as client:
            yield Race(server, replace(server, client=client, context=context), store)


@pytest.fixture
def batch(race: Race, binary: Ready) -> str:
    return new_batch(race.server.owner, binary)


def rows(ready: Ready, batch: str) -> Callable[[User], Any]:
    body = {"data": [binary_block(ready, ROWS, batch)]}
    return lambda user: user.post(ready.path("predictionInputs", "fromJSON"), body)


def actuals(ready: Ready) -> Callable[[User], Any]:
    data = [{"associationId": i, "actualValue": v} for i, v in ROWS.select("id", "target").iter_rows()]
    return lambda user: user.post(ready.path("actuals", "fromJSON"), {"data": data})


def counted(race: Race, ready: Ready, batch: str) -> tuple[int, int, int]:
    """Prediction rows by the batch's counter, by its drift and with an actual."""
    owner = race.server.owner
    race.server.work()
    drift = owner.read(ready.path("targetDrift"), batchId=batch)["sampleSize"]
    with_actual = owner.read(ready.path("accuracy"), batchId=batch, metric="LogLoss")["data"][0]["sampleSize"]
    return owner.read(ready.path("monitoringBatches", batch))["predictionsCount"], drift, with_actual


@pytest.mark.parametrize("order", ["rows first", "actuals first"])
def test_rows_and_their_actuals_that_meet_are_joined(race: Race, binary: Ready, batch: str, order: str) -> None:
    calls = [rows(binary, batch), actuals(binary)]
    answers = race.run(*(calls if order == "rows first" else reversed(calls)))
    assert [a.status_code for a in answers] == [202, 202]
    assert counted(race, binary, batch) == (25, 25, 25)


def test_a_later_prediction_that_meets_the_earlier_one_supersedes_it(race: Race, binary: Ready, batch: str) -> None:
    owner, other = race.server.owner, new_batch(race.server.owner, binary)
    owner.finished(actuals(binary)(owner))
    race.run(rows(binary, batch), rows(binary, other))
    assert (counted(race, binary, batch), counted(race, binary, other)) == ((25, 25, 0), (25, 25, 25))


def test_one_file_that_is_sent_twice_at_once_counts_once(race: Race, binary: Ready, batch: str) -> None:
    first, second = race.run(*[lambda user: upload(user, binary, batch, "k", FILE)] * 2)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    assert counted(race, binary, batch)[:2] == (25, 25)


def test_one_key_for_two_files_at_once_is_refused_for_the_second(race: Race, binary: Ready, batch: str) -> None:
    other = file_of(binary_rows(72, 5).drop("target"))
    first, second = race.run(
        lambda user: upload(user, binary, batch, "k", FILE), lambda user: upload(user, binary, batch, "k", other)
    )
    assert (first.status_code, second.status_code) == (202, 409)
    assert counted(race, binary, batch)[:2] == (25, 25)


def test_rows_for_a_batch_that_is_being_locked_are_refused(race: Race, binary: Ready, batch: str) -> None:
    path = binary.path("monitoringBatches", batch)
    locked, sent = race.run(lambda user: user.patch(path, {"isLocked": True}), rows(binary, batch))
    assert (locked.status_code, sent.status_code) == (200, 422)
    assert counted(race, binary, batch)[:2] == (0, 0)


@pytest.mark.parametrize("what", ["batch", "deployment"])
def test_rows_for_what_is_being_deleted_are_refused_and_leave_nothing(
    race: Race, binary: Ready, batch: str, what: str
) -> None:
    path = binary.path("monitoringBatches", batch) if what == "batch" else binary.path()
    deleted, sent = race.run(lambda user: user.delete(path), rows(binary, batch))
    assert deleted.status_code in {200, 204}
    assert sent.status_code == 404
    race.server.work()
    contents = race.server.contents()
    assert [contents[name] for name in ("uploads", "profiles", "prediction_keys")] == [[], [], []]
    assert [name for name, _ in contents["blobs"] if name.startswith("rows/")] == []


@pytest.mark.parametrize("what", ["batch", "deployment"])
def test_what_is_deleted_while_rows_come_in_takes_them_along(race: Race, binary: Ready, batch: str, what: str) -> None:
    path = binary.path("monitoringBatches", batch) if what == "batch" else binary.path()
    sent, deleted = race.run(rows(binary, batch), lambda user: user.delete(path))
    assert sent.status_code == 202
    assert deleted.status_code in {200, 204}
    race.server.work()
    contents = race.server.contents()
    assert [contents[name] for name in ("uploads", "profiles", "prediction_keys")] == [[], [], []]
    assert [name for name, _ in contents["blobs"] if name.startswith("rows/")] == []


def test_two_metrics_of_one_name_at_once_are_one(race: Race, binary: Ready) -> None:
    body = {"name": "profit", "units": "EUR", "type": "average", "isModelSpecific": False}
    answers = race.run(*[lambda user: user.post(binary.path("customMetrics"), body)] * 2)
    assert [a.status_code for a in answers] == [201, 409]


def test_a_data_set_is_not_deleted_while_a_model_is_made_of_it(race: Race) -> None:
    owner = race.server.owner
    answer = owner.post("datasets/fromFile/", files={"file": ("a.csv", file_of(ROWS))})
    owner.finished(answer)
    dataset = answer.json()["catalogId"]
    body = {
        "name": "m",
        "target": {"name": "target", "type": "Binary", "classNames": ["yes", "no"]},
        "datasets": {"trainingDataCatalogId": dataset},
    }
    made, deleted = race.run(
        lambda user: user.post("modelPackages/fromJSON/", body), lambda user: user.delete(f"datasets/{dataset}/")
    )
    assert (made.status_code, deleted.status_code) == (201, 409)


def test_settings_that_two_change_at_once_are_both_changed(race: Race, binary: Ready) -> None:
    path = binary.path("settings")
    race.run(
        lambda user: user.patch(path, {"featureDrift": {"enabled": False}}),
        lambda user: user.patch(path, {"targetDrift": {"enabled": False}}),
    )
    found = race.server.owner.read(path)
    assert (found["featureDrift"]["enabled"], found["targetDrift"]["enabled"]) == (False, False)
