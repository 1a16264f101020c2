"""Servers in processes of their own."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from assay.client import Client

ROOT = Path(__file__).parents[2]
ENOUGH = 60  # seconds in which anything that is going to happen has happened


@dataclass
class Running:
    """A server, and what it has written so far."""

    process: subprocess.Popen[str]
    token_file: Path
    url: str = ""
    lines: list[str] = field(default_factory=list)
    reader: Thread | None = None

    @property
    def token(self) -> str:
        return self.token_file.read_text().strip()

    @property
    def log(self) -> list[dict[str, Any]]:
        """Its lines that are JSON."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def told(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal."""
        os.kill(self.process.pid, number)

    def ended(self) -> int:
        """Wait for the end; its exit status."""
        status = self.process.wait(ENOUGH)
        if self.reader is not None:
            self.reader.join(ENOUGH)
        return status

    def client(self) -> Client:
        return Client(self.url, self.token)


def started(folder: Path, *options: str, code: str | None = None, **environment: str) -> Running:
    """A server over a folder; ``code`` runs in its process first."""
    had_tokens = (folder / "assay.db").exists()
    token_file = folder.with_name(folder.name + ".token")
    where = ["serve", "--data-dir", str(folder), "--port", "0", "--token-file", str(token_file), *options]
    command = [sys.executable, "-c", f"{code or ''}\nfrom assay.__main__ import main\nmain()", *where]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src"), *filter(None, sys.path)])
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": paths, **environment},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    running = Running(process, token_file)
    for line in process.stderr or ():
        running.lines.append(line.rstrip("\n"))
        if found := re.search(r"listening on (http://\S+)", line):
            running.url = found[1]
            break
    else:
        process.wait()
        raise AssertionError("The server did not start: " + "\n".join(running.lines))
    running.reader = Thread(target=_read, args=(running,), daemon=True)
    running.reader.start()
    while not had_tokens and not running.token_file.exists():
        assert process.poll() is None, running.lines
    return running


def _read(running: Running) -> None:
    for line in running.process.stderr or ():
        running.lines.append(line.rstrip("\n"))


@contextmanager
def server(folder: Path, *options: str, code: str | None = None, **environment: str) -> Iterator[Running]:
    """A server that is killed on leaving, if it lives still."""
    running = started(folder, *options, code=code, **environment)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait(ENOUGH)
        if running.reader is not None:
            running.reader.join(ENOUGH)
        if running.process.stderr is not None:
            running.process.stderr.close()
