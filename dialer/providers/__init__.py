"""The registry of providers. Everybody else asks here, and names no provider.

A provider comes with the project as a module of this package (its name is the slug, and it holds ``provider``), with
an installed package by an entry point in the group ``dialer.providers``, or by ``register``: docs/adding-a-provider.md.
"""

from __future__ import annotations

from dialer.providers.absent import absent
from dialer.providers.base import Provider
from dialer.providers.registry import ENTRY_POINTS, Registry, bundled_slugs

__all__ = [
    "ENTRY_POINTS",
    "able",
    "bundled_slugs",
    "choices",
    "get",
    "of_account",
    "problems",
    "register",
    "slugs",
    "unregister",
]

_registry = Registry()


def slugs() -> tuple[str, ...]:
    """Return the slug of every provider, in alphabetical order."""
    return _registry.slugs


def get(slug: str) -> Provider:
    """Return the provider called ``slug``. Raises KeyError when there is none."""
    return _registry.get(slug)


def of_account(slug: str) -> Provider:
    """Return the provider that an account is at; where its package is missing, one that can do nothing."""
    return _registry.find(slug) or absent(slug)


def able(capability: str) -> tuple[str, ...]:
    """Return the slugs of the providers that have a capability: the name of a field of ``Capabilities``."""
    return tuple(slug for slug in slugs() if getattr(get(slug).capabilities, capability))


def choices() -> list[tuple[str, str]]:
    """Return (slug, name) pairs for forms."""
    return [(slug, get(slug).name) for slug in slugs()]


def register(provider: Provider) -> None:
    """Add a provider in this process. Raises ValueError for one that is there, or is not as it declares."""
    _registry.register(provider)


def unregister(slug: str) -> None:
    """Take a provider out in this process. Raises KeyError when there is none."""
    _registry.unregister(slug)


def problems() -> tuple[str, ...]:
    """Return a sentence for each installed package whose provider could not be registered."""
    return _registry.problems
