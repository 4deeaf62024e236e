"""What is known of a hosted dialer: its campaign, what we wish of it, and what the provider says of it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from django.db.models import Q

from campaigns.hosting import provider
from campaigns.models import Attempt, Campaign, HostedDialer
from campaigns.rules.campaign import read_rules
from campaigns.rules.hosted import Circumstances, Wish, clock_hours, wish
from dialer.home.allowing import is_dialing_allowed
from dialer.models import DID, Switchboard
from dialer.providers.parts.hosted import DialerState
from dialer.sql import hot_cursor

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def dialer_of(campaign: Campaign) -> HostedDialer:
    """Return the campaign's dialer; its name is written before anything is asked of the provider."""
    name = f"{campaign.name[:80]} #{secrets.token_hex(4)}"
    dialer, _ = HostedDialer.objects.get_or_create(
        campaign=campaign, defaults={"account_id": campaign.account_id, "name": name}
    )
    return dialer


def fresh(dialer_id: int) -> HostedDialer:
    """Return the dialer with all that a decision needs, as it is now."""
    return HostedDialer.objects.select_related("campaign__template", "campaign__account", "account", "did").get(
        pk=dialer_id
    )


def wish_of(dialer: HostedDialer, *, did: DID | None, now: datetime) -> Wish:
    """Return whether the dialer shall be on; ``did``: ``did_of`` it."""
    campaign, account = dialer.campaign, dialer.account
    switchboard = Switchboard.objects.filter(pk=1).first()
    given = Circumstances(
        state=campaign.state,
        state_changed_at=campaign.state_changed_at or campaign.created_at,
        dialing_allowed=is_dialing_allowed(),
        dialing_changed_at=switchboard.changed_at if switchboard else LONG_AGO,
        account_is_active=account.is_active,
        account_changed_at=account.updated_at,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        time_zone=campaign.time_zone,
        hours=clock_hours(campaign) if campaign.time_zone == account.time_zone else None,
    )
    wished = wish(given=given, now=now)
    if not wished.is_on:
        return wished
    with hot_cursor() as cursor:
        rules = read_rules(cursor, campaign_ids=[campaign.pk])[campaign.pk]
    closed = rules.closed_by(now)
    if closed is not None:
        return replace(wished, is_on=False, reason=closed.detail[:200])
    if waits := _waits_for_did(dialer, did, now):
        return replace(wished, is_on=False, reason=waits)
    return wished


def did_of(dialer: HostedDialer) -> DID | None:
    """Return the DID that the campaign calls from; None: it has none that is switched on."""
    own = Q(campaigns=dialer.campaign_id) | Q(groups__campaigns=dialer.campaign_id)
    return DID.objects.filter(own, is_active=True, account_id=dialer.account_id).order_by("id").first()


def _waits_for_did(dialer: HostedDialer, did: DID | None, now: datetime) -> str:
    """Return why it may not call from the campaign's DID yet, or an empty text."""
    if did is None:
        return ""
    if did.resting_until is not None and did.resting_until > now:
        return f"Its DID rests until {did.resting_until:%Y-%m-%d %H:%M} UTC"
    if dialer.holds_lines and dialer.did_id not in (None, did.pk):
        # It holds lines of one DID at a time.
        return "Its DID was changed: calls from the former one are waited for"
    return ""


def is_over(dialer: HostedDialer, *, now: datetime) -> bool:
    """Return whether the campaign will never be switched on again."""
    campaign = dialer.campaign
    return campaign.state in ("STOPPED", "COMPLETED") or (campaign.ends_at is not None and campaign.ends_at <= now)


def live_attempts(dialer: HostedDialer) -> int:
    """Return how many numbers are at the provider, or on their way, without an end."""
    return Attempt.objects.filter(account_id=dialer.account_id, campaign_id=dialer.campaign_id, ended_at=None).count()


def read(dialer: HostedDialer, *, now: datetime) -> DialerState | None:
    """Ask the provider how the dialer is, and keep it; None: it lists none such. Raises Unable."""
    asked_at = datetime.now(UTC)
    found = provider.listed(account=dialer.account, name=dialer.name, external_id=dialer.external_id)
    if found is None:
        return None
    _see(dialer, found, asked_at)
    dialer.total_numbers, dialer.pending_numbers, dialer.read_at = found.total_numbers, found.pending_numbers, now
    dialer.external_id = dialer.external_id if dialer.external_id is not None else found.id
    dialer.save(update_fields=["total_numbers", "pending_numbers", "read_at", "external_id"])
    return found


def _see(dialer: HostedDialer, found: DialerState, asked_at: datetime) -> None:
    """Note when the provider shows it on or off against what we believe: somebody switched it there.

    On against our wish is not known to be off until it is switched off again. What is being switched is left alone.
    """
    since = dialer.switches.filter(Q(asked_at__gte=asked_at) | Q(confirmed_at__gte=asked_at))
    if found.is_on is None or dialer.external_id is None or since.exists():
        return
    mine = HostedDialer.objects.filter(pk=dialer.pk)
    if found.is_on:
        latest = dialer.switches.order_by("-asked_at", "-id").first()
        is_ours = latest is not None and latest.is_on and latest.confirmed_at is not None
        mine.filter(is_on=False).update(is_on=True if is_ours else None, off_at=None)
    else:
        mine.filter(is_on=True).update(is_on=False, off_at=asked_at)
