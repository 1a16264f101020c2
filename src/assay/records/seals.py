"""Seals: what a batch held when it was locked, in one hash."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Seal:
    """The seal of a locked batch.

    Attributes
    ----------
    content : str
        What was sealed, as canonical JSON.
    hash : str
        SHA-256 of the content in UTF-8, 64 hexadecimal digits.
    """

    batch_id: str
    content: str
    hash: str
    sealed_at: datetime
    sealed_by_id: str
    sealed_by_name: str
