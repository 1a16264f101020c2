"""A server in a process of its own, as an operator starts it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Running:
    """A server that answers: its address, and the token of somebody who may call it."""

    url: str
    token: str


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Run ``assay serve`` over a folder, and stop it as Ctrl-C does; it must have had no trouble of its own."""
    log, token_file = folder / "log", folder / "token"
    where = ["--data-dir", folder / "data", "--port", "0", "--token-file", token_file]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    with (
        log.open("w") as out,
        subprocess.Popen(
            [sys.executable, "-m", "assay", "serve", *where],
            env={**environment, "ASSAY_LOG_LEVEL": "warning"},
            stderr=out,
            stdout=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            url = _address(process, log)
            yield Running(url, token_file.read_text().strip())
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_SECONDS)
    said = log.read_text()
    assert "Traceback" not in said, said


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"listening on (http://\S+)", log.read_text()):
            return found[1]
        time.sleep(0.02)
    raise AssertionError(f"The server did not start: {log.read_text()}")
