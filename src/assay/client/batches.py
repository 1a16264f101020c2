"""Batches: named, bounded sets of predictions that are compared as a unit."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

from assay.client.batch import Batch, BatchModel, BatchSeal
from assay.client.batch_verdicts import BatchVerdicts
from assay.client.batch_versions import Replacement
from assay.client.bodies import FileBody, Progress
from assay.client.deployment import DeploymentLike, deployment_id_of, is_id
from assay.client.errors import Ambiguous, AssayClientError, NotFound, WorkFailed
from assay.client.files import content_type, sha256
from assay.client.paging import Pages
from assay.client.shapes import Json, Shape
from assay.client.transport import Params, path_of
from assay.client.uploads import Columns, UploadReport

P = TypeVar("P", bound=Shape)

BatchOrder = Literal[
    "name",
    "-name",
    "createdAt",
    "-createdAt",
    "earliestPredictionTimestamp",
    "-earliestPredictionTimestamp",
    "latestPredictionTimestamp",
    "-latestPredictionTimestamp",
]


class Batches(BatchVerdicts):
    """``client.batches``: making, filling and changing batches; the classes below have reads, exports and versions."""

    # ------------------------------------------------------------ the batches themselves

    def create(
        self,
        deployment: DeploymentLike,
        name: str | None = None,
        *,
        description: str | None = None,
        external_context_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """Add an empty batch to a deployment.

        Parameters
        ----------
        deployment : Deployment or str
        name : str, optional
            The server makes one up when it is left out.
        description : str, optional
        external_context_url : str, optional
            A link to keep with the batch.
        idempotency_key : str, optional
            Name of this call: made again under it, it gives the batch that was made the first time.

        Raises
        ------
        Refused
            When batch monitoring is off, or a value is wrong.
        AssayClientError
        """
        deployment_id = deployment_id_of(deployment)
        body = {"batchName": name, "description": description, "externalContextUrl": external_context_url}
        given = {key: value for key, value in body.items() if value is not None}
        answer = self._transport.post(
            path_of("deployments", deployment_id, "monitoringBatches"), given, key=idempotency_key
        )
        return Batch.of(answer.json, deployment_id=deployment_id)

    def list(
        self,
        deployment: DeploymentLike,
        *,
        search: str | None = None,
        order_by: BatchOrder | None = None,
        page_size: int | None = None,
        **filters: str | datetime | None,
    ) -> Pages[Batch]:
        """The batches of a deployment.

        Parameters
        ----------
        deployment : Deployment or str
        search : str, optional
            Text in the name, whatever its letters' case, or an exact id.
        order_by : str, optional
            A leading minus sorts downwards.
        page_size : int, optional
            Most items of one page; all are given in the end.
        **filters
            ``createdBy``, ``createdAfter``, ``createdBefore``, ``startAfter``, ``endBefore``, as the API
            names them.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        deployment_id = deployment_id_of(deployment)
        params: Params = {"search": search, "orderBy": order_by, "limit": page_size, **filters}

        def batch(found: Json) -> Batch:
            return Batch.of(found, deployment_id=deployment_id)

        return Pages(self._transport, path_of("deployments", deployment_id, "monitoringBatches"), params, batch)

    def get(self, deployment: DeploymentLike, batch_id: str) -> Batch:
        """One batch.

        Raises
        ------
        NotFound
        AssayClientError
        """
        deployment_id = deployment_id_of(deployment)
        found = self._transport.get(path_of("deployments", deployment_id, "monitoringBatches", batch_id))
        return Batch.of(found, deployment_id=deployment_id)

    def find(self, deployment: DeploymentLike, id_or_name: str) -> Batch | None:
        """The batch of this id or this exact name, if there is one.

        Raises
        ------
        Ambiguous
            When several batches bear the name.
        AssayClientError
        """
        if is_id(id_or_name):
            with suppress(NotFound):
                return self.get(deployment, id_or_name)
        found = [one for one in self.list(deployment, search=id_or_name) if one.name == id_or_name]
        if len(found) > 1:
            ids = ", ".join(one.id for one in found)
            raise Ambiguous(f"{len(found)} batches are called '{id_or_name}'. Use an id: {ids}.")
        return found[0] if found else None

    def update(self, batch: Batch, changes: Json) -> Batch:
        """Change some fields.

        Parameters
        ----------
        batch : Batch
        changes : dict
            ``batchName``, ``description``, ``externalContextUrl``, ``isLocked``, as the API names them; what
            is left out stays.

        Raises
        ------
        Refused
        AssayClientError
        """
        answer = self._transport.patch(_path(batch), changes)
        return Batch.of(answer.json, deployment_id=batch.deployment_id)

    def lock(self, batch: Batch) -> Batch:
        """Close the batch to new predictions, and seal what it holds; all else goes on.

        Raises
        ------
        Conflict
            While rows that the server took are still being counted.
        AssayClientError
        """
        return self.update(batch, {"isLocked": True})

    def seal(self, batch: Batch) -> BatchSeal:
        """The seal of a locked batch, compared with what the batch holds now.

        Raises
        ------
        NotFound
            When the batch is open.
        AssayClientError
        """
        return BatchSeal.of(self._transport.get(_path(batch, "seal")))

    def unlock(self, batch: Batch) -> Batch:
        """Open the batch to new predictions; its seal is gone, and the audit log has a line of it.

        Raises
        ------
        AssayClientError
        """
        return self.update(batch, {"isLocked": False})

    def delete(self, batch: Batch) -> None:
        """Delete the batch; its rows leave all statistics of the deployment.

        Raises
        ------
        NotFound
        AssayClientError
        """
        self._transport.wait(self._transport.send("DELETE", _path(batch)), f"Deleting batch '{batch.name}'")

    def models(self, batch: Batch) -> Pages[BatchModel]:
        """The models whose predictions are in the batch.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        return Pages(self._transport, _path(batch, "models"), {}, BatchModel.of)

    # ------------------------------------------------------------ rows come in

    def push(
        self,
        batch: Batch,
        path: str | Path,
        *,
        key: str | None = None,
        columns: Columns | None = None,
        model_id: str | None = None,
        progress: Progress | None = None,
    ) -> UploadReport:
        """Send a file of prediction rows and wait until it is counted.

        The same key and bytes again change nothing, so that a job may simply be run again.

        Parameters
        ----------
        batch : Batch
        path : str or Path
            CSV, Parquet or Arrow stream; it is streamed, whatever its size.
        key : str, optional
            Name of the upload, without a slash; the hash of the file's bytes when left out.
        columns : Columns, optional
        model_id : str, optional
            The deployment's current model when left out.
        progress : callable, optional
            Told again and again how many bytes of how many have been sent.

        Returns
        -------
        UploadReport

        Raises
        ------
        ValueError
            When the key holds a slash.
        FileUnusable
            When it is no such file.
        Refused
            When the batch is locked, or the file is not what it should be; nothing of it was stored.
        Conflict
            When the key was used for other bytes.
        WorkFailed
            When the server found the file wanting after it had taken it; nothing of it was stored.
        AssayClientError
        """
        if key is not None and "/" in key:
            raise ValueError(f"The key '{key}' holds a slash. Expected a name without one.")
        path = Path(path)
        kind = content_type(path)
        upload = _path(batch, "uploads", key or sha256(path))
        params = {"modelId": model_id, **(columns or Columns()).params()}
        body = FileBody(path, kind, progress)
        answer = self._transport.send("PUT", upload, params=params, body=body)
        report = UploadReport.of(answer.json, is_repeated=answer.is_replayed)
        if report.state == "pending":
            self._transport.wait(answer, f"Counting the rows of '{path.name}'")
            report = UploadReport.of(self._transport.get(upload), is_repeated=answer.is_replayed)
        if report.state == "refused":
            raise WorkFailed(report.message or f"The server refused '{path.name}'.")
        return report

    def replace(
        self,
        batch: Batch,
        *paths: str | Path,
        columns: Columns | None = None,
        model_id: str | None = None,
        progress: Progress | None = None,
    ) -> Replacement:
        """Put the rows of some files in the place of what the batch holds, all at once.

        Until the last moment everybody sees the old content, from then on the new one. When a file is refused, the
        batch stays as it is. ``columns``, ``model_id`` and ``progress`` are as in `push`, for every file.

        Raises
        ------
        ValueError
            When there is no file.
        Conflict
            When the batch has an open replacement already, or is locked.
        AssayClientError
            As `push` raises.
        """
        if not paths:
            raise ValueError("No file is named. Expected at least one; 'commit' with allow_empty empties a batch.")
        opened = self.open_replacement(batch)
        try:
            draft = self.draft(batch, opened)
            for path in paths:
                self.push(draft, path, columns=columns, model_id=model_id, progress=progress)
            return self.commit(batch, opened)
        except BaseException:
            # That it cannot be abandoned must not hide why it was to be.
            with suppress(AssayClientError):
                self.abandon(batch)
            raise

    def uploads(self, batch: Batch) -> Pages[UploadReport]:
        """What became of the files that were sent to the batch.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        return Pages(self._transport, _path(batch, "uploads"), {}, UploadReport.of)


def _path(batch: Batch, *more: str) -> str:
    return path_of("deployments", batch.deployment_id, "monitoringBatches", batch.id, *more)
