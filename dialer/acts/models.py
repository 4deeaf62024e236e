"""The acts on a table: to see, add, change and delete its rows."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Model

from dialer.acts.act import Act, Role, register, table

_WORDS = {"view": "See", "add": "Add", "change": "Change", "delete": "Delete"}


def on_model(
    label: str, words: str, roles: Mapping[str, Role | None], *, also: Mapping[str, tuple[str, ...]] | None = None
) -> None:
    """Add the acts on the table ``label``, e.g. "campaigns.campaign", by ``roles``; a verb left out is nobody's.

    To change or delete needs the right to see as well: the reply, or the page, shows what was there. ``also``: rights
    besides those of the table itself.
    """
    app, model = label.split(".")
    for verb, role in roles.items():
        own = (verb,) if verb in ("view", "add") else ("view", verb)
        rights = (*(f"{app}.{one}_{model}" for one in own), *(also or {}).get(verb, ()))
        register(Act(name=f"{label}.{verb}", words=f"{_WORDS[verb]} {words}", rights=rights, role=role))


def of(model: type[Model], verb: str) -> Act | None:
    """Return the act on a table; None: nobody does this by hand."""
    return table().get(f"{model._meta.label_lower}.{verb}")
