"""Actuals: outcomes that were observed later, sent from a file or as rows."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from assay.client.actual_files import Actual, ActualColumns, actuals_of_file
from assay.client.deployment import DeploymentLike, deployment_id_of
from assay.client.errors import AssayClientError, WorkFailed
from assay.client.shapes import Json
from assay.client.transport import Answer, Transport, path_of

ROWS_PER_CALL = 10_000

CALLS_AHEAD = 16
"""Calls that the server may still be working on while the next one is sent.

Accuracy is computed anew after actuals came in; of calls that come close together, the server does so once.
"""


@dataclass(frozen=True, slots=True)
class ActualsReport:
    """What was sent.

    Attributes
    ----------
    rows : int
        Actuals that the server took.
    calls : int
    without_value, without_id : int
        Rows of the file that were left out, because there is no outcome (yet) or nothing to join it by.
    """

    rows: int
    calls: int
    without_value: int = 0
    without_id: int = 0


class Actuals:
    """``client.actuals``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def push(
        self,
        deployment: DeploymentLike,
        rows: Iterable[Actual],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> ActualsReport:
        """Send actuals, 10,000 a call. An actual that is sent again replaces the older one.

        Parameters
        ----------
        deployment : Deployment or str
        rows : iterable of Actual
            Read as they are sent. Rows without a value or an id are left out and counted.
        progress : callable, optional
            Told after every call how many rows have been sent.

        Returns
        -------
        ActualsReport

        Raises
        ------
        Refused
            When the server refuses a call; the message says which, and the calls before it hold.
        AssayClientError
        """
        path = path_of("deployments", deployment_id_of(deployment), "actuals", "fromJSON")
        usable = _Usable(rows)
        sent = calls = 0
        unfinished: deque[_Taken] = deque()
        while call := [_actual_json(one) for one in islice(usable, ROWS_PER_CALL)]:
            unfinished.append(self._send(path, call, sent))
            sent += len(call)
            calls += 1
            if progress is not None:
                progress(sent)
            if len(unfinished) > CALLS_AHEAD:
                self._wait(unfinished.popleft())
        for taken in unfinished:
            self._wait(taken)
        return ActualsReport(sent, calls, usable.without_value, usable.without_id)

    def push_file(
        self,
        deployment: DeploymentLike,
        path: str | Path,
        columns: ActualColumns,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> ActualsReport:
        """Send the actuals of a CSV or Parquet file.

        Parameters
        ----------
        deployment : Deployment or str
        path : str or Path
        columns : ActualColumns
            Which columns hold what.
        progress : callable, optional
            Told after every call how many rows have been sent.

        Returns
        -------
        ActualsReport

        Raises
        ------
        FileUnusable
            When the file cannot be read, lacks a column, or holds a value that cannot be an actual.
        Refused
            When the server refuses a call; the message says which, and the calls before it hold.
        AssayClientError
        """
        found = self._transport.get(path_of("deployments", deployment_id_of(deployment)))
        as_number = found.get("model", {}).get("targetType") == "Regression"
        rows = actuals_of_file(Path(path), columns, as_number=as_number)
        return self.push(deployment, rows, progress=progress)

    def _send(self, path: str, call: list[Json], sent: int) -> "_Taken":
        place = f"Actuals {sent + 1:,} to {sent + len(call):,}"
        try:
            return _Taken(place, self._transport.post(path, {"data": call}))
        except AssayClientError as problem:
            if not sent:
                raise
            raise problem.after(f"{place} (the {sent:,} before them were taken)") from problem

    def _wait(self, taken: "_Taken") -> None:
        try:
            self._transport.wait(taken.answer, taken.place)
        except WorkFailed as problem:
            raise problem.after(taken.place) from problem


@dataclass(frozen=True, slots=True)
class _Taken:
    """A call that the server has stored and may still be working on."""

    place: str
    answer: Answer


class _Usable(Iterator[Actual]):
    """The rows that can be sent, while the others are counted."""

    def __init__(self, rows: Iterable[Actual]) -> None:
        self._rows = iter(rows)
        self.without_value = 0
        self.without_id = 0

    def __next__(self) -> Actual:
        for row in self._rows:
            if not row.association_id:
                self.without_id += 1
            elif _is_missing(row.value):
                self.without_value += 1
            else:
                return row
        raise StopIteration


def _is_missing(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _actual_json(actual: Actual) -> Json:
    found: Json = {"associationId": actual.association_id, "actualValue": actual.value}
    if actual.timestamp:
        found["timestamp"] = actual.timestamp
    if actual.was_acted_on is not None:
        found["wasActedOn"] = actual.was_acted_on
    return found
