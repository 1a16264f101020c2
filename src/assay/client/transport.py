"""Calls over HTTP: retries, errors in words, and work that goes on after the answer."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx2

from assay import __version__
from assay.client.bodies import Body, JsonBody
from assay.client.errors import (
    AssayClientError,
    Conflict,
    NotFound,
    Refused,
    ServerProblem,
    StillWorking,
    Unauthorized,
    Unreachable,
    WorkFailed,
)
from assay.client.waiting import Patience

API = "/api/v2/"

Param = str | int | float | bool | datetime | Sequence[str] | None
Params = Mapping[str, Param]

# A POST goes under a key, by which the server tells that it has seen it; a PATCH has nothing of the kind.
_REPEATABLE = frozenset({"GET", "PUT", "POST", "DELETE"})
KEY_HEADER = "Idempotency-Key"
_BUSY = frozenset({429, 502, 503, 504})
_ERRORS: dict[int, type[Refused]] = {401: Unauthorized, 404: NotFound, 409: Conflict, 410: NotFound}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: its status, its JSON (None without a body) and where to look further.

    ``is_replayed`` says that the call had its effect before, and this is what was answered then.
    """

    status: int
    json: Any
    location: str | None
    is_replayed: bool = False


def path_of(*parts: str) -> str:
    """A path below the API's root; every part is quoted, and a slash ends it.

    Examples
    --------
    >>> path_of("deployments", "65a000000000000000000001", "uploads", "a/b c")
    'deployments/65a000000000000000000001/uploads/a%2Fb%20c/'
    """
    return "".join(f"{quote(part, safe='')}/" for part in parts)


