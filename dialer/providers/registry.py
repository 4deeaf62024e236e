"""Where providers are kept: found once, when they are first asked for, and checked as they come in."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from dialer.providers.base import Provider
from dialer.providers.declared import contradictions

#: The group of entry points by which installed packages bring providers: ``slug = "package.module:provider"``.
ENTRY_POINTS = "dialer.providers"
PACKAGE = "dialer.providers"
#: Modules of this package that are shared pieces, not providers.
SHARED = frozenset(
    {
        "absent",
        "base",
        "building",
        "capabilities",
        "cleaning",
        "damaged",
        "declared",
        "notes",
        "parsing",
        "parts",
        "questions",
        "registry",
        "rereading",
        "replies",
        "reports",
        "serialised",
        "table",
        "tokens",
        "vocabulary",
    }
)


@cache
def bundled_slugs() -> tuple[str, ...]:
    """Return the slugs of the providers that come with the project, in alphabetical order."""
    names = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return tuple(sorted(name for name in names if name not in SHARED and not name.startswith("_")))


class Registry:
    """Providers by slug. Safe to use from several threads."""

    def __init__(self) -> None:
        self._found: dict[str, Provider] = {}
        self._problems: list[str] = []
        self._is_filling = self._is_filled = False
        self._lock = threading.RLock()

    @property
    def slugs(self) -> tuple[str, ...]:
        """The slugs, in alphabetical order."""
        self._fill()
        return tuple(sorted(self._found))

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each entry point that brought no provider."""
        self._fill()
        return tuple(self._problems)

    def get(self, slug: str) -> Provider:
        """Return the provider called ``slug``. Raises KeyError."""
        self._fill()
        return self._found[slug]

    def find(self, slug: str) -> Provider | None:
        """Return the provider called ``slug``, or None."""
        self._fill()
        return self._found.get(slug)

    def register(self, provider: Provider) -> None:
        """Add a provider. Raises ValueError for one that is there, or is not as it declares."""
        self._fill()
        with self._lock:
            self._add(provider)

    def unregister(self, slug: str) -> None:
        """Take a provider out. Raises KeyError."""
        self._fill()
        with self._lock:
            left = dict(self._found)
            del left[slug]
            self._found = left

    def _fill(self) -> None:
        if self._is_filled:
            return
        with self._lock:
            # A package that registers its provider while its entry point is loaded comes here a second time.
            if self._is_filled or self._is_filling:
                return
            self._is_filling = True
            for slug in bundled_slugs():
                self._add(importlib.import_module(f"{PACKAGE}.{slug}").provider)
            for entry in entry_points(group=ENTRY_POINTS):
                self._add_installed(entry)
            self._is_filled = True

    def _add_installed(self, entry: EntryPoint) -> None:
        """Add what a package brings. A broken one is said and spoils no other."""
        where = f"{entry.value} of {entry.dist.name if entry.dist else 'an unknown package'}"
        try:
            provider: Provider = entry.load()
            if getattr(provider, "slug", None) != entry.name:
                raise ValueError(f"its slug is not {entry.name!r}, the name of its entry point")
            self._add(provider)
        except Exception as error:  # somebody else's code: it may raise anything
            self._problems.append(f"The provider {entry.name!r}, {where}, is left out: {type(error).__name__}: {error}")

    def _add(self, provider: Provider) -> None:
        found = contradictions(provider)
        if found:
            raise ValueError("; ".join(found))
        if provider.slug in self._found:
            raise ValueError(f"there is a provider {provider.slug!r} already")
        # Another mapping each time: who reads the old one is not disturbed.
        self._found = {**self._found, provider.slug: provider}
