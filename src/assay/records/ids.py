"""Ids: 24 lower-case hexadecimal digits, as clients of the public API expect them."""

import re
import secrets
from datetime import datetime

_SHAPE = re.compile(r"[0-9a-f]{24}")


def new_id(now: datetime) -> str:
    """A fresh id: 8 digits of the time in seconds, so that ids sort by age, and 16 random ones.

    Examples
    --------
    >>> from datetime import UTC
    >>> len(new_id(datetime(2026, 1, 1, tzinfo=UTC)))
    24
    """
    return f"{int(now.timestamp()) & 0xFFFFFFFF:08x}{secrets.token_hex(8)}"


def is_id(text: str) -> bool:
    """Whether the text has the shape of an id.

    Examples
    --------
    >>> is_id("65a000000000000000000001"), is_id("65A0"), is_id("../../etc/passwd")
    (True, False, False)
    """
    return _SHAPE.fullmatch(text) is not None
