"""Fixtures of the commands' tests."""

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.client.wire import Wire, running
from typer.testing import CliRunner

from assay.__main__ import app


@dataclass(frozen=True)
class Run:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Assay = Callable[..., Run]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ASSAY_URL", "ASSAY_TOKEN", "ASSAY_TOKEN_FILE", "ASSAY_DEPLOYMENT", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def wire() -> Iterator[Wire]:
    with running() as server:
        yield server


@pytest.fixture
def assay(wire: Wire) -> Assay:
    """Runs a command against the replaying server."""

    def run(command: str, *more: str, answer: str | None = None) -> Run:
        arguments = ["--url", wire.url, "--token", "secret", *shlex.split(command), *more]
        result = CliRunner().invoke(app, arguments, input=answer)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Run(result.exit_code, result.stdout, result.stderr)

    return run


def fits(run: Run, width: int = 80) -> bool:
    """Whether no line is wider than the terminal."""
    return all(len(line.rstrip()) <= width for line in run.lines)
