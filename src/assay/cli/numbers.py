"""Numbers in words: no more digits than are known, and never without what they count."""

import math
from datetime import UTC, datetime

NOTHING = "-"


def count(number: int | None) -> str:
    """A count with commas.

    Examples
    --------
    >>> count(27004), count(None)
    ('27,004', '-')
    """
    return NOTHING if number is None else f"{number:,}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A count and what it counts.

    Examples
    --------
    >>> counted(1, "batch", "batches"), counted(3, "row")
    ('1 batch', '3 rows')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def figure(value: float | None, uncertainty: float | None = None) -> str:
    """A number with the digits that its uncertainty allows; three significant ones where that is not known.

    Examples
    --------
    >>> figure(0.73312, 0.0044), figure(41.318, 1.2), figure(0.04038), figure(812.4), figure(None)
    ('0.733', '41.3', '0.0404', '812', '-')
    >>> figure(1012345.0, 20000.0), figure(2.5e300)
    ('1,012,000', '2.5e+300')
    """
    return NOTHING if value is None else _fixed(value, _decimals(value, uncertainty))


def interval(low: float | None, high: float | None, uncertainty: float | None = None) -> str:
    """A 95 % interval, with as many digits as `figure` gives the value in it.

    Examples
    --------
    >>> interval(0.7287, 0.7375), interval(40.1, 42.5), interval(0.73, 0.74, 0.04), interval(None, 1.0)
    ('[0.729, 0.738]', '[40.1, 42.5]', '[0.73, 0.74]', '-')
    """
    if low is None or high is None:
        return NOTHING
    digits = _decimals(high, (high - low) / 2 if uncertainty is None else uncertainty)
    return f"[{_fixed(low, digits)}, {_fixed(high, digits)}]"


def thousandths(value: float | None) -> str:
    """A score with three decimals; smaller ones are said to be smaller.

    Examples
    --------
    >>> thousandths(0.0213), thousandths(0.0001), thousandths(0.0), thousandths(1e9), thousandths(None)
    ('0.021', '<0.001', '0.000', '1.0e+09', '-')
    """
    if value is None:
        return NOTHING
    if 0 < value < 0.0005:
        return "<0.001"
    return f"{value:.3f}" if abs(value) < 10_000 else f"{value:.1e}"


def percent(rate: float | None) -> str:
    """A share in [0, 1] as percent with one decimal.

    Examples
    --------
    >>> percent(0.0231), percent(0.0002), percent(0.0), percent(0.9997), percent(None)
    ('2.3 %', '<0.1 %', '0.0 %', '>99.9 %', '-')
    """
    if rate is None:
        return NOTHING
    if 0 < rate < 0.0005:
        return "<0.1 %"
    if 0.9995 <= rate < 1:
        return ">99.9 %"
    return f"{100 * rate:.1f} %"


def change(in_percent: float | None) -> str:
    """A change in percent, with its sign.

    Examples
    --------
    >>> change(-3.24), change(-0.01), change(12345.6), change(None)
    ('-3.2 %', '0.0 %', '+12,346 %', '-')
    """
    if in_percent is None:
        return NOTHING
    if abs(in_percent) < 0.05:
        return "0.0 %"
    return f"{in_percent:+,.1f} %" if abs(in_percent) < 1000 else f"{in_percent:+,.0f} %"


def day(moment: datetime) -> str:
    """The date in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def minute(moment: datetime) -> str:
    """Date and time in UTC, to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _decimals(value: float, uncertainty: float | None) -> int:
    """Decimals that show one or two digits of the uncertainty, or three significant ones of the value.

    One digit of 0.0044 and two of 0.0020, so that rounding moves the value by little of its uncertainty: the
    rule of the Particle Data Group (Review of Particle Physics, introduction, section 5.3).
    """
    size = uncertainty or abs(value)
    if size == 0 or not math.isfinite(size):
        return 3
    power = math.floor(math.log10(size))
    digits = 3 if not uncertainty else 2 if size / 10.0**power < 3.55 else 1
    return min(max(digits - 1 - power, -6), 6)


def _fixed(value: float, decimals: int) -> str:
    if not math.isfinite(value) or abs(value) >= 1e9:
        return f"{value:.4g}"
    return f"{round(value, decimals):,.{max(decimals, 0)}f}"
