"""Where an address leads, judged by its name alone: this machine, a network of our own, or the world. Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

#: Last parts of names that no public name server knows (RFC 2606, 6761, 6762, 8375; ICANN reserved `internal`).
NOT_PUBLIC = ("localhost", "local", "internal", "lan", "home.arpa", "test", "example", "invalid")


def is_this_machine(host: str) -> bool:
    """Return whether a host is this machine's loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_public(host: str) -> bool:
    """Return whether the world could reach a host of this name; a name of one word is somebody's own network's."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.rstrip(".").lower()
        return "." in name and not any(name.endswith(f".{end}") for end in NOT_PUBLIC)


def host_of(url: str) -> str:
    """Return the host of a URL, empty where it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
