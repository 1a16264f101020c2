"""A server that is killed between any two calls of the demo loses nothing that it had answered."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.demo.runs import Disturbance, Figures, calls_of, in_process, run_of, with_client
from tests.effort import SOAK

from assay.client import Client, Unreachable
from assay.server.demo.material import Material

KILLS = 25


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
        process = subprocess.Popen(
            [sys.executable, "-m", "assay", "serve", "--data-dir", self._folder, "--port", str(port)]
            + ["--token-file", self._token_file],
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


@pytest.fixture(scope="module")
def calls(small: Material, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """How many calls of each kind a run makes."""
    with in_process(tmp_path_factory.mktemp("calls")) as client:
        return calls_of(client, small)


def places_of(calls: Counter[str], number: int) -> dict[str, set[int]]:
    """Before which calls something is to happen: one of each kind, then others at random."""
    if SOAK:
        return {kind: set(range(1, count + 1)) for kind, count in calls.items()}
    random = np.random.default_rng(0)
    places = {kind: {int(random.integers(1, count + 1))} for kind, count in sorted(calls.items())}
    others = [(kind, n) for kind, count in sorted(calls.items()) for n in range(1, count + 1) if n not in places[kind]]
    for place in random.permutation(len(others))[: max(0, number - len(places))]:
        kind, n = others[place]
        places[kind].add(n)
    return places


def test_killing_the_server_between_calls_changes_no_figure(
    server: Killable, small: Material, calls: Counter[str], expected: Figures
) -> None:
    disturbance = Disturbance(server.kill_and_start, places_of(calls, KILLS))

    def run(client: Client) -> Figures:
        disturbance.watch(client)
        return Figures.of(run_of(client, small))

    found = None
    while found is None:
        try:
            found = with_client(server.url, server.token, run)
        except Unreachable:
            # What is sent into a connection that has just broken may or may not have arrived: nobody can know.
            # A person runs the demo again.
            continue
    assert found == expected
    assert disturbance.done >= min(KILLS, calls.total()) * 0.9
