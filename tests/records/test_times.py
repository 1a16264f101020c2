from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from assay.errors import Invalid
from assay.records.times import format_time, parse_time

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
SOME_YEARS = {"min_value": datetime(2, 1, 1), "max_value": datetime(9998, 12, 31)}  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T10:31Z", datetime(2026, 11, 23, 10, 31, tzinfo=UTC)),
        (" 2026-11-23 10:31:31\n", datetime(2026, 11, 23, 10, 31, 31, tzinfo=UTC)),
        ("2026-11-23T10:31:31.5+0200", datetime(2026, 11, 23, 8, 31, 31, 500000, tzinfo=UTC)),
        ("2026-11-23T10:31:31.123456789-05:30", datetime(2026, 11, 23, 16, 1, 31, 123456, tzinfo=UTC)),
        ("2026-11-23 10:31:31+02", datetime(2026, 11, 23, 8, 31, 31, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_every_shape(text, moment):
    found = parse_time(text)
    assert (found, found.tzinfo) == (moment, UTC)


@pytest.mark.parametrize(
    "text",
    ["", " ", "now", "2026-02-30", "10:31", "23.11.2026", "1700000000.5", "0001-01-01T00:00+14:00", "x" * 10_000],
)
def test_what_is_no_time_is_refused_by_name_and_cut_short(text):
    with pytest.raises(Invalid, match=r"^startTime: found .*RFC 3339") as refusal:
        parse_time(text, "startTime")
    assert len(str(refusal.value)) < 250


@examples(150)
@given(st.datetimes(timezones=OFFSETS, **SOME_YEARS))
def test_a_written_time_is_read_back_as_the_same_moment(moment):
    text = format_time(moment)
    assert text.endswith("Z")
    assert parse_time(text) == moment


def test_microseconds_are_written_only_where_there_are_any():
    moment = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert format_time(moment) == "2026-01-01T00:00:00Z"
    assert format_time(moment.replace(microsecond=5)) == "2026-01-01T00:00:00.000005Z"
