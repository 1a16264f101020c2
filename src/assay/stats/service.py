"""Figures of service health from the requests that were reported: times, errors, load.

See docs/methods/service_health.md.
"""

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from assay.errors import Invalid
from assay.stats.arrays import FloatArray, IntArray
from assay.stats.estimate import Estimate
from assay.stats.intervals import wilson

NO_REQUESTS = "there are no requests"


def time_quantile(times: npt.ArrayLike, q: float = 0.5) -> float | None:
    """Quantile of times in the unit they come in, interpolated between neighbours; None without times.

    Parameters
    ----------
    times : float array, shape (n,)
        Execution or response time of each request; NaN where it was not reported.
    q : float in [0, 1], default 0.5

    Raises
    ------
    Invalid
        When ``q`` is outside [0, 1].

    Examples
    --------
    >>> time_quantile([10.0, 20.0, float("nan"), 40.0])
    20.0
    >>> time_quantile([10.0, 20.0], 0.9)
    19.0

    References
    ----------
    Hyndman and Fan (1996), The American Statistician 50(4), 361-365: definition 7.
    """
    if not 0 <= q <= 1:
        raise Invalid(f"A quantile of {q} was asked for, expected a number from 0 to 1.")
    known = _known(times)
    return float(np.quantile(known, q)) if known.size else None


def slow_requests(times: npt.ArrayLike, threshold: float) -> int:
    """Requests that took longer than the threshold, in the unit of the times; unreported ones do not count.

    Examples
    --------
    >>> slow_requests([900.0, 1000.0, 1100.0], 1000.0)
    1
    """
    return int(np.count_nonzero(_known(times) > threshold))


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Requests by how they ended.

    Attributes
    ----------
    requests : int
        All requests.
    user_errors : int
        Requests that were wrong (4xx).
    server_errors : int
        Requests that were right and failed (5xx).

    Examples
    --------
    >>> counts = ErrorCounts(requests=10, user_errors=5, server_errors=1)
    >>> counts.user_error_rate.value, counts.server_error_rate.value
    (0.5, 0.1)
    >>> counts.server_error_rate_of_well_formed.value
    0.2
    """

    requests: int
    user_errors: int
    server_errors: int

    @classmethod
    def empty(cls) -> Self:
        """No requests."""
        return cls(0, 0, 0)

    @classmethod
    def of(cls, user_error: npt.ArrayLike, server_error: npt.ArrayLike) -> Self:
        """From whether each request ended in an error of the user and of the server, both of shape (n,)."""
        user, server = np.asarray(user_error, dtype=np.bool_), np.asarray(server_error, dtype=np.bool_)
        return cls(user.size, int(np.count_nonzero(user)), int(np.count_nonzero(server)))

    @classmethod
    def of_statuses(cls, statuses: npt.ArrayLike) -> Self:
        """From the HTTP status of each request, shape (n,)."""
        status = np.asarray(statuses)
        return cls.of((status >= 400) & (status < 500), status >= 500)

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        return type(self)(
            self.requests + other.requests,
            self.user_errors + other.user_errors,
            self.server_errors + other.server_errors,
        )

    @property
    def user_error_rate(self) -> Estimate:
        """Share of all requests that were wrong, in [0, 1]."""
        return _rate(self.user_errors, self.requests, NO_REQUESTS)

    @property
    def server_error_rate(self) -> Estimate:
        """Share of all requests that failed on the server, in [0, 1]."""
        return _rate(self.server_errors, self.requests, NO_REQUESTS)

    @property
    def server_error_rate_of_well_formed(self) -> Estimate:
        """Share of the requests that were right and failed on the server nevertheless, in [0, 1]."""
        return _rate(self.server_errors, self.requests - self.user_errors, "there are no well-formed requests")


@dataclass(frozen=True, slots=True)
class Load:
    """Requests a minute over a period, its empty minutes included.

    Attributes
    ----------
    minutes : int
        Clock minutes in the period.
    busy : tuple of int
        Requests in each minute that had any, ascending.

    Examples
    --------
    >>> load = Load.of([0.0, 1.0, 130.0], start=0.0, end=300.0)
    >>> load.minutes, load.median, load.peak
    (5, 0.0, 2)
    """

    minutes: int
    busy: tuple[int, ...]

    @classmethod
    def of(cls, seconds: npt.ArrayLike, *, start: float | None = None, end: float | None = None) -> Self:
        """From the second each request came, since any fixed full minute, shape (n,).

        Parameters
        ----------
        seconds : float array, shape (n,)
            Requests outside the period are left out.
        start, end : float, optional
            The period, ``start`` included and ``end`` not; every clock minute it touches counts. From the
            minute of the first request to that of the last one when left out.
        """
        minutes: IntArray = np.floor(_known(seconds) / 60).astype(np.int64)
        first = _first(minutes) if start is None else math.floor(start / 60)
        last = _last(minutes) if end is None else math.ceil(end / 60) - 1
        inside = minutes[(minutes >= first) & (minutes <= last)]
        _, busy = np.unique(inside, return_counts=True)
        return cls(max(0, last - first + 1), tuple(np.sort(busy).tolist()))

    @property
    def median(self) -> float | None:
        """Median of the requests a minute; None when the period has no minute."""
        if self.minutes == 0:
            return None
        return (self._ranked((self.minutes - 1) // 2) + self._ranked(self.minutes // 2)) / 2

    @property
    def peak(self) -> int | None:
        """Most requests in one minute; None when the period has no minute."""
        return None if self.minutes == 0 else self._ranked(self.minutes - 1)

    def _ranked(self, place: int) -> int:
        # The empty minutes come first and are not stored: a period may be years long.
        empty = self.minutes - len(self.busy)
        return 0 if place < empty else self.busy[place - empty]


def consumers(names: Iterable[Hashable | None]) -> int:
    """How many different callers there are; unknown ones are None and do not count.

    Examples
    --------
    >>> consumers(["a", "b", "a", None])
    2
    """
    return len({name for name in names if name is not None})


def _known(values: npt.ArrayLike) -> FloatArray:
    numbers = np.asarray(values, dtype=np.float64)
    return numbers[np.isfinite(numbers)]


def _first(minutes: IntArray) -> int:
    return int(minutes.min()) if minutes.size else 0


def _last(minutes: IntArray) -> int:
    return int(minutes.max()) if minutes.size else -1


def _rate(errors: int, requests: int, reason: str) -> Estimate:
    if requests <= 0:
        return Estimate.undefined(reason)
    low, high = wilson(errors, requests)
    return Estimate(errors / requests, requests, low, high)
