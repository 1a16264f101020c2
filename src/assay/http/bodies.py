"""Wire shapes: camel case outside, the fields that were not set left out where clients refuse null."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import wraps
from inspect import iscoroutinefunction
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel
from starlette.concurrency import run_in_threadpool

from assay.errors import Invalid, Malformed
from assay.records.times import format_time, parse_time

Moment = Annotated[
    datetime,
    PlainSerializer(format_time, when_used="json"),
    # A serializer's text has no format in the description unless it is said.
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _sent_moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise Invalid(f"Found {str(value)[:64]!r} where a time such as 2026-11-23T10:31:31Z is expected.")
    return parse_time(value, "time")


SentMoment = Annotated[datetime, BeforeValidator(_sent_moment)]
Link = Annotated[str | None, Field(json_schema_extra={"format": "uri"})]


def optional(form: str | None = None) -> Any:
    """A field that may be absent; absence is not a value, so the description names no default."""

    def describe(schema: dict[str, Any]) -> None:
        schema.pop("default", None)
        if form is not None:
            schema["format"] = form

    return Field(default=None, json_schema_extra=describe)


class Body(BaseModel):
    """A JSON object of the API."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        # "yes" is not true and "5" is no number: what is of another type is refused, not guessed at.
        strict=True,
        populate_by_name=True,
        ser_json_inf_nan="null",
        protected_namespaces=(),
    )


T = TypeVar("T")


def decoded(raw: bytes, shape: type[T]) -> T:
    """A large JSON body, read straight into its shape.

    Raises
    ------
    Malformed
        When it is not JSON, or not of that shape; the message says where.
    """
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Malformed(f"The body cannot be read: {fault}. (JSON has no NaN or Infinity: send null.)") from fault


class _StrictJson(Request):
    """A request whose JSON is read by the standard: no NaN, no halves of characters, UTF-8 alone."""

    async def json(self) -> Any:
        """The body's value."""
        raw = await self.body()
        value = decoded(raw, object)
        if value is None:
            # The framework would take it for an absent body.
            raise Malformed("The body is null, expected an object.")
        place = _nul(value) if b"\\u0000" in raw else None
        if place is not None:
            raise Invalid(f"{place or 'A name'}: found a NUL character, which no text may hold.")
        return value


def _nul(value: Any, place: str = "") -> str | None:
    """Where a text of a body holds a NUL character; None if none does."""
    if isinstance(value, str):
        return place if "\x00" in value else None
    if isinstance(value, dict):
        parts = [(f"{place}.{name}".lstrip("."), part) for name, part in value.items()]
        parts += [(place, name) for name in value]
    else:
        parts = [(f"{place}[{i}]", part) for i, part in enumerate(value)] if isinstance(value, list) else []
    return next((found for where, part in parts if (found := _nul(part, where)) is not None), None)


class Route(APIRoute):
    """For routers with a POST.

    What the framework does with the value of a plain function it does in threads. A call under a key still holds the
    lock of its transaction then, and all threads may be waiting for that lock; so a POST is a coroutine to it.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        if "POST" in (more.get("methods") or ()) and not iscoroutinefunction(endpoint):
            endpoint = _as_coroutine(endpoint)
        super().__init__(path, endpoint, **more)


def _as_coroutine(endpoint: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    @wraps(endpoint)
    async def called(**arguments: Any) -> Any:
        return await run_in_threadpool(endpoint, **arguments)

    return called


class JsonRoute(Route):
    """For routers whose bodies the framework reads."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of one operation."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictJson(request.scope, request.receive))

        return strictly


def given(body: BaseModel) -> dict[str, Any]:
    """Only what the caller sent, by field name."""
    return {name: getattr(body, name) for name in body.model_fields_set}
