"""Servers in processes of their own, over a folder or over PostgreSQL, for benchmarks that call over HTTP."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from tests.postgres import server as postgres

SECRET = "5e" * 32
STARTED = re.compile(r"listening on (http://\S+?)[\s\"]")
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Running:
    """Where a server listens, a token for it, and its database."""

    url: str
    token: str
    database: sa.Engine


@contextmanager
def running(backend: str, folder: Path) -> Iterator[Running]:
    """An ``embedded`` server in one process, or on ``postgres`` one process for calls and one for jobs."""
    with ExitStack() as stack:
        told: dict[str, str] = {}
        address = f"sqlite:///{folder / 'data' / 'assay.db'}"
        serve = ["serve", "--data-dir", str(folder / "data")]
        if backend == "postgres":
            place = stack.enter_context(postgres())
            address = stack.enter_context(place.database())
            told = {
                "ASSAY_DATABASE_URL": address,
                "ASSAY_BLOBS_URL": f"file://{folder / 'blobs'}",
                "ASSAY_SECRET_KEY": SECRET,
            }
            subprocess.run(_assay("migrate"), env=_environment(told), check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own command
            serve = ["serve", "--workers", "0"]
            stack.enter_context(_process(["worker"], told, folder / "worker.log"))
        token_file, log = folder / "token", folder / "server.log"
        stack.enter_context(_process([*serve, "--port", "0", "--token-file", str(token_file)], told, log))
        url = _address(log)
        engine = sa.create_engine(address)
        stack.callback(engine.dispose)
        yield Running(url, token_file.read_text().strip(), engine)


def _assay(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "assay", *arguments]


def _environment(told: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    return {**kept, "ASSAY_LOG_LEVEL": "warning", **told}


@contextmanager
def _process(arguments: list[str], told: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("w") as output:
        process = subprocess.Popen(  # noqa: S603  # our own command
            _assay(*arguments), env=_environment(told), stderr=output, stdout=subprocess.DEVNULL
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _address(log: Path) -> str:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if found := STARTED.search(log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise RuntimeError(f"The server did not start: {log.read_text()}")
