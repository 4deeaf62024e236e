"""Rows for tests of the admin: one of each kind, or many."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, cast

from campaigns.models import (
    Attempt,
    CallNote,
    CallTemplate,
    Campaign,
    Contact,
    ContactImport,
    ContactList,
    ImportRefusal,
    Lead,
    SuppressedNumber,
    SuppressionList,
)
from dialer.models import DID, Agent, ProviderAccount
from webhooks.models import ProviderEvent

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
API_KEY = "the-secret-api-key-7431"
PUSH_TOKEN = "the-secret-push-token-9902"


def account(name: str = "Bots", **values: Any) -> ProviderAccount:
    """Return a VoxCore account."""
    return ProviderAccount.objects.create(
        name=name,
        provider="voxcore",
        base_url="https://voxcore.example",
        credentials=cast(Any, {"api_key": API_KEY, "push_token": PUSH_TOKEN}),
        **values,
    )


def campaign(owner: ProviderAccount, *, name: str = "Renewals", number: int = 0, **values: Any) -> Campaign:
    """Return a campaign with a list of one contact and a DID."""
    template, _ = CallTemplate.objects.get_or_create(
        name="Renewal bot", provider="voxcore", action="VOICE_BOT", options={"bot_id": "b-1"}
    )
    contact_list = ContactList.objects.create(name=f"List of {name}", default_region="IN")
    Contact.objects.create(contact_list=contact_list, number=f"+91981{number:07d}", name="Asha")
    did, _ = DID.objects.get_or_create(account=owner, number=f"+91801{number:07d}")
    hours: dict[str, Any] = {"time_zone": "UTC", "window_opens": time(0, 0), "window_closes": time.max}
    made = Campaign.objects.create(name=name, account=owner, template=template, **{**hours, **values})
    made.contact_lists.add(contact_list)
    made.dids.add(did)
    return made


def lead(of: Campaign, number: str, **values: Any) -> Lead:
    """Return a lead with a contact of its own."""
    contact, _ = Contact.objects.get_or_create(contact_list=of.contact_lists.get(), number=number)
    return Lead.objects.create(campaign=of, contact=contact, number=number, **values)


def attempt(of: Lead, **values: Any) -> Attempt:
    """Return an attempt that was answered, unless ``values`` say otherwise."""
    ended: dict[str, Any] = {
        "state": "ENDED",
        "outcome": "ANSWERED",
        "is_burned": True,
        "placing_at": NOW,
        "placed_at": NOW + timedelta(seconds=1),
        "answered_at": NOW + timedelta(seconds=9),
        "ended_at": NOW + timedelta(seconds=70),
        "talk_seconds": 61.0,
    }
    return Attempt.objects.create(
        lead=of,
        campaign=of.campaign,
        account=of.campaign.account,
        did=of.campaign.dids.first(),
        number=of.number,
        reserved_at=NOW,
        send_at=NOW,
        deadline_at=NOW + timedelta(hours=2),
        **(ended | values),
    )


def live(of: Lead) -> Attempt:
    """Return an attempt that rings."""
    fields = ("outcome", "is_burned", "answered_at", "ended_at", "talk_seconds")
    return attempt(of, state="RINGING", **dict.fromkeys(fields))


def house(rows: int = 1) -> None:
    """Fill every table with ``rows`` rows, each with relations of its own."""
    for number in range(rows):
        owner = account(name=f"Account {number}")
        made = campaign(owner, name=f"Campaign {number}", number=number)
        Agent.objects.create(account=owner, name=f"Agent {number}", kind="NUMBER", address=f"{number}")
        called = lead(made, f"+91990{number:07d}")
        tried = attempt(called, transcript=[{"speaker": "bot", "text": "Hello"}], recording_url="https://rec.example/1")
        contact_list = made.contact_lists.get()
        upload = ContactImport.objects.create(
            contact_list=contact_list, file_name="a.csv", state="DONE", rows_total=2, rows_accepted=1, rows_refused=1
        )
        ImportRefusal.objects.create(
            contact_import=upload, row_number=2, field="phone", code="bad", message="Not a number.", row={"phone": "x"}
        )
        suppression = SuppressionList.objects.create(name=f"Do not call {number}")
        SuppressedNumber.objects.create(suppression_list=suppression, number=f"+91970{number:07d}")
        CallNote.objects.create(attempt=tried, account=owner, text="Wants a call", created_at=NOW)
        ProviderEvent.objects.create(
            account=owner,
            headers={"authorization": f"Bearer {PUSH_TOKEN}", "x-request-id": "7"},
            body=b'{"call_id": "c-1"}',
            state="APPLIED",
            attempt=tried,
        )
