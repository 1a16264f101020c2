"""Addresses as the client sees them, behind a proxy that the operator trusts.

The links that go out are made from the scheme, the host and the path of the request. A proxy has changed those and
tells the original ones in headers; anybody else could write the same headers, so they count only from a trusted
address.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network

_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+/?")


@dataclass(frozen=True, slots=True)
class Told:
    """What a proxy says of the request as it came to it; None where it says nothing that can be."""

    scheme: str | None = None
    host: str | None = None
    prefix: str | None = None


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks in the form of text.

    Raises
    ------
    ValueError
        When a text is neither.

    Examples
    --------
    >>> networks(["10.0.0.0/8", "::1"])
    (IPv4Network('10.0.0.0/8'), IPv6Network('::1/128'))
    """
    return tuple(ip_network(text, strict=False) for text in texts)


class Forwarded:
    """Rewrites the scope of requests that come through a trusted proxy."""

    def __init__(self, app: ASGIApp, trusted: tuple[Network, ...]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on as the client made it."""
        if scope["type"] == "http" and self._trusted and is_among(_peer(scope), self._trusted):
            scope = _as_told(scope, told(Headers(scope=scope), self._trusted))
        await self._app(scope, receive, send)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return "" if client is None else str(client[0])


def _as_told(scope: Scope, what: Told) -> Scope:
    changed = {**scope, "headers": list(scope["headers"])}
    if what.scheme is not None:
        changed["scheme"] = what.scheme
    if what.host is not None:
        MutableHeaders(scope=changed)["host"] = what.host
    if what.prefix is not None:
        changed["root_path"] = what.prefix
        changed["path"] = what.prefix + scope["path"]
        changed.pop("raw_path", None)
    return changed


def is_among(address: str, trusted: tuple[Network, ...]) -> bool:
    """Whether an address, with or without a port, lies in one of the networks; what is no address lies in none.

    Examples
    --------
    >>> is_among("10.1.2.3:80", networks(["10.0.0.0/8"])), is_among("unknown", networks(["0.0.0.0/0"]))
    (True, False)
    """
    text = address.strip().strip('"')
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return False
    return any(found in network for network in trusted)


def told(headers: Headers, trusted: tuple[Network, ...]) -> Told:
    """What the outermost trusted proxy says; ``Forwarded`` (RFC 7239) wins over the ``X-Forwarded-`` headers."""
    prefix = _prefix(headers.get("x-forwarded-prefix", ""))
    elements = [_pairs(one) for one in _listed(headers.getlist("forwarded"))]
    if elements:
        hops = [pairs.get("for", "") for pairs in elements]
        outermost = elements[_outermost(hops, trusted)]
        return Told(_scheme(outermost.get("proto", "")), _host(outermost.get("host", "")), prefix)
    hops = _listed(headers.getlist("x-forwarded-for"))
    return Told(
        _scheme(_said(_listed(headers.getlist("x-forwarded-proto")), hops, trusted)),
        _host(_said(_listed(headers.getlist("x-forwarded-host")), hops, trusted)),
        prefix,
    )


def _listed(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _pairs(element: str) -> dict[str, str]:
    parts = (part.partition("=") for part in element.split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in parts}


def _outermost(hops: list[str], trusted: tuple[Network, ...]) -> int:
    """Place of the entry that the outermost trusted proxy wrote: each tells who called that proxy."""
    place = len(hops) - 1
    while place > 0 and is_among(hops[place], trusted):
        place -= 1
    return place


def _said(values: list[str], hops: list[str], trusted: tuple[Network, ...]) -> str:
    """The same proxy's entry of a list beside that of the hops; a shorter list was begun by a later proxy."""
    if not values:
        return ""
    from_the_end = len(hops) - 1 - _outermost(hops, trusted) if hops else 0
    return values[max(0, len(values) - 1 - from_the_end)]


def _scheme(text: str) -> str | None:
    return text.lower() if text.lower() in {"http", "https"} else None


def _host(text: str) -> str | None:
    return text if _HOST.fullmatch(text) else None


def _prefix(text: str) -> str | None:
    return text.rstrip("/") if _PREFIX.fullmatch(text) else None
