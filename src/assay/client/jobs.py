"""Monitoring jobs: rows that are counted as a whole, in a batch of their own, and given back with a status each."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from assay.client.bodies import FileBody, Progress
from assay.client.datasets import Datasets
from assay.client.deployments import DeploymentLike, deployment_id_of
from assay.client.downloads import download
from assay.client.errors import AssayClientError, ServerProblem
from assay.client.files import CSV, content_type
from assay.client.paging import Pages
from assay.client.shapes import At, Json, Shape
from assay.client.transport import Answer, Params, Transport, path_of


@dataclass(frozen=True, slots=True)
class JobColumns:
    """What the columns of a job's rows mean.

    Attributes
    ----------
    predictions : str, mapping of str to str or None
        The column of the predicted value or of the positive class's probability, or a column by class; the model's
        own when None.
    association_id : str or None
        The column of the deployment's settings when None.
    actual_value, actual_timestamp, acted_upon : str or None
        Columns of outcomes that are known already.
    """

    predictions: str | Mapping[str, str] | None = None
    association_id: str | None = None
    actual_value: str | None = None
    actual_timestamp: str | None = None
    acted_upon: str | None = None

    def json(self) -> Json:
        """As the API takes them."""
        predictions: Any = self.predictions
        if isinstance(predictions, Mapping):
            predictions = [{"className": name, "columnName": column} for name, column in predictions.items()]
        columns = {
            "predictionsColumns": predictions,
            "associationIdColumn": self.association_id,
            "actualsValueColumn": self.actual_value,
            "actualsTimestampColumn": self.actual_timestamp,
            "actedUponColumn": self.acted_upon,
        }
        return {name: value for name, value in columns.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringJob(Shape):
    """A monitoring job.

    Attributes
    ----------
    status : str
        ``INITIALIZING``, ``RUNNING``, ``COMPLETED``, ``ABORTED`` or ``FAILED``; `details` says more.
    percent : float
        0 to 100.
    elapsed_sec : int
    scored_rows, failed_rows, skipped_rows : int
        Rows counted, rows that could not be read, rows that had nothing to report.
    batch_id : str or None
        The batch that it made.
    has_result : bool
        Whether its rows can be downloaded.
    """

    id: str
    status: str
    details: Annotated[str, At("statusDetails")]
    percent: Annotated[float, At("percentageCompleted")] = 0.0
    elapsed_sec: Annotated[int, At("elapsedTimeSec")] = 0
    scored_rows: int = 0
    failed_rows: int = 0
    skipped_rows: int = 0
    deployment_id: Annotated[str, At("jobSpec.deploymentId")]
    intake: Annotated[str | None, At("jobSpec.intakeSettings.type")] = None
    batch_id: Annotated[str | None, At("monitoringBatchId")] = None
    created_at: Annotated[datetime, At("created")]
    created_by: Annotated[str | None, At("createdBy.username")] = None
    download: Annotated[str | None, At("links.download")] = None

    @property
    def has_result(self) -> bool:
        """Whether its rows can be downloaded."""
        return self.download is not None


JobLike = MonitoringJob | str
"""A job, or its id."""


class Jobs:
    """``client.jobs``."""

    def __init__(self, transport: Transport, datasets: Datasets) -> None:
        self._transport = transport
        self._datasets = datasets

    def create(
        self,
        deployment: DeploymentLike,
        *,
        intake: Json | None = None,
        columns: JobColumns | None = None,
        batch_prefix: str | None = None,
        **more: Any,
    ) -> MonitoringJob:
        """Make a job; the server runs it as soon as it has the rows.

        Parameters
        ----------
        deployment : Deployment or str
        intake : dict, optional
            Where the rows are: ``{"type": "dataset", "datasetId": ...}``, ``{"type": "s3", "url": "s3://...",
            "endpointUrl": ...}`` or ``{"type": "http", "url": ...}``. They are uploaded when it is left out.
        columns : JobColumns, optional
        batch_prefix : str, optional
            What the name of the new batch begins with.
        **more
            Further fields, as the API names them.

        Raises
        ------
        Refused
            When a value is wrong, or the server may not read from the host that is named.
        AssayClientError
        """
        return MonitoringJob.of(self._create(deployment, intake, columns, batch_prefix, more).json)

    def run(
        self,
        deployment: DeploymentLike,
        path: str | Path | None = None,
        *,
        intake: Json | None = None,
        columns: JobColumns | None = None,
        batch_prefix: str | None = None,
        wait: bool = True,
        progress: Progress | None = None,
        **more: Any,
    ) -> MonitoringJob:
        """Have the rows of a file, or of an intake, counted by a job, and wait until it is done.

        Parameters
        ----------
        deployment : Deployment or str
        path : str or Path, optional
            CSV; or Parquet or Arrow stream, which goes through a data set that is deleted afterwards.
        wait : bool, default True
            Without it, the job is returned as soon as the server has the rows; a file must be CSV then.
        progress : callable, optional
            Told again and again how many bytes of how many have been sent.

        Other parameters are those of `create`.

        Raises
        ------
        ValueError
            When there is a file and an intake, or neither; or a file that is not CSV is not waited for.
        FileUnusable
            When it is no such file.
        WorkFailed
            When the job failed or was aborted; nothing of it counts.
        AssayClientError
        """
        if (path is None) == (intake is None):
            raise ValueError("Name either a file or an intake.")
        if path is None:
            return self._followed(self._create(deployment, intake, columns, batch_prefix, more), wait=wait)
        path = Path(path)
        if content_type(path) == CSV:
            made = self._create(deployment, None, columns, batch_prefix, more)
            upload = path_of("batchJobs", MonitoringJob.of(made.json).id, "csvUpload")
            self._transport.send("PUT", upload, body=FileBody(path, CSV, progress))
            return self._followed(made, wait=wait)
        if not wait:
            raise ValueError(f"'{path}' is not CSV, so it goes through a data set, which must be waited for.")
        dataset = self._datasets.upload(path, progress=progress)
        try:
            stored = {"type": "dataset", "datasetId": dataset.id}
            return self._followed(self._create(deployment, stored, columns, batch_prefix, more), wait=True)
        finally:
            with suppress(AssayClientError):
                self._datasets.delete(dataset.id)

    def get(self, job: JobLike) -> MonitoringJob:
        """One job.

        Raises
        ------
        NotFound
        AssayClientError
        """
        return MonitoringJob.of(self._transport.get(_path(job)))

    def list(
        self, deployment: DeploymentLike | None = None, *, page_size: int | None = None, **filters: str | None
    ) -> Pages[MonitoringJob]:
        """Jobs of a deployment or of all, newest first.

        Parameters
        ----------
        deployment : Deployment or str, optional
        page_size : int, optional
            Most items of one page; all are given in the end.
        **filters
            ``status``, ``source``, ``intakeType`` and the others, as the API names them.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        of = None if deployment is None else deployment_id_of(deployment)
        params: Params = {"deploymentId": of, "limit": page_size, "allJobs": True, **filters}
        return Pages(self._transport, "batchJobs/", params, MonitoringJob.of)

    def cancel(self, job: JobLike) -> MonitoringJob:
        """Stop a job; nothing of it counts.

        Raises
        ------
        Conflict
            When it has ended, or its rows count already.
        AssayClientError
        """
        return MonitoringJob.of(self._transport.send("DELETE", _path(job)).json)

    def download(self, job: JobLike, path: str | Path) -> Path:
        """Write the rows of a completed job to a CSV file, with a column that tells what became of each.

        Returns
        -------
        Path

        Raises
        ------
        Refused
            When the job has no result.
        FileUnusable
            When the file cannot be written.
        AssayClientError
        """
        target = Path(path)
        download(self._transport, _path(job, "download"), target, None, None)
        return target

    def _create(
        self,
        deployment: DeploymentLike,
        intake: Json | None,
        columns: JobColumns | None,
        batch_prefix: str | None,
        more: Json,
    ) -> Answer:
        body: Json = {
            "deploymentId": deployment_id_of(deployment),
            "intakeSettings": intake,
            "monitoringColumns": None if columns is None else columns.json(),
            "monitoringBatchPrefix": batch_prefix,
            **more,
        }
        given = {name: value for name, value in body.items() if value is not None}
        return self._transport.post("batchMonitoring/", given)

    def _followed(self, made: Answer, *, wait: bool) -> MonitoringJob:
        job = MonitoringJob.of(made.json)
        if wait:
            if made.location is None:
                raise ServerProblem("The server took the job and did not say where it can be followed.")
            self._transport.wait(made, f"Job {job.id}")
        return self.get(job)


def _path(job: JobLike, *more: str) -> str:
    return path_of("batchJobs", job if isinstance(job, str) else job.id, *more)
