"""Acts that are done by no plain form and no plain POST: they leave their entries as well."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.models import ContactList
from dialer.models import DID, AuditEntry
from tests.acts.left import left_entry
from tests.admin import builders
from tests.admin.conftest import owner
from tests.admin.test_scheduled import ADD, NIGHTLY
from tests.admin.test_steps import at, take
from tests.api.conftest import API, api

__all__ = ["api", "owner"]
pytestmark = pytest.mark.django_db


def test_an_upload_that_takes_the_place_of_what_is_there(api: APIClient) -> None:
    contact_list = ContactList.objects.create(name="November", default_region="IN")
    rows = {"rows": [{"phone": "9812345678"}], "if_duplicate": "update"}
    assert api.post(f"{API}/lists/{contact_list.pk}/upload/", rows).status_code < 300
    assert left_entry("campaigns.overwrite", by="root", face="REST")


def test_somebody_is_let_in_again(api: APIClient, owner: Client) -> None:
    first, second = (AccessAttempt.objects.create(username=name, failures_since_start=5) for name in ("vera", "vikram"))
    assert api.delete(f"{API}/failed-logins/{first.pk}/").status_code == 204
    assert left_entry("axes.accessattempt.delete", by="root", face="REST")
    url = reverse("admin:axes_accessattempt_delete", args=[second.pk])
    assert owner.post(url, {"post": "yes"}).status_code == 302
    assert left_entry("axes.accessattempt.delete", by="olga", face="ADMIN")


def test_a_scheduled_job(owner: Client) -> None:
    builders.account()
    job = {"name": "At night", "task": "campaigns.sync_accounts", "account": "Bots", **NIGHTLY}
    assert owner.post(reverse(ADD), job).status_code == 302
    assert left_entry("django_celery_beat.periodictask.add", by="olga", face="ADMIN")


def test_a_number_that_is_let_through_no_more(api: APIClient) -> None:
    let = api.post(f"{API}/number-exceptions/", {"prefix": "+9174286", "reason": "Newer than the plan"}).json()
    assert api.delete(f"{API}/number-exceptions/{let['id']}/").status_code == 204
    assert left_entry("campaigns.numberexception.delete", by="root", face="REST")


def test_a_step_of_a_new_campaign_with_what_hangs_on_it(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    line = DID.objects.create(account=campaign.account, number="+918010009999")
    before = [str(one) for one in campaign.dids.all()]
    take(owner, at(campaign, "how"), max_live_calls="4", dids=[*(one.pk for one in campaign.dids.all()), line.pk])
    entry = AuditEntry.objects.latest("id")
    assert (entry.act, entry.by) == ("campaigns.campaign.change", "olga")
    assert entry.changes == {"max_live_calls": [None, 4], "dids": [before, sorted([*before, line.number])]}
    hours = {"windows-0-days": ["1", "2"], "windows-0-opens": "10:00", "windows-0-closes": "17:00"}
    take(owner, at(campaign, "when"), **hours)
    assert AuditEntry.objects.latest("id").changes["windows"][1] == ["12 10:00–17:00"]
