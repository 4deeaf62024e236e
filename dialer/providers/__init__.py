"""One module a provider: its name is the slug, and it holds ``provider``. Adding one = that file and its payloads."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from dialer.providers.base import Provider

#: Modules of this package that are shared pieces, not providers.
SHARED = frozenset({"base", "building", "notes", "parsing", "replies", "reports", "table", "vocabulary"})


@cache
def slugs() -> tuple[str, ...]:
    """Return the slug of every provider, in alphabetical order."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in names if name not in SHARED and not name.startswith("_")))


@cache
def get(slug: str) -> Provider:
    """Return the provider called ``slug``. Raises KeyError when there is none."""
    if slug not in slugs():
        raise KeyError(slug)
    provider: Provider = importlib.import_module(f"{__name__}.{slug}").provider
    return provider


def choices() -> list[tuple[str, str]]:
    """Return (slug, name) pairs for forms."""
    return [(slug, get(slug).name) for slug in slugs()]
