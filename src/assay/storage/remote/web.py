"""Reading over HTTP: each connection goes to an address that was checked, and redirects are checked anew."""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import SplitResult, urljoin

from assay.errors import Invalid, TooLarge
from assay.storage.remote.hosts import PORTS, AllowedHosts

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 60.0
MAX_REDIRECTS = 5
PIECE = 1 << 20

Headers = Callable[[SplitResult], Mapping[str, str]]


class _Connection(http.client.HTTPConnection):
    """Connects to given addresses, whatever the name of its host leads to by now."""

    def __init__(self, parts: SplitResult, addresses: list[str]) -> None:
        super().__init__(str(parts.hostname), parts.port or PORTS[parts.scheme], timeout=SILENT_SECONDS)
        self._addresses = addresses
        self._secure = parts.scheme == "https"

    def connect(self) -> None:
        """To the first of the addresses that answers."""
        self.sock = self._first()
        self.sock.settimeout(SILENT_SECONDS)
        if self._secure:
            # The certificate must be that of the name, not of the address.
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)

    def _first(self) -> socket.socket:
        for address in self._addresses[:-1]:
            try:
                return socket.create_connection((address, self.port), CONNECT_SECONDS)
            except OSError:
                continue
        return socket.create_connection((self._addresses[-1], self.port), CONNECT_SECONDS)


@contextmanager
def opened(
    hosts: AllowedHosts, url: str, *, most: int, headers: Headers, redirects: int = MAX_REDIRECTS
) -> Iterator[Iterator[bytes]]:
    """The bytes at a web address, in pieces.

    Parameters
    ----------
    most : int
        Bytes that the file may have.
    headers : callable
        Headers of the request to an address; asked anew for each redirect.
    redirects : int
        How many are followed.

    Raises
    ------
    Invalid
        When the address, or one that it redirects to, is not allowed or does not answer with a file.
    TooLarge
        When the file is larger; the pieces before have been given by then, unless it says so itself.
    OSError
        When the host cannot be reached, fails, or breaks off: another try may succeed.
    """
    first = hosts.check(url)
    for _ in range(redirects + 1):
        parts = hosts.check(url)
        addresses = hosts.addresses(str(parts.hostname), parts.port or PORTS[parts.scheme])
        connection = _Connection(parts, addresses)
        try:
            response = _asked(connection, parts, headers(parts))
            target = response.headers.get("Location")
            if response.status in {301, 302, 303, 307, 308} and target and redirects:
                url = urljoin(url, target)
                continue
            yield _pieces(_accepted(response, parts, most), most)
            return
        finally:
            connection.close()
    raise Invalid(f"url: {first.hostname} redirects more than {redirects} times.")


def _asked(connection: _Connection, parts: SplitResult, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # A compressed answer could be larger than its size tells.
    sent = {"Host": host_header(parts), "User-Agent": "assay", "Accept-Encoding": "identity", **headers}
    try:
        connection.request("GET", path, headers=sent)
        return connection.getresponse()
    except (http.client.HTTPException, UnicodeEncodeError) as fault:
        raise ConnectionError(f"{parts.hostname} cannot be read from: {type(fault).__name__} {fault}") from fault


def host_header(parts: SplitResult) -> str:
    """The host as requests name it: with its port, unless that is the usual one."""
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    return host if parts.port in {None, PORTS[parts.scheme]} else f"{host}:{parts.port}"


def _accepted(response: http.client.HTTPResponse, parts: SplitResult, most: int) -> http.client.HTTPResponse:
    status, place = response.status, f"{parts.hostname}{parts.path}"
    if status >= 500 or status == 429:
        raise ConnectionError(f"{place} answered with status {status}")
    if status != 200:
        raise Invalid(f"url: {place} answered with status {status}, expected a file (200).")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Invalid(f"url: {place} sends the file compressed although asked not to.")
    if response.length is not None and response.length > most:
        raise TooLarge(f"The file at {place} has {response.length} bytes, expected at most {most}.")
    return response


def _pieces(response: http.client.HTTPResponse, most: int) -> Iterator[bytes]:
    announced, size = response.length, 0
    try:
        while piece := response.read(PIECE):
            size += len(piece)
            if size > most:
                raise TooLarge(f"The file has more than {most} bytes, which is the limit.")
            yield piece
    except http.client.HTTPException as fault:
        raise ConnectionError(f"The file broke off after {size} bytes: {type(fault).__name__}") from fault
    if announced is not None and size != announced:
        raise ConnectionError(f"The file broke off after {size} of {announced} bytes")
