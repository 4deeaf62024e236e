"""What is known of a hosted dialer: its campaign, what we wish of it, and what the provider says of it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from campaigns.hosting import asking
from campaigns.hosting.rules import Circumstances, Wish, clock_hours, wish
from campaigns.models import Attempt, Campaign, HostedDialer
from dialer.ivrsolutions import records
from dialer.models import Switchboard

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


def wish_of(dialer: HostedDialer, *, now: datetime) -> Wish:
    """Return whether the dialer shall be on."""
    campaign, account = dialer.campaign, dialer.account
    switchboard = Switchboard.objects.filter(pk=1).first()
    given = Circumstances(
        state=campaign.state,
        state_changed_at=campaign.state_changed_at or campaign.created_at,
        dialing_allowed=switchboard is None or switchboard.dialing_allowed,
        dialing_changed_at=switchboard.changed_at if switchboard else LONG_AGO,
        account_is_active=account.is_active,
        account_changed_at=account.updated_at,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        time_zone=campaign.time_zone,
        hours=clock_hours(campaign) if campaign.time_zone == account.time_zone else None,
    )
    return wish(given=given, now=now)


def is_over(dialer: HostedDialer, *, now: datetime) -> bool:
    """Return whether the campaign will never be switched on again."""
    campaign = dialer.campaign
    return campaign.state in ("STOPPED", "COMPLETED") or (campaign.ends_at is not None and campaign.ends_at <= now)


def live_attempts(dialer: HostedDialer) -> int:
    """Return how many numbers are at the provider, or on their way, without an end."""
    return Attempt.objects.filter(campaign_id=dialer.campaign_id).exclude(state="ENDED").count()


def read(dialer: HostedDialer, *, now: datetime) -> records.HostedDialer | None:
    """Ask the provider how the dialer is, and keep it; None: it lists none such. Raises Unable."""
    found = asking.listed(account=dialer.account, name=dialer.name, external_id=dialer.external_id)
    if found is None:
        return None
    dialer.total_numbers, dialer.pending_numbers, dialer.read_at = found.total_numbers, found.pending, now
    dialer.external_id = dialer.external_id if dialer.external_id is not None else found.id
    dialer.save(update_fields=["total_numbers", "pending_numbers", "read_at", "external_id"])
    return found
