"""What rang nobody looks so wherever it shows: a person, the search, a call, a lead, and the lists."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Attempt, Callback, CallNote, Campaign, PossibleOptOut, RulesVersion, Skip
from dialer.accounts.sandbox import open_sandbox
from tests.admin import builders

pytestmark = pytest.mark.django_db
BADGE = ">SANDBOX<"


def called(*, in_sandbox: bool) -> Attempt:
    """Return a call of a campaign with all that may be said of it."""
    owner = open_sandbox(provider="voxcore") if in_sandbox else builders.account()
    lead = builders.lead(builders.campaign(owner, name="Renewals", state="RUNNING"), "+919812345416")
    call = builders.attempt(lead, is_rehearsal=in_sandbox)
    now, of = timezone.now(), {"campaign": lead.campaign, "number": lead.number}
    CallNote.objects.create(attempt=call, account=owner, text="Pays", written_by="vera", created_at=now)
    Callback.objects.create(lead=lead, at=now, due_at=now, set_by="olga", created_at=now)
    version = RulesVersion.objects.create(campaign=lead.campaign, version=1, rules={}, digest="1", made_at=now)
    Skip.objects.create(at=now, rule="CAP", detail="3 calls", lead_id=lead.pk, rules_version=version, **of)
    PossibleOptOut.objects.create(
        attempt=call, heard_in="a note", said="Perhaps", why=PossibleOptOut._meta.get_field("why").choices[0][0],  # type: ignore[index]
        heard_at=now, **of
    )  # fmt: skip
    return call


def pages(call: Attempt) -> dict[str, str]:
    """Return the addresses by name."""
    lists = ("lead", "attempt", "callback", "skip", "possibleoptout")
    return {
        "person": reverse("admin:campaigns_contact_person", args=[call.lead.contact_id]),
        "call": reverse("admin:campaigns_attempt_change", args=[call.pk]),
        "lead": reverse("admin:campaigns_lead_change", args=[call.lead_id]),
        "campaign": reverse("admin:campaigns_campaign_live", args=[call.campaign_id]),
        "campaigns": reverse("admin:campaigns_campaign_changelist"),
        "found": f"{reverse('find')}?q=Renewals",
        "call found": f"{reverse('find')}?q=%23{call.pk}",
        **{f"list of {name}": reverse(f"admin:campaigns_{name}_changelist") for name in lists},
    }


@pytest.mark.parametrize("in_sandbox", [True, False])
def test_a_rehearsal_is_marked_everywhere_and_a_real_call_nowhere(owner: Client, in_sandbox: bool) -> None:
    call = called(in_sandbox=in_sandbox)
    marked = {name for name, at in pages(call).items() if BADGE in owner.get(at).content.decode()}
    assert marked == (set(pages(call)) if in_sandbox else set())


def test_of_a_person_each_event_that_was_rehearsed_is_marked_and_no_other(owner: Client) -> None:
    rehearsed = called(in_sandbox=True)
    real = builders.campaign(builders.account(), name="Real", number=1)
    builders.attempt(builders.lead(real, rehearsed.number))
    page = owner.get(reverse("admin:campaigns_contact_person", args=[rehearsed.lead.contact_id])).content.decode()
    events = re.findall(r"<li[^>]*>(.*?)</li>", page.partition('id="timeline"')[2], re.S)
    by_campaign = {name: [BADGE in one for one in events if f"<em>{name}</em>" in one] for name in ("Renewals", "Real")}
    assert (set(by_campaign["Renewals"]), set(by_campaign["Real"])) == ({True}, {False})
    assert Campaign.objects.count() == 2


def test_a_call_that_is_named_elsewhere_says_that_it_was_rehearsed(owner: Client) -> None:
    called(in_sandbox=True)
    page = owner.get(reverse("admin:campaigns_callnote_changelist")).content.decode()
    assert "(sandbox)" in page
