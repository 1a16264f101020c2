"""Which hosts and addresses files may be read from.

A server that fetches what its users name can be made to call on their behalf what they cannot reach themselves. So
nothing is allowed unless the operator lists it, and what a name leads to is looked at before each connection.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self
from urllib.parse import SplitResult, urlsplit

from assay.errors import HostNotAllowed, Invalid

Address = IPv4Address | IPv6Address

SETTING = "ASSAY_INTAKE_HOSTS"
PORTS = {"http": 80, "https": 443}
# The last 32 bits of such an address are one of the older internet (RFC 6052).
_NAT64 = ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """Hosts that may be read from; none unless listed.

    Attributes
    ----------
    hosts : frozenset of (str, int or None)
        Names and addresses with their port; None stands for the usual port of the scheme.
    networks : tuple of networks
        Addresses that are not public, to which listed names may lead all the same.
    """

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, text: str) -> Self:
        """The hosts of a list with commas: names, addresses, each with or without a port, and networks.

        Raises
        ------
        ValueError
            When an entry cannot be understood.

        Examples
        --------
        >>> AllowedHosts.of("files.example.com, 127.0.0.1:9000, 10.1.0.0/16").networks
        (IPv4Network('127.0.0.1/32'), IPv4Network('10.1.0.0/16'))
        """
        hosts: set[tuple[str, int | None]] = set()
        networks: list[IPv4Network | IPv6Network] = []
        for entry in filter(None, (one.strip() for one in text.split(","))):
            if "/" in entry:
                networks.append(ip_network(entry))
                continue
            bare = _literal(entry)
            parts = urlsplit(f"//[{entry}]" if bare is not None and bare.version == 6 else f"//{entry}")
            if not parts.hostname or parts.path or parts.username is not None:
                raise ValueError(f"{SETTING}: found {entry!r}, expected a host, a host and a port, or a network.")
            name = _name(parts.hostname)
            hosts.add((name, parts.port))
            address = _literal(name)
            if address is not None:
                networks.append(ip_network(address))
        return cls(frozenset(hosts), tuple(networks))

    def check(self, url: str) -> SplitResult:
        """The parts of an address that may be read from, as far as its text tells.

        Raises
        ------
        Invalid
            When it is no web address, or holds a user's name.
        HostNotAllowed
            When its host and port are not listed.
        """
        parts = _split(url)
        name, port = _name(str(parts.hostname)), parts.port or PORTS[parts.scheme]
        usual = port == PORTS[parts.scheme] and (name, None) in self.hosts
        if not usual and (name, port) not in self.hosts:
            raise HostNotAllowed(f"{name}:{port}", SETTING)
        return parts

    def addresses(self, host: str, port: int) -> list[str]:
        """Where a listed host is, all of it allowed.

        Raises
        ------
        HostNotAllowed
            When it leads to an address that is neither public nor listed.
        OSError
            When it is not known.
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for text in addresses:
            address = _meant(ip_address(text.partition("%")[0]))
            if not self._may_reach(address):
                raise HostNotAllowed(f"{host}, which leads to {address},", SETTING)
        return addresses

    def _may_reach(self, address: Address) -> bool:
        if any(address in network for network in self.networks if network.version == address.version):
            return True
        return address.is_global and not address.is_multicast


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as fault:
        raise Invalid(f"url: found {url[:64]!r}, which is no web address: {fault}.") from fault
    blank = any(c.isspace() or not c.isprintable() for c in url)
    if parts.scheme not in PORTS or not parts.hostname or blank:
        raise Invalid(f"url: found {url[:64]!r}, expected an address that begins with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise Invalid("url: found a user's name or password in it; a job keeps no credentials. Leave them out.")
    return parts


def _name(host: str) -> str:
    return host.lower().rstrip(".")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _meant(address: Address) -> Address:
    """The address of the older internet that a newer one stands for, if it does."""
    if isinstance(address, IPv6Address):
        teredo = address.teredo
        inner = address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        return inner or address
    return address
