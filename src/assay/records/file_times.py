"""Times as they stand in a user's file, which some clients pass on unread."""

import re
from datetime import UTC, datetime

from assay.errors import Invalid
from assay.records.times import parse_time

_YEAR_FIRST = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?=[ T]|$)")
_UNIX_SECONDS = re.compile(r"\d{10}(\.\d+)?")
_UNIX_MILLISECONDS = re.compile(r"\d{13}")


def parse_file_time(text: str, name: str = "timestamp") -> datetime:
    """A moment in UTC from text.

    It may be all that `parse_time` reads, have slashes between year, month and day, or be Unix seconds or milliseconds.
    A day or month that comes first could be either, so such times are refused.

    Raises
    ------
    Invalid
        When the text is no such time; the message names ``name`` and what was found.

    Examples
    --------
    >>> parse_file_time("2026/3/9 10:31").isoformat(), parse_file_time("1795429891").isoformat()
    ('2026-03-09T10:31:00+00:00', '2026-11-23T10:31:31+00:00')
    """
    plain = text.strip()
    if _UNIX_SECONDS.fullmatch(plain):
        return datetime.fromtimestamp(float(plain), UTC)
    if _UNIX_MILLISECONDS.fullmatch(plain):
        return datetime.fromtimestamp(int(plain) / 1000, UTC)
    found = _YEAR_FIRST.match(plain)
    if found is not None:
        year, month, day = found.groups()
        plain = f"{year}-{month:0>2}-{day:0>2}{plain[found.end() :]}"
    try:
        return parse_time(plain, name)
    except Invalid as fault:
        if re.match(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}", plain):
            raise Invalid(
                f"{name}: found {text[:64]!r}, whose day and month cannot be told apart. Write the year first: "
                "2026-11-23T10:31:31Z."
            ) from fault
        raise
