"""Bringing the demo's files to a server. Everything is looked for before it is made, and so can be done again."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl

from assay.client import ActualColumns, Batch, Client, Columns, Deployment, ModelPackage, StillWorking
from assay.server.demo import service
from assay.server.demo.departures import ID, SCHEDULED
from assay.server.demo.material import Material
from assay.server.demo.steps import Step
from assay.server.demo.subjects import Subject

LONGEST_WAIT_SECONDS = 120.0
PAUSE_SECONDS = 0.1
# Months differ by nature: even the two that the models learned from have other air pressure, by a PSI of 0.16.
BIG_PSI = 0.2


class Loading:
    """The deployment of one subject, its batches, and what is in them.

    Parameters
    ----------
    client : Client
    material : Material
    subject : Subject

    Attributes
    ----------
    subject : Subject
    """

    def __init__(self, client: Client, material: Material, subject: Subject) -> None:
        self._client = client
        self._material = material
        self.subject = subject
        self._deployment: Deployment | None = None
        self._batches: dict[str, Batch] = {}

    @property
    def deployment(self) -> Deployment:
        """The deployment, which the first step has found or made."""
        if self._deployment is None:
            raise LookupError(f"There is no deployment '{self.subject.label}' yet.")
        return self._deployment

    @property
    def batches(self) -> list[Batch]:
        """The batches, which the second step has found or made, in the order of their months."""
        return [self._batches[name] for name in self._material.selection.batches]

    def steps(self) -> Iterator[Step]:
        """Everything from the model's data to the last actual."""
        label, names = self.subject.label, self._material.selection.batches
        yield Step(label, "training and holdout data, model, baseline", self._deploy)
        yield Step(label, f"{len(names)} empty batches", self._open)
        for name in names:
            rows = _height(self._material.predictions(self.subject, name))
            yield Step(label, f"{rows:,} predictions of {name}", partial(self._predict, name))
        for name in names:
            rows = self._known_outcomes(name)
            yield Step(label, f"{rows:,} actuals of {name}", partial(self._resolve, name))

    def _deploy(self) -> None:
        label = self.subject.label
        found = self._client.deployments.find(label)
        if found is None:
            found = self._client.deployments.from_model_package(self._model_package().id, label)
        self._client.deployments.update_settings(
            found,
            {
                "batchMonitoring": {"enabled": True},
                "featureDrift": {"enabled": True},
                "targetDrift": {"enabled": True},
                "associationId": {"columnNames": [ID], "requiredInPredictionRequests": True},
                "verdict": {"bigPsi": BIG_PSI},
            },
        )
        self._deployment = found

    def _model_package(self) -> ModelPackage:
        label = self.subject.label
        for found in self._client.model_packages.list(search=label):
            if found.name == label:
                return found
        return self._client.model_packages.create(
            label,
            self.subject.target,
            training_dataset_id=self._dataset(self._material.training(self.subject)),
            holdout_dataset_id=self._dataset(self._material.holdout(self.subject)),
            feature_importance=self._material.importance(self.subject),
        )

    def _dataset(self, file: Path) -> str:
        for found in self._client.datasets.list():
            if found.name == file.name and found.state == "COMPLETED":
                return found.id
        return self._client.datasets.upload(file).id

    def _open(self) -> None:
        self._batches = {batch.name: batch for batch in self._client.batches.list(self.deployment)}
        for name in self._material.selection.batches:
            if name not in self._batches:
                self._batches[name] = self._client.batches.create(self.deployment, name)
        self._await_baseline()

    def _await_baseline(self) -> None:
        """A deployment that an interrupted run has made may not have its baseline yet."""
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        while any(row.baseline_rows is None for row in self._client.batches.drift(self.batches[0]).features):
            if time.monotonic() > end:
                raise StillWorking(f"The baseline of '{self.subject.label}' is still not there. Try again later.")
            time.sleep(PAUSE_SECONDS)

    def _predict(self, name: str) -> None:
        batch, file = self._batches[name], self._material.predictions(self.subject, name)
        self._client.batches.push(batch, file, key=name, columns=Columns(timestamp=SCHEDULED))
        if self._client.batches.service_stats(batch).total_requests == 0:
            rows = pl.read_parquet(file, columns=[SCHEDULED])
            seed = (self._material.selection.seed, self._material.selection.batches.index(name))
            made_up = service.requests(rows, self.deployment.model_id, batch.id, seed)
            self._client.service.push(self.deployment, made_up)

    def _resolve(self, name: str) -> None:
        outcomes = self._client.batches.predictions_vs_actuals(self._batches[name]).points
        if sum(one.rows_with_actual for one in outcomes) < self._known_outcomes(name):
            file = self._material.actuals(self.subject, name)
            self._client.actuals.push_file(self.deployment, file, ActualColumns(ID, self.subject.target.name))

    def _known_outcomes(self, name: str) -> int:
        return _height(self._material.actuals(self.subject, name), known=self.subject.target.name)


def _height(file: Path, known: str | None = None) -> int:
    rows = pl.len() if known is None else pl.col(known).count()
    return int(pl.scan_parquet(file).select(rows).collect().item())
