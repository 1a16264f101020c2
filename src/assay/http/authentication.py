"""A login for every call below /api/, and for the meters: asked here, once, so that no operation can forget it."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.errors import Unauthenticated, Unavailable
from assay.http.errors import refusal
from assay.http.probes import METRICS
from assay.monitoring import tokens
from assay.monitoring.context import Context
from assay.records.users import User


class Authentication:
    """Finds the caller before anything of the request's body is read."""

    def __init__(self, app: ASGIApp, ctx: Context) -> None:
        self._app = app
        self._ctx = ctx

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on with its caller, or answer 401, or 503 where nobody can be known just now."""
        if scope["type"] == "http" and _needs_login(scope["path"]):
            header = Headers(scope=scope).get("authorization")
            try:
                caller = await run_in_threadpool(tokens.authenticate, self._ctx, header)
            except (Unauthenticated, Unavailable) as error:
                await refusal(error)(scope, receive, send)
                return
            scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)


def _needs_login(path: str) -> bool:
    return path.startswith("/api/") or path.rstrip("/") == METRICS


# Only for the API description; the middleware above has already decided.
_described = HTTPBearer(scheme_name="BearerAuth", auto_error=False)


def caller(request: Request, _: Annotated[object, Depends(_described)]) -> User:
    """Who is asking."""
    found = request.state.caller
    if not isinstance(found, User):
        raise TypeError("the middleware has set no caller")
    return found


def context(request: Request) -> Context:
    """What the server was wired with; a call under a key has a store of its own in it."""
    found = getattr(request.state, "context", request.app.state.context)
    if not isinstance(found, Context):
        raise TypeError("the app has no context")
    return found


Caller = Annotated[User, Depends(caller)]
Ctx = Annotated[Context, Depends(context)]
