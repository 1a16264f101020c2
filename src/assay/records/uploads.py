"""Uploads: deliveries of rows, the unit of "counted once"."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class UploadState(StrEnum):
    """How far an upload has come. Only a counted one shows in any figure.

    What a draft holds, and what a superseded version held, counts in that alone.
    """

    PENDING = "pending"
    COUNTED = "counted"
    DRAFT = "draft"
    SUPERSEDED = "superseded"
    REFUSED = "refused"

    @property
    def is_held(self) -> bool:
        """Whether the rows count in the batch, draft or version that they are in."""
        return self in HELD


HELD = (UploadState.COUNTED, UploadState.DRAFT, UploadState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What names an upload that counts, and what it brought."""

    id: str
    model_id: str
    key: str | None
    content_hash: str | None
    rows: int


def part_key(prefix: str, part: int) -> str:
    """Blob key of one chunk of an upload's rows.

    Examples
    --------
    >>> part_key("rows/a", 3)
    'rows/a/00003.parquet'
    """
    return f"{prefix}/{part:05d}.parquet"


def incoming_key(upload_id: str) -> str:
    """Blob key of a file that waits to be counted."""
    return f"incoming/{upload_id}"


@dataclass(frozen=True, slots=True)
class Upload:
    """One delivery of prediction rows.

    Attributes
    ----------
    seq : int
        Order of arrival over the whole server; decides which prediction of an association id is the newest.
    key : str or None
        The caller's name for the delivery; None for a JSON call.
    content_hash : str or None
        SHA-256 of the file's or the JSON call's bytes, 64 hexadecimal digits; None for rows that a job fetched, and
        for calls of earlier versions.
    parts : int
        Parquet files under ``blob_prefix`` that keep the rows; 0 when rows are not kept.
    report : dict
        What intake counted: unreadable values by column, columns ignored, columns missing.
    """

    seq: int
    id: str
    deployment_id: str
    batch_id: str | None
    model_id: str
    key: str | None
    content_hash: str | None
    state: UploadState
    rows: int
    first_at: datetime | None
    last_at: datetime | None
    parts: int
    blob_prefix: str
    report: dict[str, Any]
    error: str | None
    job_id: str | None
    created_at: datetime
    created_by_id: str

    @property
    def rows_erased(self) -> int:
        """Rows that count and are no longer among those that were kept."""
        return int(self.report.get("rowsErased", 0))
