"""Attack 24: numbers are read in PostgreSQL's log or on a debug page, and nobody knows who heard a recording."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from campaigns.models import Attempt, Contact, ContactImport, ContactList, Lead
from dialer.accesses import Reader, counted, note_access
from dialer.embedded.postgres import SETTINGS
from dialer.models import DID, AccessKind, AuditEntry
from tests.admin.builders import account, house
from tests.services_plugin import DATA
from webhooks.models import ProviderEvent

QUIET = {
    name: value for name, value in SETTINGS.items() if name.startswith(("log_min", "log_stat", "log_par", "log_err"))
}
NUMBER = "".join(("+91", "98765", "43210"))
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_attack_24_postgresql_logs_no_value(db: None) -> None:
    """On the server that everything runs on here, and in the one of compose."""
    compose = Path("docker-compose.yml").read_text()
    assert dict(re.findall(r"- -c(log_\w+)=(\S+)", compose)) == QUIET
    with connection.cursor() as cursor:
        for name, value in QUIET.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            assert cursor.fetchone() == (value,), name


def test_attack_24_what_postgresql_refuses_is_not_in_its_log(db: None) -> None:
    """A row that is there already, that lacks something, breaks a rule, or has what no column takes."""
    did = DID.objects.create(account=account(), number=NUMBER)
    listed = ContactList.objects.create(name="List")
    refused = (
        lambda: DID.objects.create(account=did.account, number=NUMBER),
        lambda: DID.objects.filter(pk=did.pk).update(account=None),
        lambda: DID.objects.filter(pk=did.pk).update(max_live_calls=0),
        lambda: DID.objects.filter(pk=did.pk).update(label=NUMBER * 50),
        lambda: Contact.objects.create(contact_list=listed, number=NUMBER, variables={"a": f"{NUMBER}\0"}),
    )
    log = DATA / "logs" / "postgres.log"
    before = log.stat().st_size if log.exists() else 0
    for write in refused:
        with pytest.raises(DatabaseError), transaction.atomic():
            write()
    written = log.read_bytes()[before:].decode(errors="replace") if log.exists() else ""
    # Where DATABASE_URL names another server, nobody here can read its log: what it is told is tested above.
    assert "ERROR" in written or "run_" not in connection.settings_dict["NAME"]
    assert NUMBER[1:] not in written


def test_attack_24_a_debug_page_shows_no_number(db: None, settings: Settings) -> None:
    settings.DEBUG = True
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(User.objects.create_superuser("root"))
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create_superuser("olga"))
    with patch("campaigns.admin.leads.explain_lead", side_effect=ValueError(f"Key (number)=({NUMBER})")):
        house()
        lead = Lead.objects.latest("pk")
        page = browser.get(f"/admin/campaigns/lead/{lead.pk}/change/?number={NUMBER[1:]}")
    assert page.status_code == 500
    assert "Traceback" in page.content.decode()
    assert not [one for one in (NUMBER[1:], lead.number) if one in page.content.decode()]


@pytest.fixture
def vera(db: None) -> User:
    """Somebody with every right."""
    house()
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    return user


def entries() -> list[tuple[Any, ...]]:
    """Return what was written down, oldest first."""
    return list(
        AuditEntry.objects.filter(kind__in=["ACCESS", "LOOK"])
        .order_by("pk")
        .values_list("what", "by", "face", "subject", "subject_id", "rows")
    )


def test_attack_24_who_exports_is_written_down_with_the_rows(vera: User) -> None:
    campaign = Lead.objects.latest("pk").campaign
    upload = ContactImport.objects.latest("pk")
    browser, api = Client(), APIClient()
    browser.force_login(vera)
    api.force_authenticate(vera)
    taken = [
        browser.post("/admin/campaigns/campaign/", {"action": "export_selected", "_selected_action": campaign.pk}),
        api.get(f"/api/v1/campaigns/{campaign.pk}/export/?what=leads&form=jsonl&since=2026-01-01T00:00:00Z"),
        browser.get(f"/admin/campaigns/contactimport/{upload.pk}/report/"),
        api.get(f"/api/v1/imports/{upload.pk}/refusals.csv"),
    ]
    sums = [len(b"".join(reply.streaming_content).splitlines()) for reply in taken]  # type: ignore[attr-defined]
    call_command("export_results", campaign.name)
    assert [(one[0], *one[2:]) for one in entries()] == [
        ("Exported", "ADMIN", "campaigns.campaign", campaign.pk, sums[0] - 1),
        ("Exported", "REST", "campaigns.campaign", campaign.pk, sums[1]),
        ("Exported", "ADMIN", "campaigns.contactimport", upload.pk, sums[2] - 1),
        ("Exported", "REST", "campaigns.contactimport", upload.pk, sums[3] - 1),
        ("Exported", "COMMAND", "campaigns.campaign", campaign.pk, 1),
    ]
    assert [one[1] for one in entries()][:4] == ["vera"] * 4
    filtered = AuditEntry.objects.get(face="REST", subject="campaigns.campaign").details
    assert (filtered["what"], filtered["form"], filtered["since"]) == ("leads", "jsonl", "2026-01-01T00:00:00+00:00")


def test_attack_24_who_takes_the_record_of_a_number_is_written_down(vera: User) -> None:
    lead = Lead.objects.latest("pk")
    browser, api = Client(), APIClient()
    browser.force_login(vera)
    api.force_authenticate(vera)
    assert browser.get(f"/admin/campaigns/lead/{lead.pk}/evidence.csv").status_code == 200
    assert api.get("/api/v1/evidence/", {"number": lead.number}).status_code == 200
    assert [one[:4] for one in entries()] == [("Exported", "vera", face, "number") for face in ("ADMIN", "REST")]
    assert set(AuditEntry.objects.filter(subject="number").values_list("details__number", flat=True)) == {lead.number}


def test_attack_24_who_looks_at_raw_events_is_written_down(vera: User) -> None:
    event = ProviderEvent.objects.latest("pk")
    browser, api = Client(), APIClient()
    browser.force_login(vera)
    api.force_authenticate(vera)
    for url in (
        f"/admin/webhooks/providerevent/{event.pk}/change/",
        f"/admin/campaigns/attempt/{event.attempt_id}/change/",
    ):
        assert browser.get(url).status_code == 200
    assert api.get("/api/v1/events/?state=APPLIED").status_code == 200
    assert api.get(f"/api/v1/events/{event.pk}/").status_code == 200
    seen = "Provider's events seen"
    assert entries() == [
        (seen, "vera", "ADMIN", "webhooks.providerevent", event.pk, 1),
        (seen, "vera", "ADMIN", "campaigns.attempt", event.attempt_id, None),
        (seen, "vera", "REST", "webhooks.providerevent", None, 1),
        (seen, "vera", "REST", "webhooks.providerevent", event.pk, 1),
    ]


def test_attack_24_an_export_that_is_broken_off_says_how_far_it_came(db: None) -> None:
    reader = Reader(by="vera", face="REST")
    access = note_access(kind=AccessKind.EXPORT, reader=reader, subject="campaign", subject_id=7, now=NOW)
    rows = counted(range(100), access=access)
    for _ in range(3):
        next(rows)
    rows.close()  # type: ignore[attr-defined]
    access.refresh_from_db()
    assert access.rows == 2


def test_attack_24_who_heard_what_is_shown_to_administrators_and_changed_by_nobody(vera: User) -> None:
    attempt = Attempt.objects.latest("pk")
    reader = Reader(by="vera", face="REST")
    note_access(kind=AccessKind.RECORDING, reader=reader, subject="attempt", subject_id=attempt.pk, now=NOW)
    browser, api = Client(), APIClient()
    browser.force_login(vera)
    api.force_authenticate(vera)
    page = browser.get(f"/admin/dialer/auditentry/?q=attempt:{attempt.pk}").content.decode()
    assert "Recording heard" in page
    assert f"Attempt #{attempt.pk}" in page
    (row,) = api.get(f"/api/v1/audit/?kind=ACCESS&by=vera&subject_id={attempt.pk}").json()["results"]
    assert (row["by"], row["subject"], row["subject_id"]) == ("vera", "campaigns.attempt", attempt.pk)
    assert api.delete(f"/api/v1/audit/{row['id']}/").status_code == 405
    assert browser.post(f"/admin/dialer/auditentry/{row['id']}/delete/", {"post": "yes"}).status_code == 403
    assert browser.post(f"/admin/dialer/auditentry/{row['id']}/change/", {"by": "nobody"}).status_code == 403
