"""Calls under a key of their sender's: each has one effect and one answer, however often it is made."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KeyedCall:
    """A call under a key. The key is its user's own: somebody else's equal one is another.

    Attributes
    ----------
    call : str
        Method, path and query: what is called.
    content_hash : str
        SHA-256 of the body, 64 hexadecimal digits.
    """

    user_id: str
    key: str
    call: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it went out the first time; texts are those of its headers."""

    status: int
    media_type: str | None
    location: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """A call that has had its effect, and what was answered."""

    call: KeyedCall
    answer: KeptAnswer
    created_at: datetime
