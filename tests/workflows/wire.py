"""An ordinary HTTP client that calls as one of three clients does, and holds every answer against the wire's rules."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from tests.process import Running
from tests.workflows import polling, rules
from tests.workflows.polling import Progress

DEADLINE_SECONDS = 60.0
PAUSE_SECONDS = 0.01  # the clients ask every two or five seconds; the rule by which they stop is theirs


@dataclass(frozen=True)
class Style:
    """What tells one client's calls from another's.

    Attributes
    ----------
    authorization : str
        The header's value, with braces for the token.
    slashed : bool
        Whether the root is given with a slash at its end, which doubles the one of every path.
    reported : frozenset of int
        What counts as success of a reporting call.
    rule : callable
        How it follows work that goes on.
    """

    authorization: str
    agent: str
    slashed: bool
    reported: frozenset[int]
    rule: polling.Rule


ANY_SUCCESS = frozenset(range(200, 300))
COMMAND_LINE = Style("Bearer {}", "python-requests/2.32.5", True, frozenset({202}), polling.of_command_line)
LIBRARY = Style("Bearer  {}", "datarobot-mlops11.2.62", False, ANY_SUCCESS, polling.of_sdk)
SDK = Style("Token {}", "DataRobotPythonClient/3.20.0 (Linux x86_64) Python-3.12.3", False, ANY_SUCCESS, polling.of_sdk)


class Wire:
    """Calls of one client; paths are given below ``/api/v2/``, or as the address that an answer told."""

    def __init__(self, server: Running, style: Style, http: httpx2.Client) -> None:
        self.style = style
        self._root = f"{server.url}{'/' if style.slashed else ''}/api/v2/"
        self._http = http

    # ------------------------------------------------------------------ calls

    def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """One call, its answer checked, whatever its status; parameters that are None are not sent."""
        if "params" in more:
            more["params"] = {name: value for name, value in more["params"].items() if value is not None} or None
        url = path if path.startswith("http") else self._root + path
        answer = self._http.request(method, url, **more)
        rules.check(answer)
        return answer

    def done(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """A call that must succeed by any 2xx."""
        answer = self.call(method, path, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def read(self, path: str, **params: Any) -> Any:
        """The JSON of a read that must succeed."""
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def read_until(self, path: str, ready: Callable[[Any], bool], **params: Any) -> Any:
        """A read made again until what it answers is ready, for work that no answer announces."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not ready(found := self.read(path, **params)):
            assert time.monotonic() < deadline, f"{path}: {found}"
            time.sleep(PAUSE_SECONDS)
        return found

    def post(self, path: str, body: Any = None) -> httpx2.Response:
        """Send JSON, or nothing."""
        return self.done("POST", path, **({} if body is None else {"json": body}))

    def patch(self, path: str, body: Any) -> httpx2.Response:
        """Change by JSON."""
        return self.done("PATCH", path, json=body)

    def delete(self, path: str) -> None:
        """Delete; 204, and a second time 404 or 410."""
        assert self.call("DELETE", path).status_code == 204
        assert self.call("DELETE", path).status_code in {404, 410}

    def report(self, path: str, body: Any) -> httpx2.Response:
        """A reporting call, which must succeed in the word of this client."""
        answer = self.call("POST", path, json=body)
        assert answer.status_code in self.style.reported, f"{path}: {answer.status_code} {answer.text}"
        return answer

    def refused(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        """Status and message of a call that must be refused."""
        answer = self.call(method, path, **more)
        assert 400 <= answer.status_code < 500, f"{method} {path}: {answer.status_code}"
        return answer.status_code, str(answer.json()["message"])

    def file(self, path: str) -> bytes:
        """The bytes of a download."""
        return self.done("GET", path).content

    # ------------------------------------------------------------------ what goes on, and what comes in pages

    def finished(self, answer: httpx2.Response) -> str:
        """Where the work that an answer announced led to."""
        ended = self.followed(answer.headers["Location"])
        assert self.style.rule(ended) is Progress.DONE, f"{ended.status_code} {ended.text}"
        return str(ended.headers["Location"])

    def followed(self, location: str) -> httpx2.Response:
        """The last answer of work that goes on: the one that the client takes for its end, good or bad."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.style.rule(answer := self.call("GET", location)) is Progress.WAITING:
            assert time.monotonic() < deadline, f"{location}: {answer.text}"
            time.sleep(PAUSE_SECONDS)
        return answer

    def pages(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All items of a list: follows ``next``, whose key must be there, until it is null."""
        page = self.read(path, **params)
        items, seen = list(page["data"]), set()
        while page["next"] is not None:
            assert page["next"] not in seen, page["next"]
            seen.add(page["next"])
            page = self.read(page["next"])
            items += page["data"]
        return items


@contextmanager
def wire(server: Running, style: Style, token: str | None = None) -> Iterator[Wire]:
    """A client of a server; with the server's token unless told another."""
    headers = {
        "Authorization": style.authorization.format(server.token if token is None else token),
        "User-Agent": style.agent,
    }
    with httpx2.Client(headers=headers, timeout=DEADLINE_SECONDS, follow_redirects=False) as http:
        yield Wire(server, style, http)
