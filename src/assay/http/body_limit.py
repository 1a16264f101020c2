"""Bodies that are too large by their own account are refused before anything is done."""

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.errors import TooLarge
from assay.http.errors import refusal
from assay.records.limits import Limits

# Files may be much larger than JSON.
_FILES = re.compile(r"/uploads/[^/]+/?$|/datasets/fromFile/?$|/csvUpload(/part/[^/]+)?/?$")


def most_bytes(path: str, limits: Limits) -> int:
    """The longest body that an operation takes."""
    return limits.max_upload_bytes if _FILES.search(path) else limits.max_json_body_bytes


class AnnouncedLength:
    """Looks at the length that a request announces.

    The framework counts the bytes of those that announce none. It does the same for the others, but only once the
    operation answers, and then in plain text.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer 413."""
        if scope["type"] == "http":
            most = most_bytes(scope["path"], self._limits)
            length = Headers(scope=scope).get("content-length", "")
            if length.isdigit() and int(length) > most:
                error = TooLarge(f"The body has {length} bytes, expected at most {most}.")
                await refusal(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)
