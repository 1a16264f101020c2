"""A server that is killed between any two calls of the demo loses nothing that it had answered."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import numpy as np
import pytest
from tests.demo.runs import Figures, Run, before_calls, kind_of, run_of
from tests.effort import SOAK

from assay.client import Client, Unreachable
from assay.server.demo.material import Material


class Killable:
    """A server in a process of its own, always on the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._token_file = folder.with_name("token")
        self._process, self.url = self._start(port=0)

    @property
    def token(self) -> str:
        return self._token_file.read_text().strip()

    def kill(self) -> None:
        """End the process as a power cut would, and wait until the system has buried it."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def kill_and_start(self) -> None:
        """Kill it, and start it on its old port."""
        self.kill()
        self._process, url = self._start(port=int(self.url.rpartition(":")[2]))
        assert url == self.url

    def _start(self, port: int) -> tuple[subprocess.Popen[str], str]:
        where = ["--data-dir", self._folder, "--port", str(port), "--token-file", self._token_file]
        process = subprocess.Popen(
            [sys.executable, "-m", "assay", "serve", *where],
            env={**os.environ, "ASSAY_LOG_LEVEL": "warning"},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        said = []
        for line in process.stderr or ():
            said.append(line)
            if found := re.search(r"listening on (http://\S+)", line):
                return process, found[1]
        process.wait()
        raise AssertionError(f"The server did not start: {''.join(said)}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Killable]:
    running = Killable(tmp_path / "data")
    yield running
    running.kill()


class Killer:
    """Kills the server before certain calls: of each kind those of certain numbers, counted from 1."""

    def __init__(self, server: Killable, places: dict[str, set[int]]) -> None:
        self._server = server
        self._places = places
        self._seen: Counter[str] = Counter()
        self.kills = 0

    def before(self, request: httpx2.Request) -> None:
        kind = kind_of(request)
        self._seen[kind] += 1
        if self._seen[kind] in self._places.get(kind, ()):
            self.kills += 1
            self._server.kill_and_start()


def places_of(calls: Counter[str]) -> dict[str, set[int]]:
    """Before which calls the server is killed: one of each kind, drawn at random; all of them in a soak."""
    random = np.random.default_rng(0)
    return {
        kind: set(range(1, count + 1)) if SOAK else {int(random.integers(1, count + 1))}
        for kind, count in sorted(calls.items())
    }


def test_killing_the_server_between_calls_changes_no_figure(
    server: Killable, small: Material, undisturbed: Run, expected: Figures
) -> None:
    places = places_of(undisturbed.calls)
    killer = Killer(server, places)
    found = None
    while found is None:
        with Client(server.url, server.token) as client, suppress(Unreachable):
            # What is sent into a connection that has just broken may or may not have arrived: nobody can know.
            # A person then runs the demo again.
            before_calls(client, killer.before)
            found = Figures.of(run_of(client, small))
    assert found == expected
    # How often a job is asked after is not the same in every run.
    assert killer.kills >= 0.9 * sum(map(len, places.values()))
