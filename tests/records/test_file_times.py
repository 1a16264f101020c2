from datetime import UTC, datetime

import pytest

from assay.errors import Invalid
from assay.records.file_times import parse_file_time


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23 10:31:31.323+0000", datetime(2026, 11, 23, 10, 31, 31, 323000, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("20261123", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026/11/23", datetime(2026, 11, 23, tzinfo=UTC)),
        (" 2026/1/3 10:31:31+02:00 ", datetime(2026, 1, 3, 8, 31, 31, tzinfo=UTC)),
        ("1000000000", datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)),
        ("1000000000.5", datetime(2001, 9, 9, 1, 46, 40, 500000, tzinfo=UTC)),
        ("1000000000250", datetime(2001, 9, 9, 1, 46, 40, 250000, tzinfo=UTC)),
    ],
)
def test_times_of_files_are_read(text, moment):
    found = parse_file_time(text)
    assert (found, found.tzinfo) == (moment, UTC)


@pytest.mark.parametrize("text", ["11/23/2026", "23.11.2026 10:31", "1-2-2026"])
def test_a_time_whose_day_and_month_could_be_swapped_is_refused_in_words(text):
    with pytest.raises(Invalid, match=r"^when: found .* cannot be told apart\. Write the year first"):
        parse_file_time(text, "when")


@pytest.mark.parametrize("text", ["", "noon", "2026/13/01", "99999999", "123", "1e9", "0x10", "2026/1/1/1"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(Invalid, match=r"^when: found .*RFC 3339"):
        parse_file_time(text, "when")
