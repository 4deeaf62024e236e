"""Attack 12: an act that one face refuses is done by the other, or by an act beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from campaigns.models import Callback, Contact, ContactImport, Lead, SuppressedNumber, SuppressionList
from dialer.models import AuditEntry, Switchboard
from tests.admin.builders import house
from webhooks.models import Subscription

#: Rights for which one face did the act once.
ONE_RIGHT = {
    "campaigns.change_campaign",
    "campaigns.view_campaign",
    "campaigns.change_contactlist",
    "campaigns.view_contactlist",
    "campaigns.change_suppressionlist",
    "campaigns.view_suppressionlist",
    "campaigns.delete_suppressionlist",
    "campaigns.change_importsource",
    "webhooks.add_subscription",
    "webhooks.change_subscription",
    "webhooks.view_subscription",
}
FACES = ("admin", "REST")
Ask = Callable[[str], int]


@pytest.fixture
def thief(db: None) -> User:
    """Somebody with each of these rights, and with none that the acts are about."""
    house()
    user = User.objects.create_user("thief", is_staff=True)
    for right in ONE_RIGHT:
        app, code = right.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=code))
    return user


def refused(user: User, face: str, path: str, **sent: object) -> bool:
    """Return whether a POST is refused; in the admin, also where the form has no such choice."""
    if face == "REST":
        client = APIClient()
        client.force_authenticate(user)
        return client.post(f"/api/v1/{path}", sent).status_code == 403
    browser = Client()
    browser.force_login(user)
    return browser.post(f"/admin/{path}", sent).status_code == 403


@pytest.mark.parametrize("face", FACES)
def test_attack_12_the_switch_is_not_turned(thief: User, face: str) -> None:
    sent = {"sure": "on", "reason": "x"} if face == "admin" else {"dialing_allowed": False, "reason": "x"}
    assert refused(thief, face, "dialer/switchboard/" if face == "admin" else "switchboard/", **sent)
    assert not Switchboard.objects.filter(dialing_allowed=False).exists()


@pytest.mark.parametrize("face", FACES)
def test_attack_12_nothing_is_uploaded(thief: User, face: str) -> None:
    pk = Contact.objects.earliest("pk").contact_list_id
    uploads, path = (
        ContactImport.objects.count(),
        f"{'campaigns/contactlist' if face == 'admin' else 'lists'}/{pk}/upload/",
    )
    sent = {"file": SimpleUploadedFile("a.csv", b"phone\n+919812345678\n"), "if_duplicate": "skip", "key": "k"}
    assert refused(thief, face, path, **(sent if face == "admin" else {"rows": [{"phone": "+919812345678"}]}))
    assert ContactImport.objects.count() == uploads


@pytest.mark.parametrize("face", FACES)
def test_attack_12_who_may_add_contacts_does_not_overwrite_them(db: None, face: str) -> None:
    house()
    user = User.objects.create_user("adder", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="add_contact"))
    there = Contact.objects.earliest("pk")
    if face == "admin":
        browser = Client()
        browser.force_login(user)
        file = SimpleUploadedFile("a.csv", f"phone,name\n{there.number},Mallory\n".encode())
        upload = f"/admin/campaigns/contactlist/{there.contact_list_id}/upload/"
        columns = browser.post(upload, {"file": file, "key": "k"})["Location"]
        sent: dict[str, object] = {"if_duplicate": "update", "take": "yes"}
        assert refused(user, face, columns.removeprefix("/admin/"), **sent)
    else:
        sent = {"rows": [{"phone": there.number, "name": "Mallory"}], "if_duplicate": "update"}
        assert refused(user, face, f"lists/{there.contact_list_id}/upload/", **sent)
    there.refresh_from_db()
    assert there.name == "Asha"


@pytest.mark.parametrize("face", FACES)
def test_attack_12_nothing_is_suppressed(thief: User, face: str) -> None:
    pk, before = SuppressionList.objects.earliest("pk").pk, SuppressedNumber.objects.count()
    path = f"campaigns/suppressionlist/{pk}/suppress/" if face == "admin" else f"suppression-lists/{pk}/numbers/"
    numbers = "+919812345678"
    assert refused(thief, face, path, numbers=numbers if face == "admin" else [numbers])
    assert SuppressedNumber.objects.count() == before


@pytest.mark.parametrize("face", FACES)
def test_attack_12_no_number_is_freed_by_deleting_its_list(thief: User, face: str) -> None:
    pk = SuppressionList.objects.earliest("pk").pk
    client = APIClient()
    client.force_authenticate(thief)
    if face == "REST":
        assert client.delete(f"/api/v1/suppression-lists/{pk}/").status_code == 403
    else:
        assert refused(thief, face, f"campaigns/suppressionlist/{pk}/delete/", post="yes")
    assert SuppressedNumber.objects.filter(suppression_list=pk).exists()


@pytest.mark.parametrize("face", FACES)
def test_attack_12_a_callback_shows_no_lead(thief: User, face: str) -> None:
    lead = Lead.objects.earliest("pk")
    path = f"{'campaigns/lead' if face == 'admin' else 'leads'}/{lead.pk}/call-back/"
    assert refused(thief, face, path, at="2026-12-01T10:00:00Z")
    assert not Callback.objects.exists()


@pytest.mark.parametrize("face", FACES)
def test_attack_12_results_are_not_sent_out_by_who_may_not_read_them(thief: User, face: str) -> None:
    sent: dict[str, object] = {"name": "Mine", "url": "https://mine.example/", "kinds": ["RESULT"]}
    assert refused(thief, face, "webhooks/subscription/add/" if face == "admin" else "subscriptions/", **sent)
    assert not Subscription.objects.exists()


def test_attack_12_view_campaign_alone_exports_nothing(thief: User) -> None:
    lead = Lead.objects.latest("pk")
    browser = Client()
    browser.force_login(thief)
    sent = {"action": "export_selected", "_selected_action": str(lead.campaign_id)}
    reply = browser.post("/admin/campaigns/campaign/", sent)
    assert reply.get("Content-Disposition") is None
    api = APIClient()
    api.force_authenticate(thief)
    assert api.get(f"/api/v1/campaigns/{lead.campaign_id}/export/").status_code == 403
    assert not AuditEntry.objects.filter(kind="ACCESS").exists()
    # Nor does the page of a lead show its calls to somebody who may not see calls.
    thief.user_permissions.add(Permission.objects.get(codename="view_lead"))
    page = Client()
    page.force_login(thief)
    assert 'id="attempts"' not in page.get(f"/admin/campaigns/lead/{lead.pk}/change/").content.decode()


@pytest.mark.parametrize("face", FACES)
def test_attack_12_who_turns_the_switch_does_not_thereby_confirm_the_home(db: None, face: str) -> None:
    manager = User.objects.create_user("manager", is_staff=True)
    manager.groups.set(Group.objects.filter(name="manager"))
    path = "dialer/switchboard/" if face == "admin" else "switchboard/confirm-home/"
    assert refused(manager, face, path, doubt_since="2026-03-02T06:00:00+00:00", only_one="on", allow_dialing="on")
    turned = (
        {"sure": "on", "allowed": "", "reason": "x"} if face == "admin" else {"dialing_allowed": False, "reason": "x"}
    )
    assert not refused(manager, face, "dialer/switchboard/" if face == "admin" else "switchboard/", **turned)
    assert not Switchboard.objects.get().dialing_allowed


def test_attack_12_who_sees_a_preflight_rings_nobody_by_it(db: None) -> None:
    house()
    viewer = User.objects.create_user("viewer")
    viewer.groups.set(Group.objects.filter(name="viewer"))
    path = f"campaigns/{Lead.objects.latest('pk').campaign_id}/preflight/"
    leads = Lead.objects.count()
    assert refused(viewer, "REST", path, number="+919812345678")
    assert Lead.objects.count() == leads
    assert not refused(viewer, "REST", path)
