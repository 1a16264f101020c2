"""The demo from end to end: a server in this process, the steps, the report, and the server going on."""

import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from assay.client import Client
from assay.errors import Unauthenticated
from assay.monitoring import tokens
from assay.monitoring.context import Context
from assay.server import logs
from assay.server.demo import departures, report
from assay.server.demo.departures import Selection
from assay.server.demo.figures import SubjectFigures, document
from assay.server.demo.loading import Loading
from assay.server.demo.material import Material, preparation
from assay.server.demo.options import Options
from assay.server.demo.progress import Progress
from assay.server.demo.steps import Listener, Step, carry_out
from assay.server.demo.subjects import SUBJECTS
from assay.server.serving import ADMIN, Server
from assay.server.settings import ServerSettings
from assay.server.wiring import open_folder

MATERIAL = "demo"
TOKEN_FILE = "admin.token"  # noqa: S105 - the name of a file


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs in this process, and how to get at it."""

    url: str
    token_file: Path
    thread: threading.Thread


def run(options: Options, progress: Progress) -> None:
    """Run the demo; returns when it has ended, or when the server that goes on is interrupted."""
    departures.package_folder()
    # Standard output is for the figures alone.
    logs.configure(level="warning")
    with _stoppable(), _data_folder(options) as folder, _serving(folder, options) as running:
        token = running.token_file.read_text().strip()
        with Client(running.url, token) as client:
            found = figures(client, Material(folder / MATERIAL, Selection()), progress)
        progress.end()
        if options.as_json:
            sys.stdout.write(json.dumps(document(found), indent=2) + "\n")
            sys.stdout.flush()
        else:
            report.show(found)
        if options.goes_on:
            report.show_address(
                running.url,
                running.token_file,
                is_temporary=options.data_dir is None,
                stream=sys.stderr if options.as_json else sys.stdout,
            )
            _wait(running.thread)


def figures(client: Client, material: Material, listener: Listener) -> list[SubjectFigures]:
    """Bring the material to the server, make it first where it is missing, and read what the server makes of it."""
    carry_out(preparation(material), listener)
    loadings = [Loading(client, material, subject) for subject in SUBJECTS]
    for loading in loadings:
        carry_out(loading.steps(), listener)
    found: list[SubjectFigures] = []

    def read(loading: Loading) -> None:
        found.append(SubjectFigures.read(client, loading.subject, loading.deployment, loading.batches))

    carry_out([Step("Figures", one.subject.label, partial(read, one)) for one in loadings], listener)
    return found


@contextmanager
def _data_folder(options: Options) -> Iterator[Path]:
    if options.data_dir is not None:
        options.data_dir.mkdir(parents=True, exist_ok=True)
        yield options.data_dir
        return
    with tempfile.TemporaryDirectory(prefix="assay-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _serving(folder: Path, options: Options) -> Iterator[Running]:
    parts = open_folder(folder)
    try:
        server = _listening(parts.context, folder, options)
        thread = threading.Thread(target=server.run, name="demo-server", daemon=True)
        thread.start()
        try:
            yield Running(server.url, _token_file(parts.context, folder), thread)
        finally:
            server.stop()
            thread.join()
    finally:
        parts.store.close()


def _listening(context: Context, folder: Path, options: Options) -> Server:
    asked: dict[str, Any] = {"host": options.host, "port": options.port}
    given = {name: value for name, value in asked.items() if value is not None}
    settings = ServerSettings(data_dir=folder, **given)
    is_chosen = "port" in settings.model_fields_set
    quiet = settings.model_copy(update={"log_level": "warning"})
    any_port = quiet.model_copy(update={"port": 0})
    if not options.goes_on and not is_chosen:
        return Server(context, any_port)
    try:
        return Server(context, quiet)
    except OSError:
        # The usual port may be taken, perhaps by a server in earnest; one that was asked for must be free.
        if is_chosen:
            raise
        return Server(context, any_port)


def _token_file(context: Context, folder: Path) -> Path:
    """The file of a token that this server accepts; made when there is none."""
    path = folder / TOKEN_FILE
    try:
        tokens.authenticate(context, f"Bearer {path.read_text().strip()}")
    except (FileNotFoundError, Unauthenticated):
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(tokens.create(context, ADMIN, is_admin=True) + "\n")
    return path


def _wait(thread: threading.Thread) -> None:
    try:
        while thread.is_alive():
            thread.join(1.0)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopping.\n")


@contextmanager
def _stoppable() -> Iterator[None]:
    """Being told to end is taken as Ctrl-C, so that the server stops cleanly and a temporary folder goes."""
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
