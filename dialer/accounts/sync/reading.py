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

from dialer.accounts.asking import ask
from dialer.accounts.sync.agents import keep_in_step
from dialer.accounts.sync.numbers import enlist_numbers
from dialer.http.client import NotSent, Unanswered
from dialer.ivrsolutions import agents, contacts, dialers, dialing, formats, notes, numbers, templates, voicebots
from dialer.ivrsolutions.answers import found_nothing
from dialer.ivrsolutions.operation import Operation
from dialer.ivrsolutions.records import AgentRecord, DidRecord, HostedDialer, Item
from dialer.models import ProviderAccount
from dialer.models.synced import ItemKind, SyncedItem
from dialer.providers import parsing
from dialer.providers.base import ProviderReply, load_object

_SECRET = re.compile(r"token|passw|secret|key", re.IGNORECASE)
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSynced:
    """What came of one kind. ``problem`` is empty when its list was read whole."""

    kind: ItemKind
    listed: int = 0
    new: int = 0
    gone: int = 0
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
        if len(failed) == len(self.kinds) and len({kind.problem for kind in failed}) == 1:
            return f"Nothing could be read: {failed[0].problem}"
        return " ".join(f"{kind.kind.label}: {kind.problem}." for kind in failed)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    external_id: str
    name: str = ""
    status: str = ""
    details: Mapping[str, Any]


def _item(item: Item) -> _Row | None:
    found = item.id or item.name
    return _Row(external_id=found, name=item.name or "", status=item.status or "", details=item.raw) if found else None


def _agent(agent: AgentRecord) -> _Row | None:
    if not agent.ext_no:
        return None
    status = str(agent.raw.get("status") or "")
    return _Row(external_id=agent.ext_no, name=agent.name or "", status=status, details=agent.raw)


def _did(did: DidRecord) -> _Row | None:
    found = formats.e164(did.number) or did.number
    status = str(did.raw.get("status") or "")
    return _Row(external_id=found, name=did.region or "", status=status, details=did.raw) if found else None


def _dialer(dialer: HostedDialer) -> _Row | None:
    status = {True: "on", False: "off"}.get(bool(dialer.is_on)) if dialer.is_on is not None else ""
    found = dialer.id
    if found is None:
        return None
    return _Row(external_id=str(found), name=dialer.name or "", status=status or "", details=dialer.raw)


Reader = Callable[[Any], _Row | None]
#: What is read of an account at IVR Solutions, the one provider that lists anything.
SOURCES: Mapping[ItemKind, tuple[Operation[[], Any], Reader]] = {
    ItemKind.CALL_FLOW: (dialing.get_call_flows, _item),
    ItemKind.VOICE_BOT: (voicebots.get_voicebots, _item),
    ItemKind.TEXT_TEMPLATE: (templates.get_text_templates, _item),
    ItemKind.AGENT: (agents.get_agents, _agent),
    ItemKind.EXTENSION: (agents.get_extensions, _agent),
    ItemKind.DID: (numbers.get_linked_dids, _did),
    ItemKind.LIVE_DID: (numbers.get_live_dids, _did),
    ItemKind.CUSTOMER_LIST: (dialers.get_customer_lists, _item),
    ItemKind.DISPOSITION: (notes.get_remark_options, _item),
    ItemKind.VARIABLE: (contacts.get_variables, _item),
    ItemKind.HOSTED_DIALER: (dialers.get_dialers, _dialer),
}
SYNCABLE = frozenset({"ivrsolutions"})


def refuse_unless_syncable(account: ProviderAccount) -> None:
    """Raise NothingToSync where the provider lists nothing."""
    if account.provider not in SYNCABLE:
        raise NothingToSync(f"{account.api.name} has no lists that can be read.")


def sync_account(
    *, account: ProviderAccount, now: datetime, tell: Callable[[KindSynced], None] = lambda _: None
) -> Synced:
    """Read every kind and keep what is listed; ``tell`` hears of each as it comes. Raises NothingToSync."""
    refuse_unless_syncable(account)
    kinds = tuple(_sync(account, kind, now, tell) for kind in SOURCES)
    own = SyncedItem.objects.filter(account=account, kind=ItemKind.DID, is_gone=False)
    listed = [number for number in own.values_list("external_id", flat=True) if number.startswith("+")]
    did_problem = next(one.problem for one in kinds if one.kind is ItemKind.DID)
    added = () if did_problem else enlist_numbers(account=account, numbers=listed).added
    keep_in_step(account=account)
    return Synced(account_id=account.pk, synced_at=now, kinds=kinds, numbers_added=added)


def _sync(account: ProviderAccount, kind: ItemKind, now: datetime, tell: Callable[[KindSynced], None]) -> KindSynced:
    done = sync_kind(account=account, kind=kind, now=now)
    tell(done)
    return done


def sync_kind(*, account: ProviderAccount, kind: ItemKind, now: datetime) -> KindSynced:
    """Read one kind and keep what is listed; what could not be read is said in ``problem``."""
    operation, read = SOURCES[kind]
    try:
        reply = ask(account=account, request=operation(account.config))
    except (NotSent, Unanswered) as failure:
        return KindSynced(kind=kind, problem=f"No answer: {failure.reason}"[:300])
    answer = operation.parse(reply=reply)
    if answer.problem is not None and not found_nothing(reply=reply):
        return KindSynced(kind=kind, problem=answer.problem.detail)
    rows = {row.external_id[:120]: row for row in map(read, answer.value or ()) if row is not None}
    if not rows and not found_nothing(reply=reply) and not _is_empty_list(reply):
        return KindSynced(kind=kind, problem="The reply says success and holds no list that can be read")
    return _keep(account, kind, rows, now)


def _is_empty_list(reply: ProviderReply) -> bool:
    """Return whether a reply without rows says so by an empty list: what is gone stops campaigns and agents."""
    payload = load_object(reply.body) or {}
    parts = (payload, parsing.mapping(payload.get("data")))
    lists = [value for part in parts for value in part.values() if isinstance(value, list)]
    return bool(lists) and not any(lists)


def _keep(account: ProviderAccount, kind: ItemKind, rows: Mapping[str, _Row], now: datetime) -> KindSynced:
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
    # Older than this reading: a sync that runs beside it may have seen what this one has not.
    gone = here.filter(is_gone=False, seen_at__lt=now).exclude(external_id__in=rows).update(is_gone=True)
    return KindSynced(kind=kind, listed=len(rows), new=len(set(rows) - known), gone=gone)


def without_secrets(details: Any) -> Any:
    """Return ``details`` without values whose names say that they are secret: agents come with a login token."""
    if isinstance(details, Mapping):
        return {name: without_secrets(value) for name, value in details.items() if not _SECRET.search(str(name))}
    if isinstance(details, Iterable) and not isinstance(details, str | bytes):
        return [without_secrets(value) for value in details]
    return details
