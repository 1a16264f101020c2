"""Bodies that come compressed, read as if they had not."""

import zlib
from collections.abc import Iterator

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.errors import Malformed, TooLarge, UnsupportedFile
from assay.http.body_limit import most_bytes
from assay.http.errors import refusal
from assay.records.limits import Limits

PIECE = 64 * 2**10
# zlib's number for "gzip, with its header", and the widest window.
GZIP = 16 + zlib.MAX_WBITS


class Inflated:
    """Unpacks gzip on the way in, a piece at a time.

    The limit on bodies holds for the unpacked one; the framework's own count has seen the packed bytes only.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on with an unpacked body, or answer 415."""
        if scope["type"] == "http":
            encoding = Headers(scope=scope).get("content-encoding", "identity").strip().lower()
            if encoding in {"gzip", "x-gzip"}:
                receive = _Unpacking(receive, most_bytes(scope["path"], self._limits))
                scope = {**scope, "headers": [(n, v) for n, v in scope["headers"] if n not in _OF_THE_PACKED_BODY]}
            elif encoding != "identity":
                error = UnsupportedFile(f"Found the content encoding {encoding[:32]!r}, expected gzip or none.")
                await refusal(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


_OF_THE_PACKED_BODY = {b"content-encoding", b"content-length"}


class _Unpacking:
    """A ``receive`` that gives the unpacked pieces of another's body."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self._most = most
        self._pieces: Iterator[bytes] = iter(())
        self._members = _Members()
        self._ended = False

    async def __call__(self) -> Message:
        """The next piece, or whatever else the server tells."""
        while True:
            piece = next(self._pieces, None)
            if piece is not None:
                self._left -= len(piece)
                if self._left < 0:
                    raise TooLarge(f"The body unpacks to more than {self._most} bytes, which is the limit.")
                return {"type": "http.request", "body": piece, "more_body": True}
            if self._ended:
                self._members.finish()
                self._ended = False
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._ended = not message.get("more_body", False)
            self._pieces = self._members.unpacked(message.get("body", b""))


class _Members:
    """One gzip member after the other, as a file of gzip may hold."""

    def __init__(self) -> None:
        self._reader = zlib.decompressobj(GZIP)
        self._begun = False

    def unpacked(self, packed: bytes) -> Iterator[bytes]:
        """The unpacked bytes of some packed ones, in pieces."""
        while packed:
            if self._reader.eof:
                self._reader = zlib.decompressobj(GZIP)
            self._begun = True
            try:
                piece = self._reader.decompress(packed, PIECE)
            except zlib.error as fault:
                raise Malformed(f"The body says that it is gzip and cannot be unpacked: {fault}.") from fault
            packed = self._reader.unconsumed_tail or self._reader.unused_data
            if piece:
                yield piece

    def finish(self) -> None:
        """Refuse a body that ends within a member."""
        if self._begun and not self._reader.eof:
            raise Malformed("The body says that it is gzip and ends too early.")
