"""Schedules: when a job definition is due, by minute, hour, day and month in UTC."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from assay.errors import Invalid

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONG_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_LONG_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

# Name on the wire, field, least and greatest number, names that stand for numbers.
_PARTS: tuple[tuple[str, str, int, int, dict[str, int]], ...] = (
    ("minute", "minutes", 0, 59, {}),
    ("hour", "hours", 0, 23, {}),
    ("dayOfMonth", "days_of_month", 1, 31, {}),
    ("month", "months", 1, 12, {n: i + 1 for names in (_MONTHS, _LONG_MONTHS) for i, n in enumerate(names)}),
    ("dayOfWeek", "days_of_week", 0, 6, {n: i for names in (_DAYS, _LONG_DAYS) for i, n in enumerate(names)}),
)

# From one 29 February to the next it is eight years at most, as from 2096 to 2104.
_FARTHEST_DAYS = 366 * 9


@dataclass(frozen=True, slots=True)
class Schedule:
    """A set of moments, to the minute; None stands for every value of a part.

    As in cron, the two ways to say a day add up: with both days of the month and days of the week, either will do.

    Attributes
    ----------
    days_of_week : frozenset of int or None
        0 is Sunday.
    """

    minutes: frozenset[int] | None
    hours: frozenset[int] | None
    days_of_month: frozenset[int] | None = None
    months: frozenset[int] | None = None
    days_of_week: frozenset[int] | None = None

    @classmethod
    def of(cls, sent: dict[str, Any]) -> Self:
        """A schedule from lists of numbers, names or ``"*"`` by part.

        Minute and hour must be said; the other parts are ``"*"`` unless told.

        Raises
        ------
        Invalid
            When a part is missing, unknown or has a value that it cannot have, or no day ever fits.

        Examples
        --------
        >>> Schedule.of({"minute": [0], "hour": [3], "dayOfWeek": ["mon"]}).days_of_week
        frozenset({1})
        """
        known = [part[0] for part in _PARTS]
        for name in sent:
            if name not in known:
                raise Invalid(f"schedule.{name[:64]}: found an unknown part, expected {', '.join(known)}.")
        for name in ("minute", "hour"):
            if name not in sent:
                raise Invalid(f"schedule.{name}: is missing. Name values, or ['*'] for every {name}.")
        parts = {
            field: _values(f"schedule.{name}", sent[name], least, most, names)
            for name, field, least, most, names in _PARTS
            if name in sent
        }
        made = cls(**parts)
        if made.next_after(datetime(2000, 1, 1, tzinfo=UTC)) is None:
            raise Invalid("schedule: no such day ever comes, as 30 February. Name other days or months.")
        return made

    def wire(self) -> dict[str, list[int | str]]:
        """The lists by part, in order, ``["*"]`` for every value."""
        by_field = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: ["*"] if by_field[field] is None else sorted(by_field[field]) for name, field, _, _, _ in _PARTS}

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due minute later than a moment, in UTC; None if none ever comes.

        Examples
        --------
        >>> leap = Schedule.of({"minute": [30], "hour": [6], "dayOfMonth": [29], "month": ["february"]})
        >>> leap.next_after(datetime(2096, 2, 29, 6, 30, tzinfo=UTC)).isoformat()
        '2104-02-29T06:30:00+00:00'
        """
        start = moment.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        hours = sorted(range(24) if self.hours is None else self.hours)
        minutes = sorted(range(60) if self.minutes is None else self.minutes)
        for days in range(_FARTHEST_DAYS):
            day = start.replace(hour=0, minute=0) + timedelta(days=days)
            if not self._fits(day):
                continue
            for hour in hours:
                for minute in minutes:
                    due = day.replace(hour=hour, minute=minute)
                    if due >= start:
                        return due
        return None

    def _fits(self, day: datetime) -> bool:
        if self.months is not None and day.month not in self.months:
            return False
        of_month = self.days_of_month is not None and day.day in self.days_of_month
        of_week = self.days_of_week is not None and day.isoweekday() % 7 in self.days_of_week
        if self.days_of_month is None and self.days_of_week is None:
            return True
        return of_month or of_week


def _values(place: str, sent: Any, least: int, most: int, names: dict[str, int]) -> frozenset[int] | None:
    if not isinstance(sent, Sequence) or isinstance(sent, str) or not sent:
        raise Invalid(f"{place}: found {str(sent)[:64]!r}, expected a list such as [{least}] or ['*'].")
    if "*" in sent:
        if len(sent) > 1:
            raise Invalid(f"{place}: found '*' beside other values, expected it alone.")
        return None
    return frozenset(_value(place, one, least, most, names) for one in sent)


def _value(place: str, sent: Any, least: int, most: int, names: dict[str, int]) -> int:
    if isinstance(sent, str):
        number = names.get(sent.strip().lower(), int(sent) if sent.isascii() and sent.isdigit() else None)
    else:
        number = sent if isinstance(sent, int) and not isinstance(sent, bool) else None
    if number is None or not least <= number <= most:
        wanted = f"a whole number from {least} to {most}" + (
            f" or a name such as '{next(iter(names))}'" if names else ""
        )
        raise Invalid(f"{place}: found {str(sent)[:64]!r}, expected {wanted}, or '*'.")
    return number
