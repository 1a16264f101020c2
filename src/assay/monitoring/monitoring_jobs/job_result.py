"""The rows of a monitoring job as they are given back: CSV, with a column that tells what became of each."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

import polars as pl

from assay.errors import Invalid
from assay.monitoring.rows.csv_cells import safe_cells, safe_name
from assay.records.job_specs import JobSpec

STATUS_COLUMN = "monitoring_status"
OK = "OK"
PIECE = 1 << 20


@dataclass
class ResultFile:
    """A local file that grows by a chunk of rows at a time."""

    file: IO[bytes]
    path: Path
    status_column: str
    remapping: dict[str, str | None] = field(default_factory=dict)
    begun: bool = False

    @classmethod
    @contextmanager
    def opened(cls, spec: JobSpec, names: tuple[str, ...]) -> Iterator[Self]:
        """A new file for rows with these columns, removed afterwards.

        Raises
        ------
        Invalid
            When two columns of the result would have one name, or one to be renamed is not there.
        """
        status = spec.columns.status or STATUS_COLUMN
        for name in spec.remapping:
            if name not in names:
                raise Invalid(f"columnNamesRemapping: the file has no column '{name[:64]}'.")
        shown = [safe_name(n) for name in names if (n := spec.remapping.get(name, name)) is not None]
        for name in shown:
            if shown.count(name) > 1:
                raise Invalid(f"columnNamesRemapping: two columns of the result would be named '{name[:64]}'.")
        if safe_name(status) in shown:
            raise Invalid(
                f"The file has a column '{status[:64]}' already. Name another for the status: 'monitoredStatusColumn'."
            )
        with tempfile.NamedTemporaryFile(prefix="assay-job-") as file:
            yield cls(file.file, Path(file.name), status, spec.remapping)

    def add(self, chunk: pl.DataFrame, status: pl.Series) -> None:
        """Write some rows, and what became of each."""
        frame = chunk.select(
            pl.col(name).alias(new) for name in chunk.columns if (new := self.remapping.get(name, name)) is not None
        )
        shown = safe_cells(frame.with_columns(status.alias(self.status_column)))
        shown.write_csv(self.file, include_header=not self.begun)
        self.begun = True

    def pieces(self) -> Iterator[bytes]:
        """The bytes written so far."""
        self.file.flush()
        with self.path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
