"""Exports: prediction rows, actuals and training data, written by the server and read as data sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from assay.client.batch import Batch
from assay.client.bodies import Progress
from assay.client.datasets import Datasets
from assay.client.deployments import DeploymentLike, deployment_id_of
from assay.client.errors import NotFound, ServerProblem
from assay.client.paging import Pages
from assay.client.shapes import At, Json, Shape
from assay.client.transport import Transport, path_of

Form = Literal["csv", "parquet"]
Kind = Literal["prediction", "actuals", "training"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile(Shape):
    """A data set that an export made."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Shape):
    """Rows that the server wrote, or is to write, to a data set.

    Attributes
    ----------
    status : str
        ``CREATED``, ``SCHEDULED``, ``SUCCEEDED``, ``FAILED`` or ``CANCELLED``.
    form : str
        ``csv`` or ``parquet``.
    rows, rows_not_kept : int or None
        Rows that were written; and rows that are missing, because they came as aggregates, or while the deployment
        did not keep any.
    files : tuple of ExportedFile
        Empty until they are written, and again when they have been deleted.
    """

    id: str
    created_at: datetime
    model_id: str
    status: str
    form: Annotated[str, At("format")] = "csv"
    rows: Annotated[int | None, At("rowCount")] = None
    rows_not_kept: int | None = None
    start: Annotated[datetime | None, At("period.start")] = None
    end: Annotated[datetime | None, At("period.end")] = None
    message: Annotated[str | None, At("error.message")] = None

    @property
    def files(self) -> tuple[ExportedFile, ...]:
        """The data sets."""
        return tuple(ExportedFile.of(file) for file in self.raw.get("data") or ())


class Exports:
    """``client.exports``. Each of the first three asks for rows and waits until they are written."""

    def __init__(self, transport: Transport, datasets: Datasets) -> None:
        self._transport = transport
        self._datasets = datasets

    def predictions(
        self,
        deployment: DeploymentLike,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        batches: Sequence[Batch | str] | None = None,
        model_id: str | None = None,
        form: Form = "csv",
        actuals: bool = False,
    ) -> Export:
        """Prediction rows with their features.

        Parameters
        ----------
        deployment : Deployment or str
        start, end : datetime, optional
            Of the prediction time; the end is left out. All time when left out.
        batches : sequence of Batch or str, optional
            Rows of every batch and of none when left out.
        model_id : str, optional
            The deployment's current model when left out.
        form : str, default "csv"
            ``csv`` or ``parquet``.
        actuals : bool, default False
            Whether the outcomes stand beside the predictions.

        Raises
        ------
        Refused
            When the deployment keeps no rows, or a value is wrong.
        WorkFailed
            When the rows could not be written; the message says why.
        AssayClientError
        """
        body = {**_span(start, end), "batchIds": _ids(batches), "modelId": model_id, "format": form}
        return self._made("prediction", deployment, {**body, "includeActuals": actuals})

    def actuals(
        self,
        deployment: DeploymentLike,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        batches: Sequence[Batch | str] | None = None,
        model_id: str | None = None,
        form: Form = "csv",
        only_matched: bool = True,
    ) -> Export:
        """Actuals beside the newest prediction of their id.

        Parameters are those of `predictions`, and ``only_matched``: whether actuals without a prediction are left
        out.

        Raises
        ------
        Refused, WorkFailed
        AssayClientError
        """
        body = {**_span(start, end), "batchIds": _ids(batches), "modelId": model_id, "format": form}
        return self._made("actuals", deployment, {**body, "onlyMatchedPredictions": only_matched})

    def training(self, deployment: DeploymentLike, *, model_id: str | None = None, form: Form = "csv") -> Export:
        """The training data of a model; of the deployment's current one when none is named.

        Raises
        ------
        Refused
            When the model was registered without any.
        AssayClientError
        """
        return self._made("training", deployment, {"modelId": model_id, "format": form})

    def get(self, deployment: DeploymentLike, kind: Kind, export_id: str) -> Export:
        """One export.

        Raises
        ------
        NotFound
        AssayClientError
        """
        return Export.of(self._transport.get(_path(deployment, kind, export_id)))

    def list(self, deployment: DeploymentLike, kind: Kind) -> Pages[Export]:
        """The exports of a kind, newest first.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        return Pages(self._transport, _path(deployment, kind), {}, Export.of)

    def download(
        self, export: Export, path: str | Path, *, progress: Progress | None = None, keep: bool = True
    ) -> None:
        """Write the rows of an export to a file.

        Parameters
        ----------
        export : Export
        path : str or Path
            A file that is there is replaced.
        progress : callable, optional
            Told again and again how many bytes of how many have come.
        keep : bool, default True
            Whether the server keeps the data set.

        Raises
        ------
        NotFound
            When the data set has been deleted.
        FileUnusable
            When the file cannot be written.
        AssayClientError
        """
        if not export.files:
            raise NotFound(f"Export {export.id} ({export.status}) has no data set any more, or none yet.")
        try:
            self._datasets.download(export.files[0].id, path, progress=progress)
        finally:
            if not keep:
                self._datasets.delete(export.files[0].id)

    def _made(self, kind: Kind, deployment: DeploymentLike, body: Json) -> Export:
        given = {name: value for name, value in body.items() if value is not None}
        answer = self._transport.post(_path(deployment, kind), given)
        where = self._transport.wait(answer, "Writing the rows")
        if where is None:
            raise ServerProblem("The server took the export and did not say where it is.")
        return Export.of(self._transport.get(where))


def _path(deployment: DeploymentLike, kind: Kind, *more: str) -> str:
    return path_of("deployments", deployment_id_of(deployment), f"{kind}DataExports", *more)


def _span(start: datetime | None, end: datetime | None) -> dict[str, Any]:
    return {"start": start, "end": end}


def _ids(batches: Sequence[Batch | str] | None) -> Sequence[str] | None:
    if batches is None:
        return None
    return [batch if isinstance(batch, str) else batch.id for batch in batches]
