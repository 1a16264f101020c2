"""The header ``Idempotency-Key``: a POST that is made again under its key has its effect and its answer once."""

from dataclasses import replace
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.errors import AssayError, Invalid
from assay.http.body_hash import BodyHash, body_hash
from assay.http.errors import refusal
from assay.monitoring import idempotency
from assay.monitoring.context import Context
from assay.monitoring.idempotency import KeyedStore, Replayed
from assay.records.idempotency import KeptAnswer, KeyedCall

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}

PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST_KEY, "pattern": idempotency.PATTERN},
    "description": "Name of this call: made again under it, the call has its effect once and gets its first answer "
    "again, with the header Idempotency-Replayed. Another call under it is refused (409).",
}


class Keyed:
    """Gives a POST under a key a store of its own; the answer goes out once it is committed with the effect.

    It must see the unpacked body, and who calls.
    """

    def __init__(self, app: ASGIApp, ctx: Context) -> None:
        self._app = app
        self._ctx = ctx
        # Threads of its own: those of the others may all be waiting for the lock that a commit gives back.
        self._committing = anyio.CapacityLimiter(8)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer it as it was answered before."""
        keys = Headers(scope=scope).getlist(HEADER) if scope["type"] == "http" and scope["method"] == "POST" else []
        if not keys or "caller" not in scope.get("state", {}):
            await self._app(scope, receive, send)
            return
        try:
            key = idempotency.checked(keys)
        except Invalid as fault:
            await refusal(fault)(scope, receive, send)
            return
        await (await self._answer(key, scope, receive))(scope, receive, send)

    async def _answer(self, key: str, scope: Scope, receive: Receive) -> ASGIApp:
        body = _Watched(receive, body_hash(Headers(scope=scope).get("content-type", "")))
        user_id, called = scope["state"]["caller"].id, _called(scope)
        store = KeyedStore(self._ctx, lambda: KeyedCall(user_id, key, called, body.hexdigest()))
        scope["state"]["context"] = replace(self._ctx, store=store)
        held = _Held()
        try:
            await self._app(scope, body, held.hold)
            if held.has_succeeded:
                await self._finish(store, held.kept())
        except Replayed as before:
            return _replay(before.answer)
        except AssayError as fault:
            # Only of the commit: what a verb raises has been made an answer below.
            return refusal(fault)
        finally:
            store.take_back()
        return held

    async def _finish(self, store: KeyedStore, answer: KeptAnswer) -> None:
        if store.is_open:
            await anyio.to_thread.run_sync(store.finish, answer, limiter=self._committing)
        else:
            # It has to wait for its turn to write like any other.
            await run_in_threadpool(store.finish, answer)


def _called(scope: Scope) -> str:
    """Method, path and query, without the prefix of a proxy."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    query = scope.get("query_string", b"").decode("latin-1")
    return f"POST {path}?{query}" if query else f"POST {path}"


def _replay(answer: KeptAnswer) -> Response:
    headers = {**REPLAYED, **({} if answer.location is None else {"Location": answer.location})}
    return Response(answer.body, answer.status, headers, answer.media_type)


class _Watched:
    """A ``receive`` that hashes the body on its way."""

    def __init__(self, receive: Receive, digest: BodyHash) -> None:
        self._receive = receive
        self._digest = digest
        self._is_told = False

    async def __call__(self) -> Message:
        """The next message."""
        message = await self._receive()
        piece = message.get("body", b"") if message["type"] == "http.request" else b""
        if piece and self._is_told:
            raise RuntimeError("the store was used before the body had been read, so its hash was not that of all")
        if piece:
            self._digest.feed(piece)
        return message

    def hexdigest(self) -> str:
        """The hash of the body, which has been read."""
        self._is_told = True
        return self._digest.hexdigest()


class _Held:
    """An answer that has not gone out yet; those of POST are small."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def hold(self, message: Message) -> None:
        """Keep a message of the answer."""
        self._messages.append(message)

    @property
    def has_succeeded(self) -> bool:
        """Whether the call was taken. A redirect is not: the call is made at the other place."""
        status: int = self._messages[0]["status"]
        return 200 <= status < 300

    def kept(self) -> KeptAnswer:
        """The answer as it will be given again."""
        headers = Headers(raw=self._messages[0]["headers"])
        body = b"".join(m.get("body", b"") for m in self._messages[1:])
        return KeptAnswer(self._messages[0]["status"], headers.get("content-type"), headers.get("location"), body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Let it go out."""
        for message in self._messages:
            await send(message)