class Transport:
    """The one connection of a client to its server.

    Parameters
    ----------
    url : str
        Root of the server; ``/api/v2`` at its end may be given or left out.
    token : str or None
        Bearer token.
    timeout : float
        Seconds that a single call may be silent.
    patience : Patience
    sleep : callable
        Waits the given seconds.

    Raises
    ------
    ValueError
        When the address or the token cannot be one.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        timeout: float,
        patience: Patience,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.root = _root_of(url)
        self.has_token = bool(token)
        self._patience = patience
        self._sleep = sleep
        self._timeout = timeout
        self._http = httpx2.Client(
            headers={
                "User-Agent": f"assay/{__version__}",
                "Accept": "application/json",
                **_authorization(token),
            },
            timeout=httpx2.Timeout(timeout, connect=min(timeout, 10.0)),
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, params: Params | None = None) -> Any:
        """The JSON at a path."""
        return self.send("GET", path, params=params).json

    def post(self, path: str, value: Any, *, key: str | None = None) -> Answer:
        """Send a value as JSON with POST, under a key."""
        return self.send("POST", path, body=JsonBody(value), key=key)

    def patch(self, path: str, value: Any) -> Answer:
        """Send a value as JSON with PATCH, which is not repeated once it may have arrived."""
        return self.send("PATCH", path, body=JsonBody(value))

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Body | None = None,
        key: str | None = None,
    ) -> Answer:
        """Make one call, again where that can do no harm.

        Parameters
        ----------
        method : str
        path : str
            Below the API's root; may end in a query.
        params : mapping, optional
            Query parameters; None is left out, a sequence comes several times.
        body : Body, optional
        key : str, optional
            Idempotency key of a POST; a fresh one when left out. It stays the same however often the call is made, so
            that the call has its effect once.

        Returns
        -------
        Answer
            Of a status below 400.

        Raises
        ------
        ValueError
            When the key cannot be one.
        Unreachable, Unauthorized, NotFound, Conflict, Refused, ServerProblem
        """
        query = _query(params)
        headers = {KEY_HEADER: _checked(key)} if method == "POST" else {}
        for attempt in count(1):
            retry_after = None
            try:
                response = self._once(method, path, query, body, headers)
            except httpx2.RequestError as problem:
                pause = self._patience.before_retry(attempt) if _may_repeat(method, problem) else None
                if pause is None:
                    raise self._unreachable(method, problem, headers.get(KEY_HEADER)) from problem
            else:
                busy = response.status_code in _BUSY and method in _REPEATABLE
                retry_after = response.headers.get("Retry-After")
                pause = self._patience.before_retry(attempt, retry_after) if busy else None
                if pause is None:
                    return self._answer(response)
            self._sleep(pause)
        raise AssertionError("unreachable: the loop has no end")  # pragma: no cover

    @contextmanager
    def pieces(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes at a path as they come; the call is made once.

        Raises
        ------
        Unreachable, Unauthorized, NotFound, Conflict, Refused, ServerProblem
        """
        try:
            with self._http.stream("GET", f"{self.root}{API}{path}", headers={"Accept": "*/*"}) as response:
                if response.status_code >= 300:
                    response.read()
                    self._answer(response)
                yield response.iter_bytes()
        except httpx2.RequestError as problem:
            raise self._unreachable("GET", problem) from problem

    def rest(self, attempt: int, problem: AssayClientError) -> bool:
        """Wait before the next try of a call that failed and may be made again; False when there is none."""
        may_repeat = isinstance(problem, Unreachable) or problem.status in _BUSY
        pause = self._patience.before_retry(attempt) if may_repeat else None
        if pause is not None:
            self._sleep(pause)
        return pause is not None

    def wait(self, answer: Answer, what: str) -> str | None:
        """Wait until the work that an answer points to is done.

        Parameters
        ----------
        answer : Answer
            With status 202 and a location; with any other there is nothing to wait for.
        what : str
            What is being worked on, for the error's text.

        Returns
        -------
        str or None
            Path of what the work made, below the API's root, if the server names it.

        Raises
        ------
        WorkFailed
            When the work ended in an error.
        StillWorking
            When the time limit is over.
        Unreachable
            When the server is away for too long; the work goes on when it is back.
        """
        if answer.status != 202 or answer.location is None:
            return None
        end = time.monotonic() + self._patience.limit
        for pause in self._patience.poll_pauses():
            state = self._state(answer.location)
            if state.status == 303:
                return state.location
            word = _status_word(state.json)
            if word in {"completed", "active", ""}:
                return None
            if word not in {"initialized", "initializing", "running"}:
                raise WorkFailed(_message(state.json) or f"{what} ended as {word.upper()}.")
            if time.monotonic() + pause > end:
                raise StillWorking(
                    f"{what} is still going on after {self._patience.limit:.0f} s, and goes on. "
                    f"Ask again at {self.root}{API}{answer.location}."
                )
            self._sleep(pause)
        raise AssertionError("unreachable: the pauses have no end")  # pragma: no cover

    def asking(self, seconds: float) -> Iterator[None]:
        """When to ask again after something that is awaited: now, and after pauses that grow, for so long."""
        end = time.monotonic() + seconds
        for pause in self._patience.poll_pauses():
            yield
            left = end - time.monotonic()
            if left <= 0:
                return
            self._sleep(min(pause, left))

    def below_root(self, url: str) -> str:
        """Path of a URL that the server gave, below the API's root.

        Only the path is used, so that the token never goes to another host and a server behind a proxy
        need not know its own address.

        Raises
        ------
        ServerProblem
            When it lies outside.
        """
        _, mark, path = url.partition(API)
        if not mark:
            raise ServerProblem(f"The server points to '{url}', which is not below {API}.")
        return path

    def _state(self, path: str) -> Answer:
        """The state of a job, asked again while the server is away."""
        end = time.monotonic() + self._patience.outage
        while True:
            try:
                return self.send("GET", path)
            except (Unreachable, ServerProblem) as problem:
                is_away = problem.status is None or problem.status in _BUSY
                if not is_away or time.monotonic() > end:
                    raise
            self._sleep(self._patience.longest_poll_pause)

    def _once(
        self,
        method: str,
        path: str,
        query: tuple[tuple[str, str], ...],
        body: Body | None,
        headers: dict[str, str],
    ) -> httpx2.Response:
        with nullcontext({}) if body is None else body.opened() as content:
            sent = {**content, "headers": {**content.get("headers", {}), **headers}}
            # An empty list of parameters would cut off a query that the path already has.
            return self._http.request(method, f"{self.root}{API}{path}", params=query or None, **sent)

    def _answer(self, response: httpx2.Response) -> Answer:
        status = response.status_code
        location = response.headers.get("Location")
        if status >= 400:
            _fail(response)
        if status == 303 or status < 300:
            found = None if status == 303 else _json(response)
            is_replayed = response.headers.get("Idempotency-Replayed") == "true"
            return Answer(status, found, self.below_root(location) if location else None, is_replayed)
        raise ServerProblem(
            f"{response.url} answers with a redirect to '{location}'. Give the address behind it instead.",
            status=status,
        )

    def _unreachable(self, method: str, problem: httpx2.RequestError, key: str | None = None) -> Unreachable:
        if _never_connected(problem):
            return Unreachable(
                f"Cannot reach {self.root}: {problem}. Is the server running there ('assay serve'), and is "
                "the address right (--url, ASSAY_URL)?"
            )
        if isinstance(problem, httpx2.TimeoutException):
            text = f"{self.root} was silent for {self._timeout:.0f} s"
        else:
            text = f"The connection to {self.root} broke: {problem}"
        doubt = " It is not known whether the server took the call." if method in {"POST", "PATCH"} else ""
        if key is not None:
            doubt += f" Made again with {KEY_HEADER} '{key}' it counts once."
        return Unreachable(f"{text.rstrip('.')}.{doubt}")


