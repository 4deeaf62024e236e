"""Makes a campaign's dialer at the provider, and tells it when the campaign's DID, limits, hours or template change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Q

from campaigns.hosting import provider
from campaigns.hosting.lines import hold_lines
from campaigns.hosting.provider import Unable, as_json
from campaigns.hosting.reading import live_attempts, read
from campaigns.models import Campaign, HostedDialer
from campaigns.rules.hosted import clock_hours, hosting_problems
from dialer.models import DID
from dialer.providers.parts.hosted import DialerSettings

#: A list of texts that cannot be read is asked for again after this long, then after ever longer.
SCRIPTS_REST_SECONDS = 5
LONGEST_SCRIPTS_REST_SECONDS = 300


def prepare(dialer: HostedDialer, *, did: DID | None, now: datetime) -> None:
    """Make or change the provider's dialer so that it is as the campaign says; ``did``: its own. Raises Unable.

    A creation that had no answer is found by the dialer's name, which nothing else has.
    """
    if did is None:
        raise Unable("It has no DID that is switched on")
    settings = _settings(dialer, did)
    if dialer.external_id is not None and dialer.told == _told(dialer, settings):
        return
    settings = replace(settings, script_id=_script_id(dialer, now))
    # More lines are held before the provider has them; fewer only once it no longer has them.
    dialer.did, dialer.lines = did, max(dialer.lines if dialer.told else 0, settings.concurrent_calls)
    dialer.save(update_fields=["did", "lines"])
    if read(dialer, now=now) is None:
        _forget(dialer)
        dialer.external_id = provider.create(account=dialer.account, name=dialer.name, settings=settings)
        dialer.save(update_fields=["external_id"])
    else:
        assert dialer.external_id is not None
        provider.edit(account=dialer.account, external_id=dialer.external_id, settings=settings)
    dialer.told, dialer.lines = _told(dialer, settings), settings.concurrent_calls
    dialer.save(update_fields=["told", "lines"])


def _forget(dialer: HostedDialer) -> None:
    """Make room for a new dialer where the provider no longer has the old one. Raises Unable while it had calls."""
    waiting = live_attempts(dialer) if dialer.external_id is not None else 0
    if waiting:
        raise Unable(f"The provider no longer has this dialer; the ends of {waiting} numbers given to it are awaited")
    dialer.external_id, dialer.told = None, {}
    dialer.total_numbers = dialer.pending_numbers = None
    dialer.save(update_fields=["external_id", "told", "total_numbers", "pending_numbers"])


def hosting_start_problems(*, campaign: Campaign) -> list[str]:
    """Return what keeps a campaign from the provider's dialer, as sentences: asked at the start and at each turn."""
    problems = list(hosting_problems(campaign=campaign).values())
    dids = list(DID.objects.filter(Q(campaigns=campaign) | Q(groups__campaigns=campaign)).distinct()[:2])
    if len(dids) != 1:
        problems.append("On the provider's dialer a campaign calls from one DID: choose exactly one.")
    elif dids[0].counts_calls:
        problems.append(
            f"The provider's dialer cannot keep the caps and the rest of DID {dids[0].number}: take them off, or "
            "choose another DID."
        )
    if campaign.agents.exists():
        problems.append("On the provider's dialer no agents take part: remove them.")
    if campaign.windows.exists():
        problems.append("The provider's own dialer keeps one window a day: remove the calling windows.")
    return problems


def _settings(dialer: HostedDialer, did: DID) -> DialerSettings:
    hours = clock_hours(dialer.campaign)
    if hours is None:
        raise Unable("The calling window is not valid")
    limits = (dialer.campaign.max_live_calls, did.max_live_calls, dialer.account.max_live_calls)
    return DialerSettings(
        did=did.number,
        concurrent_calls=_lines(dialer, wanted=min(limit for limit in limits if limit is not None)),
        opens=hours[0],
        closes=hours[1],
        script_id=int(dialer.told.get("template_id", 0)),
    )


def _lines(dialer: HostedDialer, *, wanted: int) -> int:
    """Return how many lines the provider may be told of: more than it knows of only once they are free."""
    if not dialer.holds_lines:
        return wanted
    known = dialer.told.get("concurrent_calls", dialer.lines)
    if wanted > known:
        return known if hold_lines(dialer=dialer, lines=wanted) else wanted
    if wanted == known < dialer.lines:
        # More were wanted for a while, and held.
        dialer.lines = known
        dialer.save(update_fields=["lines"])
    return wanted


def _told(dialer: HostedDialer, settings: DialerSettings) -> dict[str, object]:
    return {**as_json(settings), "template": _script(dialer)}


def _script_id(dialer: HostedDialer, now: datetime) -> int:
    """Return the id of what the dialer plays. Raises Unable; an unreadable list is asked for ever more seldom."""
    since = dialer.scripts_unread_since_at
    if since is not None and dialer.scripts_asked_at is not None:
        again_at = dialer.scripts_asked_at + scripts_rest(unread_for=dialer.scripts_asked_at - since)
        if now < again_at:
            raise Unable(dialer.problem)
    try:
        found = provider.script_id(account=dialer.account, name=_script(dialer))
    except Unable as error:
        unread = error.refusal is None
        _note_scripts(dialer, since_at=(since or now) if unread else None, asked_at=now)
        raise
    if since is not None:
        _note_scripts(dialer, since_at=None, asked_at=now)
    return found


def scripts_rest(*, unread_for: timedelta) -> timedelta:
    """Return how long a list that has been unreadable for so long is let rest: as long again, within bounds."""
    return min(
        max(unread_for, timedelta(seconds=SCRIPTS_REST_SECONDS)), timedelta(seconds=LONGEST_SCRIPTS_REST_SECONDS)
    )


def _note_scripts(dialer: HostedDialer, *, since_at: datetime | None, asked_at: datetime) -> None:
    dialer.scripts_unread_since_at, dialer.scripts_asked_at = since_at, asked_at
    dialer.save(update_fields=["scripts_unread_since_at", "scripts_asked_at"])


def _script(dialer: HostedDialer) -> str:
    return provider.part_of(dialer.account).script_of(options=dialer.campaign.template.options)
