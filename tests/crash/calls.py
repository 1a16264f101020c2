"""Calls that are made again until they are answered, as every careful client does."""

import time
import uuid
from typing import Any

import httpx2

PATIENCE_SECONDS = 90.0
PAUSE_SECONDS = 0.05
# What a server that is being started, or its proxy, may say; 409 is a first try that still runs.
AGAIN = {502, 503, 504}


class Caller:
    """One client of a service with one or more addresses; after a failure it goes to the next.

    ``made`` counts the calls that change something, ``repeated`` how often any had to be made again.
    """

    def __init__(self, urls: list[str], token: str) -> None:
        self._urls = urls
        self._turn = 0
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx2.Client(timeout=20.0, follow_redirects=False)
        self.made = 0
        self.repeated = 0

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def post(self, path: str, body: Any) -> httpx2.Response:
        """A POST under a key of its own, so that it counts once however often it is made."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        return self.call("POST", path, json=body, headers=key)

    def read(self, path: str, **params: Any) -> Any:
        """The JSON at a path."""
        return self.call("GET", path, params=params or None).json()

    def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """The answer of a call, which must be below 400 in the end."""
        answer = self.answered(method, path, **more)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def answered(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """The answer of a call, whatever it says; made again while nobody answers."""
        headers = {**self._headers, **more.pop("headers", {})}
        self.made += method != "GET"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            url = path if path.startswith("http") else f"{self._urls[self._turn]}/api/v2/{path}"
            try:
                answer = self._http.request(method, url, headers=headers, **more)
            except httpx2.RequestError as fault:
                trouble = repr(fault)
            else:
                still_running = answer.status_code == 409 and "Retry-After" in answer.headers
                if answer.status_code not in AGAIN and not still_running:
                    return answer
                trouble = answer.text
            assert time.monotonic() < deadline, f"{method} {path}: {trouble}"
            self.repeated += 1
            self._turn = (self._turn + 1) % len(self._urls)
            time.sleep(PAUSE_SECONDS)

    def finished(self, answer: httpx2.Response) -> httpx2.Response:
        """Wait for the work that an answer announced; the last answer, which says that it is done."""
        assert answer.status_code == 202, answer.text
        path = answer.headers["Location"].partition("/api/v2/")[2]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (status := self.answered("GET", path)).status_code != 303:
            assert status.status_code == 200, status.text
            assert status.json()["status"] in {"INITIALIZED", "RUNNING"}, status.text
            assert time.monotonic() < deadline, status.text
            time.sleep(PAUSE_SECONDS)
        return status
