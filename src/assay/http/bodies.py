"""Wire shapes: camel case outside, the fields that were not set left out where clients refuse null."""

import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

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
    except UNREADABLE as fault:
        raise Malformed(unreadable(fault)) from fault


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def unreadable(fault: object) -> str:
    """What the sender of a body that is no JSON is told."""
    return f"The body cannot be read: {fault}. (JSON has no NaN or Infinity: send null.)"


class _StrictJson(Request):
    """A request whose JSON is read by the standard: no NaN, no halves of characters, UTF-8 alone."""

    async def json(self) -> Any:
        """The body's value."""
        raw = await self.body()
        try:
            value = msgspec.json.decode(raw)
        except UNREADABLE as fault:
            raise json.JSONDecodeError(str(fault), "", 0) from fault
        if value is None:
            # The framework would take it for an absent body.
            raise json.JSONDecodeError("found null, expected an object", "", 0)
        if b"\\u0000" in raw and _holds_nul(value):
            raise json.JSONDecodeError("found a NUL character, which no text may hold", "", 0)
        return value


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\x00" in value


class JsonRoute(APIRoute):
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
