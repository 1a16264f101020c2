"""Reading over HTTP from a site on loopback."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from tests.storage.remote.site import Site, site

from assay.errors import HostNotAllowed, Invalid, TooLarge
from assay.storage.remote.files import RemoteFiles
from assay.storage.remote.hosts import AllowedHosts

MOST = 1_000_000


@pytest.fixture
def files() -> Iterator[Site]:
    with site() as one:
        yield one


@pytest.fixture
def remote(files: Site) -> RemoteFiles:
    return RemoteFiles(AllowedHosts.of(files.host))


def fetched(remote: RemoteFiles, url: str, most: int = MOST) -> bytes:
    with remote.fetch(url, most=most) as pieces:
        return b"".join(pieces)


def test_a_file_comes_as_it_is(files: Site, remote: RemoteFiles) -> None:
    files.on("/a.csv", b"x" * 3_000_000)
    assert fetched(remote, files.url("/a.csv?sig=1"), most=3_000_000) == b"x" * 3_000_000
    path, headers = files.asked[0]
    assert path == "/a.csv?sig=1"
    assert headers["host"] == files.host
    assert headers["accept-encoding"] == "identity"
    assert "authorization" not in headers


def test_a_file_has_a_bound_by_its_own_account_and_by_what_comes(files: Site, remote: RemoteFiles) -> None:
    files.on("/a.csv", b"x" * 2_000)
    with pytest.raises(TooLarge, match="has 2000 bytes, expected at most 1999"):
        fetched(remote, files.url("/a.csv"), most=1_999)
    files.on("/silent.csv", b"x" * 2_000, Content_Length="")
    with pytest.raises(TooLarge, match="more than 1999 bytes"):
        fetched(remote, files.url("/silent.csv"), most=1_999)
    assert len(fetched(remote, files.url("/silent.csv"), most=2_000)) == 2_000


def test_a_redirect_is_followed_and_checked_anew(files: Site, remote: RemoteFiles) -> None:
    files.on("/b.csv", b"rows")
    files.on("/old.csv", status=302, Location="/b.csv")
    assert fetched(remote, files.url("/old.csv")) == b"rows"
    with site() as other:
        other.on("/b.csv", b"secret")
        files.on("/out.csv", status=307, Location=other.url("/b.csv"))
        with pytest.raises(HostNotAllowed, match=rf"127\.0\.0\.1:{other.port}"):
            fetched(remote, files.url("/out.csv"))
        assert other.asked == []
    for target in ("http://169.254.169.254/latest/", "file:///etc/passwd", "http://localhost:1/"):
        files.on("/out.csv", status=301, Location=target)
        with pytest.raises(Invalid):
            fetched(remote, files.url("/out.csv"))


def test_redirects_without_end_are_given_up(files: Site, remote: RemoteFiles) -> None:
    files.on("/round.csv", status=302, Location="/round.csv")
    with pytest.raises(Invalid, match="more than 5 times"):
        fetched(remote, files.url("/round.csv"))
    assert len(files.asked) == 6


def test_the_connection_goes_to_the_address_that_was_checked(files: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # A name that leads elsewhere the second time it is asked about, as in DNS rebinding.
    asked: list[str] = []
    real = socket.getaddrinfo

    def turncoat(host: Any, *more: Any, **named: Any) -> Any:
        asked.append(str(host))
        if host == "files.example.com":
            assert asked.count(host) == 1, "asked a second time"
            return real("127.0.0.1", *more, **named)
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", turncoat)
    files.on("/a.csv", b"rows")
    remote = RemoteFiles(AllowedHosts.of(f"files.example.com:{files.port}, 127.0.0.0/8"))
    assert fetched(remote, f"http://files.example.com:{files.port}/a.csv") == b"rows"
    assert files.asked[0][1]["host"] == f"files.example.com:{files.port}"


@pytest.mark.parametrize("status", [204, 206, 304, 401, 403, 404, 410])
def test_what_is_no_file_is_refused(files: Site, remote: RemoteFiles, status: int) -> None:
    files.on("/a.csv", status=status)
    with pytest.raises(Invalid, match=f"answered with status {status}, expected a file"):
        fetched(remote, files.url("/a.csv"))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_worth_another_try(files: Site, remote: RemoteFiles, status: int) -> None:
    files.on("/a.csv", status=status)
    with pytest.raises(ConnectionError, match=str(status)):
        fetched(remote, files.url("/a.csv"))


def test_a_compressed_answer_is_refused(files: Site, remote: RemoteFiles) -> None:
    files.on("/a.csv", b"x", Content_Encoding="gzip")
    with pytest.raises(Invalid, match="compressed"):
        fetched(remote, files.url("/a.csv"))


def test_a_file_that_breaks_off_is_no_file(files: Site, remote: RemoteFiles) -> None:
    files.on("/a.csv", b"half", Content_Length="8")
    with pytest.raises(ConnectionError, match="broke off after 4"):
        fetched(remote, files.url("/a.csv"))


def test_a_host_that_speaks_no_http_or_is_not_there_is_told(files: Site, remote: RemoteFiles) -> None:
    def nonsense(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"this is no answer\r\n\r\n")

    files.answers["/a.csv"] = nonsense
    with pytest.raises(ConnectionError):
        fetched(remote, files.url("/a.csv"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nobody = RemoteFiles(AllowedHosts.of(f"127.0.0.1:{port}"))
    with pytest.raises(ConnectionRefusedError):
        fetched(nobody, f"http://127.0.0.1:{port}/a.csv")


@pytest.mark.parametrize(
    ("url", "endpoint", "says"),
    [
        ("http://a/b", None, "expected one object"),
        ("s3://bucket", None, "expected one object"),
        ("s3://bucket/", None, "expected one object"),
        ("s3://bucket/folder/", None, "expected one object"),
        ("s3:///key", None, "expected one object"),
        ("s3://bucket/key", None, "ASSAY_INTAKE_S3_ENDPOINT"),
        ("s3://bucket/key", "http://127.0.0.1:1/?a=", "an address without a query"),
        ("s3://bucket/key", "ftp://127.0.0.1:1", "begins with http"),
        ("s3://bucket/key", "http://127.0.0.1:2", "ASSAY_INTAKE_HOSTS"),
    ],
)
def test_what_names_no_object_is_refused(url: str, endpoint: str | None, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        RemoteFiles(AllowedHosts.of("127.0.0.1:1")).object_url(url, endpoint)


def test_an_object_is_named_by_its_path() -> None:
    remote = RemoteFiles(AllowedHosts.of("127.0.0.1:1"), endpoint="http://127.0.0.1:1/")
    assert remote.object_url("s3://b/a/ü b?c.csv", None) == "http://127.0.0.1:1/b/a/%C3%BC%20b%3Fc.csv"
