"""Processes of a server in production: the commands as an operator starts them."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.serving import Production

ENOUGH = 120  # seconds in which a process has started
LISTENING = re.compile(r"listening on (http://\S+)")
WORKING = re.compile(r"workers run the jobs")


def environment(place: Production | None, **more: str) -> dict[str, str]:
    """The environment of a process, without what the caller's own has for a server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    kept["PYTHONPATH"] = os.pathsep.join(sys.path)
    return {**kept, **({} if place is None else place.environment), **more}


def command(*arguments: str) -> list[str]:
    """An ``assay`` command in this environment."""
    return [sys.executable, "-m", "assay", *arguments]


def ran(*arguments: str, place: Production | None, **more: str) -> "subprocess.CompletedProcess[str]":
    """A command that ended."""
    return subprocess.run(
        command(*arguments), env=environment(place, **more), capture_output=True, text=True, timeout=ENOUGH, check=False
    )


@dataclass(frozen=True)
class Process:
    """A process that goes on, and what it says."""

    popen: "subprocess.Popen[bytes]"
    log: Path

    def said(self, pattern: "re.Pattern[str]") -> "re.Match[str]":
        """Wait until it says something."""
        end = time.monotonic() + ENOUGH
        while (found := pattern.search(self.log.read_text())) is None:
            if self.popen.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{self.popen.args} did not start:\n{self.log.read_text()[-3_000:]}")
            time.sleep(0.05)
        return found

    def ended(self) -> int:
        """Ask it to end, and wait for that."""
        self.popen.terminate()
        return self.popen.wait(ENOUGH)


@contextmanager
def started(log: Path, *arguments: str, place: Production | None, **more: str) -> Iterator[Process]:
    """A command that goes on, killed afterwards if it has not ended by itself."""
    with log.open("wb") as output:
        popen = subprocess.Popen(command(*arguments), env=environment(place, **more), stdout=output, stderr=output)
    try:
        yield Process(popen, log)
    finally:
        popen.kill()
        popen.wait()


def addresses(processes: Sequence[Process]) -> list[str]:
    """Where servers listen, once all do."""
    return [process.said(LISTENING).group(1) for process in processes]
