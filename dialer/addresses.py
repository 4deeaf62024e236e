"""Which addresses may be asked: those that people enter, and those that a name leads to when a connection is made.

Ranges are those of the IANA special-purpose registries (https://www.iana.org/assignments/iana-ipv4-special-registry,
https://www.iana.org/assignments/iana-ipv6-special-registry, read November 2026). Of IPv6, only global unicast
(2000::/3) is public; an IPv4 address inside one of IPv6 is taken out and judged by itself where networks still do that
(IPv4-mapped, NAT64), and refused where none does (IPv4-compatible, 6to4, Teredo).
"""

from __future__ import annotations

import re
import socket
import unicodedata
from collections.abc import Iterable
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

import httpx

PRIVATE: Final = "This address lies in a private network; DIALER_ALLOW_PRIVATE_ADDRESSES=true allows that."
SPECIAL: Final = "This address is of a range for special uses (link-local, multicast, reserved and such): never asked."
_NO_ADDRESS = "This is no address."
_SPELLING = "Write the host as a name, as four decimal numbers (203.0.114.7) or as IPv6 in brackets, and nothing else."

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
#: Networks of one's own: loopback, RFC 1918, carrier-grade NAT, unique local.
_OWN = tuple(
    map(
        ip_network,
        ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7"),
    )
)
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
            "192.88.99.0/24", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
            "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
        ),
    )
)  # fmt: skip
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
#: A last label that programs read as a number: then the whole host is an IPv4 address, in whatever spelling.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_CONTROL_OR_SPACE = re.compile(r"[\x00-\x20\x7f\\]|\s")


class Forbidden(httpx.ConnectError):
    """The address may not be asked from here; the text says why and names no address. Nothing was sent."""


class Reach(Enum):
    """Who has an address: everybody, a network of one's own, or nobody that could be asked."""

    PUBLIC = "PUBLIC"
    OWN = "OWN"
    SPECIAL = "SPECIAL"


def reach(address: IPv4Address | IPv6Address) -> Reach:
    """Return what kind of range an address is of."""
    inner = _inside(address)
    if inner is not None:
        return reach(inner)
    if _is_in(address, _OWN):
        return Reach.OWN
    if _is_in(address, _SPECIAL) or (isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST):
        return Reach.SPECIAL
    return Reach.PUBLIC


def allowed(addresses: Iterable[str], *, own_networks: bool) -> list[str]:
    """Return those that may be connected to, in their order. Raises Forbidden when there is none.

    ``addresses`` are what a look-up gave; ``own_networks``: whether those of one's own may be asked.
    """
    found = [(one, reach(ip_address(one.partition("%")[0]))) for one in addresses]
    good = [one for one, kind in found if _refusal(kind, own_networks=own_networks) == ""]
    if not good:
        raise Forbidden(PRIVATE if any(kind is Reach.OWN for _, kind in found) else SPECIAL)
    return good


def looked_up(host: str, port: int) -> list[str]:
    """Return the addresses of ``host``, each once, in the system's order. Raises OSError and UnicodeError.

    The system's resolver may take its time; no time-out of ours reaches it.
    """
    return list(dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def url_problem(url: str, *, own_networks: bool) -> str:
    """Return why ``url`` is not asked, as a sentence; empty if it may be tried.

    A name is looked up when the connection is made, and judged again by ``allowed``.
    """
    if _CONTROL_OR_SPACE.search(url):
        return "Leave spaces, line breaks and backslashes out of the address."
    try:
        parts, read = urlsplit(url), httpx.URL(url)
        host, port = parts.hostname, parts.port
    except (ValueError, httpx.InvalidURL):
        return _NO_ADDRESS
    if parts.scheme not in ("http", "https") or not host or port == 0:
        return "Enter an address that begins with https:// or http://."
    if "@" in parts.netloc:
        return "Leave user name and password out of the address."
    if port != read.port and port != {"http": 80, "https": 443}[parts.scheme]:
        return _NO_ADDRESS
    return _host_problem(host, read.raw_host.decode("ascii"), own_networks=own_networks)


def _host_problem(written: str, read: str, *, own_networks: bool) -> str:
    """Judge a host as it was written and as the client reads it."""
    if ":" in written:
        try:
            return _refusal(reach(IPv6Address(written)), own_networks=own_networks) if "%" not in written else _SPELLING
        except ValueError:
            return _SPELLING
    # Digits and dots of other scripts are turned into plain ones by some programs and not by others.
    if unicodedata.normalize("NFKC", written) != written or "\u3002" in written:
        return _SPELLING
    labels = read.split(".")
    if len(read) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return _SPELLING
    if not _NUMBER.fullmatch(labels[-1]):
        return PRIVATE if labels[-1].lower() == "localhost" and not own_networks else ""
    try:
        return _refusal(reach(IPv4Address(read)), own_networks=own_networks)
    except ValueError:
        return _SPELLING


def _refusal(kind: Reach, *, own_networks: bool) -> str:
    if kind is Reach.SPECIAL:
        return SPECIAL
    return PRIVATE if kind is Reach.OWN and not own_networks else ""


def _inside(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address.ipv4_mapped


def _is_in(address: IPv4Address | IPv6Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)
