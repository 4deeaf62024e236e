"""What a key lets through of its user's rights. Each app registers its part when it starts: this one knows none.

A scope narrows and never widens: a right must be the user's own, and in one of the key's scopes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Model, QuerySet

#: Every right of the user.
ADMIN = "admin"
#: Every right to look at something.
READ = "read"
VERBS = ("view", "add", "change", "delete")

_said: dict[str, str] = {
    READ: "Look at everything that the user may look at; change nothing.",
    ADMIN: "All that the user may do: accounts, keys and the switchboard included.",
}
_rights: dict[str, set[str]] = {}
_limits: dict[str, type[Limit]] = {}


class Limit:
    """What a key may be limited to certain ones of, such as one kind of objects with ids."""

    #: How the API and the admin name it.
    name: str
    model: type[Model]

    @classmethod
    def covered(cls, ids: Collection[int]) -> QuerySet[Any]:
        """Return the ids of all that a limit to ``ids`` covers."""
        return cls.model._default_manager.filter(pk__in=ids).values("pk")


def register_scope(name: str, *, said: str, rights: Iterable[str]) -> None:
    """Take note of a scope, or of more rights of one; ``said`` tells people what it is for."""
    _said.setdefault(name, said)
    _rights.setdefault(name, set()).update(rights)


def register_limit(limit: type[Limit]) -> None:
    """Take note of what keys may be limited to certain ones of."""
    _limits[limit.name] = limit


def rights_over(app: str, models: Iterable[str], verbs: Iterable[str] = VERBS) -> set[str]:
    """Return the rights by which these verbs are allowed over models of an app."""
    wanted = list(verbs)
    return {f"{app}.{verb}_{model}" for model in models for verb in wanted}


def scopes() -> dict[str, str]:
    """Return the scopes there are, each with what it is for, the widest last."""
    order = sorted(_said, key=lambda name: (name == ADMIN, name != READ, name))
    return {name: _said[name] for name in order}


def limits() -> dict[str, type[Limit]]:
    """Return what keys may be limited to, by name."""
    return dict(sorted(_limits.items()))


def allows(held: Iterable[str], right: str) -> bool:
    """Return whether one of the scopes ``held`` lets a right through; unknown scopes let nothing through."""
    _, _, codename = right.partition(".")
    for scope in held:
        if scope == ADMIN or (scope == READ and codename.startswith("view_")) or right in _rights.get(scope, ()):
            return True
    return False
