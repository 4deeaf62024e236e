"""What the counts of results say of accounts, in a manager's words, each trouble with its cure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dialer.models import ProviderAccount
from dialer.models.result_counts import ResultCount, ResultKind

#: A trouble that has not shown again for so long is over, once pushes are taken again.
MENDED_AFTER = timedelta(hours=1)
#: Without a sign that it is mended, it is told for so long.
TOLD_FOR = timedelta(days=1)
#: Kinds of which each shows that a provider's pushes fail.
OF_PUSHES = frozenset(ResultKind) - {
    ResultKind.TAKEN,
    ResultKind.LOOKUP_REFUSED,
    ResultKind.LOST,
    ResultKind.NOTE_UNWRITTEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Results that did not reach their calls. ``is_current``: nothing shows that it is over."""

    account_id: int
    kind: ResultKind
    count: int
    since_at: datetime
    last_at: datetime
    text: str
    remedy: str
    is_current: bool

    def as_json(self) -> dict[str, Any]:
        """Return it for the API and the admin."""
        return {
            "kind": str(self.kind),
            "count": self.count,
            "since_at": self.since_at,
            "last_at": self.last_at,
            "is_current": self.is_current,
            "text": self.text,
            "remedy": self.remedy,
        }


def troubles(*, account: ProviderAccount, now: datetime) -> list[Trouble]:
    """Return what results of the account do not arrive, the current ones first."""
    return told_of(account=account, counts=account.result_counts.all(), now=now)


def current_troubles(*, now: datetime) -> dict[int, list[Trouble]]:
    """Return by account what does not arrive at present; accounts without troubles are left out."""
    recent = ResultCount.objects.exclude(kind=ResultKind.TAKEN).filter(last_at__gt=now - TOLD_FOR)
    accounts = ProviderAccount.objects.filter(pk__in=recent.values("account")).prefetch_related("result_counts")
    found = {account.pk: troubles(account=account, now=now) for account in accounts}
    return {pk: current for pk, told in found.items() if (current := [one for one in told if one.is_current])}


def told_of(*, account: ProviderAccount, counts: Iterable[ResultCount], now: datetime) -> list[Trouble]:
    """Return the troubles among the account's counts."""
    rows = list(counts)
    taken_at = next((row.last_at for row in rows if row.kind == ResultKind.TAKEN), None)
    found = [_trouble(account, row, taken_at, now) for row in rows if row.kind != ResultKind.TAKEN]
    return sorted(found, key=lambda one: (not one.is_current, one.kind))


def _trouble(account: ProviderAccount, row: ResultCount, taken_at: datetime | None, now: datetime) -> Trouble:
    kind = ResultKind(row.kind)
    text, remedy = _WORDS[kind]
    name = account.api.name
    detail = f" ({row.detail})" if row.detail else ""
    said = text.format(count=f"{row.count:,}", name=name) + f" since {row.since_at:%d %b %H:%M} UTC{detail}."
    cure = remedy.format(name=name)
    if kind == ResultKind.SILENT and account.api.silence_hint:
        cure = f"{account.api.silence_hint} {cure}"
    return Trouble(
        account_id=account.pk,
        kind=kind,
        count=row.count,
        since_at=row.since_at,
        last_at=row.last_at,
        text=said,
        remedy=cure,
        is_current=_is_current(kind, row.last_at, taken_at, now),
    )


def _is_current(kind: ResultKind, last_at: datetime, taken_at: datetime | None, now: datetime) -> bool:
    is_mended = kind in OF_PUSHES and taken_at is not None and taken_at > last_at
    if kind == ResultKind.SILENT:
        return not is_mended and now - last_at < TOLD_FOR
    return now - last_at < (MENDED_AFTER if is_mended or kind == ResultKind.LOOKUP_REFUSED else TOLD_FOR)


def as_lines(found: Sequence[Trouble]) -> str:
    """Return troubles for a page, a line each."""
    return "\n".join(f"{one.text} {one.remedy}" if one.is_current else f"Over: {one.text}" for one in found)


_ADDRESS = "Enter the push address of the account's page at {name} anew."
#: What is wrong, and what to do about it.
_WORDS: dict[ResultKind, tuple[str, str]] = {
    ResultKind.WRONG_TOKEN: ("{count} pushes came with a wrong token in their address", _ADDRESS),
    ResultKind.WRONG_SIGNATURE: (
        "{count} pushes were refused, as their signature or token is wrong",
        "Enter the webhook secret with which {name} signs; look whether a proxy in front changes bodies or headers.",
    ),
    ResultKind.EMPTY: (
        "{count} pushes came without a body",
        "A redirect in front (http to https, another host, a slash) loses the body: enter the address that the "
        "redirect leads to, and set PUBLIC_BASE_URL to it.",
    ),
    ResultKind.NOT_UNDERSTOOD: (
        "{count} pushes were not understood",
        "Look at the failed events of the inbox: the key map or the field map at {name} may differ from the account's.",
    ),
    ResultKind.UNMATCHED: (
        "{count} pushes tell of calls that are unknown here",
        "If other systems call with this account, that is as it should be; else look at the unmatched events of the "
        "inbox: the reference or the id of the call is missing, or the account's time zone is wrong.",
    ),
    ResultKind.SILENT: (
        "No push has come for {count} calls that have ended",
        "Look whether {name} still has the push address registered and switched on, and whether it reaches us.",
    ),
    ResultKind.LOOKUP_REFUSED: (
        "{count} look-ups of calls were refused, not answered or not understood",
        "Check the account: its key may lack the right to read calls or logs.",
    ),
    ResultKind.NOTE_UNWRITTEN: (
        "{count} notes on calls were refused by {name}, or got no clear answer",
        "Look at the notes that failed, and at the account's setting for writing notes back.",
    ),
    ResultKind.LOST: (
        "{count} calls ended as LOST: their result never came",
        "Check the account: pushes and look-ups of {name} do not arrive, or its longest call is "
        "set too short: its page and its templates' suggest one.",
    ),
}
