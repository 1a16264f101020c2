"""Running the server in this process."""

import logging
import math
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog
import uvicorn

from assay.http.app import create_app
from assay.jobs.team import Team
from assay.monitoring import tokens
from assay.monitoring.context import Context
from assay.server import logs
from assay.server.settings import ServerSettings
from assay.server.stopping import on_signals
from assay.server.wiring import open_parts

ADMIN = "admin"
BACKLOG = 2048


# Without a server to say where to, its lines go where those of any library go.
log = structlog.wrap_logger(logging.getLogger(__name__))


class _Listener(uvicorn.Server):
    """The framework's server, which leaves the signals of the process to ourselves.

    Its own way is to end the process by the signal as soon as the requests have ended, whatever else goes on.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so first: from here on no connection is accepted."""
        log.info("server.stopping", requests=len(self.server_state.tasks))
        await super().shutdown(sockets)


class Server:
    """A listening server, for commands and tests that go on beside it."""

    def __init__(self, context: Context, settings: ServerSettings) -> None:
        self._context = context
        self._settings = settings
        self._socket = socket.create_server((settings.host, settings.port), backlog=BACKLOG)
        # Accepted connections inherit it; without it each answer of a kept-alive connection waits some 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            create_app(context, trusted_proxies=settings.trusted_proxies, own_faults=self._faults),
            # Lines about requests are written by the application, in the form of all others.
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds),
            server_header=False,
            # By itself it would believe every caller on this machine; ours believes those that the operator names.
            proxy_headers=False,
        )
        self._server = _Listener(config)
        self._team = Team(context, settings.workers)
        self._stop_at = float("inf")

    @property
    def url(self) -> str:
        """Address that clients on this machine use."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104

    def run(self) -> None:
        """Serve until told to stop."""
        self._team.start()
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self.stop()
            left = max(0.0, self._stop_at - time.monotonic())
            log.info("server.stopped", jobs_handed_back=self._team.stop(left))

    def stop(self) -> None:
        """Take nothing new, finish the present requests and jobs within the limit, and give back the rest."""
        self._stop_at = min(self._stop_at, time.monotonic() + self._settings.shutdown_seconds)
        self._team.rest()
        self._server.should_exit = True

    def _faults(self) -> Sequence[str]:
        if self._server.should_exit:
            return ["The server is shutting down."]
        return self._team.faults()


def serve(settings: ServerSettings, token_file: Path | None) -> None:
    """Run the server until it is interrupted; what it logs goes to standard error."""
    announce = logs.configure(settings.log_format, settings.log_level)
    parts = open_parts(settings, settings.limits)
    server = Server(parts.context, settings)
    first_token(parts.context, token_file)
    try:
        # Whoever has read that it listens may tell it to stop.
        with on_signals(server.stop):
            announce(f"Assay is listening on {server.url} (data in {settings.place}). Stop with Ctrl-C.")
            server.run()
    finally:
        parts.store.close()


def first_token(context: Context, token_file: Path | None) -> None:
    """Make the first admin token, unless some token is there already.

    It goes to the file, readable by its owner alone, or is printed once.
    """
    token = tokens.create_first(context, ADMIN)
    if token is None:
        if token_file is not None and not token_file.exists():
            sys.stderr.write("There are tokens already, so no first one is made: 'assay token create' makes more.\n")
        return
    if token_file is None:
        sys.stderr.write(f"First admin token, shown only now: {token}\n")
        return
    handle = os.open(token_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(token + "\n")
    token_file.chmod(0o600)
    sys.stderr.write(f"The first admin token is in {token_file}.\n")
