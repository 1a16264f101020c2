"""Every request under its id: counted, timed, and told in one line of the log."""

import logging
import re
import secrets
import time
from dataclasses import dataclass

import structlog
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.monitoring.meters import Meters
from assay.records.users import User

HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
# What the name of an operation is when there is none at the path.
NO_OPERATION = "none"
# Asked every few seconds for as long as the server runs.
PROBES = {"healthz", "readyz", "metrics"}
LONGEST_PATH = 300

# Without a server to say where to, its lines go where those of any library go.
log = structlog.wrap_logger(logging.getLogger(__name__))


@dataclass
class _Call:
    """One request on its way; ``status`` is None until an answer has begun."""

    id: str
    method: str
    path: str
    began: float
    operation: str = NO_OPERATION
    status: int | None = None
    whole: bool = False


class Observed:
    """The outermost layer: sees refusals of every other one, and faults too."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and tell how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = _Call(_id_of(scope), scope["method"], _path_of(scope), time.perf_counter())
        state = scope.setdefault("state", {})
        state["call"], state["request_id"] = call, call.id

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.status = message["status"]
                MutableHeaders(scope=message)[HEADER] = call.id
            elif message["type"] == "http.response.body":
                call.whole = not message.get("more_body", False)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=call.id):
            try:
                await self._app(scope, receive, answer)
            finally:
                self._tell(call, state.get("caller"))

    def _tell(self, call: _Call, caller: object) -> None:
        seconds = time.perf_counter() - call.began
        # Without an answer the connection broke, or the server was told to end at once.
        status = call.status or 499
        self._meters.answered(call.operation, status, seconds)
        tell = log.debug if call.operation in PROBES else log.info
        tell(
            "request",
            operation=call.operation,
            method=call.method,
            # Without the query: what stands there may be a secret.
            path=call.path,
            status=status,
            ms=round(seconds * 1000, 1),
            user=caller.id if isinstance(caller, User) else None,
            **({} if call.whole else {"cut_off": True}),
        )


def _id_of(scope: Scope) -> str:
    """The caller's own id of the request where it has the form of one, or a new one."""
    sent = Headers(scope=scope).get(HEADER, "")
    return sent if _WELL_FORMED.fullmatch(sent) else secrets.token_hex(12)


def _path_of(scope: Scope) -> str:
    # As it was sent, with every odd character still written as %XX: a log line can hold it.
    raw = scope.get("raw_path") or scope["path"].encode()
    return str(raw.decode("ascii", "backslashreplace"))[:LONGEST_PATH]


class Named:
    """The innermost layer: notes which operation the request has come to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; the router leaves its choice in the scope."""
        try:
            await self._app(scope, receive, send)
        finally:
            call = scope.get("state", {}).get("call")
            if isinstance(call, _Call):
                call.operation = _operation_of(scope)


def _operation_of(scope: Scope) -> str:
    route = scope.get("route")
    if isinstance(route, APIRoute):
        return route.operation_id or route.name
    # A path outside of the API has a function and no operation.
    return getattr(scope.get("endpoint"), "__name__", NO_OPERATION)
