"""Repeated slashes in a path count as one: some clients ask for ``//api/v2/version/``."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_REPEATED = re.compile(r"/{2,}")


class FoldSlashes:
    """Rewrites the path of each request before it is routed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on with single slashes."""
        if scope["type"] == "http" and "//" in scope["path"]:
            scope = {**scope, "path": _REPEATED.sub("/", scope["path"])}
            scope.pop("raw_path", None)
        await self._app(scope, receive, send)
