"""Data sets: uploaded tables that models and jobs refer to."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DatasetState(StrEnum):
    """How far the reading of an uploaded table has come."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"


class FileForm(StrEnum):
    """How a table is written in a file."""

    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"


# What an uploaded table is meant for unless its sender says.
CATEGORIES = ("TRAINING", "PREDICTION")


@dataclass(frozen=True, slots=True)
class Dataset:
    """One uploaded table.

    Attributes
    ----------
    columns : dict of str to str
        Feature kind by column name, as found when the table was read; empty before.
    blob_key : str
        Where the bytes lie in the blob store.
    categories : list of str
        What the caller says it is meant for; it may serve for anything in any case.
    """

    id: str
    owner_id: str
    owner_name: str
    name: str
    form: FileForm
    state: DatasetState
    error: str | None
    row_count: int | None
    size: int
    blob_key: str
    columns: dict[str, str]
    job_id: str | None
    created_at: datetime
    deleted_at: datetime | None
    categories: list[str] = field(default_factory=lambda: list(CATEGORIES))
