"""Which hosts may be read from: by their text, and by where they lead."""

import socket
from typing import Any

import pytest

from assay.errors import HostNotAllowed, Invalid
from assay.storage.remote.hosts import AllowedHosts


@pytest.mark.parametrize(
    ("listed", "url"),
    [
        ("files.example.com", "https://files.example.com/a.csv"),
        ("files.example.com", "http://files.example.com:80/a.csv"),
        ("Files.Example.com", "https://FILES.example.COM./a.csv?x=1"),
        ("files.example.com:9000", "http://files.example.com:9000/"),
        (" a , 127.0.0.1:9000 ", "http://127.0.0.1:9000/"),
        ("[::1]:9000", "http://[::1]:9000/"),
    ],
)
def test_a_listed_host_is_allowed(listed: str, url: str) -> None:
    assert AllowedHosts.of(listed).check(url).scheme in url


@pytest.mark.parametrize(
    ("listed", "url"),
    [
        ("", "https://files.example.com/a.csv"),
        ("files.example.com", "https://files.example.com:9000/a.csv"),
        ("files.example.com", "https://files.example.com:80/a.csv"),
        ("files.example.com:9000", "https://files.example.com/a.csv"),
        ("files.example.com", "https://evil.example.com/a.csv"),
        ("files.example.com", "https://files.example.com.evil.org/a.csv"),
        ("files.example.com", "https://xfiles.example.com/a.csv"),
        ("127.0.0.1", "http://localhost/a.csv"),
        ("127.0.0.1", "http://2130706433/a.csv"),
        ("127.0.0.1", "http://0x7f.0.0.1/a.csv"),
        # A network lists where names may lead, and no host.
        ("127.0.0.0/8", "http://127.0.0.1/a.csv"),
    ],
)
def test_a_host_that_is_not_listed_is_refused_and_the_setting_is_named(listed: str, url: str) -> None:
    with pytest.raises(HostNotAllowed, match="ASSAY_INTAKE_HOSTS"):
        AllowedHosts.of(listed).check(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://files.example.com/a", "begins with http:// or https://"),
        ("file:///etc/passwd", "begins with http:// or https://"),
        ("gopher://files.example.com/", "begins with http:// or https://"),
        ("//files.example.com/", "begins with http:// or https://"),
        ("http:///a", "begins with http:// or https://"),
        ("http://files.example.com/a b", "begins with http:// or https://"),
        ("http://files.example.com/\r\nX: y", "begins with http:// or https://"),
        ("http://files.example.com:port/", "no web address"),
        ("http://files.example.com:99999/", "no web address"),
        ("http://[::1/", "no web address"),
        ("http://user:pass@files.example.com/", "keeps no credentials"),
        ("http://evil.org@files.example.com/", "keeps no credentials"),
    ],
)
def test_what_is_no_address_of_a_file_is_refused(url: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        AllowedHosts.of("files.example.com").check(url)


@pytest.mark.parametrize("text", ["http://a", "a/b", "a:port", "10.0.0.0/99", "user@a", ":80"])
def test_a_list_that_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        AllowedHosts.of(text)


# What a name may lead to is a matter of addresses alone, so addresses stand for names here.
@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_is_allowed(address: str) -> None:
    assert AllowedHosts().addresses(address, 80) == [address]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",  # noqa: S104 - to be refused
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        # The same in the clothes of newer addresses.
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_an_address_that_is_not_public_is_refused_unless_listed(address: str) -> None:
    with pytest.raises(HostNotAllowed, match=r"which leads to .* operator has not listed"):
        AllowedHosts.of("files.example.com").addresses(address, 80)


@pytest.mark.parametrize(
    ("listed", "address"),
    [("127.0.0.1:9000", "127.0.0.1"), ("10.0.0.0/8", "10.1.2.3"), ("::1", "::1"), ("127.0.0.1", "::ffff:127.0.0.1")],
)
def test_a_listed_address_is_allowed(listed: str, address: str) -> None:
    assert len(AllowedHosts.of(listed).addresses(address, 80)) == 1


def test_a_name_is_looked_at_by_where_it_leads() -> None:
    # The one name that every machine knows without a network.
    with pytest.raises(HostNotAllowed, match="localhost, which leads to"):
        AllowedHosts.of("localhost").addresses("localhost", 80)
    assert AllowedHosts.of("localhost, 127.0.0.0/8, ::1").addresses("localhost", 80)


def test_one_bad_address_of_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(*_: Any, **__: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, 80)) for address in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    with pytest.raises(HostNotAllowed):
        AllowedHosts.of("a.example.com").addresses("a.example.com", 80)
