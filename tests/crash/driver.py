"""A client that does what clients do, at random, and keeps the truth of it."""

import io
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pandas as pd
from tests.crash.calls import Caller
from tests.crash.truth import POSITIVE, BatchTruth, Truth
from tests.workflows.commands import CHURN, sent_time
from tests.workflows.rows import CHURN_FEATURES, churn, csv, features

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
CLASSES = [POSITIVE, "No"]


def deployment(caller: Caller, training: pd.DataFrame, holdout: pd.DataFrame) -> tuple[str, str]:
    """A deployment with batches, and its model."""

    def dataset(name: str, frame: pd.DataFrame) -> str:
        made = caller.call("POST", "datasets/fromFile/", files={"file": (name, csv(frame))})
        caller.finished(made)
        return str(made.json()["catalogId"])

    data = {"trainingDataCatalogId": dataset("t.csv", training), "holdoutDataCatalogId": dataset("h.csv", holdout)}
    package = caller.post("modelPackages/fromJSON/", {"name": "churn", "target": CHURN, "datasets": data}).json()
    made = caller.post("deployments/fromModelPackage/", {"modelPackageId": package["id"], "label": "crashing"})
    caller.finished(made)
    deployment_id = str(made.json()["id"])
    settings = {"batchMonitoring": {"enabled": True}, "associationId": {"columnNames": ["key"]}}
    caller.finished(caller.call("PATCH", f"deployments/{deployment_id}/settings/", json=settings))
    return deployment_id, str(caller.read(f"deployments/{deployment_id}/")["model"]["id"])


@dataclass
class Driver:
    """One client: its batches, association ids and the order of its calls are its own."""

    caller: Caller
    deployment_id: str
    model_id: str
    truth: Truth
    name: str
    random: Random
    seed: int
    made: int = 0
    sent: list[tuple[str, str, bytes]] = field(default_factory=list)

    def run(self, calls: int) -> None:
        """Make so many calls."""
        for _ in range(3):
            self.create()
        kinds: dict[Callable[[], None], int] = {
            self.rows: 34,
            self.requests: 10,
            self.file: 18,
            self.same_file_again: 6,
            self.some_actuals: 20,
            self.replace: 6,
            self.delete: 3,
            self.create: 3,
        }
        while self.caller.made < calls:
            self.random.choices(list(kinds), list(kinds.values()))[0]()

    # ------------------------------------------------------------------ what a client does

    def create(self) -> None:
        name = f"{self.name}-{self._number()}"
        batch_id = str(self.caller.post(self._of("monitoringBatches/"), {"batchName": name}).json()["id"])
        self.truth.batches[batch_id] = BatchTruth(batch_id, name)

    def rows(self) -> None:
        batch = self._batch()
        frame = self._frame(self.random.randint(1, 60))
        self._send_rows(batch.id, frame)
        self.truth.delivered(batch, frame)

    def requests(self) -> None:
        batch = self._batch()
        milliseconds, predictions = float(self.random.randint(1, 2_000)), self.random.randint(1, 50)
        element = {
            "timestamp": sent_time(self._at()),
            "modelId": self.model_id,
            "batchId": batch.id,
            "numPredictions": predictions,
            "executionTime": milliseconds,
            "userError": False,
            "systemError": False,
        }
        self.caller.post(self._of("predictionRequests/fromJSON/"), {"data": [element]})
        batch.requests.append((milliseconds, predictions))

    def file(self) -> None:
        batch = self._batch()
        frame = self._frame(self.random.randint(50, 400))
        self._send_file(batch.id, frame)
        self.truth.delivered(batch, frame)

    def same_file_again(self) -> None:
        known = [one for one in self.sent if one[0] in self.truth.batches]
        if known:
            batch_id, key, content = self.random.choice(known)
            self.caller.finished(self._put(batch_id, key, content))

    def some_actuals(self) -> None:
        """Outcomes of some rows that were sent, of some that come only later, and now and then other ones."""
        keys = [key for batch in self.truth.batches.values() for frame in batch.rows for key in frame["key"]]
        chosen = {*self.random.sample(keys, min(len(keys), self.random.randint(1, 200))), f"{self.name}-none-yet"}
        actuals = {key: self.random.choice(CLASSES) for key in sorted(chosen)}
        data = [{"associationId": key, "actualValue": value} for key, value in actuals.items()]
        self.caller.finished(self.caller.post(self._of("actuals/fromJSON/"), {"data": data}))
        self.truth.actuals |= actuals

    def replace(self) -> None:
        """Other content for a batch: committed most of the time, abandoned now and then."""
        batch = self._batch()
        path = self._of(f"monitoringBatches/{batch.id}/replacement/")
        draft = str(self.caller.post(path, {}).json()["id"])
        frames = [self._frame(self.random.randint(5, 80)) for _ in range(self.random.randint(1, 2))]
        for frame in frames:
            self._send_rows(draft, frame)
        if self.random.random() < 0.25:
            self._delete(path)
            return
        self.caller.post(f"{path}commit/", {})
        self.truth.replaced(batch, frames)
        self.sent = [one for one in self.sent if one[0] != batch.id]

    def delete(self) -> None:
        if len(self.truth.batches) > 2:
            batch = self._batch()
            self._delete(self._of(f"monitoringBatches/{batch.id}/"))
            self.truth.deleted(batch)

    # ------------------------------------------------------------------ how

    def _send_rows(self, batch_id: str, frame: pd.DataFrame) -> None:
        element = {
            "timestamp": sent_time(frame["at"].iloc[0]),
            "modelId": self.model_id,
            "batchId": batch_id,
            "features": features(frame, CHURN_FEATURES),
            "predictions": frame[CLASSES].to_numpy().tolist(),
            "classNames": CLASSES,
            "associationIds": frame["key"].tolist(),
        }
        self.caller.post(self._of("predictionInputs/fromJSON/"), {"data": [element]})

    def _send_file(self, batch_id: str, frame: pd.DataFrame) -> None:
        key, content = f"file-{self._number()}", csv(frame[[*CHURN_FEATURES, POSITIVE, "key", "at"]])
        self.caller.finished(self._put(batch_id, key, content))
        self.sent.append((batch_id, key, content))

    def _put(self, batch_id: str, key: str, content: bytes) -> Any:
        return self.caller.call(
            "PUT",
            self._of(f"monitoringBatches/{batch_id}/uploads/{key}/"),
            params={"timestampColumn": "at"},
            content=content,
            headers={"Content-Type": "text/csv"},
        )

    def _delete(self, path: str) -> None:
        # A first try that was carried out without being answered makes the second one find nothing.
        answer = self.caller.answered("DELETE", path)
        assert answer.status_code in {200, 202, 204, 404, 410}, answer.text

    def _of(self, path: str) -> str:
        return f"deployments/{self.deployment_id}/{path}"

    def _batch(self) -> BatchTruth:
        return self.random.choice(list(self.truth.batches.values()))

    def _number(self) -> int:
        self.made += 1
        return self.made

    def _at(self) -> datetime:
        return FIRST + timedelta(seconds=self.random.randint(0, 20 * 86_400))

    def _frame(self, rows: int) -> pd.DataFrame:
        """Rows with ids of their own; some have the id of an older row, whose prediction they correct."""
        number = self._number()
        frame = churn(self.seed + number, rows, self.random.uniform(0.0, 1.0))
        frame["key"] = [f"{self.name}-{number}-{i}" for i in range(rows)]
        frame["at"] = self._at()
        known = [key for batch in self.truth.batches.values() for one in batch.rows for key in one["key"]]
        corrected = min(rows, len(known), self.random.choice([0, 0, 0, 3]))
        frame.loc[: corrected - 1, "key"] = self.random.sample(known, corrected) if corrected else []
        return frame


