"""Servers whose processes are killed and started again, always at their old addresses."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.process import PATIENCE_SECONDS
from tests.serving import Production


@dataclass
class Process:
    """One process of ours, by the command that starts it; ``port`` is kept once the system has given one."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    listens: bool
    port: int = 0
    kills: int = 0
    _running: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self._running is not None
        return self._running.pid

    def start(self) -> None:
        """Start it, and wait until it listens."""
        where = ["--port", str(self.port)] if self.listens else []
        already = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "assay", *self.command, *where],
                env=dict(self.environment),
                stderr=out,
                stdout=subprocess.DEVNULL,
            )
        if self.listens:
            self.port = self._port(already)

    def kill(self) -> None:
        """End it as a power cut would, and wait until the system has buried it."""
        self.end(signal.SIGKILL)
        self.kills += 1

    def end(self, how: signal.Signals) -> None:
        """Send it a signal that ends it, if it still runs, and wait for that."""
        if self._running is not None and self._running.poll() is None:
            os.kill(self._running.pid, how)
            self._running.wait(PATIENCE_SECONDS)

    def _port(self, already: int) -> int:
        assert self._running is not None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self._running.poll() is None:
            said = self.log.read_bytes()[already:].decode(errors="replace")
            if found := re.search(r"listening on http://[^\s:]+:(\d+)", said):
                return int(found[1])
            time.sleep(0.02)
        raise AssertionError(f"{self.name} did not start: {self.log.read_text()[-4000:]}")


@dataclass
class Service:
    """Some processes that serve together."""

    processes: list[Process]
    token_file: Path

    @property
    def urls(self) -> list[str]:
        """Addresses of the API."""
        return [process.url for process in self.processes if process.listens]

    @property
    def token(self) -> str:
        """Of somebody who may do everything."""
        return self.token_file.read_text().strip()

    def start(self) -> None:
        """Start all."""
        for process in self.processes:
            process.start()

    def stop(self) -> None:
        """Stop all, as an operator does; none may have had trouble of its own."""
        for process in self.processes:
            process.end(signal.SIGTERM)
        for process in self.processes:
            said = process.log.read_text(errors="replace")
            assert "Traceback" not in said, said[-4000:]

    def __enter__(self) -> "Service":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End whatever still runs, however the test went."""
        for process in self.processes:
            process.end(signal.SIGKILL)

    @property
    def kills(self) -> int:
        """How often any was killed."""
        return sum(process.kills for process in self.processes)


def environment(**more: str) -> dict[str, str]:
    """This process's own, without what sets Assay up, and with what is told."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    # Jobs of a worker that was killed wait for the end of its lease.
    return {**mine, "ASSAY_LOG_LEVEL": "warning", "ASSAY_LEASE_SECONDS": "3", **more}


def embedded(folder: Path) -> Service:
    """One process over a folder, its workers being threads."""
    token_file = folder / "token"
    command = ["serve", "--data-dir", str(folder / "data"), "--token-file", str(token_file)]
    return Service([Process("server", command, environment(), folder / "log", listens=True)], token_file)


def production(folder: Path, place: Production) -> Service:
    """Two processes for calls and two for jobs, over a database and a bucket."""
    token_file = folder / "token"
    told = environment(**place.environment)
    serve = ["serve", "--workers", "0", "--token-file", str(token_file)]
    work = ["worker", "--threads", "2"]
    return Service(
        [
            *(Process(f"serve-{n}", serve, told, folder / f"serve-{n}", listens=True) for n in range(2)),
            *(Process(f"work-{n}", work, told, folder / f"work-{n}", listens=False) for n in range(2)),
        ],
        token_file,
    )


class Killer:
    """Kills a process at random moments, one at a time, and starts it again."""

    def __init__(self, service: Service, seed: int, pause: tuple[float, float]) -> None:
        self._service = service
        self._random = random.Random(seed)
        self._pause = pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.trouble: Exception | None = None

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self.trouble is not None:
            raise self.trouble

    def _run(self) -> None:
        try:
            while not self._over.wait(self._random.uniform(*self._pause)):
                process = self._random.choice(self._service.processes)
                process.kill()
                process.start()
        except (OSError, AssertionError, subprocess.TimeoutExpired) as trouble:
            self.trouble = trouble
