"""Frozen values made from the server's JSON."""

from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, Self, TypeVar, get_type_hints

import msgspec

from assay.client.errors import ServerProblem

Json = dict[str, Any]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class At:
    """Marks a field that lies elsewhere in the JSON than its name says.

    Attributes
    ----------
    path : str
        Keys from the outside in, joined by dots: ``"model.targetType"``.
    """

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Something that the server told, as a frozen value.

    Fields that this version does not know are passed over, and stay in ``raw``.

    Attributes
    ----------
    raw : dict
        The JSON object as it came.
    """

    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, found: object, **known: Any) -> Self:
        """The value of a JSON object.

        Parameters
        ----------
        found : object
            What the server sent.
        **known
            Fields that the JSON does not hold.

        Raises
        ------
        ServerProblem
            When a needed field is missing or of another type.
        """
        if not isinstance(found, dict):
            raise ServerProblem(f"The server sent a {type(found).__name__} where {cls.__name__} was expected.")
        return cls(raw=found, **known, **_read(cls, found, known))


def read(kind: type[T], found: object, name: str) -> T:
    """A JSON value of the given type.

    Raises
    ------
    ServerProblem
        When it has another type.
    """
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as problem:
        raise ServerProblem(f"The server's '{name}' cannot be understood: {problem}.") from problem


def _read(cls: Any, found: Json, known: Json) -> Json:
    values: Json = {}
    for one in _plan(cls):
        value = _reach(found, one.path)
        if one.name in known or (value is None and one.has_default):
            continue
        values[one.name] = read(one.type, value, one.path)
    return values


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    path: str
    type: Any
    has_default: bool


@cache
def _plan(cls: type) -> tuple[_Field, ...]:
    hints = get_type_hints(cls, include_extras=True)
    return tuple(
        _Field(
            name=one.name,
            path=next((mark.path for mark in _marks(hints[one.name]) if isinstance(mark, At)), _camel(one.name)),
            type=hints[one.name],
            has_default=one.default is not MISSING or one.default_factory is not MISSING,
        )
        for one in fields(cls)
        if one.name != "raw"
    )


def _marks(hint: Any) -> tuple[Any, ...]:
    return getattr(hint, "__metadata__", ())


def _reach(found: Json, path: str) -> Any:
    value: Any = found
    for key in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
