"""An act, and the table of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """The groups that come with the installation; each may do all that those before it may."""

    VIEWER = "viewer"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


class Somebody(Protocol):
    """A user, or nobody."""

    @property
    def is_active(self) -> bool:
        """Whether the user may log in."""
        ...

    def has_perms(self, perm_list: tuple[str, ...]) -> bool:
        """Return whether the user has all these permissions."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that somebody may do. ``role``: the first that may; None: superusers alone."""

    name: str
    words: str
    rights: tuple[str, ...]
    role: Role | None

    def may(self, user: Somebody) -> bool:
        """Return whether ``user`` may do it: needs all its rights."""
        if self.role is None:
            return user.is_active and bool(getattr(user, "is_superuser", False))
        return user.is_active and user.has_perms(self.rights)


#: What an address asks for: one act, or one for each method of HTTP or action of a viewset.
Asked = Act | Mapping[str, Act]

_table: dict[str, Act] = {}


def register(act: Act) -> Act:
    """Add an act to the table and return it. Raises ValueError for a name that is there."""
    if act.name in _table:
        raise ValueError(f"There is an act {act.name} already.")
    _table[act.name] = act
    return act


def table() -> Mapping[str, Act]:
    """Return every act by its name."""
    return _table


def asked(acts: Asked, *, method: str, action: str = "") -> Act | None:
    """Return the act that a request asks for; None where the address has none for it."""
    if isinstance(acts, Act):
        return acts
    return acts.get(action) or acts.get("GET" if method in ("GET", "HEAD") else method)
