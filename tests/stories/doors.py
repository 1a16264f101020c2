"""The three ways in: plain HTTP, the Python client and the command line. Each does the same with a user's files."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Protocol

import httpx2
from tests.process import PATIENCE_SECONDS, Running

from assay.client import ActualColumns, Client, Target

Row = dict[str, Any]
CLASSES = ("Yes", "No")


class Door(Protocol):
    """What a user does, whichever way; figures come as the server's JSON tells them, by feature or metric."""

    def deploy(self, training: Path, holdout: Path) -> None: ...

    def predictions(self, batch: str, rows: Path) -> Row: ...

    def actuals(self, rows: Path) -> None: ...

    def drift(self, batch: str) -> dict[str, Row]: ...

    def accuracy(self, batch: str) -> dict[str, Row]: ...

    def batch(self, name: str) -> Row: ...

    def close(self) -> None: ...


class Http:
    """An ordinary HTTP client and nothing of ours."""

    def __init__(self, server: Running) -> None:
        self._client = httpx2.Client(
            base_url=f"{server.url}/api/v2/", headers={"Authorization": f"Bearer {server.token}"}, timeout=60
        )
        self._deployment = ""

    def deploy(self, training: Path, holdout: Path) -> None:
        target = {
            "name": "outcome",
            "type": "Binary",
            "classNames": list(CLASSES),
            "predictionProbabilitiesColumn": "Yes",
        }
        data = {
            "trainingDataCatalogId": self._dataset(training),
            "holdoutDataCatalogId": self._dataset(holdout),
        }
        package = self._json(
            "POST", "modelPackages/fromJSON/", json={"name": "churn", "target": target, "datasets": data}
        )
        made = self._send(
            "POST", "deployments/fromModelPackage/", json={"modelPackageId": package["id"], "label": "churn by HTTP"}
        )
        self._deployment = made.json()["id"]
        self._wait(made)
        settings = {"batchMonitoring": {"enabled": True}, "associationId": {"columnNames": ["key"]}}
        self._wait(self._send("PATCH", f"deployments/{self._deployment}/settings/", json=settings))

    def predictions(self, batch: str, rows: Path) -> Row:
        made = self._json("POST", self._of("monitoringBatches/"), json={"batchName": batch})
        path = self._of(f"monitoringBatches/{made['id']}/uploads/{rows.stem}/")
        self._wait(self._send("PUT", path, content=rows.read_bytes(), headers={"Content-Type": "text/csv"}))
        report: Row = self._json("GET", path)
        return report

    def actuals(self, rows: Path) -> None:
        lines = [line.split(",") for line in rows.read_text().splitlines()[1:]]
        body = {"data": [{"associationId": key, "actualValue": value} for key, value in lines]}
        self._wait(self._send("POST", self._of("actuals/fromJSON/"), json=body))

    def drift(self, batch: str) -> dict[str, Row]:
        return {one["name"]: one for one in self._figures("featureDrift/", batch)["data"]}

    def accuracy(self, batch: str) -> dict[str, Row]:
        return {one["metricName"]: one for one in self._figures("accuracy/", batch)["data"]}

    def batch(self, name: str) -> Row:
        found = self._json("GET", self._of("monitoringBatches/"), params={"search": name})["data"]
        return next(one for one in found if one["name"] == name)

    def close(self) -> None:
        self._client.close()

    def _figures(self, path: str, batch: str) -> Any:
        return self._json("GET", self._of(path), params={"batchId": self.batch(batch)["id"], "limit": 0})

    def _of(self, path: str) -> str:
        return f"deployments/{self._deployment}/{path}"

    def _dataset(self, file: Path) -> str:
        sent = self._send("POST", "datasets/fromFile/", files={"file": (file.name, file.read_bytes(), "text/csv")})
        self._wait(sent)
        return str(sent.json()["catalogId"])

    def _json(self, method: str, path: str, **more: Any) -> Any:
        return self._send(method, path, **more).json()

    def _send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        answer = self._client.request(method, path, **more)
        assert answer.status_code < 400, answer.text
        return answer

    def _wait(self, answer: httpx2.Response) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while answer.status_code == 202 or answer.json().get("status") in {"INITIALIZED", "RUNNING"}:
            assert time.monotonic() < deadline, answer.text
            answer = self._client.get(answer.headers.get("Location", str(answer.url)), follow_redirects=False)
            if answer.status_code == 303:
                return
            assert answer.status_code == 200, answer.text
            time.sleep(0.05)


class Python:
    """The Python client."""

    def __init__(self, server: Running) -> None:
        self._client = Client(server.url, server.token)
        self._deployment = ""

    def deploy(self, training: Path, holdout: Path) -> None:
        target = Target("outcome", "Binary", CLASSES, prediction_column="Yes")
        made = self._client.deployments.create(
            "churn by the client", target, training=training, holdout=holdout, association_id="key"
        )
        self._deployment = made.id

    def predictions(self, batch: str, rows: Path) -> Row:
        made = self._client.batches.create(self._deployment, batch)
        return dict(self._client.batches.push(made, rows, key=rows.stem).raw)

    def actuals(self, rows: Path) -> None:
        self._client.actuals.push_file(self._deployment, rows, ActualColumns("key", "outcome"))

    def drift(self, batch: str) -> dict[str, Row]:
        found = self._client.batches.drift(self._client.batches.find(self._deployment, batch))
        return {one.feature: dict(one.raw) for one in found.features}

    def accuracy(self, batch: str) -> dict[str, Row]:
        found = self._client.batches.accuracy(self._client.batches.find(self._deployment, batch))
        return {one.metric: dict(one.raw) for one in found.metrics}

    def batch(self, name: str) -> Row:
        found = self._client.batches.find(self._deployment, name)
        assert found is not None
        return dict(found.raw)

    def close(self) -> None:
        self._client.close()


class CommandLine:
    """The command line, a process for each command."""

    def __init__(self, server: Running) -> None:
        self._environment = {**os.environ, "ASSAY_URL": server.url, "ASSAY_TOKEN": server.token}

    def deploy(self, training: Path, holdout: Path) -> None:
        label = "churn by commands"
        options = ["--target", "outcome", "--classes", ",".join(CLASSES), "--prediction-column", "Yes"]
        options += ["--association-id", "key", "--label", label]
        self._run("deployment", "create", "--training", str(training), "--holdout", str(holdout), *options)
        self._environment["ASSAY_DEPLOYMENT"] = label

    def predictions(self, batch: str, rows: Path) -> Row:
        self._run("batch", "create", batch)
        report: Row = self._run("batch", "push", batch, str(rows), "--key", rows.stem, "--json")
        return report

    def actuals(self, rows: Path) -> None:
        self._run("actuals", "push", str(rows), "--id-column", "key", "--value-column", "outcome", "--json")

    def drift(self, batch: str) -> dict[str, Row]:
        return {one["name"]: one for one in self._run("batch", "drift", batch, "--json")["data"]}

    def accuracy(self, batch: str) -> dict[str, Row]:
        return {one["metricName"]: one for one in self._run("batch", "accuracy", batch, "--json")["data"]}

    def batch(self, name: str) -> Row:
        shown: Row = self._run("batch", "show", name, "--json")
        return shown

    def close(self) -> None:
        """A command leaves nothing open."""

    def _run(self, *arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "assay", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in arguments else None


DOORS = {"http": Http, "client": Python, "commands": CommandLine}
