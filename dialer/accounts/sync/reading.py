"""Reads what an account has at its provider: flows, bots, templates, agents, numbers, lists, labels, variables.

Each kind by itself: what cannot be read is said, and its items stay as they were. Only a whole, successful list makes
an item gone. Nothing is changed at the provider.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dialer.accounts.asking import put
from dialer.accounts.sync.agents import keep_in_step
from dialer.accounts.sync.numbers import enlist_numbers
from dialer.http.client import NotSent, Unanswered
from dialer.models import ProviderAccount
from dialer.models.synced import ItemKind, SyncedItem
from dialer.providers.parts.lists import Kind, Listed, Lists
from dialer.providers.questions import Rows

_SECRET = re.compile(r"token|passw|secret|key", re.IGNORECASE)
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSynced:
    """What came of one kind. ``problem`` is empty when its list was read; ``unread``: rows of it that are none."""

    kind: ItemKind
    listed: int = 0
    new: int = 0
    gone: int = 0
    unread: int = 0
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it for the API, the command and the progress that is kept."""
        return {**asdict(self), "kind": str(self.kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What came of a sync. ``numbers_added``: DIDs that are new here."""

    account_id: int
    synced_at: datetime
    kinds: tuple[KindSynced, ...]
    numbers_added: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Return whether every kind was read."""
        return not any(kind.problem for kind in self.kinds)

    @property
    def problem(self) -> str:
        """Say what could not be read; empty when everything was."""
        failed = [kind for kind in self.kinds if kind.problem]
        if failed and len(failed) == len(self.kinds) and len({kind.problem for kind in failed}) == 1:
            return f"Nothing could be read: {failed[0].problem}"
        unread = [f"{kind.kind.label}: {kind.unread} rows cannot be read." for kind in self.kinds if kind.unread]
        return " ".join([f"{kind.kind.label}: {kind.problem}." for kind in failed] + unread)

    def as_json(self) -> dict[str, Any]:
        """Return it for the API and the command."""
        return {
            "account": self.account_id,
            "is_whole": self.is_whole,
            "synced_at": self.synced_at.isoformat(),
            "kinds": [kind.as_json() for kind in self.kinds],
            "numbers_added": list(self.numbers_added),
        }


class NothingToSync(Exception):
    """The provider lists nothing of an account."""


def lists_of(account: ProviderAccount) -> Lists:
    """Return the part of the provider that lists what an account has. Raises NothingToSync where there is none."""
    lists = account.api.lists
    if lists is None:
        raise NothingToSync(f"{account.api.name} has no lists that can be read.")
    return lists


def sync_account(
    *, account: ProviderAccount, now: datetime, tell: Callable[[KindSynced], None] = lambda _: None
) -> Synced:
    """Read every kind and keep what is listed; ``tell`` hears of each as it comes. Raises NothingToSync."""
    kinds = tuple(_sync(account, kind, now, tell) for kind in lists_of(account).kinds)
    own = SyncedItem.objects.filter(account=account, kind=ItemKind.DID, is_gone=False)
    listed = list(own.values_list("external_id", flat=True))
    is_read = any(one.kind is ItemKind.DID and not one.problem for one in kinds)
    added = enlist_numbers(account=account, numbers=listed).added if is_read else ()
    keep_in_step(account=account)
    return Synced(account_id=account.pk, synced_at=now, kinds=kinds, numbers_added=added)


def _sync(account: ProviderAccount, kind: Kind, now: datetime, tell: Callable[[KindSynced], None]) -> KindSynced:
    done = sync_kind(account=account, kind=kind, now=now)
    tell(done)
    return done


def sync_kind(*, account: ProviderAccount, kind: Kind, now: datetime) -> KindSynced:
    """Read one kind and keep what is listed; what could not be read is said in ``problem``. Raises NothingToSync."""
    lists = lists_of(account)
    if account.unreadable_credentials:
        return KindSynced(kind=ItemKind(kind), problem=account.unreadable_credentials[:300])
    question = lists.listing(account=account.config, kind=kind)
    try:
        answer = put(account=account, question=question)
    except (NotSent, Unanswered) as failure:
        return KindSynced(kind=ItemKind(kind), problem=f"No answer: {failure.reason}"[:300])
    if answer.problem is not None:
        return KindSynced(kind=ItemKind(kind), problem=answer.problem.detail)
    found: Rows[Listed] = Rows() if answer.value is None else answer.value
    rows = {row.external_id[:120]: row for row in found}
    return _keep(account, ItemKind(kind), rows, found.unread, now)


def _keep(
    account: ProviderAccount, kind: ItemKind, rows: Mapping[str, Listed], unread: int, now: datetime
) -> KindSynced:
    here = SyncedItem.objects.filter(account=account, kind=kind)
    known = set(here.filter(is_gone=False).values_list("external_id", flat=True))
    SyncedItem.objects.bulk_create(
        [
            SyncedItem(
                account=account,
                kind=kind,
                external_id=external_id,
                name=row.name[:LONGEST_NAME],
                status=row.status[:60],
                details=without_secrets(row.details),
                seen_at=now,
                is_gone=False,
            )
            for external_id, row in sorted(rows.items())
        ],
        update_conflicts=True,
        unique_fields=["account", "kind", "external_id"],
        update_fields=["name", "status", "details", "seen_at", "is_gone"],
    )
    # Older than this reading: a sync that runs beside it may have seen what this one has not. What is missed may be
    # among the rows that cannot be read.
    missed = here.filter(is_gone=False, seen_at__lt=now).exclude(external_id__in=rows)
    gone = 0 if unread else missed.update(is_gone=True)
    return KindSynced(kind=kind, listed=len(rows), new=len(set(rows) - known), gone=gone, unread=unread)


def without_secrets(details: Any) -> Any:
    """Return ``details`` without values whose names say that they are secret: agents come with a login token."""
    if isinstance(details, Mapping):
        return {name: without_secrets(value) for name, value in details.items() if not _SECRET.search(str(name))}
    if isinstance(details, Iterable) and not isinstance(details, str | bytes):
        return [without_secrets(value) for value in details]
    return details
