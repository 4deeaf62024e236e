"""Addresses as those see them who may look and not change: path and query of many are keys in themselves. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit


def shown_address(url: str) -> str:
    """Return the address without what may be a secret in it; a path on our own disk as it is."""
    try:
        parts = urlsplit(url)
        where = f"{parts.scheme}://{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "…"
    if parts.scheme not in ("http", "https"):
        return url
    return where if parts.path in ("", "/") and not parts.query else f"{where}/…"