def _root_of(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"'{url}' is no address of a server. Expected something like http://127.0.0.1:8700.")
    try:
        httpx2.URL(url.strip())
    except httpx2.InvalidURL as problem:
        raise ValueError(f"'{url}' is no address of a server: {problem}.") from problem
    path = parts.path.rstrip("/").removesuffix(API.rstrip("/")).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _authorization(token: str | None) -> dict[str, str]:
    if not token:
        return {}
    if not token.isascii() or any(letter.isspace() or not letter.isprintable() for letter in token):
        raise ValueError("The token holds blanks or letters that no token has. Check where it comes from.")
    return {"Authorization": f"Bearer {token}"}


def _query(params: Params | None) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for name, value in (params or {}).items():
        if value is None:
            continue
        if isinstance(value, Sequence) and not isinstance(value, str):
            pairs.extend((name, item) for item in value)
        elif isinstance(value, bool):
            pairs.append((name, str(value).lower()))
        else:
            pairs.append((name, value.isoformat() if isinstance(value, datetime) else str(value)))
    return tuple(pairs)


def _checked(key: str | None) -> str:
    if key is None:
        return uuid4().hex
    if not 0 < len(key) <= 255 or key != key.strip() or not (key.isascii() and key.isprintable()):
        raise ValueError(f"The idempotency key {key[:64]!r} cannot be one: expected 1 to 255 printable ASCII letters.")
    return key


def _never_connected(problem: httpx2.RequestError) -> bool:
    return isinstance(problem, httpx2.ConnectError | httpx2.ConnectTimeout)


def _may_repeat(method: str, problem: httpx2.RequestError) -> bool:
    return method in _REPEATABLE or _never_connected(problem)


def _json(response: httpx2.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as problem:
        raise ServerProblem(
            f"{response.url} did not answer with JSON. Is it the address of an Assay server?",
            status=response.status_code,
        ) from problem


def _fail(response: httpx2.Response) -> NoReturn:
    status = response.status_code
    kind: type[AssayClientError] = _ERRORS.get(status, Refused) if status < 500 else ServerProblem
    try:
        message = _message(response.json())
    except ValueError:
        message = None
    if message is None:
        message = f"{response.url.copy_with(query=None)} answered {status} {response.reason_phrase}."
    raise kind(message, status=status)


def _message(found: object) -> str | None:
    if not isinstance(found, dict):
        return None
    # A monitoring job tells in words how it stands where a status has a message.
    message = found.get("message", found.get("statusDetails"))
    return message if isinstance(message, str) and message else None


def _status_word(found: object) -> str:
    return str(found.get("status", "")).lower() if isinstance(found, dict) else ""
