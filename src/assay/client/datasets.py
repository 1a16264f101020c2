"""Data sets: uploaded tables that models refer to."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from assay.client.bodies import FormBody, Progress
from assay.client.downloads import download
from assay.client.errors import AssayClientError, ServerProblem, WorkFailed
from assay.client.files import content_type
from assay.client.paging import Pages
from assay.client.shapes import At, Shape, read
from assay.client.transport import Transport, path_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Shape):
    """One uploaded table.

    Attributes
    ----------
    state : str
        ``COMPLETED``, ``ERROR`` or ``RUNNING``.
    rows : int or None
        None until the server has read the table.
    size : int or None
        Bytes.
    """

    id: Annotated[str, At("datasetId")]
    name: str
    state: Annotated[str, At("processingState")]
    rows: Annotated[int | None, At("rowCount")] = None
    size: Annotated[int | None, At("datasetSize")] = None
    created_at: Annotated[datetime | None, At("creationDate")] = None
    error: str | None = None


class Datasets:
    """``client.datasets``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload(self, path: str | Path, *, progress: Progress | None = None) -> Dataset:
        """Send a table and wait until the server has read it; one that it cannot read is deleted again.

        Parameters
        ----------
        path : str or Path
            CSV, Parquet or Arrow stream.
        progress : callable, optional
            Told again and again how many bytes of how many have been sent.

        Returns
        -------
        Dataset

        Raises
        ------
        FileUnusable
            When it is no such file.
        WorkFailed
            When the server cannot read the table; the message says where.
        AssayClientError
        """
        path = Path(path)
        body = FormBody(path, content_type(path), progress)
        answer = self._transport.send("POST", "datasets/fromFile/", body=body)
        if not isinstance(answer.json, dict):
            raise ServerProblem("The server took the data set and did not name it.")
        dataset_id = read(str, answer.json.get("catalogId"), "catalogId")
        try:
            self._transport.wait(answer, f"Reading data set '{path.name}'")
        except WorkFailed as problem:
            with suppress(AssayClientError):
                self.delete(dataset_id)
            raise problem.after(f"'{path.name}'") from problem
        return self.get(dataset_id)

    def get(self, dataset_id: str) -> Dataset:
        """One data set.

        Raises
        ------
        NotFound
        AssayClientError
        """
        return Dataset.of(self._transport.get(path_of("datasets", dataset_id)))

    def list(self, *, page_size: int | None = None) -> Pages[Dataset]:
        """All data sets that the caller may see, newest first.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        return Pages(self._transport, "datasets/", {"limit": page_size}, Dataset.of)

    def download(self, dataset_id: str, path: str | Path, *, progress: Progress | None = None) -> Dataset:
        """Write the rows of a data set to a file, in the form in which the server has them.

        The file stands under its name only when it is whole; one that was there is replaced.

        Parameters
        ----------
        dataset_id : str
        path : str or Path
        progress : callable, optional
            Told again and again how many bytes of how many have come.

        Raises
        ------
        FileUnusable
            When the file cannot be written.
        NotFound
        AssayClientError
        """
        found = self.get(dataset_id)
        download(self._transport, path_of("datasets", dataset_id, "file"), Path(path), found.size, progress)
        return found

    def delete(self, dataset_id: str) -> None:
        """Delete a data set.

        Raises
        ------
        NotFound
        AssayClientError
        """
        self._transport.send("DELETE", path_of("datasets", dataset_id))
