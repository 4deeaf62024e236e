"""Switches a hosted dialer on and off as its window opens and closes, and on pause, stop and the kill switch.

One process at a time switches a dialer, and decides under the lock: who pauses writes the state first, so that no
later decision says on. A switching on without an answer may still arrive, so off is not confirmed before that is ruled
out.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import connections, transaction
from django.db.models import QuerySet

from campaigns.claiming import gate as account_gate
from campaigns.hosting import provider
from campaigns.hosting.lines import hold_lines
from campaigns.hosting.provider import Unable
from campaigns.hosting.reading import did_of, fresh, read, wish_of
from campaigns.models import HostedDialer, HostedSwitch
from campaigns.rules.hosted import Wish
from dialer.advisory_locks import AdvisoryLock
from dialer.held_locks import held_if_free
from dialer.home.allowing import is_in_doubt
from dialer.providers.base import Refusal
from dialer.sql import hot_cursor

#: A switching that had no answer is asked for again after this long.
AGAIN_SECONDS = 2
#: A process that stops a campaign waits this long, beyond a reply, for the one that is switching.
WAIT_SECONDS = 5.0
#: An unanswered request that is older than the reply time-out by this much does not arrive any more.
ARRIVES_WITHIN_SECONDS = 5
SWITCHED_AT_ONCE = 8


def follow(*, dialer_id: int, wait_seconds: float = 0.0) -> str:
    """Bring a dialer to what is wished of it now; return what stands in the way, or an empty text."""
    with held_if_free(AdvisoryLock.HOSTED_SWITCH, which=dialer_id, wait_seconds=wait_seconds) as mine:
        if not mine:
            return "Another process is switching it"
        dialer, now = fresh(dialer_id), datetime.now(UTC)
        if dialer.external_id is None:
            return ""
        if is_in_doubt():
            return "This database may be a copy, and another one may run this dialer: confirm its home first"
        wish = wish_of(dialer, did=did_of(dialer), now=now)
        problem = _on(dialer, wish, now) if wish.is_on else _off(dialer, wish, now)
        if problem != dialer.switch_problem:
            HostedDialer.objects.filter(pk=dialer.pk).update(switch_problem=problem[:300])
        return problem


def switch_off(*, dialer_ids: list[int]) -> list[str]:
    """Switch dialers off as their campaigns' states already say; return a sentence for each that is not confirmed."""
    if not dialer_ids:
        return []
    with ThreadPoolExecutor(min(SWITCHED_AT_ONCE, len(dialer_ids)), thread_name_prefix="switch") as pool:
        return [sentence for sentence in pool.map(_surely_off, dialer_ids) if sentence]


def not_surely_off(*, of: QuerySet[HostedDialer]) -> list[int]:
    """Return those of the dialers that are not confirmed to be off."""
    found = of.exclude(is_on=False).filter(external_id__isnull=False)
    return list(found.order_by("id").values_list("id", flat=True))


def _surely_off(dialer_id: int) -> str:
    """Switch off, in a thread of its own; two tries."""
    try:
        dialer = fresh(dialer_id)
        problem = ""
        for _ in range(2):
            problem = follow(dialer_id=dialer_id, wait_seconds=dialer.account.reply_timeout_seconds + WAIT_SECONDS)
            dialer.refresh_from_db(fields=["is_on"])
            if dialer.is_on is False:
                return ""
        return (
            f"The provider has not confirmed that its dialer of campaign {dialer.campaign.name} is off: "
            f"{problem or 'no answer'}. It is asked again until it does; switch it off in the provider's dashboard too."
        )
    finally:
        connections.close_all()


def _on(dialer: HostedDialer, wish: Wish, now: datetime) -> str:
    latest = _latest(dialer)
    if latest is not None and latest.is_on and latest.confirmed_at is not None and latest.edge_at >= wish.edge_at:
        return "" if dialer.is_on else "Somebody switched it off at the provider: pause and resume to go on"
    problem = hold_lines(dialer=dialer, lines=dialer.lines)
    if problem:
        return problem
    return _ask(dialer, _after(latest, wish), now)


def _off(dialer: HostedDialer, wish: Wish, now: datetime) -> str:
    if dialer.is_on is False:
        return ""
    return _ask(dialer, _after(_latest(dialer), wish), now)


