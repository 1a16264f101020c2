from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from assay.errors import Invalid
from assay.records.schedules import Schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Days of the week are those of the printed calendar: 1 March 2026 is a Sunday, 29 February 2028 a Tuesday.
@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        ({"minute": ["*"], "hour": ["*"]}, "2026-03-01 12:00:00", "2026-03-01 12:01"),
        ({"minute": ["*"], "hour": ["*"]}, "2026-03-01 12:00:59", "2026-03-01 12:01"),
        ({"minute": [0], "hour": [3]}, "2026-03-01 02:59", "2026-03-01 03:00"),
        ({"minute": [0], "hour": [3]}, "2026-03-01 03:00", "2026-03-02 03:00"),
        ({"minute": [15, 45], "hour": [0, 12]}, "2026-03-01 00:15", "2026-03-01 00:45"),
        ({"minute": [45, 15], "hour": [12, 0]}, "2026-03-01 00:45", "2026-03-01 12:15"),
        # ends of months and of the year
        ({"minute": [0], "hour": [0], "dayOfMonth": [31]}, "2026-01-31 00:00", "2026-03-31 00:00"),
        ({"minute": [0], "hour": [0], "dayOfMonth": [31]}, "2026-03-31 12:00", "2026-05-31 00:00"),
        ({"minute": [59], "hour": [23], "dayOfMonth": [30, 31]}, "2026-01-31 23:59", "2026-03-30 23:59"),
        ({"minute": [0], "hour": [0]}, "2026-12-31 00:00", "2027-01-01 00:00"),
        ({"minute": [0], "hour": [0], "dayOfMonth": [1], "month": ["jan"]}, "2026-01-01 00:00", "2027-01-01 00:00"),
        # leap days: 2028 has one, 2100 has none
        ({"minute": [0], "hour": [6], "dayOfMonth": [29], "month": [2]}, "2026-03-01 00:00", "2028-02-29 06:00"),
        ({"minute": [0], "hour": [6], "dayOfMonth": [29], "month": [2]}, "2028-02-29 06:00", "2032-02-29 06:00"),
        ({"minute": [0], "hour": [6], "dayOfMonth": [29], "month": [2]}, "2096-02-29 06:00", "2104-02-29 06:00"),
        # days of the week, by number and by name
        ({"minute": [0], "hour": [8], "dayOfWeek": [0]}, "2026-03-01 08:00", "2026-03-08 08:00"),
        ({"minute": [0], "hour": [8], "dayOfWeek": ["Mon", "friday"]}, "2026-03-01 08:00", "2026-03-02 08:00"),
        ({"minute": [0], "hour": [8], "dayOfWeek": ["Mon", "friday"]}, "2026-03-02 08:00", "2026-03-06 08:00"),
        # both ways to say a day add up; "*" of one leaves the other alone
        ({"minute": [0], "hour": [0], "dayOfMonth": [13], "dayOfWeek": [5]}, "2026-03-01 00:00", "2026-03-06 00:00"),
        ({"minute": [0], "hour": [0], "dayOfMonth": [10], "dayOfWeek": [5]}, "2026-03-06 00:00", "2026-03-10 00:00"),
        ({"minute": [0], "hour": [0], "dayOfMonth": ["*"], "dayOfWeek": [2]}, "2026-03-01 00:00", "2026-03-03 00:00"),
        ({"minute": [0], "hour": [0], "dayOfMonth": [10], "dayOfWeek": ["*"]}, "2026-03-01 00:00", "2026-03-10 00:00"),
        ({"minute": ["5"], "hour": ["7"], "month": ["2", "October"]}, "2026-03-01 00:00", "2026-10-01 07:05"),
        # 29 February 2028 as a Tuesday, and any other Tuesday of February
        ({"minute": [0], "hour": [0], "month": ["feb"], "dayOfWeek": [2]}, "2028-02-22 00:00", "2028-02-29 00:00"),
    ],
)
def test_the_next_time_is_the_one_of_the_calendar(schedule: dict[str, Any], after: str, due: str) -> None:
    assert Schedule.of(schedule).next_after(at(after)) == at(due)


def test_a_time_of_another_zone_is_taken_as_the_moment_that_it_is() -> None:
    there = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=-3)))  # 04:30 UTC
    assert Schedule.of({"minute": [0], "hour": [4]}).next_after(there) == at("2026-03-02 04:00")


def test_every_due_time_comes_once_and_in_order() -> None:
    schedule = Schedule.of({"minute": [0, 30], "hour": [1, 23], "dayOfMonth": [28, 29, 30, 31]})
    found, moment = [], at("2026-02-01 00:00")
    for _ in range(20):
        moment = schedule.next_after(moment) or moment
        found.append(moment)
    days = [28] * 4 + [28] * 4 + [29] * 4 + [30] * 4 + [31] * 4
    assert [one.day for one in found] == days
    assert [one.strftime("%H:%M") for one in found] == ["01:00", "01:30", "23:00", "23:30"] * 5
    assert [one.month for one in found] == [2] * 4 + [3] * 16


def test_a_schedule_reads_back_as_it_was_written() -> None:
    sent = {"minute": [30, 0], "hour": ["*"], "dayOfWeek": ["sun"]}
    wire = {"minute": [0, 30], "hour": ["*"], "dayOfMonth": ["*"], "month": ["*"], "dayOfWeek": [0]}
    assert Schedule.of(sent).wire() == wire
    assert Schedule.of(wire) == Schedule.of(sent)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"hour": [1]}, "schedule.minute: is missing"),
        ({"minute": [1]}, "schedule.hour: is missing"),
        ({"minute": [0], "hour": [1], "second": [1]}, "schedule.second: found an unknown part"),
        ({"minute": [60], "hour": [1]}, "schedule.minute: found '60', expected a whole number from 0 to 59"),
        ({"minute": [0], "hour": [-1]}, "schedule.hour: found '-1'"),
        ({"minute": [0], "hour": [24]}, "schedule.hour: found '24'"),
        ({"minute": [], "hour": [1]}, "schedule.minute: found '[]', expected a list"),
        ({"minute": 5, "hour": [1]}, "schedule.minute: found '5', expected a list"),
        ({"minute": "*", "hour": [1]}, "expected a list"),
        ({"minute": ["*", 1], "hour": [1]}, "found '*' beside other values"),
        ({"minute": [True], "hour": [1]}, "found 'True'"),
        ({"minute": [1.5], "hour": [1]}, "found '1.5'"),
        ({"minute": [0], "hour": [1], "dayOfMonth": [0]}, "from 1 to 31"),
        ({"minute": [0], "hour": [1], "month": ["juno"]}, "a name such as 'jan'"),
        ({"minute": [0], "hour": [1], "dayOfWeek": [7]}, "from 0 to 6 or a name such as 'sun'"),
        ({"minute": [0], "hour": [1], "dayOfMonth": [30], "month": [2]}, "no such day ever comes"),
        ({"minute": [0], "hour": [1], "dayOfMonth": [31], "month": [4, 6, 9, 11]}, "no such day ever comes"),
    ],
)
def test_what_is_no_schedule_is_refused_in_words(sent: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Schedule.of(sent)
    assert says in str(refusal.value)
