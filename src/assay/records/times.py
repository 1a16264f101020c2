"""Reading and writing moments in every shape that clients use."""

from datetime import UTC, datetime

from assay.errors import Invalid

# Stand for "no bound" where a span must have both ends.
BEGINNING_OF_TIME = datetime.min.replace(tzinfo=UTC)
END_OF_TIME = datetime.max.replace(tzinfo=UTC)

EXPECTED_TIME = "expected a time such as 2026-11-23T10:31:31Z (RFC 3339; UTC unless told)"


def parse_time(text: str, name: str = "timestamp") -> datetime:
    """A moment in UTC from ISO 8601 or RFC 3339 text.

    A blank may stand for the ``T``, the offset may lack its colon, a bare date is its midnight, and a time
    without an offset is taken as UTC.

    Raises
    ------
    Invalid
        When the text is no time; the message names ``name`` and what was found.

    Examples
    --------
    >>> parse_time("2026-11-23 10:31:31.323+0000").isoformat()
    '2026-11-23T10:31:31.323000+00:00'
    >>> parse_time("2026-11-23T10:31:31+02:00").isoformat(), parse_time("2026-11-23").isoformat()
    ('2026-11-23T08:31:31+00:00', '2026-11-23T00:00:00+00:00')
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise Invalid(f"{name}: found {text[:64]!r}, {EXPECTED_TIME}.") from fault


def format_time(moment: datetime) -> str:
    """RFC 3339 text in UTC, with microseconds only where there are any.

    Examples
    --------
    >>> format_time(datetime(2026, 11, 23, 10, 31, tzinfo=UTC))
    '2026-11-23T10:31:00Z'
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
