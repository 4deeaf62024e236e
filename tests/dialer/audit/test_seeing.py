"""Who sees what of the audit: on its page, on the page of a row, in a file and over REST."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.lifecycle.operations import pause_campaign
from campaigns.models import Campaign, Lead
from dialer.accesses import Reader, note_access
from dialer.audit import Actor, acting, record
from dialer.models import AccessKind, AuditEntry
from tests.admin.conftest import owner
from tests.api.conftest import API
from tests.campaigns import world
from tests.doubles.test_forms import page

__all__ = ["owner"]
pytestmark = pytest.mark.django_db


def somebody(role: str) -> tuple[Client, APIClient]:
    user = User.objects.create_user(f"the {role}", is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    browser, api = Client(), APIClient()
    browser.force_login(user)
    api.force_authenticate(user)
    return browser, api


def happened() -> Campaign:
    campaign = world.campaign(world.account(), leads=1)
    with acting(Actor(by="vikram", face="ADMIN")):
        pause_campaign(campaign_id=campaign.pk, now=world.NOON, by="vikram", reason="lunch")
        lead = campaign.leads.get()
        record(act="campaigns.work_leads", what="Callback set", subject=lead)
        record(act="auth.user.change", what="Changed", subject=User.objects.create_user("vikram"))
    reader = Reader(by="vikram", face="REST")
    note_access(kind=AccessKind.EXPORT, reader=reader, subject="campaign", subject_id=campaign.pk, now=world.NOON)
    return campaign


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        ("viewer", {"campaigns.operate", "campaigns.work_leads"}),
        ("manager", {"campaigns.operate", "campaigns.work_leads"}),
        ("administrator", {"campaigns.operate", "campaigns.work_leads", "auth.user.change", "export", "log_in"}),
    ],
)
def test_somebody_sees_what_was_done_to_what_he_may_see(role: str, acts: set[str]) -> None:
    happened()
    browser, api = somebody(role)
    AuditEntry.objects.filter(act="log_in").update(by="vikram")
    rows = api.get(f"{API}/audit/").json()["results"]
    assert {row["act"] for row in rows} == acts
    text = browser.get(page(AuditEntry, "changelist")).content.decode()
    assert ("Logged in" in text) == (role == "administrator")
    assert "Callback set" in text
    hidden = AuditEntry.objects.get(act="export")
    assert browser.get(page(AuditEntry, "change", hidden.pk)).status_code == (200 if role == "administrator" else 302)


def test_the_log_of_a_campaign_has_its_own_entries_and_those_of_its_parts(owner: Client) -> None:
    campaign = happened()
    other = world.campaign(world.account(), leads=1)
    log = owner.get(page(Campaign, "history", campaign.pk)).content.decode()
    assert "lunch" in log
    assert "RUNNING → PAUSED" in log
    assert page(Lead, "change", campaign.leads.get().pk) in log
    assert "Nothing was done here yet" in owner.get(page(Campaign, "history", other.pk)).content.decode()
    assert owner.get(page(Campaign, "history", 999_999)).status_code == 404
    found = owner.get(page(AuditEntry, "changelist"), {"q": f"campaign:{campaign.pk}"}).content.decode()
    assert "Callback set" in found
    assert "Paused" in found


def test_what_is_filtered_can_be_taken_and_that_is_written_down(owner: Client) -> None:
    happened()
    export = reverse("admin:dialer_auditentry_export")
    assert (
        f"{export}?act=campaigns.operate"
        in owner.get(page(AuditEntry, "changelist"), {"act": "campaigns.operate"}).content.decode()
    )
    reply: Any = owner.get(export, {"act": "campaigns.operate"})
    rows = list(csv.DictReader(io.StringIO(b"".join(reply.streaming_content).decode())))
    assert [(row["by"], row["what"], row["changes"]) for row in rows] == [
        ("vikram", "Paused", "State: RUNNING → PAUSED")
    ]
    taken = AuditEntry.objects.latest("id")
    assert (taken.kind, taken.by, taken.rows) == ("ACCESS", "olga", 1)


def test_nobody_may_change_or_delete_an_entry(owner: Client) -> None:
    happened()
    entry = AuditEntry.objects.latest("id")
    assert owner.post(page(AuditEntry, "change", entry.pk), {"by": "nobody"}).status_code == 403
    assert owner.post(page(AuditEntry, "delete", entry.pk), {"post": "yes"}).status_code == 403