def _latest(dialer: HostedDialer) -> HostedSwitch | None:
    return dialer.switches.order_by("-asked_at", "-id").first()


def _after(latest: HostedSwitch | None, wish: Wish) -> Wish:
    """Return the wish with an edge later than the switching that it undoes.

    Hours that are edited while a campaign runs give edges of the past, which may have been handled once before.
    """
    if latest is None or latest.is_on == wish.is_on or latest.asked_at < wish.edge_at:
        return wish
    return replace(wish, edge_at=latest.asked_at)


def _ask(dialer: HostedDialer, wish: Wish, now: datetime) -> str:
    """Ask the provider, with the edge written before; an edge that was asked for a moment ago is left alone."""
    row, made = HostedSwitch.objects.get_or_create(
        dialer=dialer, edge_at=wish.edge_at, is_on=wish.is_on, defaults={"reason": wish.reason, "asked_at": now}
    )
    if wish.is_on and not made and now - row.asked_at < timedelta(seconds=AGAIN_SECONDS):
        return row.problem
    if not _announce(dialer, row, now):
        return ""
    assert dialer.external_id is not None
    try:
        provider.switch(account=dialer.account, external_id=dialer.external_id, is_on=wish.is_on)
    except Unable as error:
        if not wish.is_on and _is_gone(dialer, error):
            _confirm(dialer, row, datetime.now(UTC))
            return "The provider no longer has this dialer"
        answered_at = None if error.may_have_happened else datetime.now(UTC)
        HostedSwitch.objects.filter(pk=row.pk).update(problem=error.detail[:300], answered_at=answered_at)
        return error.detail
    at = datetime.now(UTC)
    if not wish.is_on and _may_still_arrive(dialer, at):
        return _look(dialer, row, at)
    _confirm(dialer, row, at)
    return ""


def _announce(dialer: HostedDialer, row: HostedSwitch, now: datetime) -> bool:
    """Write, before anything is asked, that it may be on or off; False: on is no longer wished.

    Who stops writes the state under the same gate: it is either seen here, or sees that this may be on.
    """
    with transaction.atomic(), hot_cursor() as cursor:
        account_gate.lock_gate(cursor, account_id=dialer.account_id)
        latest = fresh(dialer.pk)
        if row.is_on and not wish_of(latest, did=did_of(latest), now=datetime.now(UTC)).is_on:
            return False
        HostedDialer.objects.filter(pk=dialer.pk).update(is_on=None)
        HostedSwitch.objects.filter(pk=row.pk).update(asked_at=now, answered_at=None)
    return True


def _is_gone(dialer: HostedDialer, error: Unable) -> bool:
    """Return whether somebody deleted it at the provider: it refuses to switch it, and no longer lists it."""
    if error.refusal != Refusal.UNKNOWN_TARGET:
        return False
    try:
        return provider.listed(account=dialer.account, name=dialer.name, external_id=dialer.external_id) is None
    except Unable:
        return False


def _look(dialer: HostedDialer, row: HostedSwitch, at: datetime) -> str:
    """It said off, but a switching on is on its way, perhaps: then it is looked at until that can no longer be."""
    problem = "A request to switch it on had no answer and may still arrive"
    try:
        found = read(dialer, now=at)
    except Unable as error:
        problem = error.detail
    else:
        problem = f"{problem}; the provider shows it {'on' if found and found.is_on else 'off'} now"
    HostedSwitch.objects.filter(pk=row.pk).update(problem=problem[:300])
    return problem


def _may_still_arrive(dialer: HostedDialer, at: datetime) -> bool:
    within = timedelta(seconds=dialer.account.reply_timeout_seconds + ARRIVES_WITHIN_SECONDS)
    return dialer.switches.filter(is_on=True, answered_at__isnull=True, asked_at__gt=at - within).exists()


def _confirm(dialer: HostedDialer, row: HostedSwitch, at: datetime) -> None:
    HostedSwitch.objects.filter(pk=row.pk).update(answered_at=at, confirmed_at=at, problem="")
    HostedDialer.objects.filter(pk=dialer.pk).update(is_on=row.is_on, off_at=None if row.is_on else at)
