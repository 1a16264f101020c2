"""Running the server in this process."""

import os
import socket
import sys
from pathlib import Path

import structlog
import uvicorn

from assay.http.app import create_app
from assay.monitoring import tokens
from assay.monitoring.context import Context
from assay.server.settings import ServerSettings
from assay.server.wiring import open_parts, working

ADMIN = "admin"
BACKLOG = 2048


class Server:
    """A listening server, for commands and tests that go on beside it."""

    def __init__(self, context: Context, settings: ServerSettings) -> None:
        self._context = context
        self._settings = settings
        self._socket = socket.create_server((settings.host, settings.port), backlog=BACKLOG)
        # Accepted connections inherit it; without it each answer of a kept-alive connection waits some 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            create_app(context, trusted_proxies=settings.trusted_proxies),
            log_level=settings.log_level,
            access_log=settings.log_level == "debug",
            timeout_graceful_shutdown=10,
            server_header=False,
            # By itself it would believe every caller on this machine; ours believes those that the operator names.
            proxy_headers=False,
        )
        self._server = uvicorn.Server(config)

    @property
    def url(self) -> str:
        """Address that clients on this machine use."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104

    def run(self) -> None:
        """Serve until told to stop."""
        with working(self._context, self._settings.workers):
            self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Finish the present requests and stop."""
        self._server.should_exit = True


def serve(settings: ServerSettings, token_file: Path | None) -> None:
    """Run the server until it is interrupted; what it logs goes to standard error."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    parts = open_parts(settings)
    server = Server(parts.context, settings)
    first_token(parts.context, token_file)
    sys.stderr.write(f"Assay is listening on {server.url} (data in {settings.place}). Stop with Ctrl-C.\n")
    sys.stderr.flush()
    try:
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
