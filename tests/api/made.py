"""Rows that several tests of the API start from."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from campaigns.models import Attempt, CallTemplate, Campaign, Contact, ContactList, Lead
from dialer.models import DID, ProviderAccount

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACCOUNT = {
    "name": "Mumbai",
    "provider": "voxcore",
    "base_url": "http://10.0.0.7:8080/tenant/one",
    "credentials": {"api_key": "the-secret-key", "push_token": "the-secret-token"},
    "max_live_calls": 5,
}
TEMPLATE = {"name": "Renewal bot", "provider": "voxcore", "action": "VOICE_BOT", "options": {"bot_id": "7"}}
WHOLE_DAY = {"time_zone": "Asia/Kolkata", "window_opens": "00:00", "window_closes": "23:59:59.999999"}


def account(**given: Any) -> ProviderAccount:
    return ProviderAccount.objects.create(**{**ACCOUNT, **given})


def campaign(**given: Any) -> Campaign:
    """Return a draft with one DID and one list, which is empty."""
    number = Campaign.objects.count() + 1
    at = given.pop("account", None) or account(name=f"Account {number}")
    made = Campaign.objects.create(
        **{
            "name": f"Campaign {number}",
            "account": at,
            "template": CallTemplate.objects.create(**{**TEMPLATE, "name": f"Template {number}"}),
            "time_zone": "UTC",
            "window_opens": time(0),
            "window_closes": time(23, 59, 59, 999999),
            **given,
        }
    )
    made.dids.add(DID.objects.create(account=at, number=f"+91223456{number:04d}"))
    made.contact_lists.add(ContactList.objects.create(name=f"List {number}", default_region="IN"))
    return made


def lead(of: Campaign, *, number: str, **given: Any) -> Lead:
    contact_list = of.contact_lists.first()
    assert contact_list is not None
    contact = Contact.objects.create(contact_list=contact_list, number=number, external_reference=f"ref-{number[-4:]}")
    return Lead.objects.create(campaign=of, contact=contact, number=number, **given)


def attempt(of: Lead, **given: Any) -> Attempt:
    """Return an attempt that ended at noon, unless other values are given."""
    ended = {"state": "ENDED", "outcome": "NO_ANSWER", "ended_at": NOON, "is_burned": True}
    return Attempt.objects.create(
        lead=of,
        campaign=of.campaign,
        account=of.campaign.account,
        number=of.number,
        reserved_at=NOON,
        send_at=NOON,
        deadline_at=NOON,
        **{**(ended if given.get("state", "ENDED") == "ENDED" else {}), **given},
    )