# ------------------------------------------------------------------ whether it is true

FIGURES_SECONDS = 60.0
KEY_COLUMN = "association_id"


def check(driver: Driver) -> None:
    """Hold every figure of the client's batches against the truth."""
    for batch in driver.truth.batches.values():
        _check_counts(driver, batch)
        _check_accuracy(driver, batch)
    for gone in driver.truth.gone:
        answer = driver.caller.answered("GET", f"deployments/{driver.deployment_id}/monitoringBatches/{gone}/")
        assert answer.status_code == 404, answer.text


def _check_counts(driver: Driver, batch: BatchTruth) -> None:
    path = f"deployments/{driver.deployment_id}/"
    found = driver.caller.read(f"{path}monitoringBatches/{batch.id}/")
    assert (found["name"], found["predictionsCount"]) == (batch.name, batch.count)
    if batch.count:
        drift = driver.caller.read(f"{path}featureDrift/", batchId=batch.id, limit=0)["data"]
        assert {one["sampleSize"] for one in drift} == {batch.count}
        assert {one["name"]: one["driftScore"] for one in drift} == driver.truth.drift(batch)
    if batch.requests:
        service = driver.caller.read(f"{path}batchServiceStats/", batchId=batch.id)["metrics"]
        expected = driver.truth.service(batch)
        assert {name: service[name] for name in expected} == expected


def _check_accuracy(driver: Driver, batch: BatchTruth) -> None:
    """Accuracy is computed by jobs: it has some time to become true, and must be so then."""
    rows, expected = driver.truth.accuracy(batch)
    deadline = time.monotonic() + FIGURES_SECONDS
    while True:
        told = driver.caller.read(f"deployments/{driver.deployment_id}/accuracy/", batchId=batch.id)["data"]
        by_name = {one["metricName"]: one for one in told}
        found = by_name["LogLoss"]["sampleSize"] or 0, {name: by_name[name]["value"] for name in expected}
        if found == (rows, expected):
            return
        assert time.monotonic() < deadline, f"batch {batch.name}: found {found}, expected {(rows, expected)}"
        time.sleep(0.2)


def check_export(caller: Caller, deployment_id: str, truths: list[Truth]) -> None:
    """The rows come out as they went in, of all clients."""
    path = f"deployments/{deployment_id}/predictionDataExports/"
    made = caller.post(path, {"start": "2026-10-01", "end": "2026-12-31"})
    caller.finished(made)
    files = caller.read(f"{path}{made.json()['id']}/")["data"]
    contents = [caller.call("GET", f"datasets/{one['id']}/file/").content for one in files]
    found = pd.concat([pd.read_csv(io.BytesIO(content)) for content in contents], ignore_index=True)
    expected = pd.concat([truth.exported() for truth in truths], ignore_index=True)
    assert in_order(found, KEY_COLUMN) == in_order(expected, "key")


def in_order(frame: pd.DataFrame, key: str) -> list[Any]:
    """Id, number and text of every row, whatever their order."""
    return sorted(zip(frame[key], frame["age"].round(3).fillna(-1.0), frame["note"], strict=True))
