"""What monitoring needs of an engine: a table in a file, read a chunk at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import polars as pl

from assay.records.datasets import FileForm


class Engine(Protocol):
    """Reads tables in bounded memory. A fault of the file is raised as `FileUnreadable`."""

    def columns(self, path: Path, form: FileForm) -> tuple[str, ...]:
        """Column names, in the file's order. They are distinct and not blank."""
        ...

    def chunks(
        self, path: Path, form: FileForm, *, rows: int, columns: Sequence[str] | None = None
    ) -> Iterator[pl.DataFrame]:
        """The table's rows in order, at most about ``rows`` at a time; CSV columns come as text."""
        ...
