"""Compares the nine operations of a served API description with the contract, word for word.

What we may add: descriptions, titles and examples; bounds and defaults of query parameters; error answers; a body
where the contract has none. Everything else is a deviation.
"""

from collections.abc import Iterator
from typing import Any

METHODS = {"get", "put", "post", "delete", "patch", "options", "head", "trace"}
PROSE = {"title", "description", "examples", "example", "summary"}
PARAMETER_ADDITIONS = {"minimum", "maximum", "default"}
UNDERSTOOD = {"type", "format", "enum", "properties", "required", "items", "anyOf", "allOf", "$ref", "default"}

Document = dict[str, Any]


def deviations(served: Document, contract: Document) -> list[str]:
    """Every way in which the served operations differ from those of the contract."""
    return list(_deviations(served, contract))


def _deviations(served: Document, contract: Document) -> Iterator[str]:
    for path, operations in contract["paths"].items():
        ours = served["paths"].get(path)
        if ours is None:
            yield f"{path}: not served"
            continue
        for method in sorted((METHODS & set(ours)) | (METHODS & set(operations))):
            place = f"{method.upper()} {path}"
            if method not in operations:
                yield f"{place}: not in the contract"
            elif method not in ours:
                yield f"{place}: not served"
            else:
                pair = _Pair(served, contract, ours, operations)
                yield from _operation(place, pair, ours[method], operations[method])


class _Pair:
    """The two documents, and what all operations of a path share in them."""

    def __init__(self, served: Document, contract: Document, ours: Document, theirs: Document) -> None:
        self.served, self.contract = served, contract
        self.shared = (ours.get("parameters", []), theirs.get("parameters", []))


def _operation(place: str, pair: _Pair, ours: Document, theirs: Document) -> Iterator[str]:
    if ours.get("operationId") != theirs["operationId"]:
        yield f"{place}: operationId {ours.get('operationId')}, expected {theirs['operationId']}"
    if ours.get("security") != theirs["security"]:
        yield f"{place}: security {ours.get('security')}, expected {theirs['security']}"
    yield from _parameters(place, pair, ours, theirs)
    yield from _body(f"{place} body", pair, ours.get("requestBody"), theirs.get("requestBody"))
    yield from _answers(place, pair, ours["responses"], theirs["responses"])


def _parameters(place: str, pair: _Pair, ours: Document, theirs: Document) -> Iterator[str]:
    have = {(p["in"], p["name"]): p for p in [*pair.shared[0], *ours.get("parameters", [])]}
    want = {(p["in"], p["name"]): p for p in [*pair.shared[1], *theirs.get("parameters", [])]}
    for key in sorted(have.keys() | want.keys()):
        where = f"{place} {key[0]} parameter {key[1]}"
        if key not in want:
            yield f"{where}: not in the contract"
        elif key not in have:
            yield f"{where}: not served"
        else:
            mine, named = have[key], want[key]
            if bool(mine.get("required")) != bool(named.get("required")):
                yield f"{where}: required {mine.get('required')}, expected {named.get('required')}"
            if mine.keys() - PROSE - {"name", "in", "required", "schema"}:
                yield f"{where}: unexpected {sorted(mine.keys() - PROSE)}"
            schema = {k: v for k, v in mine["schema"].items() if k not in PARAMETER_ADDITIONS}
            yield from _shapes(where, pair, schema, named["schema"])


def _body(place: str, pair: _Pair, ours: Document | None, theirs: Document | None) -> Iterator[str]:
    if (ours is None) != (theirs is None):
        yield f"{place}: {'not served' if ours is None else 'not in the contract'}"
    if ours is None or theirs is None:
        return
    if bool(ours.get("required")) != bool(theirs.get("required")):
        yield f"{place}: required {ours.get('required')}, expected {theirs.get('required')}"
    yield from _contents(place, pair, ours["content"], theirs["content"])


def _answers(place: str, pair: _Pair, ours: Document, theirs: Document) -> Iterator[str]:
    have, want = ({s for s in answers if s < "400"} for answers in (ours, theirs))
    if have != want:
        yield f"{place}: success statuses {sorted(have)}, expected {sorted(want)}"
    for status in sorted(have & want):
        if "content" in theirs[status]:
            contents = ours[status].get("content", {})
            yield from _contents(f"{place} {status}", pair, contents, theirs[status]["content"])
    for status in sorted(s for s in ours if s >= "400"):
        yield from _refusal(f"{place} {status}", pair, ours[status])


def _refusal(place: str, pair: _Pair, answer: Document) -> Iterator[str]:
    shape = normal(pair.served, answer.get("content", {}).get("application/json", {}).get("schema", {}))
    if "message" not in shape.get("required", ()):
        yield f"{place}: an error answer without a message"


def _contents(place: str, pair: _Pair, ours: Document, theirs: Document) -> Iterator[str]:
    if ours.keys() != theirs.keys():
        yield f"{place}: media types {sorted(ours)}, expected {sorted(theirs)}"
    for media_type in ours.keys() & theirs.keys():
        yield from _shapes(place, pair, ours[media_type]["schema"], theirs[media_type]["schema"])


def _shapes(place: str, pair: _Pair, ours: Document, theirs: Document) -> Iterator[str]:
    yield from _unequal(place, normal(pair.served, ours), normal(pair.contract, theirs))


def _unequal(place: str, ours: Any, theirs: Any) -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            if key not in theirs:
                yield f"{place}.{key}: {ours[key]}, not in the contract"
            elif key not in ours:
                yield f"{place}.{key}: missing, expected {theirs[key]}"
            else:
                yield from _unequal(f"{place}.{key}", ours[key], theirs[key])
    elif ours != theirs:
        yield f"{place}: {ours}, expected {theirs}"


def normal(document: Document, schema: Document) -> Document:
    """A schema without references and prose, in one spelling of what may be null."""
    if "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return normal(document, {**found, **{k: v for k, v in schema.items() if k != "$ref"}})
    for word in ("anyOf", "allOf"):
        if word in schema:
            return _joined(document, schema, word)
    shape: Document = {k: v for k, v in schema.items() if k not in UNDERSTOOD | PROSE}
    types = schema.get("type", [])
    shape["types"] = sorted([types] if isinstance(types, str) else types)
    if "format" in schema:
        shape["format"] = schema["format"]
    if "enum" in schema:
        shape["enum"] = sorted(map(str, schema["enum"]))
    if "default" in schema:
        # Told from "no default".
        shape["default"] = [schema["default"]]
    if "items" in schema:
        shape["items"] = normal(document, schema["items"])
    if "properties" in schema:
        shape["properties"] = {name: normal(document, one) for name, one in schema["properties"].items()}
        shape["required"] = sorted(schema.get("required", []))
    return shape


def _joined(document: Document, schema: Document, word: str) -> Document:
    """``anyOf [X, null]`` is X that may be null; a list of one is that one."""
    null = {"type": "null"}
    rest = [one for one in schema[word] if one != null]
    beside = {k: v for k, v in schema.items() if k != word}
    if len(rest) != 1 or (word == "allOf" and null in schema[word]):
        return {"unlike anything in the contract": schema}
    shape = normal(document, {**rest[0], **beside})
    if null in schema[word]:
        shape["types"] = sorted({*shape["types"], "null"})
        if "enum" in shape:
            shape["enum"] = sorted({*shape["enum"], "None"})
    return shape
