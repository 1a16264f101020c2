"""Runs of the demo's steps on a small part of the flights."""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx2

from assay.client import Client
from assay.monitoring import tokens
from assay.server.demo.departures import Selection
from assay.server.demo.figures import SubjectFigures, document
from assay.server.demo.material import Material
from assay.server.demo.running import figures
from assay.server.demo.steps import Step
from assay.server.serving import Server
from assay.server.settings import ServerSettings
from assay.server.wiring import open_folder

SMALL = Selection(months=(1, 2, 3), rows_a_month=2000)

ID = re.compile(r"[0-9a-f]{24}")


class Silence:
    """Tells nothing."""

    def begin(self, step: Step) -> None:
        """Pass over it."""


@dataclass(frozen=True)
class Figures:
    """All figures of a run as JSON text; ids differ from run to run and are left out."""

    text: str

    @classmethod
    def of(cls, found: list[SubjectFigures]) -> Self:
        return cls(ID.sub("id", json.dumps(document(found), indent=1)))


def run_of(client: Client, material: Material) -> list[SubjectFigures]:
    """All steps of the demo, and what the server makes of them."""
    return figures(client, material, Silence())


@contextmanager
def in_process(folder: Path) -> Iterator[Client]:
    """A client of a server over a folder, in this process."""
    parts = open_folder(folder)
    server = Server(parts.context, ServerSettings(data_dir=folder, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with Client(server.url, tokens.create(parts.context, "tester", is_admin=True)) as client:
            yield client
    finally:
        server.stop()
        thread.join()
        parts.store.close()


def kind_of(request: httpx2.Request) -> str:
    """A call without the names of what it is about.

    >>> kind_of(httpx2.Request("GET", "http://a/api/v2/deployments/65a000000000000000000001/uploads/2013-07/"))
    'GET deployments/*/uploads/*/'
    """
    return f"{request.method} {re.sub(r'[0-9a-f]{24}|2013-[0-9]{2}', '*', request.url.path.removeprefix('/api/v2/'))}"


Act = Callable[[httpx2.Request], None]


def before_calls(client: Client, act: Act) -> None:
    """Have something done before every request that goes out, those that are made again included."""
    client._transport._http.event_hooks = {"request": [act]}


@dataclass(frozen=True)
class Run:
    """A run that came to its end."""

    figures: list[SubjectFigures]
    calls: Counter[str]


def counted_run(client: Client, material: Material) -> Run:
    """A run, and how often it made a call of each kind."""
    calls: Counter[str] = Counter()
    before_calls(client, lambda request: calls.update([kind_of(request)]))
    return Run(run_of(client, material), calls)
