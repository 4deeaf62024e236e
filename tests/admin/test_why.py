"""The truth of the panel: what binds is said anew after each change; a pause of its own has its causes and its cure."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Attempt, Campaign, CampaignNotice
from tests.admin import builders, scenes
from tests.campaigns.world import set_fleet

pytestmark = pytest.mark.django_db


def part(client: Client, campaign: Campaign, name: str = "why") -> str:
    reply = client.get(reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk]))
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", reply.content.decode())))


def full_of_calls() -> Campaign:
    """Return a campaign whose one line is taken while a lead is due."""
    made = scenes.under_way("Renewals", 1)
    set_fleet(made.account, available=100, at=timezone.now())
    scenes.ringing(made, first=100)
    builders.lead(made, "+919700000001")
    return made


def full(client: Client) -> Campaign:
    """Return one, of which the page says what would help."""
    made = full_of_calls()
    assert "Add DIDs" in part(client, made)
    return made


def pause_itself(campaign: Campaign, details: list[str]) -> None:
    """Pause a campaign as the provider's refusals do, because of calls with these details."""
    calls = []
    for nth, detail in enumerate(details):
        lead = builders.lead(campaign, f"+9196{nth:08}")
        calls.append(builders.attempt(lead, outcome="REFUSED", detail=detail, is_burned=False).pk)
    text = "The provider refused attempt: wrong key"
    now = timezone.now()
    Campaign.objects.filter(pk=campaign.pk).update(state="PAUSED", state_reason=text, state_changed_at=now)
    CampaignNotice.objects.create(
        campaign=campaign, kind="ACCOUNT_REJECTED", text=text, attempt_ids=calls, created_at=now
    )


def test_after_a_pause_of_its_own_it_advises_what_cures_that_and_no_more_dids(owner: Client) -> None:
    made = full(owner)
    pause_itself(made, ["wrong key", "wrong key", "blocked"])
    said = part(owner, made)
    assert "Add DIDs" not in said
    assert "It paused itself" in said
    assert "2 × Refused: “wrong key”" in said
    assert "1 × Refused" in said
    assert "Check the account" in said
    page = owner.get(reverse("admin:campaigns_campaign_why", args=[made.pk])).content.decode()
    cure = re.search(r'id="cure" href="([^"]+)"', page)
    assert cure is not None
    assert cure[1] == reverse("admin:dialer_provideraccount_change", args=[made.account_id])


def test_its_colour_is_its_own_and_a_persons_pause_has_none(owner: Client) -> None:
    made = full(owner)
    address = reverse("admin:campaigns_campaign_live_now", args=[made.pk])
    pause_itself(made, [])
    assert 'id="live-state" data-state="ITSELF">Paused itself<' in owner.get(address).content.decode()
    Campaign.objects.filter(pk=made.pk).update(state_reason="Paused by olga")
    assert 'id="live-state" data-state="PAUSED">Paused<' in owner.get(address).content.decode()
    assert "paused itself" not in part(owner, made).lower()


def test_lines_are_told_by_owner(owner: Client) -> None:
    made = full(owner)
    scenes.ringing(made, first=300, quantity=2, since=timedelta(minutes=5))
    other = builders.campaign(made.account, name="Other", number=50, state="RUNNING")
    scenes.ringing(other, first=400, quantity=3)
    until = Attempt.objects.filter(campaign=made).latest("deadline_at").deadline_at
    said = part(owner, made, "live_now")
    # Before midnight the day stands there too.
    assert re.search(rf"ringing 1 without news until (\w+ \d\d \w+ )?{until:%H:%M} UTC 2", said), said
    assert "by other campaigns of its account 3" in said


def test_what_is_over_says_nothing(owner: Client) -> None:
    made = full(owner)
    Campaign.objects.filter(pk=made.pk).update(state="STOPPED")
    assert part(owner, made).strip() == ""
