"""What was read at the providers, as choices by name: call flows, bots, texts, extensions, labels.

A provider may have newer things than were read, so what is not among them is warned of and not refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dialer import providers
from dialer.models.synced import ItemKind, SyncedItem
from dialer.providers.base import Field

NOTHING_READ = "Nothing was read yet: press Sync now on the account's page, or run sync_account. You can type one."
OR_TYPE = "Or type one that is new at the provider."


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks:
    """Values with their names, over all accounts at one provider."""

    names: Mapping[str, str]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The values with their names, by name."""
        return sorted(self.names.items(), key=lambda pair: pair[1].lower())

    @property
    def hint(self) -> str:
        """What to say beside an input."""
        return OR_TYPE if self.names else NOTHING_READ


@dataclass(slots=True)
class PickLists:
    """The picks of every provider and kind, read in one question to the database when they are first wanted."""

    _names: dict[tuple[str, str], dict[str, str]] | None = field(default=None)

    def of(self, slug: str, kind: str) -> Picks:
        """Return what can be picked of a kind at a provider."""
        return Picks(names=self._all().get((slug, kind), {}))

    def every(self, kind: str) -> list[tuple[str, str]]:
        """Return the choices of a kind over all providers."""
        return [choice for slug, found in self._all() if found == kind for choice in self.of(slug, kind).choices]

    def _all(self) -> dict[tuple[str, str], dict[str, str]]:
        if self._names is None:
            self._names = _read()
        return self._names

    def warnings(self, *, slug: str, fields: Iterable[Field], values: Mapping[str, Any]) -> list[str]:
        """Return a sentence for each value that names nothing that was read, where anything of its kind was."""
        found = []
        for one in fields:
            value, names = values.get(one.name), self.of(slug, one.picks).names if one.picks else {}
            if names and value not in (None, "") and str(value) not in names:
                found.append(
                    f"{one.label} {value} is not among what was read of the accounts at {providers.get(slug).name}. If "
                    "it is new there, sync the account; if not, calls with it are refused."
                )
        return found


def _read() -> dict[tuple[str, str], dict[str, str]]:
    fields = [one for slug in providers.slugs() for of in providers.get(slug).option_fields.values() for one in of]
    kinds = {one.picks for one in fields if one.picks} | {ItemKind.DISPOSITION.value}
    items = SyncedItem.objects.filter(kind__in=kinds, is_gone=False).select_related("account")
    accounts: dict[tuple[str, str], dict[str, list[str]]] = {}
    labels: dict[tuple[str, str, str], str] = {}
    for item in items.order_by("account__name"):
        key = (item.account.provider, item.kind)
        accounts.setdefault(key, {}).setdefault(item.value, []).append(item.account.name)
        labels.setdefault((*key, item.value), _label(item))
    return {
        key: {value: f"{labels[(*key, value)]} · {', '.join(names)}" for value, names in values.items()}
        for key, values in accounts.items()
    }


def _label(item: SyncedItem) -> str:
    """Return name and id, and the provider's word for its state where that is of interest."""
    name = str(item) if item.name != item.value else item.value
    return f"{name}, {item.status}" if item.kind == ItemKind.TEXT_TEMPLATE and item.status else name
